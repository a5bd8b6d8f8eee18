"""Member actions over the real protocol: received, acknowledged in time and passed to the core."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.address import thread_id
from bot.chat.capabilities import Way
from bot.chat.reply import Button, Reply
from bot.commands.action import Action, ActionKind
from bot.commands.command import Attachment, DraftPictures, Generate, MessagePictures, Options, Repeat, ShowResult, StoredPicture
from bot.commands.pointing import MessageJob
from bot.errors import RefusalCode, RefusedError, StoreCode, StoreError
from bot.ids import JobId, MessageId, UserId
from tests.platforms.scene import JOB, member_file, png, progress_update, result, result_message
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


async def test_command_becomes_a_posted_set(either: Scene, tmp_path: Path) -> None:
    """The command is acknowledged at once, progress is in the channel, and the set is one message with its text and a button."""
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


async def test_immediate_refusal_is_the_acknowledgement(either: Scene) -> None:
    """The refusal is ephemeral, and nothing is recorded."""
    for text in ("a fox --count 0", "a fox --cuont 3"):
        act = await either.act("command", name="imagine", text=text)
        (message,) = act["private"]
        assert message["private_to"] == "ada"
        assert message["text"].startswith("refused ")
    assert await either.nothing_arrives()


async def test_spoiler_is_refused(slack: Scene) -> None:
    """Slack cannot hide pictures, so commands and messages with `--spoiler` are refused."""
    act = await slack.act("command", name="imagine", text="a fox --spoiler")
    assert [message["text"] for message in act["private"]] == ["refused OPTION NOT SUPPORTED"]
    await slack.act("message", text="@bot a red fox --spoiler")
    assert await slack.nothing_arrives()
    refusals = [message["text"] for message in slack.seen("general") if message.get("private_to") == "ada"]
    assert refusals == ["refused OPTION NOT SUPPORTED"] * 2


@pytest.mark.parametrize(("text", "answer"), [("quota", "ShowQuota"), ("help", "ShowHelp"), ("", "ShowHelp"), ("?", "ShowHelp")])
async def test_inquiry_is_answered_privately(slack: Scene, text: str, answer: str) -> None:
    """This also works in channels without the bot."""
    for channel in ("general", "closed"):
        act = await slack.act("command", channel=channel, name="seedream", text=text)
        assert [message["text"] for message in act["private"]] == [answer]


async def test_locked_database_is_reported_within_the_deadline(slack: Scene) -> None:
    """The bot does not wait for the lock, and drops a command that could be recorded only later."""
    slack.core.slow = asyncio.Event()
    act = await slack.act("command", name="imagine", text="a fox")
    assert [message["text"] for message in act["private"]] == ["refused busy"]
    slack.core.slow.set()
    arrival = await slack.arrival()
    assert arrival.until is not None
    assert arrival.until <= slack.clock.now()


async def test_refusal_by_the_core_is_shown_privately(slack: Scene) -> None:
    """A refusal after the acknowledgement is ephemeral."""
    slack.core.fails = RefusedError(RefusalCode.JOB_UNKNOWN, value="x")
    act = await slack.act("command", name="imagine", text="a fox")
    assert [message["text"] for message in act["private"]] == ["refused JOB UNKNOWN"]


async def test_mention_is_one_gesture(either: Scene, tmp_path: Path) -> None:
    """Slack sends a mention and a message event; the answer is in the thread."""
    original = await either.act("message", text="@bot a red fox --ratio 16:9", files=[member_file("owl.png", png(6, 6))])
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
    assert either.last()["thread"] == original["id"]
    assert posted.thread == thread_id(either.channel(), original["id"])


async def test_mention_is_answered_once(slack: Scene) -> None:
    """Two events cause one ephemeral answer."""
    await slack.act("message", text="@bot hello")
    await slack.until(lambda: len(slack.seen()) == 2)
    assert await slack.nothing_arrives()
    assert [message["text"] for message in slack.seen() if message["author"] == "bot"] == ["ShowHelp", "ShowQuota"]
    assert [message["private_to"] for message in slack.seen() if message["author"] == "bot"] == ["ada", "cyd"]
    assert "thread" not in slack.seen()[1]


async def test_messages_between_members_are_ignored(slack: Scene) -> None:
    """So are edits, deletions and messages in a thread without a job."""
    original = await slack.act("message", text="nice weather today")
    await slack.act("reply", message=original["id"], text="look", files=[member_file("sky.png", png(5, 5))])
    await slack.act("menu", name="Edit message", message=original["id"], text="nice weather today, isn't it")
    await slack.act("menu", name="Delete message", message=original["id"])
    assert await slack.nothing_arrives()
    assert [message["author"] for message in slack.seen() if "private_to" not in message] == ["ada"]


async def test_event_is_acknowledged_after_it_is_recorded(tmp_path: Path) -> None:
    """Slack sends an unacknowledged event again."""
    async with open_scene(tmp_path, ack_timeout_s=0.3) as slack:
        slack.core.fails = StoreError(StoreCode.BUSY)
        slack.core.failures_left = 1
        await slack.act("message", channel="dm:ada", text="a red fox")
        assert (await slack.arrival()).command == Generate(verb="imagine", prompt="a red fox")


async def test_direct_messages(slack: Scene, tmp_path: Path) -> None:
    """They need no mention, accept files, and have a single way."""
    await slack.act("message", channel="dm:ada", text="a red fox")
    origin = (await slack.arrival()).origin
    abilities = slack.platform.capabilities(origin)
    assert (origin.workspace, abilities.ways, abilities.private) == (None, (Way.CONVERSATION,), True)
    await slack.platform.post(result_message(origin, result(tmp_path, 1)))
    assert slack.last("dm:ada").get("thread") is None
    await slack.act("message", channel="dm:ada", text="make it night", files=[member_file("owl.png", png(6, 6))])
    command = (await slack.arrival()).command
    assert isinstance(command, Generate)
    assert (command.verb, len(command.references)) == ("edit", 1)
    await slack.act("message", channel="dm:ada", text="hi")
    await slack.until(lambda: slack.last("dm:ada")["text"] == "ShowHelp")
    assert "private_to" not in slack.last("dm:ada")


async def test_replies_in_a_jobs_thread(slack: Scene) -> None:
    """A mention by any member, or a picture of the requester, continues from the newest pictures of the thread."""
    root = await slack.act("message", user="bob", text="here")
    mine = MessageJob(
        requester=UserId(f"slack:{slack.slack.world.team_id}/{slack.ada}"),
        pictures=(StoredPicture(job=JOB, number=1),),
    )
    newest = MessageJob(requester=UserId("slack:T/U"), pictures=(StoredPicture(job=JobId("zzzzzzzzzzzz"), number=2),))
    slack.core.jobs[MessageId(f"{slack.channel()}:{root['id']}")] = mine

    await slack.act("reply", message=root["id"], user="bob", text="nice", files=[member_file("b.png", png(5, 5))])
    await slack.act("reply", message=root["id"], user="ada", text="nice, thank you")
    assert await slack.nothing_arrives()

    await slack.act("reply", message=root["id"], user="ada", text="like this", files=[member_file("a.png", png(5, 5))])
    command = (await slack.arrival()).command
    assert isinstance(command, Generate)
    assert (command.prompt, command.references[0]) == ("like this", StoredPicture(job=JOB, number=1))
    assert [reference.name for reference in command.references[1:] if isinstance(reference, Attachment)] == ["a.png"]

    slack.core.jobs[thread_id(slack.channel(), root["id"])] = newest
    await slack.act("reply", message=root["id"], user="bob", text="@bot make it night")
    arrival = await slack.arrival()
    assert arrival.command == Generate(verb="edit", prompt="make it night", references=newest.pictures)
    assert arrival.origin.address["thread"] == root["id"]


async def test_mention_in_the_thread_of_a_picture(slack: Scene) -> None:
    """The picture of the thread's first message is the reference."""
    dog = await slack.act("message", user="bob", text="my dog", files=[member_file("dog.png", png(5, 5))])
    await slack.act("reply", message=dog["id"], text="@bot make it night")
    command = (await slack.arrival()).command
    assert isinstance(command, Generate)
    (source,) = command.references
    assert isinstance(source, MessagePictures)
    assert (source.message, source.attachments[0].name) == (f"{slack.channel()}:{dog['id']}", "dog.png")


