"""What members do in Slack, over the real protocol: received, acknowledged in time, handed to the core."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.address import thread_id
from bot.chat.capabilities import Way
from bot.chat.reply import Button, Reply
from bot.commands.action import Action, ActionKind
from bot.commands.command import Attachment, DraftPictures, Generate, MessagePictures, Options, Repeat, ShowResult, StoredPicture
from bot.commands.interpretation import MessageJob
from bot.errors import RefusalCode, RefusedError, StoreCode, StoreError
from bot.ids import JobId, MessageId, UserId
from tests.platforms.scene import JOB, given, png, progress_update, result, result_message
from tests.platforms.slack_adapter.slack_scene import Scene, open_scene

MIB = 1024 * 1024


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["socket", "http"])
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, http=request.param == "http") as opened:
        yield opened


async def test_a_command_becomes_a_posted_set(either: Scene, tmp_path: Path) -> None:
    """Acknowledged at once, progress in the channel, the set as one message with its text and a button."""
    act = await either.act("command", name="imagine", text="a red fox --count 4")
    assert act["acknowledged_ms"] < 3000
    arrival = await either.arrival()
    assert arrival.command == Generate(verb="imagine", prompt="a red fox", options=Options(count=4))
    assert arrival.origin.user == f"slack:{either.slack.world.team_id}/{either.ada}"

    painting = Reply(text="Painting <!channel> …", quote="a red fox <@U123> & co", busy=True)
    progress = await either.platform.show_progress(progress_update(arrival.origin, painting))
    shown = either.last()
    assert f"{either.channel()}:{shown['id']}" == progress
    assert "a red fox <@U123> & co" in shown["blocks_text"]
    assert (shown["pings"], shown.get("thread")) == ([], None)
    again = await either.platform.show_progress(progress_update(arrival.origin, Reply(text="Painted."), message=progress))
    assert (again, either.last()["text"]) == (progress, "Painted.")

    reply = result(tmp_path, 4)
    posted = await either.platform.post(result_message(arrival.origin, reply))
    shown = either.last()
    assert (posted.message, posted.way) == (f"{either.channel()}:{shown['id']}", Way.CONVERSATION)
    assert [(file["name"], file["width"]) for file in shown["files"]] == [(f"{JOB}-{n}.png", n) for n in range(1, 5)]
    assert shown["buttons"] == [{"label": "Again", "action": f"v1:again:{JOB}"}]
    assert shown["blocks_text"] == "Here they are.\nReply to change it."
    assert len(either.calls("files.completeUploadExternal")) == 1


async def test_a_refusal_before_any_work_is_the_acknowledgement(either: Scene) -> None:
    """Only its member sees it, and nothing is recorded."""
    for text in ("a fox --count 0", "a fox --cuont 3"):
        act = await either.act("command", name="imagine", text=text)
        (message,) = act["private"]
        assert message["private_to"] == "ada"
        assert message["text"].startswith("refused ")
    assert await either.nothing_arrives()


async def test_pictures_cannot_be_hidden(slack: Scene) -> None:
    """Who wants a picture behind a click is not shown it openly, from a command or from a message."""
    act = await slack.act("command", name="imagine", text="a fox --spoiler")
    assert [message["text"] for message in act["private"]] == ["refused OPTION NOT SUPPORTED"]
    await slack.act("message", text="@bot a red fox --spoiler")
    assert await slack.nothing_arrives()
    told = [message["text"] for message in slack.seen("general") if message.get("private_to") == "ada"]
    assert told == ["refused OPTION NOT SUPPORTED"] * 2


@pytest.mark.parametrize(("text", "answer"), [("quota", "ShowQuota"), ("help", "ShowHelp"), ("", "ShowHelp"), ("?", "ShowHelp")])
async def test_an_answer_without_a_job(slack: Scene, text: str, answer: str) -> None:
    """The member alone sees it, also where the bot is no member."""
    for channel in ("general", "closed"):
        act = await slack.act("command", channel=channel, name="seedream", text=text)
        assert [message["text"] for message in act["private"]] == [answer]


async def test_a_locked_database_is_told_in_the_same_second(slack: Scene) -> None:
    """The lock is not waited for, and a command that could be recorded only later is dropped."""
    slack.core.slow = asyncio.Event()
    act = await slack.act("command", name="imagine", text="a fox")
    assert [message["text"] for message in act["private"]] == ["refused busy"]
    slack.core.slow.set()
    arrival = await slack.arrival()
    assert arrival.until is not None
    assert arrival.until <= slack.clock.now()


async def test_a_failing_core_is_told(slack: Scene) -> None:
    """What is refused after the acknowledgement reaches the member alone."""
    slack.core.fails = RefusedError(RefusalCode.JOB_UNKNOWN, value="x")
    act = await slack.act("command", name="imagine", text="a fox")
    assert [message["text"] for message in act["private"]] == ["refused JOB UNKNOWN"]


async def test_a_mention_is_one_gesture(either: Scene, tmp_path: Path) -> None:
    """It comes as a mention and as a message, and is answered in its thread."""
    said = await either.act("message", text="@bot a red fox --ratio 16:9", files=[given("owl.png", png(6, 6))])
    arrival = await either.arrival()
    command = arrival.command
    assert isinstance(command, Generate)
    assert (command.verb, command.prompt, command.options) == ("edit", "a red fox", Options(ratio="16:9"))
    (owl,) = command.references
    assert isinstance(owl, Attachment)
    assert await either.platform.fetch(owl, most_bytes=MIB) == png(6, 6)
    assert await either.nothing_arrives()

    reply = result(tmp_path, 1)
    posted = await either.platform.post(result_message(arrival.origin, reply))
    assert either.last()["thread"] == said["id"]
    assert posted.thread == thread_id(either.channel(), said["id"])


async def test_an_answer_to_a_mention_is_given_once(slack: Scene) -> None:
    """Two events, one private word."""
    await slack.act("message", text="@bot hello")
    await slack.until(lambda: len(slack.seen()) == 2)
    assert await slack.nothing_arrives()
    assert [message["text"] for message in slack.seen() if message["author"] == "bot"] == ["ShowHelp", "ShowQuota"]
    assert [message["private_to"] for message in slack.seen() if message["author"] == "bot"] == ["ada", "cyd"]
    assert "thread" not in slack.seen()[1]


async def test_talk_is_not_heard(slack: Scene) -> None:
    """Neither messages between members, nor edits, nor messages in a thread without a job."""
    said = await slack.act("message", text="nice weather today")
    await slack.act("reply", message=said["id"], text="look", files=[given("sky.png", png(5, 5))])
    await slack.act("menu", name="Edit message", message=said["id"], text="nice weather today, isn't it")
    await slack.act("menu", name="Delete message", message=said["id"])
    assert await slack.nothing_arrives()
    assert [message["author"] for message in slack.seen() if "private_to" not in message] == ["ada"]


async def test_an_event_is_withheld_until_it_is_recorded(tmp_path: Path) -> None:
    """Slack brings it again, and then it counts."""
    async with open_scene(tmp_path, ack_timeout_s=0.3) as slack:
        slack.core.fails = StoreError(StoreCode.BUSY)
        slack.core.failures_left = 1
        await slack.act("message", channel="dm:ada", text="a red fox")
        assert (await slack.arrival()).command == Generate(verb="imagine", prompt="a red fox")


async def test_direct_messages(slack: Scene, tmp_path: Path) -> None:
    """No mention is needed, files come along, and there is one way to answer."""
    await slack.act("message", channel="dm:ada", text="a red fox")
    origin = (await slack.arrival()).origin
    abilities = slack.platform.capabilities(origin)
    assert (origin.workspace, abilities.ways, abilities.private) == (None, (Way.CONVERSATION,), True)
    await slack.platform.post(result_message(origin, result(tmp_path, 1)))
    assert slack.last("dm:ada").get("thread") is None
    await slack.act("message", channel="dm:ada", text="make it night", files=[given("owl.png", png(6, 6))])
    command = (await slack.arrival()).command
    assert isinstance(command, Generate)
    assert (command.verb, len(command.references)) == ("edit", 1)
    await slack.act("message", channel="dm:ada", text="hi")
    await slack.until(lambda: slack.last("dm:ada")["text"] == "ShowHelp")
    assert "private_to" not in slack.last("dm:ada")


async def test_replies_in_a_jobs_thread(slack: Scene) -> None:
    """A member who mentions the bot, or the requester with a picture, continues from the newest pictures there; no other does."""
    root = await slack.act("message", user="bob", text="here")
    mine = MessageJob(
        requester=UserId(f"slack:{slack.slack.world.team_id}/{slack.ada}"),
        pictures=(StoredPicture(job=JOB, number=1),),
    )
    newest = MessageJob(requester=UserId("slack:T/U"), pictures=(StoredPicture(job=JobId("zzzzzzzzzzzz"), number=2),))
    slack.core.jobs[MessageId(f"{slack.channel()}:{root['id']}")] = mine

    await slack.act("reply", message=root["id"], user="bob", text="nice", files=[given("b.png", png(5, 5))])
    await slack.act("reply", message=root["id"], user="ada", text="nice, thank you")
    assert await slack.nothing_arrives()

    await slack.act("reply", message=root["id"], user="ada", text="like this", files=[given("a.png", png(5, 5))])
    command = (await slack.arrival()).command
    assert isinstance(command, Generate)
    assert (command.prompt, command.references[0]) == ("like this", StoredPicture(job=JOB, number=1))
    assert [reference.name for reference in command.references[1:] if isinstance(reference, Attachment)] == ["a.png"]

    slack.core.jobs[thread_id(slack.channel(), root["id"])] = newest
    await slack.act("reply", message=root["id"], user="bob", text="@bot make it night")
    arrival = await slack.arrival()
    assert arrival.command == Generate(verb="edit", prompt="make it night", references=newest.pictures)
    assert arrival.origin.address["thread"] == root["id"]


async def test_a_mention_under_somebodys_picture(slack: Scene) -> None:
    """The picture that a thread hangs on is what is meant."""
    dog = await slack.act("message", user="bob", text="my dog", files=[given("dog.png", png(5, 5))])
    await slack.act("reply", message=dog["id"], text="@bot make it night")
    command = (await slack.arrival()).command
    assert isinstance(command, Generate)
    (source,) = command.references
    assert isinstance(source, MessagePictures)
    assert (source.message, source.attachments[0].name) == (f"{slack.channel()}:{dog['id']}", "dog.png")


async def test_a_private_command_goes_on_in_direct_messages(slack: Scene, tmp_path: Path) -> None:
    """Neither the prompt nor the pictures are for others to see."""
    origin = (await slack.asked("command", name="imagine", text="a fox --private")).origin
    assert slack.platform.capabilities(origin).private
    progress = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    await slack.platform.post(result_message(origin, result(tmp_path, 1)))
    await slack.platform.show_progress(progress_update(origin, Reply(text="Done."), message=progress))
    assert slack.seen() == []
    assert [(message["text"], len(message["files"])) for message in slack.seen("dm:ada")] == [("Done.", 0), ("", 1)]


@pytest.mark.parametrize(("name", "title"), [("imagine", "New image"), ("edit", "Edit with Seedream")])
async def test_a_command_without_words_opens_a_form(slack: Scene, name: str, title: str) -> None:
    """A submission becomes the same command as typed text, answered where the form was asked for."""
    act = await slack.act("command", name=name)
    form = act["modal"]
    assert (form["title"], [field["block"] for field in form["fields"]]) == (
        title,
        ["prompt", "files", "count", "size", "ratio", "model"],
    )
    fields = {"prompt": "make it night", "count": "2", "ratio": "16:9"}
    files = [given("moon.png", png(6, 6)), given("sun.png", png(7, 7))]
    submission = await slack.act("submit", action=form["id"], fields=fields, files=files)
    assert submission["acknowledged_ms"] < 3000
    arrival = await slack.arrival()
    command = arrival.command
    assert isinstance(command, Generate)
    assert (command.verb, command.prompt, command.options) == (name, "make it night", Options(count=2, ratio="16:9"))
    assert [reference.name for reference in command.references if isinstance(reference, Attachment)] == ["moon.png", "sun.png"]
    assert isinstance(command.references[0], Attachment)
    assert await slack.platform.fetch(command.references[0], most_bytes=MIB) == png(6, 6)
    assert arrival.origin.address["channel"] == slack.channel()


async def test_edit_with_words_opens_the_form_filled(slack: Scene) -> None:
    """The form contains the text already; a stored picture needs no form."""
    act = await slack.act("command", name="edit", text="make it night")
    assert act["modal"]["fields"][0]["initial"] == "make it night"
    command = (await slack.asked("command", name="edit", text=f"make it night --ref {JOB}#2")).command
    assert command == Generate(verb="edit", prompt="make it night", references=(StoredPicture(job=JOB, number=2),))


async def test_mistakes_are_told_at_their_field(either: Scene) -> None:
    """The form stays open, and once mended it is sent from the same place."""
    act = await either.act("command", name="imagine")
    wrong = await either.act("submit", action=act["modal"]["id"], fields={"prompt": "a fox", "count": "0"})
    assert wrong["errors"] == {"count": "refused COUNT OUT OF RANGE"}
    wrong = await either.act("submit", action=act["modal"]["id"], fields={"prompt": "a fox --cuont 2"})
    assert wrong["errors"] == {"prompt": "refused UNKNOWN FLAG"}
    assert (
        await either.asked("submit", action=act["modal"]["id"], fields={"prompt": "a fox", "count": "1"})
    ).command == Generate(verb="imagine", prompt="a fox", options=Options(count=1))


async def test_the_shortcut_opens_a_form_on_anybodys_pictures(either: Scene) -> None:
    """They are kept under the draft; the form is answered in the message's thread."""
    dog = await either.act("message", user="bob", text="my dog", files=[given("dog.png", png(5, 5))])
    act = await either.act("menu", name="edit_with", message=dog["id"])
    form = act["modal"]
    await either.until(lambda: bool(either.core.drafts))
    ((draft, pictures),) = either.core.drafts.items()
    assert (form["callback_id"], pictures.message) == (f"v1:edit_form:{draft}:draft", f"{either.channel()}:{dog['id']}")
    assert await either.platform.fetch(pictures.attachments[0], most_bytes=MIB) == png(5, 5)
    arrival = await either.asked("submit", action=form["id"], fields={"prompt": "make it night"})
    assert arrival.command == Generate(verb="edit", prompt="make it night", references=(DraftPictures(draft=draft),))
    assert arrival.origin.address["thread"] == dog["id"]


