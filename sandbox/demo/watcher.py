"""What the bot shows in a channel, noticed as it appears and as it changes."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.contracts import JsonObject
from sandbox.demo.message_lines import Line
from sandbox.demo.transcript import Kept, Transcript
from sandbox.driver import Bot, Sandbox

_POLL_S = 0.05
_QUIET_S = 0.5
_MOST_QUIET_S = 3.0


class DemoFailure(Exception):  # noqa: N818  # the sentence is what matters
    """Something that had to arrive did not; the sentence says what."""


@dataclass(frozen=True, kw_only=True)
class _Look:
    """How a message was when it was last looked at; `shown` if it said or showed anything."""

    looks: str
    shown: bool


@dataclass(kw_only=True)
class Watcher:
    """Follows the bot's messages on one platform and writes every change into the transcript."""

    sandbox: Sandbox
    bot: Bot
    platform: str
    title: str
    """The platform's name as people write it."""
    read: Callable[[JsonObject], tuple[Line, ...]]
    transcript: Transcript
    deadline: float
    """On the monotonic clock: the end of the whole demo."""
    stopping: threading.Event
    """Set when nobody waits for the rest any more."""
    _known: dict[str, _Look] = field(default_factory=dict)

    def look(self, channel: str) -> list[JsonObject]:
        """The bot's messages of the channel, oldest first; what is new or changed goes into the transcript."""
        messages = [message for message in self.sandbox.seen(self.platform, channel) if message["author"] == "bot"]
        for message in messages:
            self.note(message)
        return messages

    def note(self, message: JsonObject) -> None:
        """Write a message down if it is not known as it is now; an empty one is a platform's own waiting sign."""
        lines, files = self.read(message), message["files"]
        looks = json.dumps([[line.text for line in lines], files, message["buttons"]], sort_keys=True)
        before = self._known.get(message["id"])
        shows = any(line.text for line in lines) or bool(files)
        self._known[message["id"]] = _Look(looks=looks, shown=shows or (before is not None and before.shown))
        if (before is None or before.looks != looks) and shows:
            pictures = [
                Kept(
                    alt=str(file.get("alt") or file["name"]),
                    content=self.sandbox.file(file["sha256"]),
                    size=f"{file['width']}x{file['height']}",
                )
                for file in files
            ]
            self.transcript.shown(
                self.platform,
                lines,
                pictures,
                buttons=[str(button["label"]) for button in message["buttons"]],
                private_to=str(message.get("private_to") or ""),
                changed=before is not None and before.shown,
            )

    @property
    def known(self) -> dict[str, _Look]:
        """All messages looked at so far, by id."""
        return dict(self._known)

    def wait(self, channel: str, wanted: Callable[[JsonObject], bool], what: str, timeout: float) -> JsonObject:
        """The first message of the bot that is wanted; DemoFailure says that `what` did not come."""
        until = min(self.deadline, time.monotonic() + timeout)
        while True:
            found = next((message for message in self.look(channel) if wanted(message)), None)
            if found is not None:
                return found
            if self.bot.process.poll() is not None:
                raise DemoFailure(f"The bot ended (exit {self.bot.process.returncode}) before {what} came on {self.title}.")
            if time.monotonic() >= until:
                raise DemoFailure(f"On {self.title}, {what} did not come within {timeout:.0f} s.")
            self._pause(what)

    def settle(self, channel: str) -> None:
        """Look on until nothing has changed for a moment: receipts come after results."""
        started = changed_at = time.monotonic()
        before = self.known
        while time.monotonic() - changed_at < _QUIET_S and time.monotonic() - started < _MOST_QUIET_S:
            self.look(channel)
            if self._known != before:
                before, changed_at = self.known, time.monotonic()
            self._pause("the rest")

    def _pause(self, what: str) -> None:
        if self.stopping.wait(_POLL_S):
            raise DemoFailure(f"On {self.title}, nobody waited for {what} any more.")