async def test_private_command_continues_in_direct_messages(slack: Scene, tmp_path: Path) -> None:
    """Other members see neither the prompt nor the pictures."""
    origin = (await slack.act_and_receive("command", name="imagine", text="a fox --private")).origin
    assert slack.platform.capabilities(origin).private
    progress = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    await slack.platform.post(result_message(origin, result(tmp_path, 1)))
    await slack.platform.show_progress(progress_update(origin, Reply(text="Done."), message=progress))
    assert slack.seen() == []
    assert [(message["text"], len(message["files"])) for message in slack.seen("dm:ada")] == [("Done.", 0), ("", 1)]


@pytest.mark.parametrize(("name", "title"), [("imagine", "New image"), ("edit", "Edit with Seedream")])
async def test_command_without_text_opens_a_form(slack: Scene, name: str, title: str) -> None:
    """The submission becomes the same command as typed text, answered where the form was opened."""
    act = await slack.act("command", name=name)
    form = act["modal"]
    assert (form["title"], [field["block"] for field in form["fields"]]) == (
        title,
        ["prompt", "files", "count", "size", "ratio", "model", "background"],
    )
    fields = {"prompt": "make it night", "count": "2", "ratio": "16:9"}
    files = [member_file("moon.png", png(6, 6)), member_file("sun.png", png(7, 7))]
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


