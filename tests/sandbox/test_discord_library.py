"""The stand-in against the real, unchanged discord.py: what the wire tests promise must be what the library meets."""

import asyncio
import io
import logging
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.discord.stand_in import Discord
from sandbox.stage import Fault, JsonObject, Stage
from tests.sandbox.wire import given, png

with warnings.catch_warnings():
    # discord.py pulls in audioop, which warns that Python 3.13 drops it.
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord
    from discord import app_commands

Deed = Callable[["discord.Interaction[discord.Client]"], Awaitable[None]]


class Bot(discord.Client):
    """A client with the intents of a bot that asks for no privilege; what it hears is put into queues."""

    def __init__(self, stand_in: Discord, **options: Any) -> None:
        environment = stand_in.environment()
        tls = ssl.create_default_context(cafile=environment["TLS_CA_FILE"])
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            proxy=environment["DISCORD_PROXY"],
            connector=aiohttp.TCPConnector(limit=0, ssl=tls),
            guild_ready_timeout=0.05,
            max_messages=None,
            **options,
        )
        self.token = environment["DISCORD_TOKEN"]
        self.tree = app_commands.CommandTree(self)
        self.heard: asyncio.Queue[discord.Message] = asyncio.Queue()
        self.pressed: asyncio.Queue[discord.Interaction[discord.Client]] = asyncio.Queue()
        self.greeted = asyncio.Event()
        self.resumed = asyncio.Event()

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.heard.put_nowait(message)

    async def on_interaction(self, interaction: "discord.Interaction[discord.Client]") -> None:
        if interaction.type is not discord.InteractionType.application_command:
            self.pressed.put_nowait(interaction)

    async def on_ready(self) -> None:
        self.greeted.set()

    async def on_resumed(self) -> None:
        self.resumed.set()


class Wall:
    """A stand-in and a connected bot."""

    def __init__(self, stage: Stage, stand_in: Discord, bot: Bot) -> None:
        self.stage = stage
        self.stand_in = stand_in
        self.bot = bot

    async def act(self, **act: Any) -> JsonObject:
        return await self.stand_in.act({"user": "ada", "channel": "art", **act})

    def art(self) -> discord.TextChannel:
        channel = self.bot.get_channel(int(self.stand_in.describe()["channel_names"]["art"]))
        assert isinstance(channel, discord.TextChannel)
        return channel

    async def offer(self, deed: Deed) -> None:
        """Sync `/imagine prompt image1` that does the deed, after putting the picture's bytes aside."""

        async def imagine(
            interaction: "discord.Interaction[discord.Client]", prompt: str, image1: discord.Attachment | None = None
        ) -> None:
            interaction.extras = {"prompt": prompt, "image": await image1.read() if image1 else None}
            await deed(interaction)

        self.bot.tree.add_command(app_commands.Command(name="imagine", description="Make pictures", callback=imagine))
        await self.bot.tree.sync()


@asynccontextmanager
async def connected(folder: Path, **settings: Any) -> AsyncIterator[Wall]:
    stage = Stage()
    stand_in = await Discord.start(stage, folder, **settings)
    bot = Bot(stand_in)
    running = asyncio.create_task(bot.start(bot.token))
    await asyncio.wait_for(bot.greeted.wait(), 5)
    yield Wall(stage, stand_in, bot)
    await bot.close()
    await running
    await stand_in.close()


@pytest.fixture
async def wall(tmp_path: Path) -> AsyncIterator[Wall]:
    async with connected(tmp_path, message_limits=False) as built:
        yield built


def files(count: int) -> list[discord.File]:
    return [discord.File(io.BytesIO(png(10 + number, 10)), f"{number}.png", description="alt") for number in range(count)]


async def test_a_command_with_a_picture_becomes_four_files(wall: Wall) -> None:
    """Slash command with an attachment, a thinking wait, an edit with four files and a button."""
    seen: asyncio.Queue[Any] = asyncio.Queue()

    async def deed(interaction: "discord.Interaction[discord.Client]") -> None:
        await interaction.response.defer(thinking=True)
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Edit", custom_id="v1:edit"))
        await interaction.edit_original_response(content="done", attachments=files(4), view=view)
        seen.put_nowait((interaction.extras["image"], interaction.filesize_limit, interaction.app_permissions.attach_files))

    await wall.offer(deed)
    done = await wall.act(kind="command", name="imagine", options={"prompt": "fox"}, files=given(("a.png", png())))
    offered = await asyncio.wait_for(seen.get(), 5)
    (message,) = wall.stand_in.seen("art")

    assert offered == (png(), 20 * 1024 * 1024, True)
    assert 0 < done["acknowledged_ms"] < 3000
    assert (message["text"], message["author"]) == ("done", "bot")
    assert [(file["name"], file["width"], file["alt"]) for file in message["files"]] == [
        (f"{number}.png", 10 + number, "alt") for number in range(4)
    ]
    assert message["buttons"] == [{"label": "Edit", "action": "v1:edit"}]


async def test_a_button_a_form_and_a_private_answer(wall: Wall) -> None:
    """The library's own modal with a text and a file upload, filled in and answered for one reader."""
    message = await wall.art().send("x", view=a_view())
    pressing = asyncio.create_task(wall.act(kind="press", message=str(message.id), action="Edit"))
    pressed = await wall.bot.pressed.get()
    form = Form(custom_id="form")
    await pressed.response.send_modal(form)
    opened = await pressing
    fields = {"words": "at night"}
    submitting = asyncio.create_task(wall.act(kind="submit", action="form", fields=fields, files=given(("a.png", png()))))
    submitted = await wall.bot.pressed.get()
    await submitted.response.send_message("thanks", ephemeral=True)
    done = await submitting

    assert [field["custom_id"] for field in opened["modal"]["fields"]] == ["words", "pictures"]
    assert form.answer == ("at night", ["a.png"])
    assert [(one["text"], one["private_to"]) for one in done["private"]] == [("thanks", "ada")]


