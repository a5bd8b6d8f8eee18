"""Serves reference images to gateways that download them."""

from collections.abc import Awaitable, Callable

from bot.clock import Clock
from bot.errors import StoreError
from bot.ids import BlobId
from bot.web.contract import WebAnswer, WebRequest
from bot.web.signing import Signer

Read = Callable[[BlobId], Awaitable[bytes]]
NOT_FOUND = WebAnswer(status=404)
"""The same answer for a wrong signature, an expired address and a missing image, so that it reveals nothing."""


class SignedReferences:
    """Serves signed addresses and nothing else."""

    def __init__(self, signer: Signer, read: Read, clock: Clock) -> None:
        self._signer = signer
        self._read = read
        self._clock = clock

    async def serve(self, request: WebRequest) -> WebAnswer:
        verified = self._signer.verify(request.path, now=self._clock.now())
        if verified is None:
            return NOT_FOUND
        blob, media_type = verified
        try:
            return WebAnswer(body=await self._read(blob), content_type=media_type)
        except StoreError:
            return NOT_FOUND
