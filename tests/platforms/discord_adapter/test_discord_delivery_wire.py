"""What the core has posted, over the real protocol: by every way, once, through faults and restarts."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.capabilities import Way
from bot.chat.reply import Reply
from bot.commands.command import Attachment, Generate, StoredPicture
from bot.commands.interpretation import MessageJob
from bot.errors import ConfigurationError, DeliveryCode, DeliveryError, RefusalCode, RefusedError
from bot.ids import MessageId, UserId
from sandbox.faults import Fault
from tests.platforms.discord_adapter.discord_scene import Scene, connect
from tests.platforms.scene import JOB, MovableClock, given, png, progress_update, refusal_notice, result, result_message

MIB = 1024 * 1024


async def test_a_private_set_stays_in_its_response(scene: Scene, tmp_path: Path) -> None:
    """Private from the first moment; the response is the only way but direct messages."""
    await scene.act("command", name="imagine", options={"prompt": "a fox", "private": True})
    origin = (await scene.arrival()).origin
    abilities = scene.platform.capabilities(origin)
    assert (abilities.private, abilities.ways) == (True, (Way.RESPONSE, Way.DIRECT))
    reply = result(tmp_path, 2, spoiler=True)
    posted = await scene.platform.post(result_message(origin, reply, way=Way.RESPONSE))
    shown = scene.last()
    assert (shown["id"], shown["private_to"]) == (posted.message, "ada")
    assert [(file["name"], file["spoiler"]) for file in shown["files"]] == [
        (f"SPOILER_{JOB}-1.png", True),
        (f"SPOILER_{JOB}-2.png", True),
    ]
    await scene.platform.show_progress(progress_update(origin, Reply(text="Done."), message=posted.message))
    assert (scene.last()["text"], len(scene.last()["files"]), len(scene.last()["buttons"])) == ("Done.", 2, 1)


async def test_where_the_bot_is_no_member(scene: Scene, tmp_path: Path) -> None:
    """An app that only the member installed has its response; its own token reaches nothing there."""
    elsewhere = scene.discord.world.elsewhere.id
    await scene.act("command", channel=elsewhere, name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    assert scene.platform.capabilities(origin).ways == (Way.RESPONSE, Way.DIRECT)
    reply = result(tmp_path, 4)
    posted = await scene.platform.post(result_message(origin, reply, way=Way.RESPONSE))
    rest = await scene.platform.post(result_message(origin, reply, part=2, way=Way.RESPONSE))
    shown = {message["id"]: len(message["files"]) for message in scene.seen(elsewhere)}
    assert shown == {posted.message: 4, rest.message: 4}
    with pytest.raises(DeliveryError) as caught:
        await scene.platform.post(result_message(origin, reply))
    assert (caught.value.delivery, caught.value.retryable) == (DeliveryCode.FORBIDDEN, False)


async def test_a_thread_answers_in_itself(scene: Scene, tmp_path: Path) -> None:
    """What is asked in a thread is posted there."""
    start = await scene.act("message", text="a thread begins")
    await scene.act("message", thread=start["id"], text="@bot a red fox")
    origin = (await scene.arrival()).origin
    await scene.platform.post(result_message(origin, result(tmp_path, 1)))
    assert len(scene.last(origin.address["channel"])["files"]) == 1
    assert origin.address["channel"] != scene.channel


@pytest.mark.parametrize("way", [Way.CONVERSATION, Way.RESPONSE, Way.DIRECT])
async def test_a_heavy_set_is_one_message(scene: Scene, tmp_path: Path, way: Way) -> None:
    """One request carries 24 MiB; the rest is added to the same message, in order."""
    await scene.act("command", name="imagine", options={"prompt": "a fox", "count": 3})
    origin = (await scene.arrival()).origin
    reply = result(tmp_path, 3, size=11 * MIB)
    posted = await scene.platform.post(result_message(origin, reply, way=way))
    channels = [scene.channel, *(channel.id for channel in scene.discord.world.channels.values() if channel.recipient_id)]
    shown = [message for channel in channels for message in scene.seen(channel) if message["id"] == posted.message]
    assert [file["name"] for message in shown for file in message["files"]] == [f"{JOB}-{n}.png" for n in (1, 2, 3)]


@pytest.mark.parametrize("fault", ["reset-after", "reset-before", "503"])
async def test_a_broken_send_posts_once(scene: Scene, tmp_path: Path, fault: str) -> None:
    """Whether or not it arrived before the connection broke, the set is posted once."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    scene.stage.faults.add(Fault(where=f"discord.rest:POST /channels/{scene.channel}/messages", what=fault, times=1))
    await scene.platform.post(result_message(origin, result(tmp_path, 1)))
    assert len([message for message in scene.seen() if message["files"]]) == 1
    assert len(scene.requests("POST", f"/channels/{scene.channel}/messages")) == 2


