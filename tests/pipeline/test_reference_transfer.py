"""References are transferred to a gateway in the form that its dialect takes."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import BlobId
from bot.pipeline.references.reference_transfer import ReferenceTransfer
from bot.requests.references import Reference, blob_id, blob_reference
from bot.store.blobs import Blobs
from bot.upstream.contract import StoredFile
from bot.web.signing import Signer
from tests.fakes.clock import FakeClock
from tests.fakes.dialects import plain
from tests.fakes.upstream import ScriptedUpstream

NOW = 1_700_000_000.0


@dataclass
class UploadingUpstream(ScriptedUpstream):
    """A gateway with an upload service that numbers the uploads."""

    uploads: list[tuple[bytes, str]] = field(default_factory=list)

    async def upload(self, file: StoredFile) -> str:
        self.uploads.append((file.path.read_bytes(), file.media_type))
        return f"https://lent.example/{len(self.uploads)}"


async def put_reference(blobs: Blobs, content: bytes, media_type: str = "image/png") -> Reference:
    blob = await blobs.put(content)
    return blob_reference(blob, media_type=media_type, width=100, height=100, size_bytes=len(content))


async def test_bytes_are_sent_from_their_file(tmp_path: Path) -> None:
    """The call has the file of stored bytes; addresses and data URLs are unchanged, and the order is kept."""
    blobs = Blobs(tmp_path)
    references = (
        await put_reference(blobs, b"fox", "image/jpeg"),
        Reference(form="url", value="https://e.com/a.png"),
        Reference(form="data", value="data:image/png;base64,AA"),
    )
    request = plain("ark_intl", references=references)

    forms = await ReferenceTransfer(blobs, FakeClock(NOW)).wire_forms(request, ScriptedUpstream([]))

    assert forms == [
        StoredFile(path=blobs.path(blob_id(references[0])), media_type="image/jpeg"),
        "https://e.com/a.png",
        "data:image/png;base64,AA",
    ]


async def test_bytes_are_uploaded(tmp_path: Path) -> None:
    """References are uploaded, and the call has the addresses that the upload service returned."""
    blobs, upstream = Blobs(tmp_path), UploadingUpstream([])
    request = plain(
        "sinancode", references=(await put_reference(blobs, b"one"), await put_reference(blobs, b"two", "image/jpeg"))
    )

    forms = await ReferenceTransfer(blobs, FakeClock(NOW)).wire_forms(request, upstream)

    assert forms == ["https://lent.example/1", "https://lent.example/2"]
    assert upstream.uploads == [(b"one", "image/png"), (b"two", "image/jpeg")]


async def test_bytes_get_a_signed_address(tmp_path: Path) -> None:
    """The call has a signed address of the reference on our own server."""
    blobs, signer = Blobs(tmp_path), Signer("https://bot.example", b"k" * 32)
    reference = await put_reference(blobs, b"fox")
    request = plain("uniall", references=(reference,))

    (address,) = await ReferenceTransfer(blobs, FakeClock(NOW), signer).wire_forms(request, ScriptedUpstream([]))

    assert isinstance(address, str)
    assert signer.verify(address.removeprefix("https://bot.example"), now=NOW) == (BlobId(reference.value), "image/png")


@pytest.mark.parametrize("dialect", ["sinancode", "uniall"])
async def test_a_reference_that_cannot_be_transferred_is_a_certain_failure(tmp_path: Path, dialect: str) -> None:
    """If the upload service or PUBLIC_URL is missing, the failure is certain and not retryable."""
    blobs = Blobs(tmp_path)
    request = plain(dialect, references=(await put_reference(blobs, b"fox"),))

    with pytest.raises(UpstreamError) as caught:
        await ReferenceTransfer(blobs, FakeClock(NOW)).wire_forms(request, ScriptedUpstream([]))

    assert (caught.value.kind, caught.value.certain, caught.value.retryable) == (UpstreamKind.REFERENCE, True, False)
