"""The calls that write messages and open forms. Every failure leaves as a DeliveryError."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from adapters.shared.connection import retry_pause
from adapters.shared.http_client import Answer, Session, send
from adapters.slack.address import Standing
from adapters.slack.failures import FAILURES, delivery_error, retry_after
from adapters.slack.outbound.payload import Block, Payload, bears, marked, stem
from bot.clock import Clock
from bot.errors import DeliveryCode, DeliveryError

T = TypeVar("T")
Json = dict[str, Any]

TRIES = 3
LIMITED_TRIES = 4
"""How often a call that Slack turned away for its rate is made again: nothing of it has happened."""
LONGEST_RETRY_AFTER_SECONDS = 30.0
WORDS_SECONDS = 60.0
FORM_SECONDS = 2.8
"""A trigger opens a form for three seconds."""
LOOK_SECONDS = 1.2
"""Before an acknowledgement there is no time for more."""
RESPONSE_CALL_SECONDS = 15.0
STATUS_LENGTH = 50
SEARCHED_MESSAGES = 100
SEARCHED_PAGES = 3
SLACK_SECONDS = 5.0
"""How far Slack's clock and ours may differ."""
TROUBLES: tuple[type[Exception], ...] = (*FAILURES, DeliveryError)


@dataclass(frozen=True, kw_only=True)
class SlackConnection:
    """A connected client: `us` is the bot's own user."""

    client: AsyncWebClient
    session: Session
    us: str