async def test_the_shortcut_on_words(slack: Scene) -> None:
    """A message without a picture is refused, to the member alone."""
    said = await slack.act("message", text="no picture here")
    act = await slack.act("menu", name="edit_with", message=said["id"])
    assert [message["text"] for message in act["private"]] == ["refused REFS REQUIRED"]


async def test_the_global_shortcut(slack: Scene) -> None:
    """It has no channel: what comes of it goes to the member's direct messages."""
    act = await slack.act("menu", name="new_image")
    origin = (await slack.asked("submit", action=act["modal"]["id"], fields={"prompt": "a red fox"})).origin
    await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    assert slack.last("dm:ada")["text"] == "Painting."


async def test_buttons_are_pressed_once(either: Scene, tmp_path: Path) -> None:
    """A double click is one request."""
    origin = (await either.asked("command", name="imagine", text="a red fox")).origin
    await either.platform.post(result_message(origin, result(tmp_path, 1)))
    message = either.last()["id"]
    acts = [either.act("press", user="bob", message=message, action="Again") for _ in range(2)]
    assert all(act["acknowledged_ms"] < 3000 for act in await asyncio.gather(*acts))
    arrival = await either.arrival()
    assert (arrival.command, arrival.origin.user.endswith(either.slack.describe()["users"]["bob"])) == (Repeat(job=JOB), True)
    assert await either.nothing_arrives()


