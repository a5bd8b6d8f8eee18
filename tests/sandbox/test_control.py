"""The control API over real HTTP, with a small platform behind it."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.control import Control
from sandbox.stage import ActError, JsonObject, Stage


class Corridor:
    """A platform of one kind of message: what a member says is seen at once."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._said: dict[str, list[JsonObject]] = {}

    async def act(self, act: JsonObject) -> JsonObject:
        if act["user"] == "nobody":
            raise ActError("There is no member 'nobody'.")
        messages = self._said.setdefault(act["channel"], [])
        messages.append({"id": str(len(messages) + 1), "author": act["user"], "text": act.get("text", "")})
        self._stage.recording.add({"platform": "corridor", "method": "hear", "payload": {"text": act.get("text", "")}})
        return {"id": messages[-1]["id"], "acknowledged_ms": None, "private": []}

    def change(self, what: str, *, channel: str | None, user: str | None) -> None:
        if what != "close":
            raise ActError(f"{what!r} is no change: it is one of close.")
        self._said.pop(str(channel or user), None)

    def seen(self, channel: str, after: str | None) -> list[JsonObject]:
        return [message for message in self._said.get(channel, []) if after is None or int(message["id"]) > int(after)]

    def describe(self) -> JsonObject:
        return {"channels": ["hall"], "users": {"ada": "1"}}

    def environment(self) -> dict[str, str]:
        return {}

    async def close(self) -> None:
        return


class Till:
    """A gateway that has taken two calls."""

    name = "till"
    dialect = "till"
    url = "http://127.0.0.1:1"

    def __init__(self, *times: float) -> None:
        self.calls: list[JsonObject] = [{"gateway": self.name, "at": at, "billed": 1} for at in times]

    async def close(self) -> None:
        return


class ControlClient:
    """A running control API and a client that has its token."""

    def __init__(self, stage: Stage, control: Control, client: httpx.AsyncClient) -> None:
        self.stage = stage
        self.control = control
        self.client = client

    async def act(self, **act: Any) -> httpx.Response:
        fields = {"platform": "corridor", "user": "ada", "channel": "hall", "kind": "message"} | act
        return await self.client.post("/act", json={key: value for key, value in fields.items() if value is not None})


@pytest.fixture
async def control_client() -> AsyncIterator[ControlClient]:
    stage = Stage()
    stage.faults.declare("till.submit", ("500", "slow:SECONDS"))
    stage.faults.declare("corridor.door", ("shut",))
    control = await Control.start(stage, {"corridor": Corridor(stage)}, [Till(3.0, 5.0), Till(4.0)])
    async with httpx.AsyncClient(
        base_url=control.url, headers={"X-Sandbox-Token": control.token}, trust_env=False, verify=False
    ) as client:
        yield ControlClient(stage, control, client)
    await control.close()


async def test_acts_are_seen(control_client: ControlClient) -> None:
    """What a member does reaches the platform, and what members see comes back."""
    first = await control_client.act(text="good morning")
    await control_client.act(text="and good night")
    everything = await control_client.client.get("/seen", params={"platform": "corridor", "channel": "hall"})
    later = await control_client.client.get("/seen", params={"platform": "corridor", "channel": "hall", "after": "1"})

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
async def test_acts_that_cannot_be(control_client: ControlClient, act: JsonObject, word: str) -> None:
    """An act that cannot be done is refused with a sentence that names why."""
    answer = await control_client.act(**act)

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
        ("/world", b'{"platform":"corridor"}'),
        ("/world", b'{"platform":"corridor","what":"close","channel":7}'),
        ("/world", b'{"platform":"corridor","what":"burn"}'),
        ("/world", b'{"what":"close","channel":"hall"}'),
        ("/clock", b"{}"),
        ("/clock", b'{"advance_s":-1}'),
        ("/clock", b'{"advance_s":Infinity}'),
        ("/clock", b'{"advance_s":"1"}'),
    ],
)
async def test_bodies_that_say_nothing(control_client: ControlClient, path: str, body: bytes) -> None:
    """A body without what the call needs is refused."""
    answer = await control_client.client.post(path, content=body)

    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_the_world_changes(control_client: ControlClient) -> None:
    """A word and the place it is about reach the platform."""
    await control_client.act(text="good morning")
    answer = await control_client.client.post("/world", json={"platform": "corridor", "what": "close", "channel": "hall"})
    seen = await control_client.client.get("/seen", params={"platform": "corridor", "channel": "hall"})

    assert (answer.status_code, seen.json()) == (200, [])


