"""Questions about a request that is not complete, pictures that wait for words, and *Start fresh*; with the stores in memory."""

from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import pytest

from bot.catalog.profiles import profile
from bot.chat.reply import Reply
from bot.commands.action import GO_ON
from bot.commands.command import (
    AnswerQuestion,
    Arrival,
    Ask,
    Attachment,
    CancelJob,
    CancelQuestion,
    Command,
    Doubt,
    Generate,
    Options,
    Origin,
    PartialRequest,
    RememberPictures,
    Repeat,
    StartFresh,
    StoredPicture,
)
from bot.commands.interpretation import interpret_press
from bot.commands.message import Heard, MemberMessage, PointedMessage, Relation
from bot.config.settings import GatewaySettings, Secret
from bot.errors import RefusalCode, RefusedError
from bot.handlers.answer import AnswerHandler, CancelHandler
from bot.handlers.ask import AskHandler, RememberHandler
from bot.handlers.cancel_job import CancelJobHandler
from bot.handlers.generate import GenerateHandler
from bot.handlers.interpreter import Interpreter
from bot.handlers.recorder import JobRecorder
from bot.handlers.repeat import RepeatHandler
from bot.handlers.start_fresh import StartFreshHandler
from bot.ids import BlobId, EventId, JobId, MessageId, UserId
from bot.jobs.call import CallState
from bot.jobs.job import Job, JobState
from bot.jobs.picture import PictureRow
from bot.money import parse_money
from bot.presentation import questions as rendering
from bot.requests.checks import RequestRules
from bot.wallet.admission import Admission
from bot.wording.lexicon import lexicon
from bot.wording.words import Disclosure, Words
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import ADA, Step, hold, origin, request, take_steps
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stores import AllStores
from tests.handlers.repeating import BOB, PLATFORMS, RULES

HERE = "a direct message"
CAT = Attachment(address="https://files.example/cat.png", name="cat.png", media_type="image/png")
NOTE = Attachment(address="https://files.example/note.txt", name="note.txt", media_type="text/plain")
DOG = Attachment(address="https://files.example/dog.png", name="dog.png", media_type="image/png")
HALF_AN_HOUR_S = 1800.0
MINUTES = 30
FAILURES: tuple[tuple[Step, ...], ...] = (
    (JobState.FAILED,),
    (JobState.CANCELLED,),
    (CallState.SUBMITTING, CallState.REFUSED, JobState.REFUSED),
    (CallState.SUBMITTING, CallState.FAILED, JobState.FAILED),
    (CallState.SUBMITTING, CallState.UNCERTAIN, JobState.UNCERTAIN),
)
"""How a job ends without a picture: declined or cancelled before it was accepted, or after its paid call."""