async def test_a_late_retry_looks_first(scene: Scene, tmp_path: Path) -> None:
    """After the platform forgot the nonce, the set is found by its file names, and what is missing is added."""
    began = scene.clock.now()
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    broken = result(tmp_path, 1)
    first = await scene.platform.post(result_message(origin, broken))
    scene.stage.clock.advance(3600)
    whole = result(tmp_path, 3, size=11 * MIB)
    second = await scene.platform.post(result_message(origin, whole, tried_since=began))
    assert second == first
    assert [file["name"] for file in scene.last()["files"]] == [f"{JOB}-{number}.png" for number in (1, 2, 3)]


async def test_a_dead_token_gives_way_to_the_bot(scene: Scene) -> None:
    """After a quarter of an hour the public response is the bot's own message; refusals go by direct message."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    progress = await scene.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    scene.stage.clock.advance(901)
    await scene.platform.show_progress(progress_update(origin, Reply(text="Discord's clock."), message=progress))
    assert scene.last()["text"] == "Discord's clock."
    scene.clock.offset = 901
    await scene.platform.show_progress(progress_update(origin, Reply(text="Our clock."), message=progress))
    assert scene.last()["text"] == "Our clock."
    await scene.platform.decline(refusal_notice(origin, Reply(text="No."), message=progress))
    assert scene.seen() == []
    direct = [channel.id for channel in scene.discord.world.channels.values() if channel.recipient_id == scene.ada]
    assert [message["text"] for message in scene.seen(direct[0])] == ["No."]


async def test_a_dead_private_response_is_expired(scene: Scene) -> None:
    """An ephemeral message cannot be written once its token has expired: the new message is private too."""
    await scene.act("command", name="imagine", options={"prompt": "a fox", "private": True})
    origin = (await scene.arrival()).origin
    message = await scene.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    scene.clock.offset = 901
    with pytest.raises(DeliveryError) as caught:
        await scene.platform.show_progress(progress_update(origin, Reply(text="Almost."), message=message))
    assert caught.value.delivery is DeliveryCode.EXPIRED
    new = await scene.platform.show_progress(progress_update(origin, Reply(text="Almost."), message=message, replace_lost=True))
    assert [seen["text"] for seen in scene.seen("dm:ada")] == ["Almost."]
    assert await scene.platform.show_progress(progress_update(origin, Reply(text="Done."), message=new)) == new
    assert [seen["text"] for seen in scene.seen("dm:ada")] == ["Done."]


async def test_a_refusal_after_discords_own_time(scene: Scene) -> None:
    """The token is over by Discord's clock and not by ours: the refusal goes by direct message, and the wait is taken back."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    progress = await scene.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    scene.stage.clock.advance(901)
    await scene.platform.decline(refusal_notice(origin, Reply(text="No."), message=progress))
    assert ([seen["text"] for seen in scene.seen("dm:ada")], scene.seen()) == (["No."], [])


