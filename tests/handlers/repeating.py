"""The handlers that create jobs from buttons and forms, with their doubles."""

from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from bot.catalog.profiles import profile
from bot.chat.reply import Reply
from bot.commands.action import Action, ActionKind, encode_action
from bot.commands.command import AnswerQuestion, Arrival, Attachment, CancelQuestion, Command, Generate, Options, Repeat
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.errors import UpstreamKind
from bot.handlers.answer import AnswerHandler, CancelHandler
from bot.handlers.generate import GenerateHandler
from bot.handlers.recorder import JobRecorder
from bot.handlers.repeat import RepeatHandler
from bot.ids import EventId, JobId, UserId
from bot.jobs.job import Job, JobState
from bot.jobs.picture import PictureRow
from bot.requests.checks import RequestRules
from bot.requests.references import Reference
from bot.wallet.admission import Admission
from bot.wording.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import ADA, FOX, PATH_TO, hold, new_job, origin, request, take_steps
from tests.fakes.memory_store import MemoryStore
from tests.fakes.platform import FakePlatform
from tests.fakes.stores import AllStores

BOB = UserId("discord:bob")
J0 = JobId("0123456789ab")
AGAIN = encode_action(Action(kind=ActionKind.AGAIN, job=J0))
MISSING = encode_action(Action(kind=ActionKind.MISSING, job=J0))
FORM = encode_action(Action(kind=ActionKind.NEW_FORM, job=J0))
SEEN = Reference(form="bytes", value="ab" * 32, media_type="image/png", width=64, height=48, size_bytes=900)
RULES = RequestRules(
    profiles=(profile(GatewaySettings(name="ark", dialect="ark_intl", api_key=Secret("key")), default_model="4.5"),),
    defaults=Defaults(),
)
ASKED = Generate(
    verb="edit",
    prompt=FOX,
    options=Options(count=4, size="2K", spoiler=True),
    references=(Attachment(address="https://files.example/cat.png", name="cat.png"),),
)
PLATFORMS = {origin().platform: FakePlatform()}
STORED, LOST = None, UpstreamKind.DOWNLOAD
WITHHELD, REFUSED = UpstreamKind.POLICY_OUTPUT, UpstreamKind.COPYRIGHT


def rows(*errors: UpstreamKind | None) -> tuple[PictureRow, ...]:
    """Rows in order: stored, or missing for this reason."""
    return tuple(
        PictureRow(index=index, state="stored" if error is None else "missing", error=error) for index, error in enumerate(errors)
    )


@dataclass
class RepeatHarness:
    """The handlers that create jobs, with their doubles."""

    store: AllStores = field(default_factory=MemoryStore)
    clock: FakeClock = field(default_factory=FakeClock)
    admission: Admission = field(default_factory=lambda: Admission((), ZoneInfo("UTC")))
    woken: list[JobId] = field(default_factory=list)
    event_count: int = 0

    async def press(
        self,
        command: Command,
        control: str | None,
        *,
        at: float = 100.0,
        user: UserId = ADA,
        event: str | None = None,
    ) -> Reply | None:
        self.event_count += 1
        arrival = Arrival(
            events=(EventId(event or f"event {self.event_count}"),),
            origin=replace(origin(user), received_at=at),
            command=command,
            control=control,
        )
        recorder = JobRecorder(self.store, self.admission, self.clock, self.woken.append)
        repeat = RepeatHandler(self.store, self.store, self.store, recorder, RULES, self.clock, Words(), platforms=PLATFORMS)
        match command:
            case Generate():
                await GenerateHandler(recorder, RULES).handle(arrival, command)
            case Repeat():
                return await repeat.handle(arrival, command)
            case AnswerQuestion():
                return await AnswerHandler(self.store, self.store, repeat, recorder, RULES, self.clock, Words()).handle(
                    arrival, command
                )
            case CancelQuestion():
                return await CancelHandler(self.store, self.clock, Words()).handle(arrival, command)
            case _:
                raise TypeError(command)
        return None

    async def latest_job(self) -> Job:
        job = await self.store.load(self.woken[-1])
        assert job is not None
        return job

    async def end_set(self, *errors: UpstreamKind | None, command: Generate = ASKED, hidden: bool = False) -> None:
        """End a set of as many as the command asks for with these rows of pictures. `hidden`: since a reference was."""
        count = command.options.count or 1
        await self.store.receive(replace(new_job(J0, references=(SEEN,)), command=command), now=1.0)
        job = await self.store.claim(J0, owner="a", now=1.0, lease_s=60.0)
        assert job is not None
        asked = replace(request(count=count, references=(SEEN,)), hidden=hidden)
        job = await self.store.accept(job, request=asked, quote=None, hold=hold(count), now=1.0)
        for row in rows(*errors):
            await self.store.put_picture(job, row)
        job = await take_steps(self.store, job, *PATH_TO[JobState.DONE], now=1.0)
