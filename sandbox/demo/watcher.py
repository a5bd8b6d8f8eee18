"""Notices the bot's messages as they appear and change."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.contracts import JsonObject
from sandbox.demo.message_lines import Line
from sandbox.demo.transcript import Transcript, TranscriptPicture
from sandbox.driver import Bot, Sandbox

_POLL_S = 0.05
_QUIET_S = 0.5
_MOST_QUIET_S = 3.0


class DemoError(Exception):
    """Something that had to arrive did not arrive; the message says what."""


@dataclass(frozen=True, kw_only=True)
class _SeenMessage:
    """The last known state of a message; `shown` tells whether it ever had visible content.

    `pictures` are the hashes of all that it has shown.
    """

    fingerprint: str
    shown: bool
    lines: tuple[Line, ...] = ()
    pictures: frozenset[str] = frozenset()


@dataclass(kw_only=True)
class Watcher:
    """Follows the bot's messages on one platform and records every change in the transcript."""

    sandbox: Sandbox
    bot: Bot
    platform: str
    title: str
    """The platform's title."""
    read: Callable[[JsonObject], tuple[Line, ...]]
    transcript: Transcript
    deadline: float
    """The end of the whole demo, on the monotonic clock."""
    stopping: threading.Event
    """Set when the demo is being stopped."""
    _known: dict[str, _SeenMessage] = field(default_factory=dict)
    _present: dict[str, set[str]] = field(default_factory=dict)

    def poll(self, channel: str) -> list[JsonObject]:
        """Return the bot's messages of the channel, oldest first, and record what is new or changed."""
        messages = [message for message in self.sandbox.seen(self.platform, channel) if message["author"] == "bot"]
        for message in messages:
            self.record(message)
        present = {message["id"] for message in messages if not message.get("private_to")}
        for gone in self._present.get(channel, set()) - present:
            if self._known[gone].shown:
                self.transcript.add_removal(self.platform, self._known[gone].lines)
        self._present[channel] = present
        return messages

    def record(self, message: JsonObject) -> None:
        """Record a message if it is new or changed. An empty one is the platform's own loading indicator."""
        lines, files = self.read(message), message["files"]
        fingerprint = json.dumps([[line.text for line in lines], files, message["buttons"]], sort_keys=True)
        before = self._known.get(message["id"])
        shows = any(line.text for line in lines) or bool(files)
        known = frozenset() if before is None else before.pictures
        self._known[message["id"]] = _SeenMessage(
            fingerprint=fingerprint,
            shown=shows or (before is not None and before.shown),
            lines=lines,
            pictures=known | {str(file["sha256"]) for file in files},
        )
        if (before is None or before.fingerprint != fingerprint) and shows:
            pictures = [
                TranscriptPicture(
                    alt=str(file.get("alt") or file["name"]),
                    content=self.sandbox.file(file["sha256"]),
                    size=f"{file['width']}x{file['height']}",
                )
                for file in files
                if file["sha256"] not in known
            ]
            self.transcript.add_message(
                self.platform,
                lines,
                pictures,
                buttons=[str(button["label"]) for button in message["buttons"]],
                private_to=str(message.get("private_to") or ""),
                changed=before is not None and before.shown,
            )

    @property
    def known(self) -> dict[str, _SeenMessage]:
        """All messages seen so far, by id."""
        return dict(self._known)

    def wait(self, channel: str, wanted: Callable[[JsonObject], bool], what: str, timeout: float) -> JsonObject:
        """Return the first message of the bot that `wanted` accepts. Raises DemoError, naming `what`, if none comes in time."""
        until = min(self.deadline, time.monotonic() + timeout)
        while True:
            found = next((message for message in self.poll(channel) if wanted(message)), None)
            if found is not None:
                return found
            if self.bot.process.poll() is not None:
                raise DemoError(f"The bot ended (exit {self.bot.process.returncode}) before {what} came on {self.title}.")
            if time.monotonic() >= until:
                raise DemoError(f"On {self.title}, {what} did not come within {timeout:.0f} s.")
            self._pause(what)

    def settle(self, channel: str) -> None:
        """Keep polling until nothing has changed for a moment: receipts arrive after results."""
        started = changed_at = time.monotonic()
        before = self.known
        while time.monotonic() - changed_at < _QUIET_S and time.monotonic() - started < _MOST_QUIET_S:
            self.poll(channel)
            if self._known != before:
                before, changed_at = self.known, time.monotonic()
            self._pause("the rest")

    def _pause(self, what: str) -> None:
        if self.stopping.wait(_POLL_S):
            raise DemoError(f"On {self.title}, nobody waited for {what} any more.")
