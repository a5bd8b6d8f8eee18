"""Member actions over the real protocol: received, acknowledged in time and passed to the core."""

import asyncio
from pathlib import Path

import pytest

from bot.chat.capabilities import Way
from bot.chat.reply import Button, Reply
from bot.commands.action import decode_action
from bot.commands.command import Attachment, DraftPictures, Generate, MessagePictures, Options, Repeat, ShowResult
from bot.errors import RefusalCode, RefusedError
from bot.ids import JobId
from sandbox.faults import Fault
from tests.platforms.discord_adapter.discord_scene import Scene
from tests.platforms.scene import JOB, member_file, png, progress_update, refusal_notice, result, result_message

MIB = 1024 * 1024
OTHER = JobId("zzzzzzzzzzzz")


async def test_command_becomes_a_posted_set(scene: Scene, tmp_path: Path) -> None:
    """The command is acknowledged for the member alone; then one message of the bot shows progress, and becomes the result."""
    act = await scene.act("command", name="imagine", options={"prompt": "a red fox", "count": 4})
    assert act["acknowledged_ms"] < 3000
    arrival = await scene.arrival()
    assert arrival.command == Generate(verb="imagine", prompt="a red fox", options=Options(count=4))
    assert arrival.origin.user == f"discord:{scene.ada}"
    abilities = scene.platform.capabilities(arrival.origin)
    assert (abilities.ways[0], abilities.file_bytes) == (Way.CONVERSATION, 20 * MIB)

    painting = Reply(text="Painting <@1> …", quote="a red fox @everyone")
    progress = await scene.platform.show_progress(progress_update(arrival.origin, painting))
    assert (scene.last()["id"], scene.last().get("loading")) == (progress, None)
    assert "a red fox @everyone" in scene.last()["text"]
    again = await scene.platform.show_progress(progress_update(arrival.origin, Reply(text="Painted."), message=progress))
    assert (again, scene.last()["text"]) == (progress, f"<@{scene.ada}> Painted.")

    posted = await scene.platform.post(result_message(arrival.origin, result(tmp_path, 4), message=progress))
    assert [message["id"] for message in scene.seen()] == [progress]
    shown = scene.last()
    assert (shown["id"], posted.way, shown["pings"]) == (posted.message, Way.CONVERSATION, [])
    assert [(file["name"], file["width"], file["alt"]) for file in shown["files"]] == [
        (f"{JOB}-{number}.png", number, f"picture {number} of a fox") for number in range(1, 5)
    ]
    assert shown["buttons"] == [{"label": "Again", "action": f"v1:again:{JOB}"}]


async def test_immediate_refusal_is_private(scene: Scene) -> None:
    """The refusal is an ephemeral first response."""
    act = await scene.act("command", name="imagine", options={"prompt": "a fox", "count": 0})
    assert [message["text"] for message in act["private"]] == ["refused COUNT OUT OF RANGE"]
    unread = await scene.act("command", name="imagine", options={"prompt": "a fox --cuont 3"})
    assert [message["private_to"] for message in unread["private"]] == ["ada"]


@pytest.mark.parametrize("fault", ["reset-before", "reset-after"])
async def test_failed_acknowledgement_is_retried_once(scene: Scene, fault: str) -> None:
    """If the first attempt did arrive, Discord reports a duplicate, and the command continues."""
    scene.stage.faults.add(Fault(where="discord.rest:POST /interactions/*", what=fault, times=1))
    act = await scene.act("command", name="imagine", options={"prompt": "a fox", "private": True})
    assert act["acknowledged_ms"] < 3000
    origin = (await scene.arrival()).origin
    await scene.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    assert (scene.last()["text"], scene.last()["private_to"]) == ("Painting.", "ada")


async def test_expired_command_is_dropped(scene: Scene) -> None:
    """A command that cannot be acknowledged is not recorded, because its result could not be shown."""
    scene.stage.faults.add(Fault(where="discord.rest:POST /interactions/*", what="error:404:10062", times=1))
    late = asyncio.create_task(scene.act("command", name="imagine", options={"prompt": "a fox"}))
    await scene.until(lambda: bool(scene.requests("POST", "/interactions/")))
    await scene.act("command", name="help")
    late.cancel()
    assert (scene.core.arrivals.empty(), [message["text"] for message in scene.seen()]) == (True, ["ShowHelp"])


@pytest.mark.parametrize("name", ["quota", "help"])
async def test_inquiry_is_answered_immediately(scene: Scene, name: str) -> None:
    """The answer is the first response."""
    act = await scene.act("command", name=name)
    assert [message["text"] for message in act["private"]] == [f"Show{name.title()}"]


