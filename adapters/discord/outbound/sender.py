"""The calls that write messages, by the bot's own token and by an interaction's. Every failure is raised as a DeliveryError."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import discord
from discord.utils import time_snowflake

from adapters.discord.address import Address
from adapters.discord.failures import FAILURES, delivery_error
from adapters.discord.outbound.payload import Payload
from adapters.shared.connection import retry_pause
from bot.chat.reply import Picture
from bot.clock import Clock

T = TypeVar("T")
Json = Mapping[str, Any]

ORIGINAL = cast("int", "@original")
"""Discord's id for an interaction's own response; the library's type allows only numbers."""
TRIES = 3
TEXT_SECONDS = 60.0
READ_SECONDS = 5.0
"""A member waits for what depends on it."""
FILES_SECONDS = 300.0
SEARCHED_MESSAGES = 300
"""The most messages that a search reads: a hundred a request."""
DISCORD_SECONDS = 60.0
"""The tolerated difference between Discord's clock and ours."""


class Sender:
    """`client` gives the connected client, or raises DeliveryError."""

    def __init__(self, client: Callable[[], discord.Client], clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def send(
        self,
        channel: int,
        payload: Payload,
        pictures: Sequence[Picture],
        *,
        nonce: str,
        source: int | None,
    ) -> discord.Message:
        """A message of the bot. Repeated within minutes, the nonce gives back the first one."""

        async def call() -> discord.Message:
            target = self._client().get_partial_messageable(channel)
            reference: Any = None
            if source is not None:
                reference = discord.MessageReference(message_id=source, channel_id=channel, fail_if_not_exists=False)
            files: Any = _files(pictures) or None
            return await target.send(
                payload.content or None,
                files=files,
                nonce=nonce,
                allowed_mentions=_mentions(payload),
                reference=reference,
                view=to_view(payload),
                suppress_embeds=True,
            )

        return await self._perform(call, _seconds(pictures))

    async def read(self, channel: int, message: int) -> discord.Message:
        return await self._perform(self._message(channel, message).fetch, TEXT_SECONDS)

    async def edit(
        self,
        channel: int,
        message: int,
        payload: Payload | None,
        *,
        keep: Sequence[discord.Attachment] = (),
        add: Sequence[Picture] = (),
    ) -> discord.Message:
        """A message of the bot shows these files from now on, and says this if there is a text: no other buttons stay then."""

        async def call() -> discord.Message:
            return await self._message(channel, message).edit(
                **_text(payload),
                attachments=[*keep, *_files(add)],
                allowed_mentions=_mentions(payload),
            )

        return await self._perform(call, _seconds(add))

    async def delete(self, channel: int, message: int) -> None:
        await self._perform(self._message(channel, message).delete, TEXT_SECONDS)

    async def show_typing(self, channel: int) -> None:
        """Discord shows it for ten seconds, or until the bot writes there."""

        async def call() -> None:
            await self._client().get_partial_messageable(channel).typing()

        await self._perform(call, TEXT_SECONDS, tries=1)

    async def find(self, channel: int, fits: Callable[[discord.Message], bool], *, since: float) -> discord.Message | None:
        """The bot's first message since then that fits."""
        client = self._client()
        after = discord.Object(time_snowflake(datetime.fromtimestamp(since - DISCORD_SECONDS, UTC)))

        async def call() -> discord.Message | None:
            history = client.get_partial_messageable(channel).history(limit=SEARCHED_MESSAGES, after=after, oldest_first=True)
            async for message in history:
                if client.user is not None and message.author.id == client.user.id and fits(message):
                    return message
            return None

        return await self._perform(call, TEXT_SECONDS)

    async def message(self, channel: int, message: int) -> Json:
        """Any message that the bot may read, in Discord's JSON."""
        return await self._perform(lambda: self._client().http.get_message(channel, message), READ_SECONDS, tries=1)

    async def channel(self, channel: int) -> Json:
        return await self._perform(lambda: self._client().http.get_channel(channel), READ_SECONDS, tries=1)

    async def open_direct(self, user: int) -> int:
        """The channel of a member's direct messages."""

        async def call() -> int:
            return (await self._client().create_dm(discord.Object(user))).id

        return await self._perform(call, TEXT_SECONDS)

    async def edit_response(
        self,
        address: Address,
        payload: Payload | None,
        *,
        keep: Sequence[discord.Attachment] = (),
        add: Sequence[Picture] = (),
    ) -> discord.Message:
        """The same for an interaction's response."""

        async def call() -> discord.Message:
            return await self._webhook(address).edit_message(
                ORIGINAL,
                **_text(payload),
                attachments=[*keep, *_files(add)],
                allowed_mentions=_mentions(payload),
            )

        return await self._perform(call, _seconds(add))

    async def read_response(self, address: Address) -> discord.Message:
        async def call() -> discord.Message:
            return await self._webhook(address).fetch_message(ORIGINAL)

        return await self._perform(call, TEXT_SECONDS)

    async def delete_response(self, address: Address) -> None:
        async def call() -> None:
            await self._webhook(address).delete_message(ORIGINAL)

        await self._perform(call, TEXT_SECONDS)

    async def follow_up(
        self,
        address: Address,
        payload: Payload,
        pictures: Sequence[Picture] = (),
        *,
        ephemeral: bool,
    ) -> discord.Message:
        """One more message under an interaction. It takes no nonce: repeated after a lost response, it may be posted twice."""

        async def call() -> discord.Message:
            webhook = self._webhook(address)
            webhook.type = discord.WebhookType.application
            return await webhook.send(
                payload.content,
                files=_files(pictures) or discord.utils.MISSING,
                view=to_view(payload),
                allowed_mentions=_mentions(payload),
                ephemeral=ephemeral,
                suppress_embeds=True,
                wait=True,
            )

        return await self._perform(call, _seconds(pictures), tries=1)

    def _message(self, channel: int, message: int) -> discord.PartialMessage:
        return self._client().get_partial_messageable(channel).get_partial_message(message)

    def _webhook(self, address: Address) -> discord.Webhook:
        client = self._client()
        webhook = discord.Webhook.partial(address.application, address.token or "", client=client)
        # The library gives a partial webhook its client's session, but not its client's proxy.
        webhook.proxy = client.http.proxy
        return webhook

    async def _perform(self, call: Callable[[], Awaitable[T]], seconds: float, *, tries: int = TRIES) -> T:
        """Call, and repeat what the library does not: a 503, and a connection that breaks on Linux.

        More than one try is for what is safe to repeat: an edit, or a message with a nonce.
        """
        try:
            async with asyncio.timeout(seconds):
                for attempt in range(1, tries):
                    try:
                        return await call()
                    except FAILURES as error:
                        failure = delivery_error(error)
                        if failure.certain or not failure.retryable:
                            raise failure from error
                        await self._clock.sleep(retry_pause(attempt))
                return await call()
        except FAILURES as error:
            raise delivery_error(error) from error


def to_view(payload: Payload) -> Any:  # noqa: ANN401 (the library's own mark for "not given" has no type)
    """The buttons, in a stopped view that the library does not keep: clicks are handled by id."""
    if not payload.buttons:
        return discord.utils.MISSING
    view = discord.ui.View(timeout=None)
    for button in payload.buttons:
        style = discord.ButtonStyle.primary if button.primary else discord.ButtonStyle.secondary
        view.add_item(discord.ui.Button(label=button.label, custom_id=button.custom_id, style=style))
    view.stop()
    return view


def _text(payload: Payload | None) -> dict[str, Any]:
    """The fields of an edit; without a payload, text and buttons stay."""
    if payload is None:
        return {}
    return {"content": payload.content, "view": to_view(payload) if payload.buttons else None}


def _mentions(payload: Payload | None) -> discord.AllowedMentions:
    """The one member that the payload mentions, if any; given for edits too, which otherwise ping by Discord's defaults."""
    users = [] if payload is None or payload.mention is None else [discord.Object(payload.mention)]
    return discord.AllowedMentions(everyone=False, roles=False, users=users or False, replied_user=False)


def _files(pictures: Sequence[Picture]) -> list[discord.File]:
    """Opened for each try: the library closes the files that it has sent."""
    return [
        discord.File(picture.path, filename=picture.name, description=picture.alt, spoiler=picture.spoiler)
        for picture in pictures
    ]


def _seconds(pictures: Sequence[Picture]) -> float:
    return FILES_SECONDS if pictures else TEXT_SECONDS