@dataclass
class Harness:
    store: AllStores = field(default_factory=MemoryStore)
    clock: FakeClock = field(default_factory=FakeClock)
    woken: list[JobId] = field(default_factory=list)
    minutes: int = MINUTES
    events: int = 0
    words: Words = field(default_factory=Words)
    rules: RequestRules = RULES

    async def say(
        self, text: str, *pointed: str, user: UserId = ADA, files: tuple[Attachment, ...] = (), heard: Heard = Heard.DIRECT
    ) -> Reply | None:
        """A member writes, replying to messages of the bot."""
        interpreter = Interpreter(
            jobs=self.store,
            pictures=self.store,
            messages=self.store,
            memory=self.store,
            questions=self.store,
            drafts=self.store,
            clock=self.clock,
            memory_minutes=self.minutes,
        )
        replied = tuple(PointedMessage(message=MessageId(one), relation=Relation.REPLIED, by_bot=True) for one in pointed)
        message = MemberMessage(text=text, heard=heard, attachments=files, pointed=replied)
        command = await interpreter.interpret(self.origin(user), message, lexicon(), buttons=25)
        return await self.handle(command, user=user) if command is not None else None

    async def press(self, question: Reply, number: int, *, user: UserId = ADA) -> Reply | None:
        return await self.handle(interpret_press(question.buttons[number].action), user=user)

    async def handle(self, command: Command, *, user: UserId = ADA) -> Reply | None:
        self.events += 1
        arrival = Arrival(events=(EventId(f"event {self.events}"),), origin=self.origin(user), command=command)
        admission, words, rules = Admission((), ZoneInfo("UTC")), self.words, self.rules
        recorder = JobRecorder(self.store, admission, self.clock, self.woken.append, remembers=self.minutes > 0)
        repeat = RepeatHandler(self.store, self.store, self.store, recorder, rules, self.clock, words, platforms=PLATFORMS)
        match command:
            case Generate():
                await GenerateHandler(recorder, rules).handle(arrival, command)
            case Ask():
                return await AskHandler(self.store, self.store, rules, self.clock, words).handle(arrival, command)
            case RememberPictures():
                return await RememberHandler(self.store, words).handle(arrival, command)
            case AnswerQuestion():
                return await AnswerHandler(self.store, self.store, repeat, recorder, rules, self.clock, words).handle(
                    arrival, command
                )
            case Repeat():
                return await repeat.handle(arrival, command)
            case CancelQuestion():
                return await CancelHandler(self.store, self.clock, words).handle(arrival, command)
            case CancelJob():
                return await CancelJobHandler(self.store, self.clock, words, self.woken.append).handle(arrival, command)
            case StartFresh():
                await StartFreshHandler(self.store, recorder, rules, self.woken.append).handle(arrival, command)
            case _:
                raise TypeError(command)
        return None

    def origin(self, user: UserId) -> Origin:
        return replace(origin(user), place=HERE, conversation=HERE, received_at=self.clock.now())

    async def job(self) -> Job:
        job = await self.store.load(self.woken[-1])
        assert job is not None
        return job

    async def claimed(self) -> Job:
        job = await self.store.claim(self.woken[-1], owner="a", now=self.clock.now(), lease_s=60.0)
        assert job is not None
        return job

    async def submit(self, *, per_call: int | None = None) -> Job:
        job = await self.claimed()
        accepted = await self.store.accept(
            job,
            request=replace(request(count=job.command.options.count or 1), per_call=per_call),
            quote=None,
            hold=hold(),
            now=self.clock.now(),
        )
        return await take_steps(self.store, accepted, CallState.SUBMITTING, now=self.clock.now())

    async def end(self, images: int = 1, *, shown: str = "result") -> JobId:
        """The last job ends with so many pictures, which one message shows."""
        job = await self.submit()
        for index in range(images):
            await self.store.put_picture(job, stored_row(index))
        await self.store.record_result(job, MessageId(shown), platform=job.origin.platform, pictures=tuple(range(images)))
        job = await take_steps(self.store, job, CallState.ANSWERED, JobState.DELIVERING, JobState.DONE, now=self.clock.now())
        await self.store.set_notified(job, now=self.clock.now())
        return job.id


def stored_row(index: int) -> PictureRow:
    return PictureRow(
        index=index, state="stored", blob=BlobId("ab" * 32), media_type="image/png", width=1, height=1, size_bytes=1
    )


def rules(*, price: str) -> RequestRules:
    prices = {"4.5": parse_money(f"{price} USD")}
    settings = GatewaySettings(name="ark", dialect="ark_intl", api_key=Secret("key"), prices=prices)
    return replace(RULES, profiles=(profile(settings, default_model="4.5"),))


def stored(job: JobId, *numbers: int) -> tuple[StoredPicture, ...]:
    return tuple(StoredPicture(job=job, number=number) for number in numbers)


async def refusal(doing: object) -> RefusalCode:
    with pytest.raises(RefusedError) as caught:
        await doing  # type: ignore[misc]
    return caught.value.refusal


async def fail(harness: Harness, *states: Step) -> None:
    """The last job ends so, without a picture."""
    submitted = CallState.SUBMITTING in states
    job = await (harness.submit() if submitted else harness.claimed())
    await take_steps(harness.store, job, *(states[1:] if submitted else states or (JobState.FAILED,)), now=harness.clock.now())


async def made_set(harness: Harness, count: int = 4) -> JobId:
    await harness.say(f"a lighthouse --count {count}")
    return await harness.end(count)


