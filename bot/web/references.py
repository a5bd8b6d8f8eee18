"""Reference pictures for gateways that fetch them from the web."""

from collections.abc import Awaitable, Callable

from bot.clock import Clock
from bot.errors import StoreError
from bot.ids import BlobId
from bot.web.contract import WebAnswer, WebRequest
from bot.web.signing import Signer

Read = Callable[[BlobId], Awaitable[bytes]]
NOT_HERE = WebAnswer(status=404)
"""The same for a wrong mark, an old address and a picture that is gone: nobody learns which."""


class SignedReferences:
    """Serves what was signed, and nothing else."""

    def __init__(self, signer: Signer, read: Read, clock: Clock) -> None:
        self._signer = signer
        self._read = read
        self._clock = clock

    async def serve(self, request: WebRequest) -> WebAnswer:
        found = self._signer.verify(request.path, now=self._clock.now())
        if found is None:
            return NOT_HERE
        blob, media_type = found
        try:
            return WebAnswer(body=await self._read(blob), content_type=media_type)
        except StoreError:
            return NOT_HERE
