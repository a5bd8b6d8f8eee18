"""Downloads from the stand-in's CDN, and the proxy in front of everything."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from sandbox.faults import Fault
from tests.sandbox.fake_discord.raw_client import IMAGINE, RawClient, act_files, open_client, png


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[RawClient]:
    async with open_client(tmp_path) as opened:
        yield opened


async def posted(client: RawClient) -> tuple[str, str]:
    """Path of a message with one picture, and the picture's address."""
    path = f"/channels/{client.channels['art']}/messages"
    made = (await client.call("POST", path, {}, files=[("a.png", png())])).body
    return f"{path}/{made['id']}", made["attachments"][0]["url"]


async def test_a_signed_address_lives_for_a_day(client: RawClient) -> None:
    """It serves the very bytes, dies with its expiry, and a fetch of the message brings a fresh one."""
    path, url = await posted(client)
    is_valid = await client.get(url)
    client.runtime.clock.advance(86401)
    dead = await client.get(url)
    fresh = (await client.call("GET", path)).body["attachments"][0]["url"]

    assert (is_valid[0], is_valid[1]["Content-Type"], is_valid[2]) == (200, "image/png", png())
    assert dead[0] == 404
    assert (await client.get(fresh))[0] == 200


async def test_bad_addresses(client: RawClient) -> None:
    """Without its signature, with another name, and after the message is gone there is nothing."""
    path, url = await posted(client)
    bare = await client.get(url.partition("?")[0])
    renamed = await client.get(url.replace("a.png", "b.png"))
    await client.call("DELETE", path)
    deleted = await client.get(url)

    assert [bare[0], renamed[0], deleted[0]] == [404, 404, 404]


async def test_uploads_of_a_command_go_soon(client: RawClient) -> None:
    """They lie under another path and are gone long before their address expires."""
    await client.sync(IMAGINE)
    socket = await client.identify()
    files = act_files(("a.png", png()))
    task, interaction = await client.invoke(socket, kind="command", name="imagine", options={"prompt": "x"}, files=files)
    await client.answer(interaction, 5)
    await task
    await socket.raw.close()
    (upload,) = interaction["data"]["resolved"]["attachments"].values()
    is_valid = await client.get(upload["url"])
    client.runtime.clock.advance(7200)

    assert is_valid[2] == png()
    assert (await client.get(upload["url"]))[0] == 404


@pytest.mark.parametrize(("what", "status"), [("gone", 404), ("500", 500), ("503", 503)])
async def test_refused_downloads(client: RawClient, what: str, status: int) -> None:
    """A struck download fails once."""
    _, url = await posted(client)
    client.runtime.faults.add(Fault(where="discord.cdn", what=what, times=1))

    assert [(await client.get(url))[0], (await client.get(url))[0]] == [status, 200]


async def test_a_download_of_the_wrong_type(client: RawClient) -> None:
    """The bytes are right, what is said of them is not."""
    _, url = await posted(client)
    client.runtime.faults.add(Fault(where="discord.cdn", what="wrong-type", times=1))
    _, headers, content = await client.get(url)

    assert (headers["Content-Type"], content) == ("text/html", png())


async def test_a_truncated_download(client: RawClient) -> None:
    """The connection ends before the promised length."""
    _, url = await posted(client)
    client.runtime.faults.add(Fault(where="discord.cdn", what="truncated", times=1))
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.get(url)


async def test_an_endless_download(client: RawClient) -> None:
    """Far more comes than the attachment's size promised."""
    _, url = await posted(client)
    client.runtime.faults.add(Fault(where="discord.cdn", what="oversize", times=1))
    async with client.http.get(url, proxy=client.proxy, ssl=client.tls) as answer:
        received = await answer.content.readexactly(1024 * 1024)

    assert received.startswith(png())


async def test_the_proxy_refuses_every_other_host(client: RawClient) -> None:
    """Nothing that a bot asks for through the proxy leaves this machine."""
    with pytest.raises(aiohttp.ClientHttpProxyError) as refused:
        await client.get("https://example.com/")

    assert refused.value.status == 403