async def test_which_one_is_asked_and_made() -> None:
    """Nothing is recorded before the answer; then what was pressed is, with the flags and words of the request."""
    harness = Harness()
    made = await made_set(harness)
    question = await harness.say("make it night --ratio 16:9", "result", heard=Heard.MENTION)
    assert question is not None
    assert question.text == "Which of the 4 images do you mean? They are numbered in the order they were posted."
    assert [button.label for button in question.buttons] == ["1", "2", "3", "4", "All", "Cancel"]
    assert (question.passing, harness.woken) == (True, [made])
    assert await harness.press(question, 2) is None
    command = Generate(verb="edit", prompt="make it night", options=Options(ratio="16:9"), references=stored(made, 3))
    assert (await harness.job()).command == command


async def test_an_answer_counts_once_and_for_half_an_hour() -> None:
    """Only of who was asked; a second press, another member and a late one make nothing."""
    harness = Harness()
    await made_set(harness)
    question = await harness.say("make it night", "result", heard=Heard.MENTION)
    late = await harness.say("make it winter", "result", heard=Heard.MENTION)
    assert question is not None
    assert late is not None
    assert await refusal(harness.press(question, 0, user=BOB)) is RefusalCode.NOT_YOURS
    await harness.press(question, 0)
    assert await refusal(harness.press(question, 1)) is RefusalCode.ANSWERED_ALREADY
    harness.clock.advance(HALF_AN_HOUR_S)
    assert await refusal(harness.press(late, 0)) is RefusalCode.FORM_EXPIRED
    assert len(harness.woken) == 2


async def test_nobody_is_asked_about_what_is_refused() -> None:
    """A flag that no gateway takes is told instead of a question."""
    harness = Harness()
    await made_set(harness)
    assert await refusal(harness.say("make it night --count 99", "result")) is RefusalCode.COUNT_OUT_OF_RANGE


async def test_a_strangers_reply() -> None:
    """It is asked what it is, then told what it costs, and made on their quota after the second yes."""
    harness = Harness()
    made = await made_set(harness, 1)
    question = await harness.say("looks like my uncle", "result", user=BOB, heard=Heard.REPLY)
    assert question is not None
    assert question.text == "This image is someone else's. Should I make your change? It makes 1 image on your quota."
    assert [button.label for button in question.buttons] == ["Generate 1 image", "Cancel"]
    priced = await harness.press(question, 0, user=BOB)
    assert priced is not None
    assert (harness.woken, priced.passing) == ([made], False)
    assert priced.text == "This makes 1 image and costs at most 0.04 USD. Generate it?"
    assert [button.label for button in priced.buttons] == ["Generate 1 image", "Cancel"]
    assert await refusal(harness.press(question, 0, user=BOB)) is RefusalCode.ANSWERED_ALREADY
    assert await refusal(harness.press(priced, 0)) is RefusalCode.NOT_YOURS
    assert await harness.press(priced, 0, user=BOB) is None
    assert await refusal(harness.press(priced, 0, user=BOB)) is RefusalCode.ANSWERED_ALREADY
    job = await harness.job()
    assert (job.origin.user, job.command) == (
        BOB,
        Generate(verb="edit", prompt="looks like my uncle", references=stored(made, 1)),
    )


async def test_a_strangers_layers() -> None:
    """Both questions name as many as there can be, and the price is that of all of them."""
    harness = Harness()
    made = await made_set(harness, 1)
    partial = PartialRequest(
        request=Generate(verb="edit", prompt="", options=Options(layers=True, model="5.0-pro")), candidates=stored(made, 1)
    )
    question = await harness.handle(Ask(doubt=Doubt.STRANGER, partial=partial, choices=(GO_ON,)), user=BOB)
    assert question is not None
    assert question.text.endswith("Should I take it apart? It makes up to 17 layers on your quota.")
    priced = await harness.press(question, 0, user=BOB)
    assert priced is not None
    assert priced.text.startswith("This makes up to 17 layers and costs at most ")


