"""`GET /healthz` says what is true: what cannot be written, which gateway failed last, and at a low price."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.catalog.health import UnusableModel, unusable
from bot.catalog.retirement import Notice, notices
from bot.chat.chat_platform import PlatformStatus
from bot.errors import StoreCode, StoreError, UpstreamError, UpstreamKind
from bot.ids import GatewayName, ModelName
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started
from bot.upstream.outcomes import GatewayFailure, GatewayOutcomes, ObservedUpstream
from bot.web.contract import WebRequest
from bot.web.health import FRESH_S, Health
from tests.fakes.clock import FakeClock
from tests.fakes.dialects import gateway
from tests.fakes.jobs import request
from tests.fakes.memory_store import MemoryStore
from tests.fakes.upstream import Script, ScriptedUpstream, unheard

ARK = GatewayName("ark")
K = UpstreamKind


@dataclass
class Disk:
    """Counts the writes that are tried, and raises an error or hangs if told to."""

    error: StoreError | None = None
    hangs: asyncio.Event | None = None
    writes: int = 0

    async def write(self) -> None:
        self.writes += 1
        if self.hangs is not None:
            await self.hangs.wait()
        if self.error is not None:
            raise self.error


@dataclass
class Scene:
    clock: FakeClock = field(default_factory=FakeClock)
    disk: Disk = field(default_factory=Disk)
    platforms: dict[str, PlatformStatus] = field(default_factory=lambda: dict.fromkeys(["discord"], "ready"))
    failures: Mapping[GatewayName, GatewayFailure | None] = field(default_factory=lambda: {ARK: None})
    patience_s: float = 60.0
    notices: Sequence[Notice] = ()
    unusable: Sequence[UnusableModel] = ()

    def __post_init__(self) -> None:
        self.health = Health(
            MemoryStore(),
            self.clock,
            platforms=lambda: self.platforms,
            gateways=lambda: self.failures,
            probe_write=self.disk.write,
            notices=lambda _: self.notices,
            unusable=lambda: self.unusable,
            patience_s=self.patience_s,
        )

    async def asked(self) -> tuple[int, dict[str, Any]]:
        answer = await self.health.serve(WebRequest(body=b""))
        return answer.status, json.loads(answer.body)


@pytest.mark.parametrize(("code", "state"), [(StoreCode.BUSY, "locked"), (StoreCode.FULL, "full"), (StoreCode.BROKEN, "broken")])
async def test_what_cannot_be_written_is_told(code: StoreCode, state: str) -> None:
    """A database that can be read but not written is down, and the report says why; the jobs are counted nevertheless."""
    scene = Scene(disk=Disk(error=StoreError(code)))
    status, report = await scene.asked()
    assert (status, report["status"], report["database"]) == (503, "down", state)
    assert report["jobs"] == {"waiting": 0, "running": 0, "oldest_s": 0}

    scene.disk.error = None
    scene.clock.advance(FRESH_S)
    status, report = await scene.asked()
    assert (status, report["status"], report["database"]) == (200, "ok", "ok")


async def test_many_requests_share_one_write() -> None:
    """However often and by however many it is asked, it writes once in a few seconds."""
    scene = Scene()
    await asyncio.gather(*(scene.asked() for _ in range(100)))
    assert scene.disk.writes == 1
    scene.clock.advance(FRESH_S - 0.1)
    await scene.asked()
    assert scene.disk.writes == 1
    scene.clock.advance(0.1)
    await scene.asked()
    assert scene.disk.writes == 2


async def test_a_clock_that_is_set_back_does_not_keep_an_old_report() -> None:
    """A report from the future is an old one."""
    scene = Scene()
    await scene.asked()
    scene.clock.advance(-86_400)
    await scene.asked()
    assert scene.disk.writes == 2


async def test_a_write_that_hangs_is_told() -> None:
    """Whoever watches gets an answer, also while the disk gives none; later requests start no further write."""
    scene = Scene(disk=Disk(hangs=asyncio.Event()), patience_s=0.01)
    assert [(await scene.asked())[1]["database"] for _ in range(3)] == ["stalled"] * 3
    assert scene.disk.writes == 1
    assert scene.disk.hangs is not None
    scene.disk.hangs.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (await scene.asked())[1]["database"] == "ok"
    assert scene.disk.writes == 1


async def test_a_failing_gateway_is_told() -> None:
    """With what it failed and how long ago; the status is `degraded`, because the bot itself works."""
    scene = Scene()
    scene = Scene(failures={ARK: GatewayFailure(kind=K.AUTH, at=scene.clock.monotonic() - 7), GatewayName("spare"): None})
    status, report = await scene.asked()
    assert (status, report["status"]) == (200, "degraded")
    assert report["gateways"] == {"ark": "half-open", "spare": "closed"}
    assert report["gateway_failures"] == {"ark": {"code": "auth", "ago_s": 7}}


def failure(kind: UpstreamKind) -> UpstreamError:
    return UpstreamError(kind, certain=True)


@pytest.mark.parametrize(
    ("scripts", "expected"),
    [
        ([], None),
        ([[failure(K.AUTH)]], K.AUTH),
        ([[Started(), failure(K.UNREACHABLE)]], K.UNREACHABLE),
        ([[failure(K.RATE)]], K.RATE),
        ([[failure(K.AUTH)], [PictureReady(index=0, address="https://a.example"), Completed()]], None),
        ([[failure(K.AUTH)], [PictureMissing(index=0, error=failure(K.POLICY)), Completed()]], None),
        ([[failure(K.UPSTREAM)], [failure(K.POLICY_TEXT)]], None),
        ([[failure(K.UPSTREAM)], [failure(K.MODEL)]], None),
        ([[failure(K.UPSTREAM)], [failure(K.TASK_LOST)]], K.UPSTREAM),
        ([[PictureReady(index=0, address="https://a.example"), failure(K.AMBIGUOUS)]], K.AMBIGUOUS),
    ],
)
async def test_the_outcome_of_the_last_call_counts(scripts: list[Script], expected: UpstreamKind | None) -> None:
    """A refusal of the prompt is an answer; a wrong key, no answer or an overload is a failure of the gateway."""
    outcomes = GatewayOutcomes([ARK], FakeClock())
    upstream = ObservedUpstream(ScriptedUpstream(scripts=scripts), ARK, outcomes)
    for _ in scripts:
        with suppress(UpstreamError):
            _ = [event async for event in upstream.submit(request(), (), on_sending=unheard)]
    found = outcomes.failures[ARK]
    assert (None if found is None else found.kind) == expected


async def test_withdrawn_models_are_told_and_change_nothing() -> None:
    """A gateway that withdraws a model works as before."""
    status, report = await Scene(notices=notices([gateway("ark_cn")], 1_795_500_000.0)).asked()

    assert (status, report["status"], len(report["retired_models"])) == (200, "ok", 3)
    assert report["retired_models"][0] == {
        "gateway": "ark_cn",
        "model": "5.0-lite",
        "state": "reported",
        "day": "2026-11-24",
        "instead": "5.5",
    }


async def test_models_that_a_gateway_does_not_have_are_told_and_change_nothing() -> None:
    """With the gateway's own code, and until when it is not asked for them."""
    mark = unusable(ARK, ModelName("4.5"), answer="404 ModelNotOpen Open it first.", now=1_795_500_000.0)

    status, report = await Scene(unusable=(mark,)).asked()

    assert (status, report["status"]) == (200, "ok")
    assert report["unusable_models"] == [
        {"gateway": "ark", "model": "4.5", "reason": "404 ModelNotOpen", "until": "2026-11-24T07:00Z"}
    ]
    assert (await Scene().asked())[1]["unusable_models"] == []