async def test_late_refusal_replaces_the_public_response(scene: Scene) -> None:
    """A refusal after the acknowledgement is private, and repeating it changes nothing."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    for _ in range(2):
        await scene.platform.decline(refusal_notice(origin, Reply(text="No.")))
    assert {(message["text"], message.get("private_to")) for message in scene.seen()} == {("No.", "ada")}


async def test_refusal_by_the_core_is_shown_privately(scene: Scene) -> None:
    """A refusal after the acknowledgement is ephemeral."""
    scene.core.fails = RefusedError(RefusalCode.JOB_UNKNOWN, value="x")
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    await scene.until(lambda: [message["text"] for message in scene.seen()] == ["refused JOB UNKNOWN"])
    assert scene.last()["private_to"] == "ada"


async def test_a_direct_message_needs_no_mention(scene: Scene, tmp_path: Path) -> None:
    """Direct messages have a single way, which is not tried twice."""
    await scene.act("message", channel="dm:ada", text="a red fox")
    origin = (await scene.arrival()).origin
    assert (origin.workspace, scene.platform.capabilities(origin).ways) == (None, (Way.CONVERSATION,))
    await scene.platform.post(result_message(origin, result(tmp_path, 1)))
    await scene.act("reply", channel="dm:ada", message=scene.last("dm:ada")["id"], text="night")
    command = (await scene.arrival()).command
    assert isinstance(command, Generate)
    assert (command.verb, len(command.references)) == ("edit", 1)


async def test_menu_opens_a_form(scene: Scene) -> None:
    """The message's pictures are saved under the draft; the submission brings the form's text and files."""
    original = await scene.act("message", text="my dog", files=[member_file("dog.png", png(5, 5))])
    act = await scene.act("menu", name="Edit with Seedream", message=original["id"])
    form = act["modal"]
    assert (form["title"], [field["custom_id"] for field in form["fields"]]) == (
        "Edit with Seedream",
        ["prompt", "files", "count", "shape", "model"],
    )
    await scene.until(lambda: bool(scene.core.drafts))
    ((draft, pictures),) = scene.core.drafts.items()
    assert (form["custom_id"], pictures.message) == (f"v1:edit_form:{draft}:draft", original["id"])
    assert await scene.platform.fetch(pictures.attachments[0], most_bytes=MIB) == png(5, 5)

    fields = {"prompt": "make it night", "count": "2"}
    submission = await scene.act("submit", action=form["custom_id"], fields=fields, files=[member_file("moon.png", png(6, 6))])
    assert submission["acknowledged_ms"] < 3000
    command = (await scene.arrival()).command
    assert isinstance(command, Generate)
    assert (command.verb, command.prompt, command.options) == ("edit", "make it night", Options(count=2))
    assert command.references[0] == DraftPictures(draft=draft)
    assert [reference.name for reference in command.references[1:] if isinstance(reference, Attachment)] == ["moon.png"]


async def test_a_form_has_choices_with_the_default_first(scene: Scene) -> None:
    """Number, size with aspect ratio, and model are select menus, so that all of Slack's fields fit."""
    original = await scene.act("message", text="my dog", files=[member_file("dog.png", png(5, 5))])
    form = (await scene.act("menu", name="Edit with Seedream", message=original["id"]))["modal"]
    count, shape, model = form["fields"][2:]
    assert [field["kind"] for field in (count, shape, model)] == ["string_select"] * 3
    for field in (count, shape, model):
        assert (
            [option["value"] for option in field["options"] if option.get("default")]
            == [field["options"][0]["value"]]
            == ["default"]
        )
    fields = {"prompt": "make it night", "count": ["2"], "shape": ["16:9", "4K"], "model": ["4.5"]}
    await scene.act("submit", action=form["custom_id"], fields=fields)
    command = (await scene.arrival()).command
    assert isinstance(command, Generate)
    assert command.options == Options(count=2, size="4K", ratio="16:9", model="4.5")


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_refused_form_opens_again_as_it_was_filled_in(scene: Scene, *, at_once: bool) -> None:
    """Whether it is refused by its words or later by the quota: texts, choices and pictures are kept."""
    original = await scene.act("message", text="my dog", files=[member_file("dog.png", png(5, 5))])
    form = (await scene.act("menu", name="Edit with Seedream", message=original["id"]))["modal"]
    if not at_once:
        scene.core.fails, scene.core.failures_left = RefusedError(RefusalCode.QUOTA_EXCEEDED), 1
    typed = "make it night --cuont 2" if at_once else "make it night"
    fields = {"prompt": typed, "shape": ["4K"], "model": ["4.5"]}
    files = [member_file("moon.png", png(6, 6))]
    await scene.act("submit", action=form["custom_id"], fields=fields, files=files)
    await scene.until(lambda: scene.last()["text"].startswith("refused"))
    assert scene.last()["private_to"] == "ada"

    opened = (await scene.act("press", message=scene.last()["id"], action="Change and try again"))["modal"]
    prompt, upload, count, shape, model = opened["fields"]
    assert (prompt["value"], upload["label"]) == (typed, "More images (optional)")
    chosen = [[option["value"] for option in field["options"] if option.get("default")] for field in (count, shape, model)]
    assert chosen == [["default"], ["4K"], ["4.5"]]
    await scene.act("submit", action=opened["custom_id"], fields={"prompt": "make it night"})
    command = (await scene.arrival()).command
    ((draft, _),) = scene.core.kept.items()
    assert command == Generate(
        verb="edit",
        prompt="make it night",
        options=Options(size="4K", model="4.5"),
        references=(DraftPictures(draft=draft),),
    )