async def test_the_price_of_a_strangers_choice_has_risen() -> None:
    """It is asked again; a price that has fallen is none to ask about."""
    harness = Harness()
    made = await made_set(harness, 4)
    question = await harness.say("looks like my uncle", "result", user=BOB, heard=Heard.REPLY)
    assert question is not None
    first = await harness.press(question, 1, user=BOB)
    assert first is not None
    harness.rules = rules(price="0.05")
    second = await harness.press(first, 0, user=BOB)
    assert second is not None
    assert second.text == "This makes 1 image and costs at most 0.05 USD. Generate it?"
    harness.rules = rules(price="0.03")
    assert await harness.press(second, 0, user=BOB) is None
    assert (await harness.job()).command.references == stored(made, 2)


async def test_a_stranger_where_costs_are_not_told() -> None:
    """The first yes is the last."""
    harness = Harness(words=Words(disclosure=Disclosure(costs="off")))
    made = await made_set(harness, 1)
    question = await harness.say("looks like my uncle", "result", user=BOB, heard=Heard.REPLY)
    assert question is not None
    assert await harness.press(question, 0, user=BOB) is None
    assert (await harness.job()).command.references == stored(made, 1)


async def test_a_reply_to_a_progress_message_means_its_job() -> None:
    """While it is not ready that is told; once it is, its pictures are used."""
    harness = Harness()
    await harness.say("a lighthouse")
    job = await harness.submit()
    await harness.store.record_result(job, MessageId("progress"), platform=job.origin.platform, pictures=())
    assert await refusal(harness.say("make it night", "progress")) is RefusalCode.JOB_NOT_READY
    await harness.store.put_picture(job, stored_row(0))
    assert await refusal(harness.say("make it night", "progress")) is RefusalCode.JOB_NOT_READY
    await take_steps(harness.store, job, CallState.ANSWERED, JobState.DELIVERING, now=1.0)
    await harness.say("make it night", "progress")
    assert (await harness.job()).command.references == stored(job.id, 1)


async def test_a_picture_and_then_the_words() -> None:
    """It is asked about for nothing, and used with the words that follow, once."""
    harness = Harness()
    reply = await harness.say("", files=(CAT,))
    assert (reply, harness.woken) == (rendering.what_to_change(1, Words()), [])
    await harness.say("make it winter")
    assert (await harness.job()).command == Generate(verb="edit", prompt="make it winter", references=(CAT,), recalled=True)
    await harness.end()
    await harness.say("a red fox in snow")
    assert (await harness.job()).command == Generate(verb="imagine", prompt="a red fox in snow")


async def test_a_file_that_is_no_picture_is_not_kept() -> None:
    """It is refused at once."""
    harness = Harness()
    assert await refusal(harness.say("", files=(NOTE,))) is RefusalCode.REF_BAD_FORMAT
    assert await harness.store.last_pictures(HERE, ADA) == ()


@pytest.mark.parametrize(
    ("minutes", "after", "counts"), [(30, 1799.0, True), (30, 1800.0, False), (0, 1.0, False), (60, 3000.0, True)]
)
async def test_how_long_the_last_image_counts(minutes: int, after: float, *, counts: bool) -> None:
    """Since it was made, as long as the operator says; another member's never."""
    harness = Harness(minutes=minutes)
    made = await made_set(harness, 1)
    harness.clock.advance(after)
    assert await refusal(harness.say("make it night", user=BOB)) is RefusalCode.REFS_REQUIRED
    if counts:
        await harness.say("and now at night")
        assert (await harness.job()).command.references == stored(made, 1)
    else:
        assert await refusal(harness.say("and now at night")) is RefusalCode.REFS_REQUIRED


async def test_a_private_picture_is_not_the_last_image_where_others_read() -> None:
    """In a thread, the next request would show it to all; in direct messages there is nobody else."""
    harness = Harness()
    private = Generate(verb="imagine", prompt="a secret", options=Options(private=True))
    for direct, remembered in ((False, False), (True, True)):
        arrival = Arrival(
            events=(EventId(f"private {direct}"),), origin=replace(harness.origin(ADA), direct=direct), command=private
        )
        recorder = JobRecorder(harness.store, Admission((), ZoneInfo("UTC")), harness.clock, harness.woken.append)
        await GenerateHandler(recorder, RULES).handle(arrival, private)
        assert bool(await harness.store.last_pictures(HERE, ADA)) is remembered