class Sender:
    """`line` gives the connected client, or raises DeliveryError."""

    def __init__(self, connection: Callable[[], SlackConnection], clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    async def post(self, channel: str, payload: Payload, *, thread: str | None, key: str) -> Standing:
        """A message of the bot, once.

        Slack has no key by which it would know a repeat, so after a broken connection the message is looked for by the mark
        on its blocks. Where even that is not possible (it needs the history), it is not said again: the error is final.
        """
        since = self._clock.now()
        try:
            return await self.perform(lambda: self._post(channel, payload, thread, key), tries=1)
        except DeliveryError as error:
            if error.certain:
                raise
            found = await self._find_after(error, channel, thread, key, since)
        if found is not None:
            return found
        return await self.perform(lambda: self._post(channel, payload, thread, key), tries=1)

    async def edit(self, message: Standing, payload: Payload, *, key: str) -> None:
        """New words for a message of the bot; blocks and buttons that are not sent again would vanish."""

        async def call() -> None:
            blocks = marked(payload.blocks, _mark(key))
            await self._connection().client.chat_update(channel=message.channel, ts=message.ts, text=payload.text, blocks=blocks)

        await self.perform(call)

    async def delete(self, message: Standing) -> None:
        async def call() -> None:
            await self._connection().client.chat_delete(channel=message.channel, ts=message.ts)

        await self.perform(call)

    async def send_ephemeral(self, channel: str, user: str, payload: Payload, *, thread: str | None) -> None:
        """A message that one member sees, as long as the channel is not loaded anew."""

        async def call() -> None:
            await self._connection().client.chat_postEphemeral(
                channel=channel,
                user=user,
                text=payload.text,
                blocks=list(payload.blocks),
                thread_ts=thread,
            )

        await self.perform(call, tries=1)

    async def respond(self, response_url: str, answer: Json) -> None:
        """The same by a response URL, which works five times in half an hour, and where the bot is no member."""

        async def call() -> Answer:
            connection = self._connection()
            return await send(
                connection.session,
                response_url,
                content=answer,
                total_s=RESPONSE_CALL_SECONDS,
                proxy=connection.client.proxy,
            )

        said = await self.perform(call, tries=1)
        if said.status != 200:
            gone = said.status in {403, 404, 410}
            code = DeliveryCode.EXPIRED if gone else DeliveryCode.UNAVAILABLE
            raise DeliveryError(code, retryable=not gone, certain=gone, detail=f"response_url answered {said.status}")

    async def open_direct(self, user: str) -> str:
        """The channel of a member's direct messages."""

        async def call() -> str:
            opened = await self._connection().client.conversations_open(users=[user])
            return str(opened["channel"]["id"])

        return await self.perform(call)

    async def open_form(self, trigger: str, view: Json) -> None:
        async def call() -> None:
            await self._connection().client.views_open(trigger_id=trigger, view=view)

        await self.perform(call, tries=1, seconds=FORM_SECONDS)

    async def set_status(self, channel: str, thread: str, status: str) -> None:
        """What the bot is doing, beside the thread; an empty one takes it away. Slack does so itself after two minutes."""

        async def call() -> None:
            client = self._connection().client
            await client.assistant_threads_setStatus(channel_id=channel, thread_ts=thread, status=status[:STATUS_LENGTH])

        await self.perform(call, tries=1)

    async def file(self, identifier: str) -> Json:
        """Everything Slack says of a file."""

        async def call() -> Json:
            said = await self._connection().client.files_info(file=identifier)
            file: Json = said["file"]
            return file

        return await self.perform(call)

    async def delete_file(self, identifier: str) -> None:
        async def call() -> None:
            await self._connection().client.files_delete(file=identifier)

        await self.perform(call)

    async def find_files(self, channel: str, thread: str | None, stems: Sequence[str], *, since: float) -> Standing | None:
        """Our own message that shows any of these files."""
        wanted = set(stems)

        def shows(message: Json) -> bool:
            return not wanted.isdisjoint(stem(str(file.get("name", ""))) for file in message.get("files") or ())

        return await self._find(channel, thread, shows, since=since)

    async def find_marked(self, channel: str, thread: str | None, key: str, *, since: float) -> Standing | None:
        """Our own message whose blocks bear this mark."""
        return await self._find(channel, thread, lambda message: bears(message.get("blocks") or (), key), since=since)

    async def first_message(self, channel: str, thread: str) -> Json | None:
        """The message that a thread hangs on."""

        async def call() -> Json | None:
            said = await self._connection().client.conversations_replies(channel=channel, ts=thread, limit=1)
            messages: list[Json] = said["messages"]
            return messages[0] if messages and messages[0].get("ts") == thread else None

        return await self.perform(call, tries=1, seconds=LOOK_SECONDS)

    async def perform(
        self,
        call: Callable[[], Awaitable[T]],
        *,
        tries: int = TRIES,
        seconds: float = WORDS_SECONDS,
    ) -> T:
        """More than one try is for what is safe to repeat; a call that was turned away for its rate always is."""
        limited = failed = 0
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        return await call()
                    except TROUBLES as error:
                        pause = retry_after(error)
                        if pause is not None and pause <= LONGEST_RETRY_AFTER_SECONDS and limited < LIMITED_TRIES:
                            limited += 1
                        else:
                            failed += 1
                            failure = delivery_error(error)
                            if not failure.retryable or failed >= tries:
                                raise failure from error
                            pause = retry_pause(failed)
                    await self._clock.sleep(pause)
        except TimeoutError as error:
            raise delivery_error(error) from error

    async def _post(self, channel: str, payload: Payload, thread: str | None, key: str) -> Standing:
        said = await self._connection().client.chat_postMessage(
            channel=channel,
            text=payload.text,
            blocks=marked(payload.blocks, _mark(key)),
            thread_ts=thread,
            unfurl_links=False,
            unfurl_media=False,
        )
        return Standing(channel=str(said["channel"]), ts=str(said["ts"]))

    async def _find_after(
        self,
        error: DeliveryError,
        channel: str,
        thread: str | None,
        key: str,
        since: float,
    ) -> Standing | None:
        await self._clock.sleep(1.0)
        try:
            return await self.find_marked(channel, thread, key, since=since)
        except DeliveryError:
            raise DeliveryError(error.delivery, retryable=False, certain=False, detail=error.detail) from error

    async def _find(
        self,
        channel: str,
        thread: str | None,
        fits: Callable[[Json], bool],
        *,
        since: float,
    ) -> Standing | None:
        """Our own message in what a thread or a channel has had since. It needs the history of such channels to be granted."""
        us, cursor = self._connection().us, None

        async def call() -> tuple[list[Json], str | None]:
            client, oldest = self._connection().client, f"{since - SLACK_SECONDS:.6f}"
            page: dict[str, Any] = {"channel": channel, "oldest": oldest, "limit": SEARCHED_MESSAGES, "cursor": cursor}
            if thread is None:
                said = await client.conversations_history(**page)
            else:
                said = await client.conversations_replies(ts=thread, **page)
            return said["messages"], (said.get("response_metadata") or {}).get("next_cursor") or None

        for _ in range(SEARCHED_PAGES):
            messages, cursor = await self.perform(call)
            found = [message for message in messages if message.get("user") == us and fits(message)]
            if found:
                return Standing(channel=channel, ts=str(found[-1]["ts"]))
            if cursor is None:
                break
        return None


def _mark(key: str) -> str:
    """A mark of its own for each writing."""
    return f"{key}.{secrets.token_hex(4)}"


def blocks_of(payload: Payload, key: str) -> list[Block]:
    return marked(payload.blocks, _mark(key))
