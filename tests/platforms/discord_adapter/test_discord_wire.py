"""What members do, over the real protocol: received, answered in time, handed to the core."""

import asyncio
from pathlib import Path

import pytest

from bot.chat.capabilities import Way
from bot.chat.reply import Button, Reply
from bot.commands.action import decode_action
from bot.commands.command import Attachment, DraftPictures, Generate, MessagePictures, Options, Repeat, ShowResult
from bot.errors import RefusalCode, RefusedError
from sandbox.faults import Fault
from tests.platforms.discord_adapter.discord_scene import Scene
from tests.platforms.scene import JOB, given, png, progress_update, refusal_notice, result, result_message

MIB = 1024 * 1024


async def test_a_command_becomes_a_posted_set(scene: Scene, tmp_path: Path) -> None:
    """Acknowledged at once, progress in the response, the set as a message of the bot with alt texts and a button."""
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
    assert (again, scene.last()["text"]) == (progress, "Painted.")

    posted = await scene.platform.post(result_message(arrival.origin, result(tmp_path, 4)))
    shown = scene.last()
    assert (shown["id"], posted.way, shown["pings"]) == (posted.message, Way.CONVERSATION, [])
    assert [(file["name"], file["width"], file["alt"]) for file in shown["files"]] == [
        (f"{JOB}-{number}.png", number, f"picture {number} of a fox") for number in range(1, 5)
    ]
    assert shown["buttons"] == [{"label": "Again", "action": f"v1:again:{JOB}"}]


async def test_a_refusal_before_any_work_is_private(scene: Scene) -> None:
    """The first response is the refusal, and only its member sees it."""
    act = await scene.act("command", name="imagine", options={"prompt": "a fox", "count": 0})
    assert [message["text"] for message in act["private"]] == ["refused COUNT OUT OF RANGE"]
    unread = await scene.act("command", name="imagine", options={"prompt": "a fox --cuont 3"})
    assert [message["private_to"] for message in unread["private"]] == ["ada"]


@pytest.mark.parametrize("fault", ["reset-before", "reset-after"])
async def test_a_broken_acknowledgement_is_tried_once_more(scene: Scene, fault: str) -> None:
    """If the first attempt did arrive, Discord calls the second a repeat, and the command continues."""
    scene.stage.faults.add(Fault(where="discord.rest:POST /interactions/*", what=fault, times=1))
    act = await scene.act("command", name="imagine", options={"prompt": "a fox", "private": True})
    assert act["acknowledged_ms"] < 3000
    origin = (await scene.arrival()).origin
    await scene.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    assert (scene.last()["text"], scene.last()["private_to"]) == ("Painting.", "ada")


async def test_a_command_too_old_is_dropped(scene: Scene) -> None:
    """What cannot be acknowledged is not recorded: the member would never see a result."""
    scene.stage.faults.add(Fault(where="discord.rest:POST /interactions/*", what="error:404:10062", times=1))
    late = asyncio.create_task(scene.act("command", name="imagine", options={"prompt": "a fox"}))
    await scene.until(lambda: bool(scene.requests("POST", "/interactions/")))
    await scene.act("command", name="help")
    late.cancel()
    assert (scene.core.arrivals.empty(), [message["text"] for message in scene.seen()]) == (True, ["ShowHelp"])


@pytest.mark.parametrize("name", ["quota", "help"])
async def test_an_answer_at_once(scene: Scene, name: str) -> None:
    """What needs no job is the first response itself."""
    act = await scene.act("command", name=name)
    assert [message["text"] for message in act["private"]] == [f"Show{name.title()}"]


async def test_a_late_refusal_takes_the_public_wait_back(scene: Scene) -> None:
    """After the acknowledgement too, the member alone sees a refusal, and a repeat does no harm."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    for _ in range(2):
        await scene.platform.decline(refusal_notice(origin, Reply(text="No.")))
    assert {(message["text"], message.get("private_to")) for message in scene.seen()} == {("No.", "ada")}


async def test_a_failing_core_is_told(scene: Scene) -> None:
    """What handle refuses after the acknowledgement reaches the member privately."""
    scene.core.fails = RefusedError(RefusalCode.JOB_UNKNOWN, value="x")
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    await scene.until(lambda: [message["text"] for message in scene.seen()] == ["refused JOB UNKNOWN"])
    assert scene.last()["private_to"] == "ada"


async def test_a_direct_message_needs_no_mention(scene: Scene, tmp_path: Path) -> None:
    """The conversation is the member's own: there is one way, and it is not tried twice."""
    await scene.act("message", channel="dm:ada", text="a red fox")
    origin = (await scene.arrival()).origin
    assert (origin.workspace, scene.platform.capabilities(origin).ways) == (None, (Way.CONVERSATION,))
    await scene.platform.post(result_message(origin, result(tmp_path, 1)))
    await scene.act("reply", channel="dm:ada", message=scene.last("dm:ada")["id"], text="night")
    command = (await scene.arrival()).command
    assert isinstance(command, Generate)
    assert (command.verb, len(command.references)) == ("edit", 1)