async def test_a_late_refusal_that_nobody_else_may_hear(scene: Scene) -> None:
    """Direct messages are closed too: better visible to all than lost; what was private stays so, and fails."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    public = (await scene.arrival()).origin
    progress = await scene.platform.show_progress(progress_update(public, Reply(text="Painting.")))
    await scene.act("command", name="imagine", options={"prompt": "a fox", "private": True})
    private = (await scene.arrival()).origin
    scene.discord.change("close-direct", user="ada")
    scene.clock.offset = 901
    await scene.platform.decline(refusal_notice(public, Reply(text="No."), message=progress))
    assert scene.seen()[0]["text"] == "No."
    with pytest.raises(DeliveryError) as caught:
        await scene.platform.decline(refusal_notice(private, Reply(text="No.")))
    assert caught.value.delivery is DeliveryCode.FORBIDDEN


@pytest.mark.parametrize("private", [True, False])
async def test_a_response_that_ends_in_the_middle_of_a_set(scene: Scene, tmp_path: Path, *, private: bool) -> None:
    """Discord's clock runs out between two requests of it: that is an end of this way, and the next one takes the whole set."""
    await scene.act("command", name="imagine", options={"prompt": "a fox", "private": private})
    origin = (await scene.arrival()).origin
    heavy = result(tmp_path, 3, size=11 * MIB)
    edits = "discord.rest:PATCH /webhooks/*"
    scene.stage.faults.add(Fault(where=edits, what="error:401:50027", every=2))
    with pytest.raises(DeliveryError) as caught:
        await scene.platform.post(result_message(origin, heavy, way=Way.RESPONSE))
    assert (caught.value.delivery, caught.value.retryable) == (DeliveryCode.EXPIRED, False)
    await scene.platform.post(result_message(origin, heavy, way=Way.DIRECT, tried_since=origin.received_at))
    assert [len(message["files"]) for message in scene.seen("dm:ada")] == [3]


async def test_only_the_named_member_is_called(scene: Scene, tmp_path: Path) -> None:
    """A result may ping its requester, and no member that its text names."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    called = UserId(f"discord:{scene.ada}")
    plain = result(tmp_path, 1)
    reply = Reply(text="@everyone <@&1> done", pictures=plain.pictures, mention=called)
    await scene.platform.post(result_message(origin, reply))
    assert scene.last()["pings"] == ["ada"]


async def test_files_are_fetched_with_limits(scene: Scene) -> None:
    """Too large, gone, a web page or another host is refused; a broken transfer may be tried again."""
    await scene.act("command", name="edit", options={"prompt": "as night"}, files=[given("dog.png", png(5, 5))])
    command = (await scene.arrival()).command
    assert isinstance(command, Generate)
    (picture,) = command.references
    assert isinstance(picture, Attachment)
    assert await scene.platform.fetch(picture, most_bytes=MIB) == png(5, 5)
    cases = [("oversize", RefusalCode.REF_TOO_BIG), ("gone", RefusalCode.REF_GONE), ("wrong-type", RefusalCode.REF_GONE)]
    for what, code in cases:
        scene.stage.faults.add(Fault(where="discord.cdn", what=what, times=1))
        with pytest.raises(RefusedError) as refused:
            await scene.platform.fetch(picture, most_bytes=MIB)
        assert refused.value.refusal is code
        scene.stage.faults.clear()
    for what in ("truncated", "503", "reset-before"):
        # More than once: aiohttp itself repeats a GET that found its connection closed.
        scene.stage.faults.add(Fault(where="discord.cdn", what=what, times=3))
        with pytest.raises(DeliveryError) as broken:
            await scene.platform.fetch(picture, most_bytes=MIB)
        assert broken.value.retryable is True
        scene.stage.faults.clear()
    for address in ("https://example.com/a.png", "https://cdn.discordapp.com@example.com/a.png", "http://cdn.discordapp.com/a"):
        with pytest.raises(RefusedError):
            await scene.platform.fetch(Attachment(address=address, name="a.png"), most_bytes=MIB)


async def test_closed_direct_messages(scene: Scene, tmp_path: Path) -> None:
    """A member who takes none is a refusal of this way, not a hiccup."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    scene.discord.world.users[scene.ada].accepts_dms = False
    with pytest.raises(DeliveryError) as caught:
        await scene.platform.post(result_message(origin, result(tmp_path, 1), way=Way.DIRECT))
    assert (caught.value.delivery, caught.value.retryable) == (DeliveryCode.FORBIDDEN, False)


