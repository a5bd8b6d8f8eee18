"""References in the form that a gateway takes: inside the request, through its upload service, or at a signed address."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

from bot.catalog.load import shipped
from bot.clock import Clock
from bot.errors import VARIANT, RefusalCode, RefusedError, UpstreamError, UpstreamKind
from bot.ids import BlobId
from bot.jobs.ports import BlobStore
from bot.requests.references import Reference, blob_id
from bot.requests.request import Request
from bot.upstream.contract import StoredFile, Upstream, WireReference
from bot.web.signing import Signer

logger = logging.getLogger(__name__)

DEFAULT_MEDIA_TYPE = "image/png"


class ReferenceTransfer:
    """Prepares references before the paid call, at no cost."""

    def __init__(self, blobs: BlobStore, clock: Clock, signer: Signer | None = None) -> None:
        self._blobs = blobs
        self._clock = clock
        self._signer = signer

    async def wire_forms(self, request: Request, upstream: Upstream) -> list[WireReference]:
        """How each reference stands in the call, in order.

        Raises UpstreamError, always `certain`, StoreError, and RefusedError (REF_GONE) for a reference that is not on our disk.
        """
        blobs = [blob_id(reference) for reference in request.references if reference.form == "bytes"]
        paths = await self._blobs.locate_all(blobs) if blobs else {}
        for number, reference in enumerate(request.references, start=1):
            if reference.form == "bytes" and blob_id(reference) not in paths:
                logger.error("reference lost", extra={"blob": reference.value})
                raise RefusedError(RefusalCode.REF_GONE, number=number, **{VARIANT: "stored"})
        return [await self._wire_form(reference, request, upstream, paths) for reference in request.references]

    async def _wire_form(
        self, reference: Reference, request: Request, upstream: Upstream, paths: Mapping[BlobId, Path]
    ) -> WireReference:
        if reference.form != "bytes":
            return reference.value
        blob, media_type = blob_id(reference), reference.media_type or DEFAULT_MEDIA_TYPE
        way = shipped().dialects[request.dialect].references.bytes_as
        match way:
            case "data" | None:
                return StoredFile(path=paths[blob], media_type=media_type)
            case "upload":
                return await upstream.upload(StoredFile(path=paths[blob], media_type=media_type))
            case "signed":
                if self._signer is None:
                    raise _cannot_transfer("PUBLIC_URL is not set any more")
                return self._signer.sign(blob, media_type, now=self._clock.now())
            case _:
                assert_never(way)


def _cannot_transfer(detail: str) -> UpstreamError:
    return UpstreamError(UpstreamKind.REFERENCE, certain=True, detail=detail)
