"""Fakes and builders for the scenes of both platforms: a core, a clock, pictures and deliveries."""

import asyncio
import base64
import struct
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from adapters.shared.core import Core
from bot.chat.capabilities import Way
from bot.chat.chat_platform import ProgressUpdate, RefusalNotice, ResultMessage
from bot.chat.reply import Button, Form, Picture, Reply
from bot.clock import Clock
from bot.commands.action import CANCEL, Action, ActionKind
from bot.commands.command import (
    Arrival,
    CancelQuestion,
    Command,
    Generate,
    Inquiry,
    MessagePictures,
    Opening,
    Origin,
    Remark,
    Repeat,
    ShowResult,
)
from bot.commands.form import FormSubmission
from bot.commands.interpretation import deduplication_ids
from bot.commands.message import MemberMessage
from bot.commands.pointing import MessageJob
from bot.commands.table import opening_of
from bot.commands.understanding import Context, understand
from bot.errors import BotError, InternalError, RefusalCode, RefusedError
from bot.ids import EventId, JobId, MessageId, PlatformName, new_job_id
from bot.presentation.forms import picture_form
from bot.presentation.menu import Menu, menu
from bot.presentation.offers import catalog_offers
from bot.wording.lexicon import lexicon
from bot.wording.words import Words
from tests.fakes.platform import CAPABILITIES

JOB = JobId("0123456789ab")
OFFERS = catalog_offers()
WAIT_S = 60.0
QUESTION = Reply(
    text="Make eight?",
    buttons=(
        Button(label="Yes", action=Action(kind=ActionKind.ANSWER, job=JOB, argument="again"), primary=True),
        Button(label="No", action=Action(kind=ActionKind.ANSWER, job=JOB, argument=CANCEL)),
    ),
)
"""About a repeat, with a button for each choice."""


