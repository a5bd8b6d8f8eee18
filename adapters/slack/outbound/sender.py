"""The calls that write messages and open forms. Every failure is raised as a DeliveryError."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from adapters.shared.connection import retry_pause
from adapters.shared.http_client import Answer, Session, send
from adapters.slack.address import MessageLocation
from adapters.slack.failures import FAILURES, delivery_error, retry_after
from adapters.slack.outbound.pacing import RATES, Pacing, Urgency
from adapters.slack.outbound.payload import Block, Payload, has_block_key, stem, with_block_ids
from bot.clock import Clock
from bot.errors import DeliveryCode, DeliveryError
from bot.values import dataclass

T = TypeVar("T")
Json = dict[str, Any]

TRIES = 3
LIMITED_TRIES = 4
"""How often a rate-limited call is repeated: it had no effect."""
LONGEST_RETRY_AFTER_SECONDS = 30.0
TEXT_SECONDS = 60.0
FORM_SECONDS = 2.8
"""A trigger opens a form for three seconds."""
THREAD_SECONDS = 1.2
"""Before an acknowledgement there is no time for more."""
THREAD_MESSAGES = 200
"""The most that Slack recommends to ask for at once."""
RESPONSE_CALL_SECONDS = 15.0
STATUS_LENGTH = 50
POST, UPDATE = "chat.postMessage", "chat.update"
SEARCHED_MESSAGES = 100
SEARCHED_PAGES = 3
MOST_REPEATED = 2000
SLACK_SECONDS = 5.0
"""The tolerated difference between Slack's clock and ours."""
CALL_FAILURES: tuple[type[Exception], ...] = (*FAILURES, DeliveryError)


@dataclass(frozen=True, kw_only=True)
class SlackConnection:
    """A connected client; `bot_user` is the bot's own user id."""

    client: AsyncWebClient
    session: Session
    bot_user: str


