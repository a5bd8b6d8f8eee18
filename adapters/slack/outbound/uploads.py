"""A set of files as one message: uploaded side by side, completed in one call, and seen to be shared."""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence

from adapters.shared.http_client import Answer, send
from adapters.slack.address import MessageLocation
from adapters.slack.outbound.payload import Payload
from adapters.slack.outbound.sender import Json, Sender, SlackConnection, blocks_of
from adapters.slack.settings import NAME
from bot.chat.reply import Picture
from bot.chat.text import shorten
from bot.clock import Clock
from bot.errors import DeliveryCode, DeliveryError

logger = logging.getLogger(__name__)

CONCURRENT_UPLOADS = 4
FILE_SECONDS = 300.0
COMPLETE_SECONDS = 60.0
SHARE_WAITS = (0.3, 0.6, 1.2, 2.4, 4.8, 9.6)
"""Seconds between one look for the message and the next: Slack scans the files first, and may take that long."""
SHARE_SECONDS = sum(SHARE_WAITS)
TITLE_LENGTH = 200
SHARINGS = 2
"""One, and one more if that fails."""


class Uploads:
    """`connection` gives the connected client, or raises DeliveryError."""

    def __init__(self, connection: Callable[[], SlackConnection], sender: Sender, clock: Clock) -> None:
        self._connection = connection
        self._sender = sender
        self._clock = clock

    async def share(
        self,
        channel: str,
        payload: Payload,
        pictures: Sequence[Picture],
        *,
        thread: str | None,
        key: str,
    ) -> MessageLocation:
        """Post the files as one message, and give the message that Slack made of them.

        Slack may accept files and still make no message. Then they are deleted, so that they cannot appear late beside the
        second attempt, and shared once more.
        """
        for attempt in range(1, SHARINGS + 1):
            files = await self._upload_all(pictures)
            try:
                await self._complete(files, channel, payload, thread=thread, key=key)
            except DeliveryError as error:
                # A response that was lost may have been a success: the files themselves show it.
                if error.certain:
                    raise
            ts = await self._share_of(files, channel)
            if ts is not None:
                return MessageLocation(channel=channel, ts=ts)
            logger.warning("files not shared", extra={"platform": NAME, "files": len(files), "attempt": attempt})
            await self._delete(list(files))
        raise DeliveryError(DeliveryCode.REJECTED, retryable=False, detail="the files were taken and not shared")

    async def _upload_all(self, pictures: Sequence[Picture]) -> dict[str, Picture]:
        """The files' ids, in the order of the pictures."""
        slots = asyncio.Semaphore(CONCURRENT_UPLOADS)

        async def upload(picture: Picture) -> str:
            async with slots:
                return await self._sender.perform(
                    lambda: self._upload(picture), "files.getUploadURLExternal", seconds=FILE_SECONDS
                )

        tasks = [asyncio.create_task(upload(picture)) for picture in pictures]
        try:
            identifiers = await asyncio.gather(*tasks)
        finally:
            # One that fails ends the set; the others would go on in vain.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return dict(zip(identifiers, pictures, strict=True))

    async def _upload(self, picture: Picture) -> str:
        """Every attempt creates a new file; an incomplete one stays invisible.

        No alternative text: given here, it has kept files from being shared (python-slack-sdk 1818). The title has it.
        """
        connection = self._connection()
        ticket = await connection.client.files_getUploadURLExternal(filename=picture.name, length=picture.size_bytes)
        address = str(ticket["upload_url"])
        proxy = connection.client.proxy
        _check_upload(await send(connection.session, address, content=picture.path, total_s=FILE_SECONDS, proxy=proxy))
        return str(ticket["file_id"])

    async def _complete(
        self,
        files: dict[str, Picture],
        channel: str,
        payload: Payload,
        *,
        thread: str | None,
        key: str,
    ) -> None:
        """All files and the text in one call: one message."""
        fields = {
            "files": json.dumps([{"id": identifier, "title": _title(picture)} for identifier, picture in files.items()]),
            "channel_id": channel,
        }
        if payload.blocks:
            fields["blocks"] = json.dumps(blocks_of(payload, key))
        if thread is not None:
            fields["thread_ts"] = thread

        async def call() -> None:
            # As a form: slack_sdk's own method would put everything into the address.
            await self._connection().client.api_call("files.completeUploadExternal", data=fields)

        await self._sender.perform(call, "files.completeUploadExternal", tries=1, seconds=COMPLETE_SECONDS)

    async def _share_of(self, files: dict[str, Picture], channel: str) -> str | None:
        """The timestamp of the message that shows the files; None where none of them is in one after the last wait."""
        missing, ts = list(files), None
        for wait in SHARE_WAITS:
            await self._clock.sleep(wait)
            found = await asyncio.gather(*(self._look(identifier, channel) for identifier in missing))
            ts = ts or next((one for one in found if one is not None), None)
            missing = [identifier for identifier, one in zip(missing, found, strict=True) if one is None]
            if not missing:
                return ts
        if ts is not None:
            logger.warning("files missing in a message", extra={"platform": NAME, "files": len(missing)})
        return ts

    async def _look(self, identifier: str, channel: str) -> str | None:
        try:
            return share_in(await self._sender.file(identifier), channel)
        except DeliveryError as error:
            logger.debug("file not seen", extra={"platform": NAME, "code": error.code, "detail": error.detail})
            return None

    async def _delete(self, files: Sequence[str]) -> None:
        for identifier in files:
            try:
                await self._sender.delete_file(identifier)
            except DeliveryError as error:
                logger.warning("file not taken back", extra={"platform": NAME, "code": error.code, "detail": error.detail})


def _title(picture: Picture) -> str:
    """The alternative text, which Slack shows and reads out in place of the file's name."""
    return shorten(" ".join(picture.alt.split()), TITLE_LENGTH) or picture.name


def share_in(file: Json, channel: str) -> str | None:
    """The timestamp of the message that shows a file in a channel (Slack, "File object": `shares`)."""
    for kind in ("public", "private"):
        for share in (file.get("shares") or {}).get(kind, {}).get(channel, ()):
            return str(share["ts"])
    return None


def _check_upload(answer: Answer) -> None:
    """A proxy's page is no success, even with status 200."""
    if answer.status == 200 and answer.text.startswith("OK"):
        return
    if answer.status == 413:
        raise DeliveryError(DeliveryCode.TOO_LARGE, retryable=False, detail="upload answered 413")
    raise DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, detail=f"upload answered {answer.status}")
