"""A job's one message over the real protocol: pictures are added in their place, repeats change nothing, kills leave one."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.capabilities import Way
from bot.chat.chat_platform import Ping
from bot.chat.reply import Reply
from bot.commands.command import Generate, Origin
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import MessageId, UserId
from sandbox.faults import Fault
from tests.platforms.discord_adapter.discord_scene import Scene, connect, running
from tests.platforms.scene import JOB, FakeCore, progress_update, refusal_notice, result, result_message

FORGOTTEN_S = 1500.0
"""After this Discord has forgotten a nonce."""


async def command(scene: Scene, *, private: bool = False) -> Origin:
    options = {"prompt": "a fox", "private": True} if private else {"prompt": "a fox"}
    await scene.act("command", name="imagine", options=options)
    return (await scene.arrival()).origin


def first(reply: Reply, count: int) -> Reply:
    return Reply(text=f"{count} ready.", note=f"ID {JOB}", pictures=reply.pictures[:count])


def names(scene: Scene, channel: str | None = None) -> list[list[str]]:
    return [[file["name"] for file in message["files"]] for message in scene.seen(channel)]


def files(*numbers: int) -> list[str]:
    return [f"{JOB}-{number}.png" for number in numbers]


@pytest.mark.parametrize("private", [False, True])
async def test_pictures_are_added_and_none_is_sent_twice(scene: Scene, tmp_path: Path, *, private: bool) -> None:
    """Progress, each picture as it arrives, and the result are one message; the acknowledgement is gone."""
    origin, whole = await command(scene, private=private), result(tmp_path, 3)
    message = await scene.platform.show_progress(progress_update(origin, first(whole, 0)))
    attachments: list[list[str]] = []
    for count in (1, 1, 2):
        await scene.platform.show_progress(progress_update(origin, first(whole, count), message=message))
        attachments.append([file["sha256"] for file in scene.last()["files"]])
    way = Way.RESPONSE if private else Way.CONVERSATION
    for tried_since in (None, origin.received_at):
        posted = await scene.platform.post(result_message(origin, whole, way=way, message=message, tried_since=tried_since))
        assert (posted.message, names(scene)) == (message, [files(1, 2, 3)])
    assert [len(shown) for shown in attachments] == [1, 1, 2]
    assert attachments[0] == attachments[1] == attachments[2][:1]
    assert (scene.last()["buttons"][0]["label"], scene.last().get("private_to")) == ("Again", "ada" if private else None)
    uploads = [line for line in scene.stage.recording.lines if line["method"] in {"PATCH", "POST"} and "files[0]" in str(line)]
    assert len(uploads) <= 3


@pytest.mark.parametrize("fault", ["reset-after", "reset-before", "503"])
async def test_an_edit_whose_answer_is_lost_adds_nothing_twice(scene: Scene, tmp_path: Path, fault: str) -> None:
    """It is repeated with the full list of attachments, which replaces what the first try has added."""
    origin, whole = await command(scene), result(tmp_path, 2)
    message = await scene.platform.show_progress(progress_update(origin, first(whole, 1)))
    scene.stage.faults.add(Fault(where=f"discord.rest:PATCH /channels/{scene.channel}/messages/*", what=fault, times=1))
    await scene.platform.post(result_message(origin, whole, message=message))
    assert names(scene) == [files(1, 2)]


async def test_words_alone_take_the_pictures_away(scene: Scene, tmp_path: Path) -> None:
    """The message shows what it is told to show, so that what a later process says is all of it."""
    origin, whole = await command(scene), result(tmp_path, 2)
    message = await scene.platform.show_progress(progress_update(origin, first(whole, 2)))
    await scene.platform.show_progress(progress_update(origin, Reply(text="Failed."), message=message))
    assert names(scene) == [[]]


async def test_a_deleted_message_is_replaced_by_the_result(scene: Scene, tmp_path: Path) -> None:
    """Within minutes its nonce would bring back the deleted one."""
    origin, whole = await command(scene), result(tmp_path, 1)
    message = await scene.platform.show_progress(progress_update(origin, first(whole, 0)))
    found = scene.discord.world.find_channel("general")
    assert found is not None
    del found.messages[message]
    posted = await scene.platform.post(result_message(origin, whole, message=message))
    assert (posted.message != message, names(scene)) == (True, [files(1)])


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("pictures", [0, 1])
@pytest.mark.parametrize("gesture", ["command", "mention"])
async def test_another_process_finds_the_message(
    scene: Scene, tmp_path: Path, gesture: str, pictures: int, *, late: bool, restarted: bool
) -> None:
    """Who posted the message died, or lost the job, before that was recorded: the next one goes on in the same.

    Also a process that has run all the time, and one that shows no progress before the result.
    """
    if gesture == "command":
        origin = await command(scene)
    else:
        await scene.act("message", text="@bot a fox")
        arrival = await scene.arrival()
        assert isinstance(arrival.command, Generate)
        origin = arrival.origin
    whole = result(tmp_path, 2)
    message = await scene.platform.show_progress(progress_update(origin, first(whole, pictures)))
    passed = 1500.0 if late else 1.0
    scene.stage.clock.advance(passed)
    scene.clock.offset += passed
    if restarted:
        async with running(connect(scene.discord, scene.clock), FakeCore()) as later:
            assert await later.show_progress(progress_update(origin, first(whole, 1), perhaps_begun=True)) == message
            posted = await later.post(result_message(origin, whole, tried_since=origin.received_at))
    else:
        posted = await scene.platform.post(result_message(origin, whole, perhaps_begun=True))
    assert posted.message == message
    assert [one for one in names(scene) if one] == [files(1, 2)]


async def test_one_that_was_never_recorded_says_where_the_result_went(scene: Scene, tmp_path: Path) -> None:
    """The result went by direct message; without a reason nothing is looked for."""
    origin, whole = await command(scene), result(tmp_path, 1)
    await scene.platform.show_progress(progress_update(origin, first(whole, 0)))
    await scene.platform.post(result_message(origin, whole, way=Way.DIRECT))
    pointer = progress_update(origin, Reply(text="It is in your direct messages."))
    await scene.platform.close_progress(pointer, way=Way.DIRECT)
    assert scene.requests("GET", "/messages") == []
    await scene.platform.close_progress(replace(pointer, perhaps_begun=True), way=Way.DIRECT)
    (left,) = scene.seen()
    assert left["text"].endswith("It is in your direct messages.")


async def test_a_refusal_takes_away_what_was_never_recorded(scene: Scene, tmp_path: Path) -> None:
    """Nothing of the job stays for all to see."""
    origin = await command(scene)
    await scene.platform.show_progress(progress_update(origin, first(result(tmp_path, 1), 0)))
    await scene.platform.decline(refusal_notice(origin, Reply(text="Refused."), perhaps_begun=True))
    general = scene.discord.world.find_channel("general")
    assert general is not None
    assert [(one.content, one.private_to) for one in general.messages.values()] == [("Refused.", scene.ada)]


async def test_one_beside_another_is_taken_back(scene: Scene, tmp_path: Path) -> None:
    """By the process that posted it and has lost the job; one that is gone is done with."""
    origin = await command(scene)
    message = await scene.platform.show_progress(progress_update(origin, first(result(tmp_path, 1), 0)))
    for _ in range(2):
        await scene.platform.take_back(origin, message)
    assert scene.seen() == []


@pytest.mark.parametrize("way", [None, Way.DIRECT])
async def test_nothing_is_left_of_the_acknowledgement(scene: Scene, tmp_path: Path, way: Way | None) -> None:
    """The bot may not post, and goes on in direct messages: the member is not told for ever that it is thinking."""
    origin, whole = await command(scene), result(tmp_path, 1)
    scene.discord.change("forbid-posts", channel=scene.channel)
    if way is None:
        await scene.platform.show_progress(progress_update(origin, first(whole, 0)))
    else:
        await scene.platform.post(result_message(origin, whole, way=way))
    assert (len(scene.seen()), len(scene.seen("dm:ada"))) == (0, 1)


async def test_an_earlier_message_is_used_where_the_known_one_is_gone(scene: Scene, tmp_path: Path) -> None:
    """A process sent another message in place of one that was deleted, and died: the next one sends no third."""
    origin, whole = await command(scene), result(tmp_path, 2)
    message = await scene.platform.show_progress(progress_update(origin, first(whole, 0)))
    found = scene.discord.world.find_channel("general")
    assert found is not None
    del found.messages[message]
    second = await scene.platform.post(result_message(origin, whole, message=message))
    again = await scene.platform.post(result_message(origin, whole, message=message, tried_since=origin.received_at))
    assert (again.message, names(scene)) == (second.message, [files(1, 2)])


async def test_in_direct_messages_one_is_found_too(scene: Scene, tmp_path: Path) -> None:
    """The channel takes no messages of the bot: what stands in direct messages goes on, after its nonce is forgotten too."""
    await scene.act("message", text="@bot a fox")
    origin, whole = (await scene.arrival()).origin, result(tmp_path, 1)
    scene.discord.change("forbid-posts", channel=scene.channel)
    message = await scene.platform.show_progress(progress_update(origin, first(whole, 0)))
    scene.stage.clock.advance(FORGOTTEN_S)
    again = progress_update(origin, Reply(text="Still painting.", note=f"ID {JOB}"), perhaps_begun=True)
    assert await scene.platform.show_progress(again) == message
    assert len(scene.seen("dm:ada")) == 1


async def test_a_member_is_mentioned_once_below_the_result(scene: Scene, tmp_path: Path) -> None:
    """The line replies to the result; repeated by another process after its nonce is forgotten, it is still one."""
    origin = await command(scene)
    posted = await scene.platform.post(result_message(origin, result(tmp_path, 1)))
    ping = Ping(
        origin=origin, reply=Reply(text="Ready.", mention=UserId(f"discord:{scene.ada}")), job=JOB, message=posted.message
    )
    for _ in range(2):
        await scene.platform.ping(ping)
    scene.stage.clock.advance(1500)
    scene.clock.offset += 1500
    async with running(connect(scene.discord, scene.clock), FakeCore()) as later:
        await later.ping(replace(ping, perhaps_sent=True))
    shown = [message for message in scene.seen() if not message["files"]]
    assert [(one["reply_to"], one["pings"], one["text"]) for one in shown] == [
        (posted.message, ["ada"], f"<@{scene.ada}> Ready.")
    ]


async def test_a_response_is_not_mentioned_again(scene: Scene, tmp_path: Path) -> None:
    """What only its member sees, or where the bot may not post, notifies by itself or not at all."""
    origin = await command(scene, private=True)
    posted = await scene.platform.post(result_message(origin, result(tmp_path, 1), way=Way.RESPONSE))
    reply = Reply(text="Ready.", mention=UserId(f"discord:{scene.ada}"))
    await scene.platform.ping(Ping(origin=origin, reply=reply, job=JOB, message=posted.message))
    assert len(scene.seen()) == 1


async def test_what_a_result_elsewhere_has_replaced(scene: Scene, tmp_path: Path) -> None:
    """Beside the result the message is deleted; where the result went by direct message it says so, without pictures."""
    origin, whole = await command(scene), result(tmp_path, 1)
    message = await scene.platform.show_progress(progress_update(origin, first(whole, 1)))
    pointer = progress_update(origin, Reply(text="Sent to you."), message=message)
    await scene.platform.close_progress(pointer, way=Way.DIRECT)
    assert (names(scene), scene.last()["text"]) == ([[]], f"<@{scene.ada}> Sent to you.")
    for _ in range(2):
        await scene.platform.close_progress(pointer, way=Way.CONVERSATION)
    assert scene.seen() == []
    await scene.platform.close_progress(replace(pointer, message=MessageId("1")), way=Way.DIRECT)


async def test_a_refused_edit_is_told(scene: Scene, tmp_path: Path) -> None:
    """The bot lost the permission to attach files: the progress can go on in words."""
    origin, whole = await command(scene), result(tmp_path, 1)
    message = await scene.platform.show_progress(progress_update(origin, first(whole, 0)))
    scene.discord.change("forbid-files", channel="general")
    with pytest.raises(DeliveryError) as raised:
        await scene.platform.show_progress(progress_update(origin, first(whole, 1), message=message))
    assert (raised.value.delivery, raised.value.retryable) == (DeliveryCode.FORBIDDEN, False)
    await scene.platform.show_progress(progress_update(origin, first(whole, 0), message=message))
    assert "0 ready." in scene.last()["text"]


async def test_how_long_ago_it_began_is_counted_by_discord(scene: Scene) -> None:
    """Nothing has to be edited for that."""
    origin = await command(scene)
    await scene.platform.show_progress(progress_update(origin, Reply(text="Painting.", note="started", since=1_700_000_000.5)))
    assert scene.last()["text"].endswith("-# started <t:1700000000:R>")
