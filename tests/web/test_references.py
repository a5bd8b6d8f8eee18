"""Reference pictures are served at signed addresses, for an hour, and at no others."""

from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.config.settings import Listen
from bot.errors import StoreError
from bot.ids import BlobId
from bot.store.blobs import Blobs
from bot.web.contract import WebRequest
from bot.web.references import SignedReferences
from bot.web.server import WebServer
from bot.web.signing import ROUTE, VALID_S, Signer, signing_key
from tests.fakes.clock import FakeClock

NOW = 1_700_000_000.0
KEY = b"k" * 32
BLOB = BlobId("ab" * 32)
SIGNER = Signer("https://bot.example/", KEY)


def path_of(address: str) -> str:
    return urlsplit(address).path


def test_a_signed_address_is_verified() -> None:
    """A signed address is below the public URL and leads to the blob and its media type."""
    address = SIGNER.sign(BLOB, "image/jpeg", now=NOW)

    assert address.startswith("https://bot.example/references/")
    assert address.endswith(".jpg")
    assert SIGNER.verify(path_of(address), now=NOW + VALID_S - 1) == (BLOB, "image/jpeg")


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name.replace("ab", "cd", 1),
        lambda name: name.replace(".jpg", ".png"),
        lambda name: name.replace(str(int(NOW) + VALID_S), str(int(NOW) + VALID_S + 1)),
        lambda name: name.replace(f".{int(NOW) + VALID_S}.", ".."),
        lambda name: name[:-10] + ("A" if name[-10] != "A" else "B") + name[-9:],
        lambda name: name.upper(),
        lambda _: "../../signing.key",
        lambda _: "",
        lambda _: BLOB,
    ],
)
def test_a_changed_address_is_refused(change: object) -> None:
    """An address with any change is not verified."""
    assert callable(change)
    name = path_of(SIGNER.sign(BLOB, "image/jpeg", now=NOW)).rpartition("/")[2]

    assert SIGNER.verify(f"/references/{change(name)}", now=NOW) is None


def test_an_address_expires() -> None:
    """An address is not verified after `VALID_S`."""
    assert SIGNER.verify(path_of(SIGNER.sign(BLOB, "image/png", now=NOW)), now=NOW + VALID_S) is None


def test_an_address_of_another_key_is_refused() -> None:
    """An address that was signed with another key is not verified."""
    other = Signer("https://bot.example", b"o" * 32)

    assert SIGNER.verify(path_of(other.sign(BLOB, "image/png", now=NOW)), now=NOW) is None


def test_the_key_is_created_once(tmp_path: Path) -> None:
    """The key is created once and kept for the next start, in a private file."""
    first, second = signing_key(tmp_path), signing_key(tmp_path)

    assert (first == second, len(first)) == (True, 32)
    assert [path.name for path in tmp_path.iterdir()] == ["signing.key"]
    assert (tmp_path / "signing.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b"short", b"k" * 31, b"k" * 33])
def test_a_key_that_is_not_whole_is_replaced(tmp_path: Path, content: bytes) -> None:
    """What a power cut left of a key signs nothing: anybody could know it."""
    (tmp_path / "signing.key").write_bytes(content)
    key = signing_key(tmp_path)

    assert (len(key), key == content, signing_key(tmp_path)) == (32, False, key)
    assert [path.name for path in tmp_path.iterdir()] == ["signing.key"]


def test_a_key_that_cannot_be_read_is_no_traceback(tmp_path: Path) -> None:
    """The start fails with the path."""
    (tmp_path / "signing.key").mkdir()

    with pytest.raises(StoreError) as caught:
        signing_key(tmp_path)

    assert str(tmp_path / "signing.key") in caught.value.detail


async def test_the_server_serves_signed_addresses_only(tmp_path: Path) -> None:
    """GET and HEAD serve a picture with its media type; a wrong address and a missing picture give the same 404."""
    blobs, clock = Blobs(tmp_path), FakeClock(NOW)
    references = SignedReferences(SIGNER, blobs.read, clock)
    blob = await blobs.put(b"a picture")
    paths = [path_of(SIGNER.sign(name, "image/png", now=NOW)) for name in (blob, BLOB)]
    server = WebServer(Listen(host="127.0.0.1", port=0))
    server.add_route("GET", ROUTE, references.serve)
    await server.start()
    seen = []
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:
        for method, path in [("GET", paths[0]), ("HEAD", paths[0]), ("GET", paths[1]), ("GET", paths[0] + "x")]:
            async with session.request(method, path) as answer:
                seen.append((answer.status, answer.content_type, await answer.read()))
    await server.close()

    assert seen == [
        (200, "image/png", b"a picture"),
        (200, "image/png", b""),
        (404, "text/plain", b""),
        (404, "text/plain", b""),
    ]
    clock.advance(VALID_S)
    assert (await references.serve(WebRequest(body=b"", path=paths[0]))).status == 404
