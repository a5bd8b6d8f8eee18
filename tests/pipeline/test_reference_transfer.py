"""References on their way to a gateway: in the form its dialect takes."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import BlobId
from bot.pipeline.reference_transfer import ReferenceTransfer
from bot.requests.references import Reference, blob_reference
from bot.store.blobs import Blobs
from bot.web.signing import Signer
from tests.fakes.clock import FakeClock
from tests.fakes.dialects import plain
from tests.fakes.upstream import ScriptedUpstream

NOW = 1_700_000_000.0


@dataclass
class Lender(ScriptedUpstream):
    """A gateway with an upload service that numbers what it is given."""

    given: list[tuple[bytes, str]] = field(default_factory=list)

    async def upload(self, content: bytes, media_type: str) -> str:
        self.given.append((content, media_type))
        return f"https://lent.example/{len(self.given)}"


async def kept(blobs: Blobs, content: bytes, media_type: str = "image/png") -> Reference:
    blob = await blobs.put(content)
    return blob_reference(blob, media_type=media_type, width=100, height=100, size_bytes=len(content))


async def test_inside_the_request(tmp_path: Path) -> None:
    """Bytes become data URLs; addresses and data URLs stay what they are; the order stays."""
    blobs = Blobs(tmp_path)
    given = (
        await kept(blobs, b"fox", "image/jpeg"),
        Reference(form="url", value="https://e.com/a.png"),
        Reference(form="data", value="data:image/png;base64,AA"),
    )
    request = plain("ark_intl", references=given)

    wired = await ReferenceTransfer(blobs, FakeClock(NOW)).wire_forms(request, ScriptedUpstream([]))

    assert wired == ["data:image/jpeg;base64,Zm94", "https://e.com/a.png", "data:image/png;base64,AA"]


async def test_by_the_gateways_upload_service(tmp_path: Path) -> None:
    """What it was given, it is shown the address of."""
    blobs, lender = Blobs(tmp_path), Lender([])
    request = plain("sinancode", references=(await kept(blobs, b"one"), await kept(blobs, b"two", "image/jpeg")))

    wired = await ReferenceTransfer(blobs, FakeClock(NOW)).wire_forms(request, lender)

    assert wired == ["https://lent.example/1", "https://lent.example/2"]
    assert lender.given == [(b"one", "image/png"), (b"two", "image/jpeg")]


async def test_at_an_address_of_ours(tmp_path: Path) -> None:
    """Signed, so that only the gateway we told can fetch it."""
    blobs, signer = Blobs(tmp_path), Signer("https://bot.example", b"k" * 32)
    reference = await kept(blobs, b"fox")
    request = plain("uniall", references=(reference,))

    (address,) = await ReferenceTransfer(blobs, FakeClock(NOW), signer).wire_forms(request, ScriptedUpstream([]))

    assert signer.verify(address.removeprefix("https://bot.example"), now=NOW) == (BlobId(reference.value), "image/png")


@pytest.mark.parametrize("dialect", ["sinancode", "uniall"])
async def test_without_a_way_nothing_is_spent(tmp_path: Path, dialect: str) -> None:
    """A setting that was taken away after the job was accepted is a certain failure."""
    blobs = Blobs(tmp_path)
    request = plain(dialect, references=(await kept(blobs, b"fox"),))

    with pytest.raises(UpstreamError) as caught:
        await ReferenceTransfer(blobs, FakeClock(NOW)).wire_forms(request, ScriptedUpstream([]))

    assert (caught.value.kind, caught.value.certain, caught.value.retryable) == (UpstreamKind.REFERENCE, True, False)