async def test_edit_with_text_opens_a_filled_form(slack: Scene) -> None:
    """A reference to a stored picture needs no form."""
    act = await slack.act("command", name="edit", text="make it night")
    assert act["modal"]["fields"][0]["initial"] == "make it night"
    command = (await slack.act_and_receive("command", name="edit", text=f"make it night --ref {JOB}#2")).command
    assert command == Generate(verb="edit", prompt="make it night", references=(StoredPicture(job=JOB, number=2),))


async def test_errors_are_shown_at_their_field(either: Scene) -> None:
    """The form stays open and can be submitted again."""
    act = await either.act("command", name="imagine")
    wrong = await either.act("submit", action=act["modal"]["id"], fields={"prompt": "a fox --count 0"})
    assert wrong["errors"] == {"count": "refused COUNT OUT OF RANGE"}
    wrong = await either.act("submit", action=act["modal"]["id"], fields={"prompt": "a fox --cuont 2"})
    assert wrong["errors"] == {"prompt": "refused UNKNOWN FLAG"}
    assert (
        await either.act_and_receive("submit", action=act["modal"]["id"], fields={"prompt": "a fox", "count": "1"})
    ).command == Generate(verb="imagine", prompt="a fox", options=Options(count=1))


async def test_a_form_has_choices_with_the_default_first(slack: Scene) -> None:
    """Number, size, ratio, model and background are select menus."""
    form = (await slack.act("command", name="imagine"))["modal"]
    selects = form["fields"][2:]
    assert [(field["type"], field["initial"], field["options"][0]) for field in selects] == [
        ("static_select", "default", "default")
    ] * 5
    fields = {"prompt": "a fox", "count": "4", "size": "4K", "ratio": "9:16", "model": "4.5", "background": "opaque"}
    arrival = await slack.act_and_receive("submit", action=form["id"], fields=fields)
    options = Options(count=4, size="4K", ratio="9:16", model="4.5", background="opaque")
    assert arrival.command == Generate(verb="imagine", prompt="a fox", options=options)


async def test_a_form_that_is_refused_after_it_closed_opens_again(either: Scene) -> None:
    """The quota is checked when the form has gone: a button opens it with what was filled in."""
    form = (await either.act("command", name="imagine"))["modal"]
    either.core.fails, either.core.failures_left = RefusedError(RefusalCode.QUOTA_EXCEEDED), 1
    await either.act("submit", action=form["id"], fields={"prompt": "a fox", "ratio": "9:16"})
    await either.until(lambda: bool(either.seen()) and either.last()["text"] == "refused QUOTA EXCEEDED")
    opened = (await either.act("press", message=either.last()["id"], action="Change and try again"))["modal"]
    assert {field["block"]: field.get("initial") for field in opened["fields"]} == {
        "prompt": "a fox",
        "files": None,
        "count": "default",
        "size": "default",
        "ratio": "9:16",
        "model": "default",
        "background": "default",
    }
    arrival = await either.act_and_receive("submit", action=opened["id"], fields={"prompt": "a red fox"})
    assert arrival.command == Generate(verb="imagine", prompt="a red fox", options=Options(ratio="9:16"))


async def test_shortcut_opens_a_form_with_the_messages_pictures(either: Scene) -> None:
    """The pictures are saved under the draft; the form is answered in the message's thread."""
    dog = await either.act("message", user="bob", text="my dog", files=[member_file("dog.png", png(5, 5))])
    act = await either.act("menu", name="edit_with", message=dog["id"])
    form = act["modal"]
    await either.until(lambda: bool(either.core.drafts))
    ((draft, pictures),) = either.core.drafts.items()
    assert (form["callback_id"], pictures.message) == (f"v1:edit_form:{draft}:draft", f"{either.channel()}:{dog['id']}")
    assert await either.platform.fetch(pictures.attachments[0], most_bytes=MIB) == png(5, 5)
    arrival = await either.act_and_receive("submit", action=form["id"], fields={"prompt": "make it night"})
    assert arrival.command == Generate(verb="edit", prompt="make it night", references=(DraftPictures(draft=draft),))
    assert arrival.origin.address["thread"] == dog["id"]