async def test_a_form_that_is_kept_no_longer_says_so(scene: Scene) -> None:
    """Pressing the button after a day is answered, not left open."""
    original = await scene.act("message", text="my dog", files=[member_file("dog.png", png(5, 5))])
    form = (await scene.act("menu", name="Edit with Seedream", message=original["id"]))["modal"]
    await scene.act("submit", action=form["custom_id"], fields={"prompt": "make it night --cuont 2"})
    await scene.until(lambda: scene.last()["text"].startswith("refused"))
    scene.core.kept.clear()
    act = await scene.act("press", message=scene.last()["id"], action="Change and try again")
    assert [message["text"] for message in act["private"]] == ["refused FORM EXPIRED"]


async def test_menu_on_a_message_without_pictures_is_refused(scene: Scene) -> None:
    """The refusal is immediate and private."""
    original = await scene.act("message", text="no picture here")
    act = await scene.act("menu", name="Edit with Seedream", message=original["id"])
    assert [message["text"] for message in act["private"]] == ["refused REFS REQUIRED"]


async def test_reply_to_a_result_edits_its_pictures(scene: Scene, tmp_path: Path) -> None:
    """A mention is answered by replies without pings; a reply to the set becomes an edit."""
    original = await scene.act("message", text="@bot a red fox")
    arrival = await scene.arrival()
    assert arrival.command == Generate(verb="imagine", prompt="a red fox")
    progress = await scene.platform.show_progress(progress_update(arrival.origin, Reply(text="Painting.")))
    assert (scene.last()["id"], scene.last()["reply_to"], scene.last()["pings"]) == (progress, original["id"], [])
    reply = result(tmp_path, 1)
    posted = await scene.platform.post(result_message(arrival.origin, reply))
    assert scene.last()["reply_to"] == original["id"]

    await scene.act("reply", message=posted.message, text="make it night", files=[member_file("moon.png", png(6, 6))])
    command = (await scene.arrival()).command
    assert isinstance(command, Generate)
    assert (command.verb, command.prompt) == ("edit", "make it night")
    source, moon = command.references
    assert isinstance(source, MessagePictures)
    assert (source.message, len(source.attachments)) == (posted.message, 1)
    assert isinstance(moon, Attachment)
    assert moon.name == "moon.png"


async def test_greetings_and_invalid_messages_get_a_reply(scene: Scene) -> None:
    """Each gets a short reply."""
    hello = await scene.act("message", text="@bot hello")
    await scene.until(lambda: len(scene.seen()) == 2)
    assert (scene.last()["text"], scene.last()["reply_to"]) == ("SayGreeting", hello["id"])
    wrong = await scene.act("message", text="@bot a fox --cuont 2")
    await scene.until(lambda: len(scene.seen()) == 4)
    assert (scene.last()["text"], scene.last()["reply_to"]) == ("refused UNKNOWN FLAG", wrong["id"])


async def test_messages_between_members_are_ignored(scene: Scene) -> None:
    """So are replies whose text Discord withholds."""
    original = await scene.act("message", text="nice weather today")
    await scene.act("reply", message=original["id"], text="so it is")
    await scene.act("command", name="help")
    assert [message["author"] for message in scene.seen() if "private_to" not in message] == ["ada", "ada"]
    assert scene.core.arrivals.empty()