async def test_the_menu_opens_a_form(scene: Scene) -> None:
    """The pictures of the message are kept under the draft; text and files of the form come with its submission."""
    said = await scene.act("message", text="my dog", files=[given("dog.png", png(5, 5))])
    act = await scene.act("menu", name="Edit with Seedream", message=said["id"])
    form = act["modal"]
    assert (form["title"], [field["custom_id"] for field in form["fields"]]) == (
        "Edit with Seedream",
        ["prompt", "files", "count", "size", "ratio"],
    )
    await scene.until(lambda: bool(scene.core.drafts))
    ((draft, pictures),) = scene.core.drafts.items()
    assert (form["custom_id"], pictures.message) == (f"v1:edit_form:{draft}:draft", said["id"])
    assert await scene.platform.fetch(pictures.attachments[0], most_bytes=MIB) == png(5, 5)

    fields = {"prompt": "make it night", "count": "2"}
    submission = await scene.act("submit", action=form["custom_id"], fields=fields, files=[given("moon.png", png(6, 6))])
    assert submission["acknowledged_ms"] < 3000
    command = (await scene.arrival()).command
    assert isinstance(command, Generate)
    assert (command.verb, command.prompt, command.options) == ("edit", "make it night", Options(count=2))
    assert command.references[0] == DraftPictures(draft=draft)
    assert [reference.name for reference in command.references[1:] if isinstance(reference, Attachment)] == ["moon.png"]


async def test_the_menu_on_words(scene: Scene) -> None:
    """A message without a picture is refused at once, privately."""
    said = await scene.act("message", text="no picture here")
    act = await scene.act("menu", name="Edit with Seedream", message=said["id"])
    assert [message["text"] for message in act["private"]] == ["refused REFS REQUIRED"]


async def test_replies_go_on_from_a_result(scene: Scene, tmp_path: Path) -> None:
    """A mention is answered by replies that ping no member; a reply to the set becomes an edit of its pictures."""
    said = await scene.act("message", text="@bot a red fox")
    arrival = await scene.arrival()
    assert arrival.command == Generate(verb="imagine", prompt="a red fox")
    progress = await scene.platform.show_progress(progress_update(arrival.origin, Reply(text="Painting.")))
    assert (scene.last()["id"], scene.last()["reply_to"], scene.last()["pings"]) == (progress, said["id"], [])
    reply = result(tmp_path, 2)
    posted = await scene.platform.post(result_message(arrival.origin, reply))
    assert scene.last()["reply_to"] == said["id"]

    await scene.act("reply", message=posted.message, text="make it night", files=[given("moon.png", png(6, 6))])
    command = (await scene.arrival()).command
    assert isinstance(command, Generate)
    assert (command.verb, command.prompt) == ("edit", "make it night")
    source, moon = command.references
    assert isinstance(source, MessagePictures)
    assert (source.message, len(source.attachments)) == (posted.message, 2)
    assert isinstance(moon, Attachment)
    assert moon.name == "moon.png"


async def test_small_talk_and_refusals_of_messages(scene: Scene) -> None:
    """Both are answered by a short reply."""
    hello = await scene.act("message", text="@bot hello")
    await scene.until(lambda: len(scene.seen()) == 2)
    assert (scene.last()["text"], scene.last()["reply_to"]) == ("ShowHelp", hello["id"])
    wrong = await scene.act("message", text="@bot a fox --cuont 2")
    await scene.until(lambda: len(scene.seen()) == 4)
    assert (scene.last()["text"], scene.last()["reply_to"]) == ("refused UNKNOWN FLAG", wrong["id"])


async def test_talk_is_not_heard(scene: Scene) -> None:
    """Neither messages between members nor a reply whose text Discord withholds."""
    said = await scene.act("message", text="nice weather today")
    await scene.act("reply", message=said["id"], text="so it is")
    await scene.act("command", name="help")
    assert [message["author"] for message in scene.seen() if "private_to" not in message] == ["ada", "ada"]
    assert scene.core.arrivals.empty()


async def test_buttons_are_pressed_once(scene: Scene, tmp_path: Path) -> None:
    """A double click is one request; the answer is a new response of its own."""
    await scene.act("message", text="@bot a red fox")
    origin = (await scene.arrival()).origin
    posted = await scene.platform.post(result_message(origin, result(tmp_path, 1)))
    acts = [scene.act("press", message=posted.message, action="Again") for _ in range(2)]
    assert all(act["acknowledged_ms"] < 3000 for act in await asyncio.gather(*acts))
    arrival = await scene.arrival()
    assert (arrival.command, scene.core.arrivals.empty()) == (Repeat(job=JOB), True)
    shown = await scene.platform.show_progress(progress_update(arrival.origin, Reply(text="Again.")))
    assert (scene.last()["id"], shown != posted.message) == (shown, True)


async def test_a_second_click_that_another_process_hears_is_answered(scene: Scene, tmp_path: Path) -> None:
    """It does not know of the first one, but the core does: the response becomes a refusal that the member alone sees."""
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
    await scene.platform.show_progress(progress_update(arrival.origin, Reply(text="Again.")))
    assert [message["text"] for message in scene.seen()[before:]] == ["Again.", "refused ASKED TWICE"]


async def test_a_form_sent_twice_counts_once(scene: Scene) -> None:
    """Both are acknowledged; one becomes a job, and of the other nothing stays for others to see."""
    said = await scene.act("message", text="my dog", files=[given("dog.png", png(5, 5))])
    form = (await scene.act("menu", name="Edit with Seedream", message=said["id"]))["modal"]
    sent = [scene.act("submit", action=form["custom_id"], fields={"prompt": "make it night"}) for _ in range(2)]
    assert all(act["acknowledged_ms"] < 3000 for act in await asyncio.gather(*sent))
    arrival = await scene.arrival()
    await scene.until(lambda: scene.last()["text"] == "refused ASKED TWICE")
    await scene.platform.show_progress(progress_update(arrival.origin, Reply(text="Painting.")))
    public = [message["text"] for message in scene.seen() if "private_to" not in message]
    assert (public, scene.core.arrivals.empty()) == (["my dog", "Painting."], True)


async def test_a_refused_press_leaves_the_result_alone(scene: Scene, tmp_path: Path) -> None:
    """What is taken back is the wait for the new set, never the message with the button."""
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


async def test_a_result_is_shown_again(scene: Scene, tmp_path: Path) -> None:
    """The press brings a fresh token, and the set is its response."""
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
