"""Discord delivery over the real protocol: every way, exactly once, through faults and restarts."""

import asyncio
from pathlib import Path

import pytest

from bot.chat.capabilities import Way
from bot.chat.reply import Reply
from bot.commands.command import Attachment, Generate, StoredPicture
from bot.commands.pointing import MessageJob
from bot.errors import ConfigurationError, DeliveryCode, DeliveryError, RefusalCode, RefusedError
from bot.ids import MessageId, UserId
from sandbox.faults import Fault
from tests.platforms.discord_adapter.discord_scene import Scene, connect
from tests.platforms.scene import JOB, MovableClock, member_file, png, progress_update, refusal_notice, result, result_message

MIB = 1024 * 1024


async def test_private_set_is_posted_as_ephemeral_response(scene: Scene, tmp_path: Path) -> None:
    """The response is ephemeral from the start; the only other way is a direct message."""
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
    assert (scene.last()["text"], len(scene.last()["files"]), len(scene.last()["buttons"])) == ("Done.", 0, 0)


async def test_user_installed_app_posts_as_response(scene: Scene, tmp_path: Path) -> None:
    """In a server without the bot, only the interaction's response works; the bot token is refused."""
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


async def test_thread_request_is_answered_in_the_thread(scene: Scene, tmp_path: Path) -> None:
    """A request made in a thread is answered there."""
    start = await scene.act("message", text="a thread begins")
    await scene.act("message", thread=start["id"], text="@bot a red fox")
    origin = (await scene.arrival()).origin
    await scene.platform.post(result_message(origin, result(tmp_path, 1)))
    assert len(scene.last(origin.address["channel"])["files"]) == 1
    assert origin.address["channel"] != scene.channel


@pytest.mark.parametrize("way", [Way.CONVERSATION, Way.RESPONSE, Way.DIRECT])
async def test_large_set_is_one_message(scene: Scene, tmp_path: Path, way: Way) -> None:
    """A request holds 24 MiB; later requests add the remaining files to the same message, in order."""
    private = way is Way.RESPONSE
    await scene.act("command", name="imagine", options={"prompt": "a fox", "count": 3, "private": private})
    origin = (await scene.arrival()).origin
    reply = result(tmp_path, 3, size=11 * MIB)
    posted = await scene.platform.post(result_message(origin, reply, way=way))
    channels = [scene.channel, *(channel.id for channel in scene.discord.world.channels.values() if channel.recipient_id)]
    shown = [message for channel in channels for message in scene.seen(channel) if message["id"] == posted.message]
    assert [file["name"] for message in shown for file in message["files"]] == [f"{JOB}-{n}.png" for n in (1, 2, 3)]


@pytest.mark.parametrize("fault", ["reset-after", "reset-before", "503"])
async def test_failed_send_is_retried_without_duplicates(scene: Scene, tmp_path: Path, fault: str) -> None:
    """The set is posted once, whether or not the first request arrived."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    scene.stage.faults.add(Fault(where=f"discord.rest:POST /channels/{scene.channel}/messages", what=fault, times=1))
    await scene.platform.post(result_message(origin, result(tmp_path, 1)))
    assert len([message for message in scene.seen() if message["files"]]) == 1
    assert len(scene.requests("POST", f"/channels/{scene.channel}/messages")) == 2


async def test_late_retry_finds_the_earlier_message(scene: Scene, tmp_path: Path) -> None:
    """After the nonce has expired, the set is found by its file names, and missing files are added."""
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


async def test_expired_token_falls_back_to_the_bot(scene: Scene) -> None:
    """After 15 minutes the bot edits the public response with its own token; refusals go by direct message."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    progress = await scene.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    scene.stage.clock.advance(901)
    await scene.platform.show_progress(progress_update(origin, Reply(text="Discord's clock."), message=progress))
    assert scene.last()["text"] == f"<@{scene.ada}> Discord's clock."
    scene.clock.offset = 901
    await scene.platform.show_progress(progress_update(origin, Reply(text="Our clock."), message=progress))
    assert scene.last()["text"] == f"<@{scene.ada}> Our clock."
    await scene.platform.decline(refusal_notice(origin, Reply(text="No."), message=progress))
    assert scene.seen() == []
    direct = [channel.id for channel in scene.discord.world.channels.values() if channel.recipient_id == scene.ada]
    assert [message["text"] for message in scene.seen(direct[0])] == ["No."]


async def test_expired_private_response_is_replaced_privately(scene: Scene) -> None:
    """An ephemeral message cannot be edited after its token has expired; its replacement is a direct message."""
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


async def test_refusal_after_discord_expired_the_token(scene: Scene) -> None:
    """Discord's clock is ahead of the bot's: the refusal goes by direct message and the progress message is deleted."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    progress = await scene.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    scene.stage.clock.advance(901)
    await scene.platform.decline(refusal_notice(origin, Reply(text="No."), message=progress))
    assert ([seen["text"] for seen in scene.seen("dm:ada")], scene.seen()) == (["No."], [])


async def test_late_refusal_with_closed_direct_messages(scene: Scene) -> None:
    """A public request gets a public refusal; the refusal of a private one fails."""
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


async def test_response_expiring_during_a_set(scene: Scene, tmp_path: Path) -> None:
    """The token expires between two requests of a set: this way fails, and the next one posts the whole set."""
    await scene.act("command", name="imagine", options={"prompt": "a fox", "private": True})
    origin = (await scene.arrival()).origin
    large = result(tmp_path, 3, size=11 * MIB)
    edits = "discord.rest:PATCH /webhooks/*"
    scene.stage.faults.add(Fault(where=edits, what="error:401:50027", every=2))
    with pytest.raises(DeliveryError) as caught:
        await scene.platform.post(result_message(origin, large, way=Way.RESPONSE))
    assert (caught.value.delivery, caught.value.retryable) == (DeliveryCode.EXPIRED, False)
    await scene.platform.post(result_message(origin, large, way=Way.DIRECT, tried_since=origin.received_at))
    assert [len(message["files"]) for message in scene.seen("dm:ada")] == [3]


async def test_only_the_requester_is_pinged(scene: Scene, tmp_path: Path) -> None:
    """A result pings its requester and no mention in its text."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    requester = UserId(f"discord:{scene.ada}")
    plain = result(tmp_path, 1)
    reply = Reply(text="@everyone <@&1> done", pictures=plain.pictures, mention=requester)
    await scene.platform.post(result_message(origin, reply))
    assert scene.last()["pings"] == ["ada"]


