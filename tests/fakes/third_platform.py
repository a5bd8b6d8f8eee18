"""A made-up third platform: everything that a new folder in `adapters` has to provide."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated, ClassVar

from adapters.checkup.finding import CheckResult, Checkup, Diagnoses, Diagnosis, FindingCode, fault, fine
from adapters.shared.entry import Invitation, Open, PlatformEntry, Surroundings
from adapters.shared.runnable_platform import LoadCore, RunnablePlatform
from bot.chat.chat_platform import PlatformStatus
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Arrival, Inquiry
from bot.config import keys
from bot.config.platforms import Given, PlatformConfig
from bot.config.settings import Secret, secret
from bot.errors import ConfigurationError
from bot.ids import EventId, PlatformName
from bot.web.contract import WebAnswer, WebRequest
from bot.web.server import WebServer
from tests.fakes.jobs import origin
from tests.fakes.platform import FakePlatform

NAME = PlatformName("pigeon")
OVER = "PIGEON_LOFT: the loft is closed."


@dataclass(frozen=True, kw_only=True)
class PigeonSettings:
    ring: Annotated[Secret, secret("the ring's number, in quotes")]
    loft: Annotated[str, keys.address()] = "https://loft.example"
    flock: Annotated[int | None, keys.whole_number(1, 9)] = None


def _problems(given: Given) -> Sequence[str]:
    alone = "flock" in given and "ring" not in given
    return [f"{given['flock']}: also set PIGEON_RING."] if alone else []


CONFIG = PlatformConfig(
    name=NAME,
    settings=PigeonSettings,
    needs="PIGEON_RING for pigeons",
    member="ada",
    workspace="loft",
    problems=_problems,
)


class PigeonFinding(StrEnum):
    RING_OK = "pigeon_ring_ok"


class PigeonCheckup(Checkup):
    diagnoses: ClassVar[Diagnoses] = {PigeonFinding.RING_OK: Diagnosis(check="PIGEON_RING", found="{bird} wears it")}

    async def check(self, channels: Sequence[str]) -> CheckResult:
        unseen = [fault(FindingCode.CHANNEL_NOT_SEEN, channel=f"{NAME}:{channel}", detail="fog") for channel in channels]
        return CheckResult(findings=(fine(PigeonFinding.RING_OK, bird="Ada"), *unseen), ahead_s=1.0)


@dataclass
class PigeonPlatform(FakePlatform, RunnablePlatform):
    """Sends the help command to the core once it is bound, reads the bot's health, and then fails."""

    server: WebServer | None = None
    name: PlatformName = NAME
    status: PlatformStatus = "connecting"
    bound: asyncio.Event = field(default_factory=asyncio.Event)
    load_core: LoadCore | None = None
    answers: list[Reply | None] = field(default_factory=list)
    health: str = ""
    closed: bool = False

    def bind(self, load_core: LoadCore) -> None:
        self.load_core = load_core
        self.bound.set()

    async def load(self) -> None:
        return

    async def run(self) -> None:
        await self.bound.wait()
        assert self.load_core is not None
        core = await self.load_core()
        self.status = "ready"
        arrival = Arrival(command=Inquiry(name="help"), origin=replace(origin(), platform=NAME), events=(EventId("pigeon:1"),))
        self.answers.append(await core.handle(arrival))
        assert self.server is not None
        self.health = await get(self.server.port, "/healthz")
        raise ConfigurationError((OVER,))

    async def close(self) -> None:
        self.closed = True


async def get(port: int, path: str) -> str:
    """The body of a response from a server on this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2].decode()


@dataclass
class Loft:
    """Records which platforms were opened, and with what."""

    opened: list[PigeonPlatform] = field(default_factory=list)
    surroundings: list[Surroundings] = field(default_factory=list)
    settings: list[PigeonSettings] = field(default_factory=list)

    def entry(self) -> PlatformEntry[PigeonSettings]:
        return PlatformEntry(
            config=CONFIG,
            load=self._load,
            open_checkup=_open_checkup,
            is_channel=str.isalpha,
            invite=_invite,
        )

    def _load(self) -> Open[PigeonSettings]:
        def open_platform(settings: PigeonSettings, surroundings: Surroundings) -> RunnablePlatform:
            assert isinstance(surroundings.routes, WebServer)
            platform = PigeonPlatform(server=surroundings.routes)
            surroundings.routes.add_route("POST", "/pigeon", _answer)
            self.opened.append(platform)
            self.surroundings.append(surroundings)
            self.settings.append(settings)
            return platform

        return open_platform


def _open_checkup(_: PigeonSettings, __: ssl.SSLContext, ___: Clock) -> Checkup:
    return PigeonCheckup()


def _invite(settings: PigeonSettings | None, _: int | None) -> Invitation:
    return Invitation(missing="For pigeons set PIGEON_RING.") if settings is None else Invitation(text="Pigeons\n  scatter corn")


async def _answer(_: WebRequest) -> WebAnswer:
    return WebAnswer(body="coo")
