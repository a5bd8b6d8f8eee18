"""What the bot shows in a channel, noticed as it appears and as it changes."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.demo.transcript import Transcript
from sandbox.driver import Bot, Sandbox
from sandbox.stage import JsonObject

_POLL_S = 0.05
_QUIET_S = 0.5
_MOST_QUIET_S = 3.0


class DemoFailure(Exception):  # noqa: N818  # the sentence is what matters
    """Something that had to arrive did not; the sentence says what."""


@dataclass(kw_only=True)
class Watcher:
    """Follows the bot's messages on one platform and writes every change into the transcript."""

    sandbox: Sandbox
    bot: Bot
    platform: str
    transcript: Transcript
    deadline: float
    """On the monotonic clock: the end of the whole demo."""
    _known: dict[str, str] = field(default_factory=dict)

    def look(self, channel: str) -> list[JsonObject]:
        """The bot's messages of the channel, oldest first; what is new or changed goes into the transcript."""
        messages = [message for message in self.sandbox.seen(self.platform, channel) if message["author"] == "bot"]
        for message in messages:
            self.note(message)
        return messages

    def note(self, message: JsonObject) -> None:
        """Write a message down if it is not known as it is now; an empty one is a platform's own waiting sign."""
        looks = json.dumps([message.get(key) for key in ("text", "files", "buttons")], sort_keys=True)
        before = self._known.get(message["id"])
        self._known[message["id"]] = looks
        if before != looks and (message["text"] or message["files"]):
            self.transcript.turn_to(self.platform)
            self.transcript.shown(message, changed=before is not None and before != _EMPTY, fetch=self.sandbox.file)

    @property
    def known(self) -> frozenset[str]:
        """Ids of all messages looked at so far."""
        return frozenset(self._known)

    def wait(self, channel: str, wanted: Callable[[JsonObject], bool], what: str, timeout: float) -> JsonObject:
        """The first message of the bot that is wanted; DemoFailure says that `what` did not come."""
        until = min(self.deadline, time.monotonic() + timeout)
        while True:
            found = next((message for message in self.look(channel) if wanted(message)), None)
            if found is not None:
                return found
            if self.bot.process.poll() is not None:
                raise DemoFailure(f"The bot ended (exit {self.bot.process.returncode}) before {what} came on {self.platform}.")
            if time.monotonic() >= until:
                raise DemoFailure(f"On {self.platform}, {what} did not come within {timeout:.0f} s.")
            time.sleep(_POLL_S)

    def settle(self, channel: str) -> None:
        """Look on until nothing has changed for a moment: receipts come after results."""
        started = changed_at = time.monotonic()
        before = dict(self._known)
        while time.monotonic() - changed_at < _QUIET_S and time.monotonic() - started < _MOST_QUIET_S:
            self.look(channel)
            if self._known != before:
                before, changed_at = dict(self._known), time.monotonic()
            time.sleep(_POLL_S)


_EMPTY = json.dumps(["", [], []])
