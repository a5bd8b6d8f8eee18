"""Downloads from the stand-in's CDN, and the proxy in front of everything."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from sandbox.stage import Fault
from tests.sandbox.wire import IMAGINE, Wire, given, png, wired


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with wired(tmp_path) as opened:
        yield opened


async def posted(wire: Wire) -> tuple[str, str]:
    """Path of a message with one picture, and the picture's address."""
    path = f"/channels/{wire.channels['art']}/messages"
    made = (await wire.call("POST", path, {}, files=[("a.png", png())])).body
    return f"{path}/{made['id']}", made["attachments"][0]["url"]


async def test_a_signed_address_lives_for_a_day(wire: Wire) -> None:
    """It serves the very bytes, dies with its expiry, and a fetch of the message brings a fresh one."""
    path, url = await posted(wire)
    alive = await wire.get(url)
    wire.stage.clock.advance(86401)
    dead = await wire.get(url)
    fresh = (await wire.call("GET", path)).body["attachments"][0]["url"]

    assert (alive[0], alive[1]["Content-Type"], alive[2]) == (200, "image/png", png())
    assert dead[0] == 404
    assert (await wire.get(fresh))[0] == 200


async def test_bad_addresses(wire: Wire) -> None:
    """Without its signature, with another name, and after the message is gone there is nothing."""
    path, url = await posted(wire)
    bare = await wire.get(url.partition("?")[0])
    renamed = await wire.get(url.replace("a.png", "b.png"))
    await wire.call("DELETE", path)
    deleted = await wire.get(url)

    assert [bare[0], renamed[0], deleted[0]] == [404, 404, 404]


async def test_uploads_of_a_command_go_soon(wire: Wire) -> None:
    """They lie under another path and are gone long before their address expires."""
    await wire.sync(IMAGINE)
    socket = await wire.identify()
    files = given(("a.png", png()))
    task, interaction = await wire.invoke(socket, kind="command", name="imagine", options={"prompt": "x"}, files=files)
    await wire.answer(interaction, 5)
    await task
    await socket.raw.close()
    (upload,) = interaction["data"]["resolved"]["attachments"].values()
    alive = await wire.get(upload["url"])
    wire.stage.clock.advance(7200)

    assert alive[2] == png()
    assert (await wire.get(upload["url"]))[0] == 404


@pytest.mark.parametrize(("what", "status"), [("gone", 404), ("500", 500), ("503", 503)])
async def test_refused_downloads(wire: Wire, what: str, status: int) -> None:
    """A struck download fails once."""
    _, url = await posted(wire)
    wire.stage.faults.add(Fault(where="discord.cdn", what=what, times=1))

    assert [(await wire.get(url))[0], (await wire.get(url))[0]] == [status, 200]


async def test_a_download_of_the_wrong_type(wire: Wire) -> None:
    """The bytes are right, what is said of them is not."""
    _, url = await posted(wire)
    wire.stage.faults.add(Fault(where="discord.cdn", what="wrong-type", times=1))
    _, headers, content = await wire.get(url)

    assert (headers["Content-Type"], content) == ("text/html", png())


async def test_a_truncated_download(wire: Wire) -> None:
    """The connection ends before the promised length."""
    _, url = await posted(wire)
    wire.stage.faults.add(Fault(where="discord.cdn", what="truncated", times=1))
    with pytest.raises(aiohttp.ClientPayloadError):
        await wire.get(url)


async def test_an_endless_download(wire: Wire) -> None:
    """Far more comes than the attachment's size promised."""
    _, url = await posted(wire)
    wire.stage.faults.add(Fault(where="discord.cdn", what="oversize", times=1))
    async with wire.http.get(url, proxy=wire.proxy, ssl=wire.tls) as answer:
        received = await answer.content.readexactly(1024 * 1024)

    assert received.startswith(png())


async def test_the_proxy_refuses_every_other_host(wire: Wire) -> None:
    """Nothing that a bot asks for through the proxy leaves this machine."""
    with pytest.raises(aiohttp.ClientHttpProxyError) as refused:
        await wire.get("https://example.com/")

    assert refused.value.status == 403