async def test_a_job_without_pictures_is_no_last_image() -> None:
    """There is nothing to point back at."""
    harness = Harness()
    await harness.say("a lighthouse")
    await fail(harness)
    assert await refusal(harness.say("make it night")) is RefusalCode.REFS_REQUIRED


@pytest.mark.parametrize("how", FAILURES)
async def test_an_edit_that_came_to_nothing(how: tuple[JobState, ...]) -> None:
    """What it was made of is meant again, and a complete scene is still a new image."""
    harness = Harness()
    made = await made_set(harness, 1)
    await harness.say("make it night")
    await fail(harness, *how)
    await harness.say("make it darker")
    again = await harness.job()
    assert again.command == Generate(verb="edit", prompt="make it darker", references=stored(made, 1), recalled=True)
    await fail(harness, *how)
    question = await harness.say("winter")
    assert question is not None
    assert [button.label for button in question.buttons] == ["Edit the last image", "New image", "Cancel"]
    await harness.press(question, 0)
    assert (await harness.job()).command.references == stored(made, 1)
    await fail(harness, *how)
    await harness.say("a red fox in snow")
    assert (await harness.job()).command == Generate(verb="imagine", prompt="a red fox in snow")


@pytest.mark.parametrize("how", FAILURES)
async def test_the_files_of_an_edit_that_came_to_nothing(how: tuple[JobState, ...]) -> None:
    """Files that came with its words or before them are meant, not an older image: that would be a paid picture of something else."""
    harness = Harness()
    await made_set(harness, 1)
    await harness.say("make it night", files=(CAT,))
    await fail(harness, *how)
    await harness.say("make it darker")
    assert (await harness.job()).command.references == (CAT,)
    await fail(harness, *how)
    await harness.say("", files=(DOG,))
    await harness.say("winter")
    await fail(harness, *how)
    await harness.say("make it winter")
    assert (await harness.job()).command.references == (DOG,)


@pytest.mark.parametrize("how", FAILURES)
async def test_a_new_image_that_came_to_nothing(how: tuple[JobState, ...]) -> None:
    """What was remembered before it is again: an image, or files that still wait for their words."""
    harness = Harness()
    made = await made_set(harness, 1)
    await harness.say("a red fox in snow")
    await fail(harness, *how)
    await harness.say("and now at night")
    assert (await harness.job()).command.references == stored(made, 1)
    await harness.say("", files=(CAT,))
    await harness.say("/imagine a red fox")
    await fail(harness, *how)
    await harness.say("winter")
    assert (await harness.job()).command == Generate(verb="edit", prompt="winter", references=(CAT,), recalled=True)


async def test_an_edit_that_ended_long_ago() -> None:
    """What it was made of counts as long as an image would."""
    harness = Harness()
    await harness.say("make it night", files=(CAT,))
    await fail(harness)
    harness.clock.advance(HALF_AN_HOUR_S)
    assert await refusal(harness.say("make it darker")) is RefusalCode.REFS_REQUIRED


async def test_the_time_is_that_of_the_message() -> None:
    """An older message that is received later changes nothing."""
    harness = Harness()
    late = replace(harness.origin(ADA), received_at=harness.clock.now() - 5.0)
    made = await made_set(harness, 1)
    command = RememberPictures(pictures=(CAT,))
    arrival = Arrival(events=(EventId("late"),), origin=late, command=command)
    await RememberHandler(harness.store, Words()).handle(arrival, command)
    await harness.say("make it night")
    assert (await harness.job()).command.references == stored(made, 1)


async def test_start_fresh_that_comes_to_nothing() -> None:
    """Nothing was made of either, so the image before them is the last one."""
    harness = Harness()
    made = await made_set(harness, 1)
    await harness.say("and now at night")
    await harness.handle(StartFresh(job=(await harness.job()).id))
    harness.woken.pop()
    await fail(harness)
    await harness.say("make it winter")
    assert (await harness.job()).command.references == stored(made, 1)


