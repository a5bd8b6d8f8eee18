"""The fake Discord against the real, unchanged discord.py."""

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

from sandbox.contracts import JsonObject
from sandbox.discord.fake_discord import FakeDiscord
from sandbox.faults import Fault
from sandbox.runtime import Runtime
from tests.sandbox.fake_discord.raw_client import act_files, png

with warnings.catch_warnings():
    # discord.py imports audioop, which warns that Python 3.13 drops it.
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord
    from discord import app_commands

Handler = Callable[["discord.Interaction[discord.Client]"], Awaitable[None]]


class Bot(discord.Client):
    """A client without privileged intents; its events go into queues."""

    def __init__(self, fake: FakeDiscord, **options: Any) -> None:
        environment = fake.environment()
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
        self.messages: asyncio.Queue[discord.Message] = asyncio.Queue()
        self.interactions: asyncio.Queue[discord.Interaction[discord.Client]] = asyncio.Queue()
        self.ready = asyncio.Event()
        self.resumed = asyncio.Event()

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.messages.put_nowait(message)

    async def on_interaction(self, interaction: "discord.Interaction[discord.Client]") -> None:
        if interaction.type is not discord.InteractionType.application_command:
            self.interactions.put_nowait(interaction)

    async def on_ready(self) -> None:
        self.ready.set()

    async def on_resumed(self) -> None:
        self.resumed.set()


class ConnectedBot:
    """A fake Discord and a connected bot."""

    def __init__(self, runtime: Runtime, fake: FakeDiscord, bot: Bot) -> None:
        self.runtime = runtime
        self.fake = fake
        self.bot = bot

    async def act(self, **act: Any) -> JsonObject:
        return await self.fake.act({"user": "ada", "channel": "art", **act})

    def art(self) -> discord.TextChannel:
        channel = self.bot.get_channel(int(self.fake.describe()["channel_names"]["art"]))
        assert isinstance(channel, discord.TextChannel)
        return channel

    async def register_imagine(self, handle: Handler) -> None:
        """Register `/imagine prompt image1`, whose callback reads the picture and then calls `handle`."""

        async def imagine(
            interaction: "discord.Interaction[discord.Client]", prompt: str, image1: discord.Attachment | None = None
        ) -> None:
            interaction.extras = {"prompt": prompt, "image": await image1.read() if image1 else None}
            await handle(interaction)

        self.bot.tree.add_command(app_commands.Command(name="imagine", description="Make pictures", callback=imagine))
        await self.bot.tree.sync()


@asynccontextmanager
async def connect_bot(folder: Path, **settings: Any) -> AsyncIterator[ConnectedBot]:
    runtime = Runtime()
    fake = await FakeDiscord.start(runtime, folder, **settings)
    bot = Bot(fake)
    running = asyncio.create_task(bot.start(bot.token))
    await asyncio.wait_for(bot.ready.wait(), 60)
    yield ConnectedBot(runtime, fake, bot)
    await bot.close()
    await running
    await fake.close()


@pytest.fixture
async def connected_bot(tmp_path: Path) -> AsyncIterator[ConnectedBot]:
    async with connect_bot(tmp_path, message_limits=False) as built:
        yield built


def files(count: int) -> list[discord.File]:
    return [discord.File(io.BytesIO(png(10 + number, 10)), f"{number}.png", description="alt") for number in range(count)]


async def test_a_command_with_a_picture_becomes_four_files(connected_bot: ConnectedBot) -> None:
    """A slash command with an attachment is deferred, then edited to four files and a button."""
    seen: asyncio.Queue[Any] = asyncio.Queue()

    async def handle(interaction: "discord.Interaction[discord.Client]") -> None:
        await interaction.response.defer(thinking=True)
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Edit", custom_id="v1:edit"))
        await interaction.edit_original_response(content="done", attachments=files(4), view=view)
        seen.put_nowait((interaction.extras["image"], interaction.filesize_limit, interaction.app_permissions.attach_files))

    await connected_bot.register_imagine(handle)
    done = await connected_bot.act(kind="command", name="imagine", options={"prompt": "fox"}, files=act_files(("a.png", png())))
    offered = await asyncio.wait_for(seen.get(), 60)
    (message,) = connected_bot.fake.seen("art")

    assert offered == (png(), 20 * 1024 * 1024, True)
    assert 0 < done["acknowledged_ms"] < 3000
    assert (message["text"], message["author"]) == ("done", "bot")
    assert [(file["name"], file["width"], file["alt"]) for file in message["files"]] == [
        (f"{number}.png", 10 + number, "alt") for number in range(4)
    ]
    assert message["buttons"] == [{"label": "Edit", "action": "v1:edit"}]


async def test_a_button_a_form_and_a_private_answer(connected_bot: ConnectedBot) -> None:
    """discord.py's own modal, with a text and a file upload, is submitted and answered privately."""
    message = await connected_bot.art().send("x", view=a_view())
    pressing = asyncio.create_task(connected_bot.act(kind="press", message=str(message.id), action="Edit"))
    interactions = await connected_bot.bot.interactions.get()
    form = Form(custom_id="form")
    await interactions.response.send_modal(form)
    opened = await pressing
    fields = {"words": "at night"}
    submitting = asyncio.create_task(
        connected_bot.act(kind="submit", action="form", fields=fields, files=act_files(("a.png", png())))
    )
    submitted = await connected_bot.bot.interactions.get()
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


