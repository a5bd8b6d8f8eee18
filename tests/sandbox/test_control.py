"""The control API over real HTTP, with a minimal platform and gateway."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.contracts import ControlError, ControlledGateway, ControlledPlatform, JsonObject
from sandbox.control import Control
from sandbox.runtime import Runtime


class EchoPlatform(ControlledPlatform):
    """A platform that shows every message of a member as it was sent."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._messages: dict[str, list[JsonObject]] = {}

    async def act(self, act: JsonObject) -> JsonObject:
        if act["user"] == "nobody":
            raise ControlError("There is no member 'nobody'.")
        messages = self._messages.setdefault(act["channel"], [])
        messages.append({"id": str(len(messages) + 1), "author": act["user"], "text": act.get("text", "")})
        self._runtime.recording.add({"platform": "echo", "method": "echo", "payload": {"text": act.get("text", "")}})
        return {"id": messages[-1]["id"], "acknowledged_ms": None, "private": []}

    def change(self, what: str, *, channel: str | None, user: str | None) -> None:
        if what != "close":
            raise ControlError(f"{what!r} is no change: it is one of close.")
        self._messages.pop(str(channel or user), None)

    def seen(self, channel: str, after: str | None) -> list[JsonObject]:
        return [message for message in self._messages.get(channel, []) if after is None or int(message["id"]) > int(after)]

    def describe(self) -> JsonObject:
        return {"channels": ["lobby"], "users": {"ada": "1"}}

    def environment(self) -> dict[str, str]:
        return {}

    async def close(self) -> None:
        return


class IdleGateway(ControlledGateway):
    """A gateway that has accepted some calls."""

    name = "gateway"
    dialect = "gateway"
    url = "http://127.0.0.1:1"

    def __init__(self, *times: float) -> None:
        self.calls: list[JsonObject] = [{"gateway": self.name, "at": at, "billed": 1} for at in times]
        self.settings: JsonObject = {}

    def change(self, settings: JsonObject) -> None:
        if "odd" in settings:
            raise ControlError("'odd' is no setting.")
        self.settings |= settings

    async def close(self) -> None:
        return


class ControlClient:
    """A running control API and a client with its token."""

    def __init__(self, runtime: Runtime, control: Control, gateway: IdleGateway, http: httpx.AsyncClient) -> None:
        self.runtime = runtime
        self.control = control
        self.gateway = gateway
        self.http = http

    async def act(self, **act: Any) -> httpx.Response:
        fields = {"platform": "echo", "user": "ada", "channel": "lobby", "kind": "message"} | act
        return await self.http.post("/act", json={key: value for key, value in fields.items() if value is not None})


@pytest.fixture
async def client() -> AsyncIterator[ControlClient]:
    runtime = Runtime()
    runtime.faults.declare("gateway.submit", ("500", "slow:SECONDS"))
    runtime.faults.declare("echo.channel", ("closed",))
    gateway = IdleGateway(3.0, 5.0)
    control = await Control.start(runtime, {"echo": EchoPlatform(runtime)}, [gateway, IdleGateway(4.0)])
    async with httpx.AsyncClient(
        base_url=control.url, headers={"X-Sandbox-Token": control.token}, trust_env=False, verify=False
    ) as http:
        yield ControlClient(runtime, control, gateway, http)
    await control.close()


async def test_acts_are_seen(client: ControlClient) -> None:
    """Acts reach the platform, and `/seen` returns what members see."""
    first = await client.act(text="good morning")
    await client.act(text="and good night")
    everything = await client.http.get("/seen", params={"platform": "echo", "channel": "lobby"})
    later = await client.http.get("/seen", params={"platform": "echo", "channel": "lobby", "after": "1"})

    assert first.json() == {"id": "1", "acknowledged_ms": None, "private": []}
    assert [message["text"] for message in everything.json()] == ["good morning", "and good night"]
    assert [message["text"] for message in later.json()] == ["and good night"]


@pytest.mark.parametrize(
    ("act", "word"),
    [
        ({"platform": "carrier-pigeon"}, "carrier-pigeon"),
        ({"platform": None}, "None"),
        ({"user": None}, "user"),
        ({"user": 7}, "user"),
        ({"channel": None}, "channel"),
        ({"kind": None}, "kind"),
        ({"kind": "shout"}, "shout"),
        ({"user": "nobody"}, "nobody"),
    ],
)
async def test_refused_acts(client: ControlClient, act: JsonObject, word: str) -> None:
    """An act that cannot be carried out is refused with a message that names the reason."""
    answer = await client.act(**act)

    assert answer.status_code == 400
    assert word in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/act", b"{"),
        ("/act", b"[]"),
        ("/act", b'\xff"'),
        ("/fault", b"{}"),
        ("/fault", b'{"where":"a.b"}'),
        ("/fault", b'{"where":"a.b","what":"500","times":0}'),
        ("/fault", b'{"where":"a.b","what":"500","times":1.5}'),
        ("/fault", b'{"where":"a.b","what":"500","every":true}'),
        ("/fault", b'{"where":"a.b","what":"500","times":1,"for_s":2}'),
        ("/world", b'{"platform":"echo"}'),
        ("/world", b'{"platform":"echo","what":"close","channel":7}'),
        ("/world", b'{"platform":"echo","what":"burn"}'),
        ("/world", b'{"what":"close","channel":"lobby"}'),
        ("/world", b'{"gateway":"nowhere"}'),
        ("/world", b'{"gateway":7}'),
        ("/world", b'{"gateway":"gateway","odd":1}'),
        ("/clock", b"{}"),
        ("/clock", b'{"advance_s":-1}'),
        ("/clock", b'{"advance_s":Infinity}'),
        ("/clock", b'{"advance_s":"1"}'),
    ],
)
async def test_invalid_bodies(client: ControlClient, path: str, body: bytes) -> None:
    """A body without the required fields is refused."""
    answer = await client.http.post(path, content=body)

    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_settings_of_a_gateway(client: ControlClient) -> None:
    """A change that names a gateway reaches that gateway."""
    answer = await client.http.post("/world", json={"gateway": "gateway", "seconds": {"5.0-pro": 30}})

    assert (answer.status_code, answer.json()) == (200, {"gateway": "gateway"})
    assert client.gateway.settings == {"seconds": {"5.0-pro": 30}}