class MovableClock(Clock):
    """Real time plus an offset."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset

    def monotonic(self) -> float:
        return time.monotonic() + self.offset

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))


@dataclass
class FakeCore(Core):
    """Answers like the core; commands that would become jobs go to `arrivals`, without duplicates."""

    arrivals: asyncio.Queue[Arrival] = field(default_factory=asyncio.Queue)
    events: set[EventId] = field(default_factory=set)
    drafts: dict[JobId, MessagePictures] = field(default_factory=dict)
    form_fields: int = 10
    kept: dict[JobId, FormSubmission] = field(default_factory=dict)
    """Forms that were refused."""
    jobs: dict[MessageId, MessageJob] = field(default_factory=dict)
    fails: BotError | None = None
    failures_left: int = 1_000_000
    slow: asyncio.Event | None = None
    breaks: set[str] = field(default_factory=set)
    """Methods that raise an exception that no code expects."""
    messages: list[MemberMessage] = field(default_factory=list)
    """Those that were to be interpreted."""
    received: list[Arrival] = field(default_factory=list)
    """All that were ever in `arrivals`."""
    admits: bool = True
    loadable: asyncio.Event | None = None
    loads: int = 0
    asks: Reply | None = None
    """The question that a repeat is answered with."""

    async def load(self) -> Core:
        """What a platform is bound to."""
        self.loads += 1
        if self.loadable is not None:
            await self.loadable.wait()
        return self

    def admit(self, origin: Origin) -> None:
        if not self.admits:
            raise RefusedError(RefusalCode.NO_ACCESS)

    async def interpret(self, origin: Origin, message: MemberMessage) -> Command | None:
        self._break("interpret")
        self.messages.append(message)
        return understand(message, origin.user, Context(jobs=self.jobs, lexicon=lexicon()))

    def opening(self, command: Command) -> Opening:
        self._break("opening")
        if isinstance(command, Generate):
            if command.options.count == 0:
                raise RefusedError(RefusalCode.COUNT_OUT_OF_RANGE, value=0, limit=15)
            if command.verb == "edit" and not command.references:
                raise RefusedError(RefusalCode.REFS_REQUIRED)
        if isinstance(command, Repeat | ShowResult):
            return Opening(private=False, wait=True)
        return opening_of(command)

    async def menu(self) -> Menu:
        return menu(Words(), catalog_offers())

    def _break(self, method: str) -> None:
        if method in self.breaks:
            raise ZeroDivisionError(method)

    async def handle(self, arrival: Arrival) -> Reply | None:
        self._break("handle")
        if self.fails is not None and self.failures_left > 0:
            self.failures_left -= 1
            raise self.fails
        if isinstance(arrival.command, Repeat) and self.asks is not None:
            return self.asks
        if isinstance(arrival.command, CancelQuestion):
            return Reply(text="Nothing was made.")
        if isinstance(arrival.command, Inquiry):
            return Reply(text=f"Show{arrival.command.name.capitalize()}")
        if isinstance(arrival.command, Remark):
            return Reply(text=f"Say{arrival.command.topic.capitalize()}")
        if self.slow is not None:
            await self.slow.wait()
        if not self.events.isdisjoint(arrival.events):
            return None
        if not self.events.isdisjoint(deduplication_ids(arrival)):
            raise RefusedError(RefusalCode.ASKED_TWICE)
        await self.arrivals.put(arrival)
        self.received.append(arrival)
        self.events.update((*arrival.events, *deduplication_ids(arrival)))
        return None

    def refusal(self, error: BotError) -> Reply:
        reference = f" {error.parameters['reference']}" if isinstance(error, InternalError) else ""
        return Reply(text=f"refused {error.code.replace('_', ' ')}{reference}")

    def form(
        self,
        verb: Literal["imagine", "edit"],
        origin: Origin,
        *,
        draft: JobId | None = None,
        prompt: str = "",
    ) -> Form:
        self._break("form")
        return self._filled(verb, draft or JOB, drafted=draft is not None, values={"prompt": prompt})

    def _filled(self, verb: Literal["imagine", "edit"], job: JobId, *, drafted: bool, values: Mapping[str, str]) -> Form:
        return picture_form(
            verb=verb,
            job=job,
            drafted=drafted,
            values=values,
            capabilities=replace(CAPABILITIES, form_fields=self.form_fields),
            offers=OFFERS,
            words=Words(),
        )

    def form_error(self, form: FormSubmission, error: BotError) -> str:
        return self.refusal(error).text

    async def keep_form(self, origin: Origin, form: FormSubmission, error: BotError) -> Reply:
        if error.code == "ASKED_TWICE" or not isinstance(error, RefusedError):
            return self.refusal(error)
        draft = new_job_id()
        self.kept[draft] = form
        button = Button(label="Change and try again", action=Action(kind=ActionKind.REOPEN_FORM, job=draft))
        return Reply(text=self.refusal(error).text, buttons=(button,))

    async def reopened_form(self, origin: Origin, draft: JobId) -> Form:
        if draft not in self.kept:
            raise RefusedError(RefusalCode.FORM_EXPIRED)
        kept = self.kept[draft]
        verb: Literal["imagine", "edit"] = "edit" if kept.action.kind is ActionKind.EDIT_FORM else "imagine"
        return self._filled(verb, draft, drafted=bool(kept.files), values=kept.fields)

    async def job_of_message(self, platform: PlatformName, message: MessageId) -> MessageJob | None:
        self._break("job_of_message")
        asked = next((arrival for arrival in self.received if f"{platform}:{message}" in arrival.events), None)
        return self.jobs.get(message) or (
            None if asked is None else MessageJob(job=JobId("0123456789ab"), requester=asked.origin.user, pictures=())
        )

    async def save_draft(self, draft: JobId, origin: Origin, pictures: MessagePictures) -> None:
        self._break("save_draft")
        self.drafts[draft] = pictures


def png(width: int, height: int, *, size: int = 0) -> bytes:
    """Return a grey picture, padded after its end to `size` bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return (b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")).ljust(size, b"\0")


def result(folder: Path, count: int, *, size: int = 0, spoiler: bool = False) -> Reply:
    """Return a finished set as the core posts it."""
    pictures = []
    for number in range(1, count + 1):
        path = folder / f"blob-{number}-{size}"
        path.write_bytes(png(number, 3, size=size))
        pictures.append(
            Picture(
                path=path,
                name=f"{JOB}-{number}.png",
                media_type="image/png",
                width=number,
                height=3,
                size_bytes=path.stat().st_size,
                alt=f"picture {number} of a fox",
                spoiler=spoiler,
            ),
        )
    again = Button(label="Again", action=Action(kind=ActionKind.AGAIN, job=JOB))
    return Reply(text="Here they are.", note="Reply to change it.", pictures=tuple(pictures), buttons=(again,))


def progress_update(
    origin: Origin,
    reply: Reply,
    *,
    message: MessageId | None = None,
    job: JobId = JOB,
    replace_lost: bool = False,
    perhaps_begun: bool = False,
) -> ProgressUpdate:
    return ProgressUpdate(
        origin=origin, reply=reply, job=job, message=message, replace_lost=replace_lost, perhaps_begun=perhaps_begun
    )


def refusal_notice(
    origin: Origin, reply: Reply, *, message: MessageId | None = None, perhaps_begun: bool = False
) -> RefusalNotice:
    return RefusalNotice(origin=origin, reply=reply, job=JOB, message=message, perhaps_begun=perhaps_begun)


def result_message(
    origin: Origin,
    reply: Reply,
    *,
    part: int = 1,
    way: Way = Way.CONVERSATION,
    tried_since: float | None = None,
    message: MessageId | None = None,
    perhaps_begun: bool = False,
) -> ResultMessage:
    return ResultMessage(
        origin=origin,
        reply=reply,
        job=JOB,
        part=part,
        way=way,
        tried_since=tried_since,
        message=message,
        perhaps_begun=perhaps_begun,
    )


def member_file(name: str, content: bytes) -> dict[str, str]:
    """Return a file that a member uploads."""
    return {"name": name, "base64": base64.b64encode(content).decode()}