async def test_shortcut_on_a_message_without_pictures_is_refused(slack: Scene) -> None:
    """The refusal is ephemeral."""
    original = await slack.act("message", text="no picture here")
    act = await slack.act("menu", name="edit_with", message=original["id"])
    assert [message["text"] for message in act["private"]] == ["refused REFS REQUIRED"]


async def test_global_shortcut(slack: Scene) -> None:
    """It has no channel, so the results go to direct messages."""
    act = await slack.act("menu", name="new_image")
    origin = (await slack.act_and_receive("submit", action=act["modal"]["id"], fields={"prompt": "a red fox"})).origin
    await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    assert slack.last("dm:ada")["text"] == "Painting."


async def test_double_click_is_one_request(either: Scene, tmp_path: Path) -> None:
    """A repeated press is ignored."""
    origin = (await either.act_and_receive("command", name="imagine", text="a red fox")).origin
    await either.platform.post(result_message(origin, result(tmp_path, 1)))
    message = either.last()["id"]
    acts = [either.act("press", user="bob", message=message, action="Again") for _ in range(2)]
    assert all(act["acknowledged_ms"] < 3000 for act in await asyncio.gather(*acts))
    arrival = await either.arrival()
    assert (arrival.command, arrival.origin.user.endswith(either.slack.describe()["users"]["bob"])) == (Repeat(job=JOB), True)
    assert await either.nothing_arrives()


async def test_second_click_at_another_process_is_refused_privately(either: Scene, tmp_path: Path) -> None:
    """That process does not know of the first click, but the core does."""
    origin = (await either.act_and_receive("command", name="imagine", text="a red fox")).origin
    await either.platform.post(result_message(origin, result(tmp_path, 1)))
    message, before = either.last()["id"], len(either.seen())
    await either.act_and_receive("press", message=message, action="Again")
    either.clock.offset += 60
    act = await either.act("press", message=message, action="Again")
    assert [answer["text"] for answer in act["private"]] == ["refused ASKED TWICE"]
    assert [message["private_to"] for message in either.seen()[before:]] == ["ada"]
    assert await either.nothing_arrives()


async def test_form_submitted_twice_counts_once(either: Scene) -> None:
    """Both submissions have the form's id, so the second is ignored."""
    form = (await either.act("command", name="imagine"))["modal"]
    sent = [either.act("submit", action=form["id"], fields={"prompt": "a fox"}) for _ in range(2)]
    acts = await asyncio.gather(*sent)
    assert (await either.arrival()).command == Generate(verb="imagine", prompt="a fox")
    assert [act["private"] for act in acts] == [[], []]
    assert await either.nothing_arrives()


async def test_show_result_button(slack: Scene, tmp_path: Path) -> None:
    """The press is a separate command, and its refusal is ephemeral."""
    origin = (await slack.act_and_receive("command", name="imagine", text="a red fox")).origin
    show = Button(label="Show result", action=Action(kind=ActionKind.SHOW_RESULT, job=JOB), primary=True)
    await slack.platform.show_progress(progress_update(origin, Reply(text="Ready.", buttons=(show,))))
    message = slack.last()["id"]
    arrival = await slack.act_and_receive("press", user="bob", message=message, action="Show result")
    assert (arrival.command, arrival.until) == (ShowResult(job=JOB), None)
    await slack.platform.post(result_message(arrival.origin, result(tmp_path, 1)))
    assert [file["name"] for file in slack.last()["files"]] == [f"{JOB}-1.png"]
    slack.core.fails = RefusedError(RefusalCode.NOT_YOURS)
    slack.clock.offset = 10
    act = await slack.act("press", user="bob", message=message, action="Show result")
    assert [message["text"] for message in act["private"]] == ["refused NOT YOURS"]


async def test_unknown_events_are_acknowledged(slack: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Unhandled events, controls of earlier versions and the app's uninstallation cause no error."""
    await slack.act("menu", name="app_home_opened")
    assert (await slack.act("menu", name="use_as_reference"))["acknowledged_ms"] is not None
    await slack.act("menu", name="app_uninstalled")
    await slack.until(lambda: "uninstalled" in caplog.messages)
    assert slack.core.arrivals.empty()