async def test_fetch_validates_files(scene: Scene) -> None:
    """Files that are too large, missing, no picture or on another host are refused; an interrupted transfer is retryable."""
    await scene.act("command", name="edit", options={"prompt": "as night"}, files=[member_file("dog.png", png(5, 5))])
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
        # Several times, because aiohttp itself repeats a GET on a closed connection.
        scene.stage.faults.add(Fault(where="discord.cdn", what=what, times=3))
        with pytest.raises(DeliveryError) as broken:
            await scene.platform.fetch(picture, most_bytes=MIB)
        assert broken.value.retryable is True
        scene.stage.faults.clear()
    for address in ("https://example.com/a.png", "https://cdn.discordapp.com@example.com/a.png", "http://cdn.discordapp.com/a"):
        with pytest.raises(RefusedError):
            await scene.platform.fetch(Attachment(address=address, name="a.png"), most_bytes=MIB)


async def test_closed_direct_messages(scene: Scene, tmp_path: Path) -> None:
    """Closed direct messages are a permanent failure."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    scene.discord.world.users[scene.ada].accepts_dms = False
    with pytest.raises(DeliveryError) as caught:
        await scene.platform.post(result_message(origin, result(tmp_path, 1), way=Way.DIRECT))
    assert (caught.value.delivery, caught.value.retryable) == (DeliveryCode.FORBIDDEN, False)


async def test_a_deleted_acknowledgement_stops_nothing(scene: Scene) -> None:
    """The member dismissed it: the bot's message is posted all the same, and stays the one."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    found = scene.discord.world.find_channel("general")
    assert found is not None
    del found.messages[scene.last()["id"]]
    message = await scene.platform.show_progress(progress_update(origin, Reply(text="Got it."), replace_lost=True))
    again = await scene.platform.show_progress(progress_update(origin, Reply(text="Done."), message=message, replace_lost=True))
    assert (again, [one["text"] for one in scene.seen()]) == (message, [f"<@{scene.ada}> Done."])


async def test_deleted_progress_message_is_reported(scene: Scene) -> None:
    """A deleted message is an error and not retried."""
    await scene.act("message", text="@bot a red fox")
    origin = (await scene.arrival()).origin
    with pytest.raises(DeliveryError) as caught:
        await scene.platform.show_progress(progress_update(origin, Reply(text="x"), message=MessageId("1")))
    assert caught.value.delivery is DeliveryCode.GONE


async def test_commands_are_sent_once(scene: Scene) -> None:
    """A second start finds the commands unchanged."""
    assert len(scene.requests("PUT", "/commands")) == 1
    second = connect(scene.discord, scene.clock)
    second.bind(scene.core.load)
    running = asyncio.create_task(second.run())
    await scene.until(lambda: second.status == "ready")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await second.close()
    assert (len(scene.requests("GET", "/commands")), len(scene.requests("PUT", "/commands"))) == (2, 1)


async def test_delivery_works_after_listening_stops(scene: Scene, tmp_path: Path) -> None:
    """During a clean stop new events are not handled, but results of running jobs are still posted."""
    other = connect(scene.discord, scene.clock)
    other.bind(scene.core.load)
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


async def test_refused_token_is_a_configuration_error(scene: Scene) -> None:
    """The error names the setting, and login is not retried."""
    platform = connect(scene.discord, scene.clock, token="wrong")
    platform.bind(scene.core.load)
    with pytest.raises(ConfigurationError, match="DISCORD_TOKEN"):
        await asyncio.wait_for(platform.run(), 60)
    await platform.close()


async def test_login_is_retried_while_discord_is_unreachable(scene: Scene) -> None:
    """Login survives temporary faults."""
    scene.stage.faults.add(Fault(where="discord.rest:GET /users/@me", what="reset-before", times=2))
    platform = connect(scene.discord, MovableClock())
    platform.bind(scene.core.load)
    running = asyncio.create_task(platform.run())
    await scene.until(lambda: running.done() or platform.status == "ready")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await platform.close()
    assert len(scene.requests("GET", "/users/@me")) == 4


async def test_reply_to_a_progress_message_in_direct_messages(scene: Scene) -> None:
    """A reply to a progress message that fell back to direct messages refers to the job's pictures."""
    await scene.act("message", text="@bot a red fox")
    origin = (await scene.arrival()).origin
    scene.discord.change("forbid-posts", channel=scene.channel)
    message = await scene.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    pictures = (StoredPicture(job=JOB, number=1),)
    scene.core.jobs[message] = MessageJob(job=pictures[0].job, requester=origin.user, pictures=pictures)
    await scene.act("reply", channel="dm:ada", message=scene.last("dm:ada")["id"], text="make it night")
    assert (await scene.arrival()).command == Generate(verb="edit", prompt="make it night", references=pictures)