def a_view() -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Edit", custom_id="v1:edit"))
    return view


class Form(discord.ui.Modal, title="Edit"):
    words: Any = discord.ui.Label(text="Words", component=discord.ui.TextInput(custom_id="words"))
    pictures: Any = discord.ui.Label(text="Pictures", component=discord.ui.FileUpload(custom_id="pictures", required=False))

    async def on_submit(self, interaction: "discord.Interaction[discord.Client]") -> None:
        uploads = [attachment.filename for attachment in self.pictures.component.values]
        self.answer = (self.words.component.value, uploads)


async def test_mentions_and_direct_messages_are_heard(wall: Wall) -> None:
    """What a bot without privileges can read arrives with its pictures."""
    await wall.act(kind="message", text="plain")
    await wall.act(kind="message", text="@bot look", files=given(("a.png", png(5, 4))))
    await wall.act(kind="message", text="psst", channel="dm:ada")
    plain, mention, direct = [await wall.bot.heard.get() for _ in range(3)]

    assert (plain.content, mention.attachments[0].width, direct.content) == ("", 5, "psst")
    assert wall.bot.user in mention.mentions
    assert isinstance(direct.channel, discord.DMChannel)
    assert await mention.attachments[0].read() == png(5, 4)


async def test_a_missed_message_comes_after_the_resume(wall: Wall) -> None:
    """The gateway closes with 4000 instead of delivering; the library resumes and hears it then."""
    wall.stage.faults.add(Fault(where="discord.gateway:MESSAGE_CREATE", what="close:4000", times=1))
    await wall.act(kind="message", text="@bot missed")
    missed = await asyncio.wait_for(wall.bot.heard.get(), 5)
    await asyncio.wait_for(wall.bot.resumed.wait(), 5)

    assert missed.content.endswith("missed")


async def test_a_429_is_waited_for(wall: Wall) -> None:
    """With `Via` the library retries by itself; without it raises at once."""
    wall.stage.faults.add(Fault(where="discord.rest:POST *", what="429:0.01", times=1))
    await wall.art().send("patient")
    wall.stage.faults.clear()
    wall.stage.faults.add(Fault(where="discord.rest:POST *", what="429-no-via", times=1))
    with pytest.raises(discord.HTTPException) as banned:
        await wall.art().send("banned")

    assert banned.value.status == 429
    assert [message["text"] for message in wall.stand_in.seen("art")] == ["patient"]


async def test_a_nonce_makes_a_resend_harmless(wall: Wall) -> None:
    """The connection breaks after the effect; the second try finds the first one's message."""
    wall.stage.faults.add(Fault(where="discord.rest:POST *", what="reset-after", times=1))
    with pytest.raises(aiohttp.ClientError):
        await wall.art().send("once", nonce="job.0")
    again = await wall.art().send("once", nonce="job.0")

    assert [message["id"] for message in wall.stand_in.seen("art")] == [str(again.id)]


async def test_refusals_become_the_librarys_exceptions(wall: Wall) -> None:
    """Codes and statuses arrive where a bot looks for them."""
    elsewhere = wall.bot.get_partial_messageable(int(wall.stand_in.describe()["channel_names"]["elsewhere"]))
    with pytest.raises(discord.Forbidden) as no_access:
        await elsewhere.send("x")
    with pytest.raises(discord.NotFound) as gone:
        await wall.art().get_partial_message(5).edit(content="x")

    assert (no_access.value.code, gone.value.code) == (50001, 10008)


async def test_a_dead_token_answers_50027(wall: Wall) -> None:
    """An old interaction can still be acknowledged; after its fifteenth minute every edit fails."""
    errors: asyncio.Queue[int] = asyncio.Queue()

    async def deed(interaction: "discord.Interaction[discord.Client]") -> None:
        await interaction.response.defer(thinking=True)
        wall.stage.clock.advance(60)
        try:
            await interaction.edit_original_response(content="late")
        except discord.HTTPException as error:
            errors.put_nowait(error.code)

    await wall.offer(deed)
    await wall.act(kind="command", name="imagine", options={"prompt": "fox"}, age_s=880)

    assert await asyncio.wait_for(errors.get(), 5) == 50027


async def test_a_wrong_token_fails_the_login(tmp_path: Path) -> None:
    """The library says LoginFailure, as it does with the real Discord."""
    stand_in = await Discord.start(Stage(), tmp_path)
    async with Bot(stand_in) as bot:
        with pytest.raises(discord.LoginFailure):
            await bot.login("wrong")
    await stand_in.close()


async def test_a_zombie_is_left_and_resumed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without acknowledged heartbeats the library gives the connection up and resumes on a new one."""
    stage = Stage()
    stand_in = await Discord.start(stage, tmp_path, heartbeat_s=0.05)
    bot = Bot(stand_in, heartbeat_timeout=0.2)
    with caplog.at_level(logging.CRITICAL):
        running = asyncio.create_task(bot.start(bot.token))
        await asyncio.wait_for(bot.greeted.wait(), 5)
        stage.faults.add(Fault(where="discord.gateway", what="zombie", times=1))
        await asyncio.wait_for(bot.resumed.wait(), 5)
        await bot.close()
        await running
    await stand_in.close()