async def test_a_message_beside_a_response_that_is_gone(scene: Scene) -> None:
    """A process does not know the response of a replayed command: it continues with a message of its own instead."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    response = scene.last()["id"]
    replayed = replace(origin, address={key: value for key, value in origin.address.items() if key != "response"})
    found = scene.discord.world.find_channel("general")
    assert found is not None
    del found.messages[response]
    message = await scene.platform.show_progress(progress_update(replayed, Reply(text="Got it."), replace_lost=True))
    assert message != response
    again = await scene.platform.show_progress(progress_update(replayed, Reply(text="Done."), message=message, replace_lost=True))
    assert (again, [one["text"] for one in scene.seen()]) == (message, ["Done."])


async def test_a_deleted_progress_message_is_gone(scene: Scene) -> None:
    """A message that a moderator deleted is reported, not retried."""
    await scene.act("message", text="@bot a red fox")
    origin = (await scene.arrival()).origin
    with pytest.raises(DeliveryError) as caught:
        await scene.platform.show_progress(progress_update(origin, Reply(text="x"), message=MessageId("1")))
    assert caught.value.delivery is DeliveryCode.GONE


async def test_commands_are_sent_once(scene: Scene) -> None:
    """A second start finds them as they should be."""
    assert len(scene.requests("PUT", "/commands")) == 1
    second = connect(scene.discord, scene.clock)
    second.bind(scene.core)
    running = asyncio.create_task(second.run())
    await scene.until(lambda: second.status == "ready")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await second.close()
    assert (len(scene.requests("GET", "/commands")), len(scene.requests("PUT", "/commands"))) == (2, 1)


async def test_deliveries_outlive_listening(scene: Scene, tmp_path: Path) -> None:
    """On a clean stop no new event is handled; results of running jobs can be posted until the end."""
    other = connect(scene.discord, scene.clock)
    other.bind(scene.core)
    running = asyncio.create_task(other.run())
    await scene.until(lambda: other.status == "ready")
    await scene.act("message", text="@bot a red fox")
    origin = (await scene.arrival()).origin
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert other.status == "connecting"
    await other.post(result_message(origin, result(tmp_path, 1)))
    assert len(scene.last()["files"]) == 1
    await other.close()
    with pytest.raises(DeliveryError) as caught:
        await other.show_progress(progress_update(origin, Reply(text="x")))
    assert (caught.value.delivery, caught.value.retryable) == (DeliveryCode.UNAVAILABLE, True)


async def test_a_refused_token_names_its_setting(scene: Scene) -> None:
    """A configuration error, not a retry."""
    platform = connect(scene.discord, scene.clock, token="wrong")
    platform.bind(scene.core)
    with pytest.raises(ConfigurationError, match="DISCORD_TOKEN"):
        await asyncio.wait_for(platform.run(), 10)
    await platform.close()


async def test_an_unreachable_discord_is_tried_again(scene: Scene) -> None:
    """Faults at login are outlasted."""
    scene.stage.faults.add(Fault(where="discord.rest:GET /users/@me", what="reset-before", times=2))
    platform = connect(scene.discord, MovableClock())
    platform.bind(scene.core)
    running = asyncio.create_task(platform.run())
    await scene.until(lambda: running.done() or platform.status == "ready")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await platform.close()
    assert len(scene.requests("GET", "/users/@me")) == 4


async def test_a_reply_to_what_went_to_direct_messages(scene: Scene) -> None:
    """The progress message may be in direct messages instead: a reply to it means the job's pictures."""
    await scene.act("message", text="@bot a red fox")
    origin = (await scene.arrival()).origin
    scene.discord.change("forbid-posts", channel=scene.channel)
    message = await scene.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    pictures = (StoredPicture(job=JOB, number=1),)
    scene.core.jobs[message] = MessageJob(requester=origin.user, pictures=pictures)
    await scene.act("reply", channel="dm:ada", message=scene.last("dm:ada")["id"], text="make it night")
    assert (await scene.arrival()).command == Generate(verb="edit", prompt="make it night", references=pictures)