async def test_a_second_click_that_another_process_hears_is_answered(either: Scene, tmp_path: Path) -> None:
    """It does not know of the first one, but the core does: the member alone sees the refusal."""
    origin = (await either.asked("command", name="imagine", text="a red fox")).origin
    await either.platform.post(result_message(origin, result(tmp_path, 1)))
    message, before = either.last()["id"], len(either.seen())
    await either.asked("press", message=message, action="Again")
    either.clock.offset += 60
    act = await either.act("press", message=message, action="Again")
    assert [answer["text"] for answer in act["private"]] == ["refused ASKED TWICE"]
    assert [message["private_to"] for message in either.seen()[before:]] == ["ada"]
    assert await either.nothing_arrives()


async def test_a_form_sent_twice_counts_once(either: Scene) -> None:
    """Slack names both by the form's own id, so the second is passed over."""
    form = (await either.act("command", name="imagine"))["modal"]
    sent = [either.act("submit", action=form["id"], fields={"prompt": "a fox"}) for _ in range(2)]
    acts = await asyncio.gather(*sent)
    assert (await either.arrival()).command == Generate(verb="imagine", prompt="a fox")
    assert [act["private"] for act in acts] == [[], []]
    assert await either.nothing_arrives()


async def test_a_result_is_shown_again(slack: Scene, tmp_path: Path) -> None:
    """The press is a command of its own; if it is refused, the member alone sees that."""
    origin = (await slack.asked("command", name="imagine", text="a red fox")).origin
    show = Button(label="Show result", action=Action(kind=ActionKind.SHOW_RESULT, job=JOB), primary=True)
    await slack.platform.show_progress(progress_update(origin, Reply(text="Ready.", buttons=(show,))))
    message = slack.last()["id"]
    arrival = await slack.asked("press", user="bob", message=message, action="Show result")
    assert (arrival.command, arrival.until) == (ShowResult(job=JOB), None)
    await slack.platform.post(result_message(arrival.origin, result(tmp_path, 1)))
    assert [file["name"] for file in slack.last()["files"]] == [f"{JOB}-1.png"]
    slack.core.fails = RefusedError(RefusalCode.NOT_YOURS)
    slack.clock.offset = 10
    act = await slack.act("press", user="bob", message=message, action="Show result")
    assert [message["text"] for message in act["private"]] == ["refused NOT YOURS"]


async def test_what_we_do_not_know_is_acknowledged(slack: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Unhandled events, buttons and shortcuts of earlier versions, and the app's uninstallation: nothing breaks."""
    await slack.act("menu", name="app_home_opened")
    assert (await slack.act("menu", name="use_as_reference"))["acknowledged_ms"] is not None
    await slack.act("menu", name="app_uninstalled")
    await slack.until(lambda: "uninstalled" in caplog.messages)
    assert slack.core.arrivals.empty()