async def test_world_change(client: ControlClient) -> None:
    """A change reaches the platform."""
    await client.act(text="good morning")
    answer = await client.http.post("/world", json={"platform": "echo", "what": "close", "channel": "lobby"})
    seen = await client.http.get("/seen", params={"platform": "echo", "channel": "lobby"})

    assert (answer.status_code, seen.json()) == (200, [])


@pytest.mark.parametrize("query", [{}, {"platform": "echo"}, {"channel": "lobby"}, {"platform": "x", "channel": "lobby"}])
async def test_seen_needs_platform_and_channel(client: ControlClient, query: dict[str, str]) -> None:
    """`/seen` needs a known platform and a channel."""
    assert (await client.http.get("/seen", params=query)).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "SELF"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"X-Sandbox-Token": "wrong"}, 401),
        ({"X-Sandbox-Token": ""}, 401),
    ],
)
async def test_authorization(client: ControlClient, headers: dict[str, str], status: int) -> None:
    """A request needs the token, this host, and no foreign origin."""
    sent = {name: client.control.url if value == "SELF" else value for name, value in headers.items()}

    assert (await client.http.get("/calls", headers=sent)).status_code == status


async def test_fetches_of_all_platforms(client: ControlClient) -> None:
    """`/fetches` returns the downloads of files, oldest first."""
    client.runtime.fetches += [{"platform": "slack", "name": "b.png"}, {"platform": "discord", "name": "a.png"}]
    assert [fetch["name"] for fetch in (await client.http.get("/fetches")).json()] == ["b.png", "a.png"]


async def test_calls_of_all_gateways(client: ControlClient) -> None:
    """`/calls` returns the calls of all gateways in order of time."""
    assert [call["at"] for call in (await client.http.get("/calls")).json()] == [3.0, 4.0, 5.0]


async def test_files(client: ControlClient) -> None:
    """`/file` returns a file by its hash, with the media type of its first bytes."""
    name = client.runtime.files.put(base64.b64decode("iVBORw0KGgo="))
    found = await client.http.get(f"/file/{name}")
    missing = await client.http.get("/file/0")

    assert (found.content, found.headers["Content-Type"]) == (b"\x89PNG\r\n\x1a\n", "image/png")
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("duration", "taken", "spent"),
    [
        ({}, [True, False, False, False], True),
        ({"times": 2}, [True, True, False, False], True),
        ({"times": 5}, [True, True, True, True], False),
        ({"every": 2}, [False, True, False, True], False),
        ({"for_s": 60}, [True, True, True, True], False),
    ],
)
async def test_faults(client: ControlClient, duration: JsonObject, taken: list[bool], spent: bool) -> None:
    """A fault applies as often, or as long, as requested, once by default; it is listed until it is spent."""
    fault = {"where": "gateway.submit", "what": "500"}
    await client.http.post("/fault", json=fault | duration)
    before = (await client.http.get("/fault")).json()

    assert [client.runtime.faults.take("gateway.submit") == "500" for _ in taken] == taken
    assert before == {"faults": [fault]}
    assert (await client.http.get("/fault")).json() == {"faults": [] if spent else [fault]}


@pytest.mark.parametrize(
    ("where", "what", "named"),
    [
        ("gateway.submit", "boom", "it knows 500, slow:SECONDS."),
        ("gateway.submit:*fox*", "slow", "it knows 500, slow:SECONDS."),
        ("*", "500", "echo.channel knows no fault '500'; it knows closed."),
        ("gateway.nowhere", "500", "faults are taken at echo.channel, gateway.submit."),
    ],
)
async def test_undeclared_faults(client: ControlClient, where: str, what: str, named: str) -> None:
    """A fault word that its place does not declare is refused, and the answer lists the declared ones."""
    answer = await client.http.post("/fault", json={"where": where, "what": what})

    assert answer.status_code == 400
    assert named in answer.json()["error"]
    assert client.runtime.faults.take("gateway.submit") is None


async def test_faults_expire(client: ControlClient) -> None:
    """Faults can be cleared, and timed ones expire by the sandbox's clock."""
    await client.http.post("/fault", json={"where": "gateway.*", "what": "500", "for_s": 60})
    await client.http.post("/clock", json={"advance_s": 61})
    timed = client.runtime.faults.take("gateway.submit")
    await client.http.post("/fault", json={"where": "gateway.*", "what": "500", "times": 9})
    await client.http.delete("/fault")

    assert timed is None
    assert client.runtime.faults.take("gateway.submit") is None


async def test_clock(client: ControlClient) -> None:
    """`/clock` moves the sandbox's clock and returns its time."""
    before = client.runtime.clock.now()
    answer = await client.http.post("/clock", json={"advance_s": 3600})

    assert 3600 <= answer.json()["now"] - before < 3660


async def test_record(client: ControlClient) -> None:
    """`/record` returns one JSON object a line."""
    await client.act(text="première")
    await client.act(text="second")
    answer = await client.http.get("/record")

    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    assert answer.text.splitlines()[0] == '{"platform": "echo", "method": "echo", "payload": {"text": "première"}}'
    assert len(answer.text.splitlines()) == 2