@pytest.mark.parametrize("query", [{}, {"platform": "corridor"}, {"channel": "hall"}, {"platform": "x", "channel": "hall"}])
async def test_seen_needs_a_place(control_client: ControlClient, query: dict[str, str]) -> None:
    """Reading needs a known platform and a channel."""
    assert (await control_client.client.get("/seen", params=query)).status_code == 400


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
async def test_who_may_play(control_client: ControlClient, headers: dict[str, str], status: int) -> None:
    """Only who knows the token, at this address, from no page of another origin."""
    sent = {name: control_client.control.url if value == "SELF" else value for name, value in headers.items()}

    assert (await control_client.client.get("/calls", headers=sent)).status_code == status


async def test_calls_of_all_gateways(control_client: ControlClient) -> None:
    """Calls come in the order of time, whichever gateway took them."""
    assert [call["at"] for call in (await control_client.client.get("/calls")).json()] == [3.0, 4.0, 5.0]


async def test_files(control_client: ControlClient) -> None:
    """A file is read by its hash, with the type its first bytes tell."""
    name = control_client.stage.files.put(base64.b64decode("iVBORw0KGgo="))
    found = await control_client.client.get(f"/file/{name}")
    missing = await control_client.client.get("/file/0")

    assert (found.content, found.headers["Content-Type"]) == (b"\x89PNG\r\n\x1a\n", "image/png")
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("lasting", "struck"),
    [
        ({}, [True, False, False, False]),
        ({"times": 2}, [True, True, False, False]),
        ({"every": 2}, [False, True, False, True]),
        ({"for_s": 60}, [True, True, True, True]),
    ],
)
async def test_faults(control_client: ControlClient, lasting: JsonObject, struck: list[bool]) -> None:
    """A fault strikes as often, or as long, as it was asked to; once if nothing was said."""
    await control_client.client.post("/fault", json={"where": "till.submit", "what": "500", **lasting})

    assert [control_client.stage.faults.take("till.submit") == "500" for _ in struck] == struck


@pytest.mark.parametrize(
    ("where", "what", "named"),
    [
        ("till.submit", "boom", "it knows 500, slow:SECONDS."),
        ("till.submit:*fox*", "slow", "it knows 500, slow:SECONDS."),
        ("*", "500", "corridor.door knows no fault '500'; it knows shut."),
        ("till.drawer", "500", "faults are taken at corridor.door, till.submit."),
    ],
)
async def test_faults_nobody_knows(control_client: ControlClient, where: str, what: str, named: str) -> None:
    """A fault that its place does not know is refused with those it does, before it can break anything."""
    answer = await control_client.client.post("/fault", json={"where": where, "what": what})

    assert answer.status_code == 400
    assert named in answer.json()["error"]
    assert control_client.stage.faults.take("till.submit") is None


async def test_faults_end(control_client: ControlClient) -> None:
    """Faults end with the book's, and timed ones with the stage's clock."""
    await control_client.client.post("/fault", json={"where": "till.*", "what": "500", "for_s": 60})
    await control_client.client.post("/clock", json={"advance_s": 61})
    timed = control_client.stage.faults.take("till.submit")
    await control_client.client.post("/fault", json={"where": "till.*", "what": "500", "times": 9})
    await control_client.client.delete("/fault")

    assert timed is None
    assert control_client.stage.faults.take("till.submit") is None


async def test_clock(control_client: ControlClient) -> None:
    """The stage's clock is moved, and says where it stands."""
    before = control_client.stage.clock.now()
    answer = await control_client.client.post("/clock", json={"advance_s": 3600})

    assert 3600 <= answer.json()["now"] - before < 3660


async def test_record(control_client: ControlClient) -> None:
    """The recording is one JSON object a line."""
    await control_client.act(text="première")
    await control_client.act(text="second")
    answer = await control_client.client.get("/record")

    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    assert answer.text.splitlines()[0] == '{"platform": "corridor", "method": "hear", "payload": {"text": "première"}}'
    assert len(answer.text.splitlines()) == 2