async def test_double_click_is_one_request(scene: Scene, tmp_path: Path) -> None:
    """The answer is a new response."""
    await scene.act("message", text="@bot a red fox")
    origin = (await scene.arrival()).origin
    posted = await scene.platform.post(result_message(origin, result(tmp_path, 1)))
    acts = [scene.act("press", message=posted.message, action="Again") for _ in range(2)]
    assert all(act["acknowledged_ms"] < 3000 for act in await asyncio.gather(*acts))
    arrival = await scene.arrival()
    assert (arrival.command, scene.core.arrivals.empty()) == (Repeat(job=JOB), True)
    shown = await scene.platform.show_progress(progress_update(arrival.origin, Reply(text="Again."), job=OTHER))
    assert (scene.last()["id"], shown != posted.message) == (shown, True)


async def test_second_click_at_another_process_is_refused_privately(scene: Scene, tmp_path: Path) -> None:
    """That process does not know of the first click, but the core does."""
    await scene.act("message", text="@bot a red fox")
    origin = (await scene.arrival()).origin
    posted = await scene.platform.post(result_message(origin, result(tmp_path, 1)))
    before = len(scene.seen())
    await scene.act("press", message=posted.message, action="Again")
    arrival = await scene.arrival()
    scene.clock.offset += 60
    await scene.act("press", message=posted.message, action="Again")
    await scene.until(lambda: scene.last()["text"] == "refused ASKED TWICE")
    assert (scene.last()["private_to"], scene.core.arrivals.empty()) == ("ada", True)
    await scene.platform.show_progress(progress_update(arrival.origin, Reply(text="Again."), job=OTHER))
    texts = [message["text"].partition("> ")[2] or message["text"] for message in scene.seen()[before:]]
    assert texts == ["refused ASKED TWICE", "Again."]


async def test_form_submitted_twice_counts_once(scene: Scene) -> None:
    """Both submissions are acknowledged; one becomes a job, and the other leaves no public message."""
    original = await scene.act("message", text="my dog", files=[member_file("dog.png", png(5, 5))])
    form = (await scene.act("menu", name="Edit with Seedream", message=original["id"]))["modal"]
    sent = [scene.act("submit", action=form["custom_id"], fields={"prompt": "make it night"}) for _ in range(2)]
    assert all(act["acknowledged_ms"] < 3000 for act in await asyncio.gather(*sent))
    arrival = await scene.arrival()
    await scene.until(lambda: scene.last()["text"] == "refused ASKED TWICE")
    await scene.platform.show_progress(progress_update(arrival.origin, Reply(text="Painting.")))
    public = [message["text"] for message in scene.seen() if "private_to" not in message]
    assert (public, scene.core.arrivals.empty()) == (["my dog", f"<@{scene.ada}> Painting."], True)


async def test_refused_press_keeps_the_result(scene: Scene, tmp_path: Path) -> None:
    """The pending response is deleted, never the message with the button."""
    await scene.act("message", text="@bot a red fox")
    origin = (await scene.arrival()).origin
    posted = await scene.platform.post(result_message(origin, result(tmp_path, 1)))
    scene.core.fails = RefusedError(RefusalCode.QUOTA_EXCEEDED)
    await scene.act("press", message=posted.message, action="Again")
    await scene.until(lambda: scene.last()["text"] == "refused QUOTA EXCEEDED")
    assert [(message["id"], message.get("private_to")) for message in scene.seen()][1:] == [
        (posted.message, None),
        (scene.last()["id"], "ada"),
    ]


async def test_show_result_button(scene: Scene, tmp_path: Path) -> None:
    """The press brings a new token, and the set is posted as its response."""
    await scene.act("message", text="@bot a red fox")
    origin = (await scene.arrival()).origin
    reply = result(tmp_path, 1)
    show = f"v1:show_result:{JOB}"
    stored = Reply(text="Ready.", buttons=(_button(show),))
    message = await scene.platform.show_progress(progress_update(origin, stored))
    await scene.act("press", message=message, action=show)
    arrival = await scene.arrival()
    assert arrival.command == ShowResult(job=JOB)
    await scene.platform.post(result_message(arrival.origin, reply, way=Way.RESPONSE))
    assert [file["name"] for file in scene.last()["files"]] == [f"{JOB}-1.png"]


def _button(custom_id: str) -> Button:
    action = decode_action(custom_id)
    assert action is not None
    return Button(label="Show result", action=action)