class Sender:
    """`connection` gives the connected client, or raises DeliveryError."""

    def __init__(self, connection: Callable[[], SlackConnection], clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._pacing = Pacing(clock)
        self._repeated: dict[str, None] = {}

    async def progress_turn(self, channel: str, *, edit: bool, wait: bool) -> bool:
        """Take the turn of a progress message, which is then sent with `urgency` None. False if none is free and it may not wait."""
        method = UPDATE if edit else POST
        if wait:
            await self._pacing.turn(method, channel, Urgency.PROGRESS)
        return wait or self._pacing.take_free_turn(method, channel)

    async def send(
        self,
        channel: str,
        payload: Payload,
        *,
        thread: str | None,
        key: str,
        urgency: Urgency | None = Urgency.LASTING,
    ) -> MessageLocation:
        """A message of the bot, once.

        Slack takes no idempotency key, so after a broken connection the message is looked for by the ids of its blocks. Where
        that is not possible (it needs the history), it is not posted again: the error is final.
        """
        since = self._clock.now()
        try:
            return await self.perform(lambda: self._send(channel, payload, thread, key), POST, channel, urgency=urgency, tries=1)
        except DeliveryError as error:
            if error.certain:
                raise
            found = await self._find_after(error, channel, thread, key, since)
        if found is not None:
            return found
        # What seems lost may still arrive.
        while len(self._repeated) >= MOST_REPEATED:
            del self._repeated[next(iter(self._repeated))]
        self._repeated[key] = None
        return await self.perform(lambda: self._send(channel, payload, thread, key), POST, channel, tries=1)

    async def edit(
        self,
        message: MessageLocation,
        payload: Payload,
        *,
        key: str,
        urgency: Urgency | None = Urgency.LASTING,
    ) -> None:
        """A new content for a message of the bot; blocks and buttons that are not sent again would vanish."""

        async def call() -> None:
            blocks = blocks_of(payload, key)
            await self._connection().client.chat_update(channel=message.channel, ts=message.ts, text=payload.text, blocks=blocks)

        await self.perform(call, UPDATE, urgency=urgency)

    async def delete(self, message: MessageLocation) -> None:
        async def call() -> None:
            await self._connection().client.chat_delete(channel=message.channel, ts=message.ts)

        await self.perform(call, "chat.delete")

    async def send_ephemeral(self, channel: str, user: str, payload: Payload, *, thread: str | None) -> None:
        """A message that one member sees, until the app reloads the channel."""

        async def call() -> None:
            await self._connection().client.chat_postEphemeral(
                channel=channel,
                user=user,
                text=payload.text,
                blocks=list(payload.blocks),
                thread_ts=thread,
            )

        await self.perform(call, "chat.postEphemeral", tries=1)

    async def respond(self, response_url: str, answer: Json) -> None:
        """The same by a response URL, which works five times in half an hour, also where the bot is no member."""

        async def call() -> Answer:
            connection = self._connection()
            return await send(
                connection.session,
                response_url,
                content=answer,
                total_s=RESPONSE_CALL_SECONDS,
                proxy=connection.client.proxy,
            )

        response = await self.perform(call, tries=1)
        # A proxy's page is no success, even with status 200.
        if response.status != 200 or response.text.lstrip().startswith("<"):
            gone = response.status in {403, 404, 410}
            code = DeliveryCode.EXPIRED if gone else DeliveryCode.UNAVAILABLE
            raise DeliveryError(code, retryable=not gone, certain=gone, detail=f"response_url answered {response.status}")

    async def open_direct(self, user: str) -> str:
        """The channel of a member's direct messages."""

        async def call() -> str:
            opened = await self._connection().client.conversations_open(users=[user])
            return str(opened["channel"]["id"])

        return await self.perform(call, "conversations.open")

    async def open_form(self, trigger: str, view: Json) -> None:
        async def call() -> None:
            await self._connection().client.views_open(trigger_id=trigger, view=view)

        await self.perform(call, tries=1, seconds=FORM_SECONDS)

    async def set_status(self, channel: str, thread: str, status: str) -> None:
        """Set the status below the thread; an empty one removes it. Slack removes it after two minutes."""

        async def call() -> None:
            client = self._connection().client
            await client.assistant_threads_setStatus(channel_id=channel, thread_ts=thread, status=status[:STATUS_LENGTH])

        await self.perform(call, tries=1)

    async def file(self, identifier: str) -> Json:
        """The file object."""

        async def call() -> Json:
            response = await self._connection().client.files_info(file=identifier)
            file: Json = response["file"]
            return file

        return await self.perform(call, "files.info")

    async def delete_file(self, identifier: str) -> None:
        async def call() -> None:
            await self._connection().client.files_delete(file=identifier)

        await self.perform(call, "files.delete")

    async def find_files(self, channel: str, thread: str | None, stems: Sequence[str], *, since: float) -> MessageLocation | None:
        """Our own message that shows any of these files."""
        wanted = set(stems)

        def shows(message: Json) -> bool:
            return not wanted.isdisjoint(stem(str(file.get("name", ""))) for file in message.get("files") or ())

        return await self._find(channel, thread, shows, since=since)

    async def find_by_key(self, channel: str, thread: str | None, key: str, *, since: float) -> MessageLocation | None:
        """Our own message whose blocks have this key."""
        return await self._find(channel, thread, lambda message: has_block_key(message.get("blocks") or (), key), since=since)

    async def find_all_by_key(self, channel: str, thread: str | None, key: str, *, since: float) -> list[MessageLocation]:
        """All of our own messages whose blocks have this key."""
        return await self._search(channel, thread, lambda message: has_block_key(message.get("blocks") or (), key), since=since)

    def was_repeated(self, key: str) -> bool:
        """Whether a message with this key was sent once more, because the first one seemed lost."""
        return key in self._repeated

    async def is_answered(self, message: MessageLocation) -> bool:
        """Whether anybody has answered in the message's thread."""

        async def call() -> bool:
            response = await self._connection().client.conversations_replies(channel=message.channel, ts=message.ts, limit=2)
            return any(reply.get("ts") != message.ts for reply in response["messages"])

        return await self.perform(call, "conversations.replies", tries=1)

    async def thread(self, channel: str, thread: str) -> tuple[list[Json], bool]:
        """The messages of a thread, the first one first, and whether these are all; none if its first message is gone."""

        async def call() -> tuple[list[Json], bool]:
            response = await self._connection().client.conversations_replies(channel=channel, ts=thread, limit=THREAD_MESSAGES)
            messages: list[Json] = response["messages"]
            return messages, not response.get("has_more")

        try:
            async with asyncio.timeout(THREAD_SECONDS):
                return await self.perform(call, "conversations.replies", tries=1)
        except TimeoutError as error:
            raise delivery_error(error) from error
        except DeliveryError as error:
            if error.delivery is DeliveryCode.GONE:
                return [], True
            raise

    async def perform(
        self,
        call: Callable[[], Awaitable[T]],
        method: str = "",
        channel: str = "",
        *,
        urgency: Urgency | None = Urgency.LASTING,
        tries: int = TRIES,
        seconds: float = TEXT_SECONDS,
    ) -> T:
        """Make a call in its turn; with `urgency` None, its turn is taken already. Each attempt may take so many seconds.

        Only calls that are safe to repeat get more than one attempt; rate-limited calls always are.
        """
        limited = failed = 0
        while True:
            if urgency is not None:
                await self._pacing.turn(method, channel, urgency)
            try:
                async with asyncio.timeout(seconds):
                    return await call()
            except CALL_FAILURES as error:
                pause = retry_after(error)
                if pause is not None:
                    self._pacing.pause(method, channel, pause)
                if pause is not None and pause <= LONGEST_RETRY_AFTER_SECONDS and limited < LIMITED_TRIES:
                    limited += 1
                    if method in RATES:
                        # The line waits for all.
                        pause = 0.0
                else:
                    failed += 1
                    failure = delivery_error(error)
                    if not failure.retryable or failed >= tries:
                        raise failure from error
                    pause = retry_pause(failed)
            urgency = Urgency.PROGRESS if urgency is None else urgency
            if pause:
                await self._clock.sleep(pause)

    async def _send(self, channel: str, payload: Payload, thread: str | None, key: str) -> MessageLocation:
        response = await self._connection().client.chat_postMessage(
            channel=channel,
            text=payload.text,
            blocks=blocks_of(payload, key),
            thread_ts=thread,
            unfurl_links=False,
            unfurl_media=False,
        )
        return MessageLocation(channel=str(response["channel"]), ts=str(response["ts"]))

    async def _find_after(
        self,
        error: DeliveryError,
        channel: str,
        thread: str | None,
        key: str,
        since: float,
    ) -> MessageLocation | None:
        await self._clock.sleep(1.0)
        try:
            return await self.find_by_key(channel, thread, key, since=since)
        except DeliveryError:
            raise DeliveryError(error.delivery, retryable=False, certain=False, detail=error.detail) from error

    async def _find(
        self,
        channel: str,
        thread: str | None,
        fits: Callable[[Json], bool],
        *,
        since: float,
    ) -> MessageLocation | None:
        """The oldest of our own messages that fit, on the first page that has any."""
        found = await self._search(channel, thread, fits, since=since, until_found=True)
        return found[-1] if found else None

    async def _search(
        self,
        channel: str,
        thread: str | None,
        fits: Callable[[Json], bool],
        *,
        since: float,
        until_found: bool = False,
    ) -> list[MessageLocation]:
        """Our own messages among those of a thread or channel since then. It needs the scope for such a channel's history."""
        found: list[MessageLocation] = []
        bot_user, cursor = self._connection().bot_user, None

        async def call() -> tuple[list[Json], str | None]:
            client, oldest = self._connection().client, f"{since - SLACK_SECONDS:.6f}"
            page: dict[str, Any] = {"channel": channel, "oldest": oldest, "limit": SEARCHED_MESSAGES, "cursor": cursor}
            if thread is None:
                response = await client.conversations_history(**page)
            else:
                response = await client.conversations_replies(ts=thread, **page)
            return response["messages"], (response.get("response_metadata") or {}).get("next_cursor") or None

        for _ in range(SEARCHED_PAGES):
            messages, cursor = await self.perform(call, "conversations.history" if thread is None else "conversations.replies")
            own = [message for message in messages if message.get("user") == bot_user and fits(message)]
            found += [MessageLocation(channel=channel, ts=str(message["ts"])) for message in own]
            if cursor is None or (found and until_found):
                break
        return found


def blocks_of(payload: Payload, key: str) -> list[Block]:
    """The blocks under ids that are new each time and begin with the key."""
    return with_block_ids(payload.blocks, f"{key}.{secrets.token_hex(4)}")
