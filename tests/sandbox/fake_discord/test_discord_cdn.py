"""Downloads from the fake CDN, and the proxy in front of it."""

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


async def post_picture(client: RawClient) -> tuple[str, str]:
    """Post a message with one picture; return the message's path and the picture's URL."""
    path = f"/channels/{client.channels['art']}/messages"
    made = (await client.call("POST", path, {}, files=[("a.png", png())])).body
    return f"{path}/{made['id']}", made["attachments"][0]["url"]


async def test_signed_urls_expire_after_a_day(client: RawClient) -> None:
    """A signed URL serves the original bytes until it expires; fetching the message again gives a fresh one."""
    path, url = await post_picture(client)
    is_valid = await client.get(url)
    client.runtime.clock.advance(86401)
    dead = await client.get(url)
    fresh = (await client.call("GET", path)).body["attachments"][0]["url"]

    assert (is_valid[0], is_valid[1]["Content-Type"], is_valid[2]) == (200, "image/png", png())
    assert dead[0] == 404
    assert (await client.get(fresh))[0] == 200


async def test_invalid_urls(client: RawClient) -> None:
    """A URL without its signature, with another file name, or of a deleted message is not found."""
    path, url = await post_picture(client)
    bare = await client.get(url.partition("?")[0])
    renamed = await client.get(url.replace("a.png", "b.png"))
    await client.call("DELETE", path)
    deleted = await client.get(url)

    assert [bare[0], renamed[0], deleted[0]] == [404, 404, 404]


async def test_command_uploads_expire_early(client: RawClient) -> None:
    """Uploads of a command have a path of their own and expire long before their URL."""
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
async def test_download_faults(client: RawClient, what: str, status: int) -> None:
    """A download fault applies once."""
    _, url = await post_picture(client)
    client.runtime.faults.add(Fault(where="discord.cdn", what=what, times=1))

    assert [(await client.get(url))[0], (await client.get(url))[0]] == [status, 200]


async def test_a_download_of_the_wrong_type(client: RawClient) -> None:
    """The `wrong-type` fault sends the right bytes with a wrong content type."""
    _, url = await post_picture(client)
    client.runtime.faults.add(Fault(where="discord.cdn", what="wrong-type", times=1))
    _, headers, content = await client.get(url)

    assert (headers["Content-Type"], content) == ("text/html", png())


async def test_a_truncated_download(client: RawClient) -> None:
    """The `truncated` fault ends the connection before the announced length."""
    _, url = await post_picture(client)
    client.runtime.faults.add(Fault(where="discord.cdn", what="truncated", times=1))
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.get(url)


async def test_an_endless_download(client: RawClient) -> None:
    """The `oversize` fault sends far more bytes than the attachment's size."""
    _, url = await post_picture(client)
    client.runtime.faults.add(Fault(where="discord.cdn", what="oversize", times=1))
    async with client.http.get(url, proxy=client.proxy, ssl=client.tls) as answer:
        received = await answer.content.readexactly(1024 * 1024)

    assert received.startswith(png())


async def test_the_proxy_refuses_every_other_host(client: RawClient) -> None:
    """The proxy refuses every other host, so that no request leaves this machine."""
    with pytest.raises(aiohttp.ClientHttpProxyError) as refused:
        await client.get("https://example.com/")

    assert refused.value.status == 403