@pytest.mark.parametrize(("label", "numbers", "verb"), [("Edit the last image", (1,), "edit"), ("New image", (), "imagine")])
async def test_in_doubt_the_member_is_asked(label: str, numbers: tuple[int, ...], verb: str) -> None:
    """Two buttons before anything is paid, and no third way but to cancel."""
    harness = Harness()
    made = await made_set(harness, 1)
    question = await harness.say("winter")
    assert question is not None
    labels = [button.label for button in question.buttons]
    assert (question.text, labels) == (
        "Should I edit your last image, or make a new one?",
        ["Edit the last image", "New image", "Cancel"],
    )
    await harness.press(question, labels.index(label))
    command = (await harness.job()).command
    assert (command.verb, command.references, command.prompt) == (verb, stored(made, *numbers), "winter")


async def test_start_fresh_before_the_call() -> None:
    """The edit ends for free, and the same words become a new image, which is the last one from then on."""
    harness = Harness()
    await made_set(harness, 1)
    await harness.say("and now at night --ratio 16:9")
    edit = await harness.job()
    await harness.handle(StartFresh(job=edit.id))
    fresh, ended = await harness.store.load(harness.woken[-2]), await harness.store.load(edit.id)
    assert fresh is not None
    assert ended is not None
    assert (ended.state, harness.woken[-1]) == (JobState.CANCELLED, edit.id)
    assert fresh.command == Generate(verb="imagine", prompt="and now at night", options=Options(ratio="16:9"))
    last, *_ = await harness.store.last_pictures(HERE, ADA)
    assert last.job == fresh.id


async def test_start_fresh_after_the_call() -> None:
    """It is already being made: that is told, and nothing else is."""
    harness = Harness()
    await made_set(harness, 1)
    await harness.say("and now at night")
    edit = await harness.submit()
    assert await refusal(harness.handle(StartFresh(job=edit.id))) is RefusalCode.ALREADY_SUBMITTED
    assert (await harness.job()).state is JobState.RUNNING


async def test_a_second_press_of_start_fresh() -> None:
    """The edit is cancelled once, and one new image is made."""
    harness = Harness()
    await made_set(harness, 1)
    await harness.say("and now at night")
    edit = await harness.job()
    await harness.handle(StartFresh(job=edit.id))
    with pytest.raises(RefusedError) as caught:
        await harness.handle(StartFresh(job=edit.id))
    assert Words().refusal(caught.value) == "The edit is already stopped, and a new image of your words is on its way."
    assert len(set(harness.woken)) == 3


class Racing(MemoryStore):
    """Shows a job as it was when a press began: another press, or a gateway, is faster."""

    stale: Job | None = None

    async def load(self, job: JobId) -> Job | None:
        stale, self.stale = self.stale, None
        return stale if stale is not None and stale.id == job else await super().load(job)


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ((JobState.CANCELLED,), "The edit is already stopped"),
        ((CallState.SUBMITTING,), "This image is already being made"),
        ((CallState.SUBMITTING, CallState.REFUSED, JobState.REFUSED), "This edit is over"),
    ],
)
async def test_start_fresh_loses_a_race(states: tuple[Step, ...], words: str) -> None:
    """The words are those of what has happened meanwhile."""
    harness = Harness(store=(store := Racing()))
    await made_set(harness, 1)
    await harness.say("and now at night")
    edit = await harness.job()
    await fail(harness, *states)
    store.stale = edit
    with pytest.raises(RefusedError) as caught:
        await harness.handle(StartFresh(job=edit.id))
    assert Words().refusal(caught.value).startswith(words)
    assert len(harness.woken) == 2


@pytest.mark.parametrize("private", [False, True])
async def test_the_answer_about_a_private_request_is_private(*, private: bool) -> None:
    """From the acknowledgement on: before anything is read, the button says so."""
    harness = Harness()
    await made_set(harness)
    question = await harness.say(f"make it night{' --private' if private else ''}", "result", heard=Heard.MENTION)
    assert question is not None
    commands = [interpret_press(button.action) for button in question.buttons]
    assert [command.is_private for command in commands] == [*([private] * 5), True]
    await harness.press(question, 2)
    assert (await harness.job()).command.is_private is private