async def test_mentions_and_direct_messages_arrive(connected_bot: ConnectedBot) -> None:
    """A bot without privileged intents receives mentions and direct messages with their pictures."""
    await connected_bot.act(kind="message", text="plain")
    await connected_bot.act(kind="message", text="@bot look", files=act_files(("a.png", png(5, 4))))
    await connected_bot.act(kind="message", text="psst", channel="dm:ada")
    plain, mention, direct = [await connected_bot.bot.messages.get() for _ in range(3)]

    assert (plain.content, mention.attachments[0].width, direct.content) == ("", 5, "psst")
    assert connected_bot.bot.user in mention.mentions
    assert isinstance(direct.channel, discord.DMChannel)
    assert await mention.attachments[0].read() == png(5, 4)


async def test_resume_delivers_a_missed_message(connected_bot: ConnectedBot) -> None:
    """After a close with 4000, the library resumes and receives the missed message."""
    connected_bot.runtime.faults.add(Fault(where="discord.gateway:MESSAGE_CREATE", what="close:4000", times=1))
    await connected_bot.act(kind="message", text="@bot missed")
    missed = await asyncio.wait_for(connected_bot.bot.messages.get(), 60)
    await asyncio.wait_for(connected_bot.bot.resumed.wait(), 60)

    assert missed.content.endswith("missed")


async def test_retry_after_429(connected_bot: ConnectedBot) -> None:
    """The library retries a 429 that has a `Via` header, and raises at once without it."""
    connected_bot.runtime.faults.add(Fault(where="discord.rest:POST *", what="429:0.01", times=1))
    await connected_bot.art().send("patient")
    connected_bot.runtime.faults.clear()
    connected_bot.runtime.faults.add(Fault(where="discord.rest:POST *", what="429-no-via", times=1))
    with pytest.raises(discord.HTTPException) as banned:
        await connected_bot.art().send("banned")

    assert banned.value.status == 429
    assert [message["text"] for message in connected_bot.fake.seen("art")] == ["patient"]


async def test_nonce_deduplicates_a_resend(connected_bot: ConnectedBot) -> None:
    """If the connection breaks after the effect, sending again with the same nonce finds the first message."""
    connected_bot.runtime.faults.add(Fault(where="discord.rest:POST *", what="reset-after", times=1))
    with pytest.raises(aiohttp.ClientError):
        await connected_bot.art().send("once", nonce="job.0")
    again = await connected_bot.art().send("once", nonce="job.0")

    assert [message["id"] for message in connected_bot.fake.seen("art")] == [str(again.id)]


async def test_errors_become_library_exceptions(connected_bot: ConnectedBot) -> None:
    """Refused calls raise the library's exceptions with Discord's codes."""
    elsewhere = connected_bot.bot.get_partial_messageable(int(connected_bot.fake.describe()["channel_names"]["elsewhere"]))
    with pytest.raises(discord.Forbidden) as no_access:
        await elsewhere.send("x")
    with pytest.raises(discord.NotFound) as gone:
        await connected_bot.art().get_partial_message(5).edit(content="x")

    assert (no_access.value.code, gone.value.code) == (50001, 10008)


async def test_expired_token_answers_50027(connected_bot: ConnectedBot) -> None:
    """An old interaction can still be acknowledged; after fifteen minutes every edit fails."""
    errors: asyncio.Queue[int] = asyncio.Queue()

    async def handle(interaction: "discord.Interaction[discord.Client]") -> None:
        await interaction.response.defer(thinking=True)
        connected_bot.runtime.clock.advance(60)
        try:
            await interaction.edit_original_response(content="late")
        except discord.HTTPException as error:
            errors.put_nowait(error.code)

    await connected_bot.register_imagine(handle)
    await connected_bot.act(kind="command", name="imagine", options={"prompt": "fox"}, age_s=880)

    assert await asyncio.wait_for(errors.get(), 60) == 50027


async def test_a_wrong_token_fails_the_login(tmp_path: Path) -> None:
    """A wrong token raises LoginFailure."""
    fake = await FakeDiscord.start(Runtime(), tmp_path)
    async with Bot(fake) as bot:
        with pytest.raises(discord.LoginFailure):
            await bot.login("wrong")
    await fake.close()


async def test_library_resumes_from_a_zombied_connection(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without acknowledged heartbeats, the library closes the connection and resumes on a new one."""
    runtime = Runtime()
    fake = await FakeDiscord.start(runtime, tmp_path, heartbeat_s=0.05)
    bot = Bot(fake, heartbeat_timeout=0.2)
    with caplog.at_level(logging.CRITICAL):
        running = asyncio.create_task(bot.start(bot.token))
        await asyncio.wait_for(bot.ready.wait(), 60)
        runtime.faults.add(Fault(where="discord.gateway", what="zombie", times=1))
        await asyncio.wait_for(bot.resumed.wait(), 60)
        await bot.close()
        await running
    await fake.close()
