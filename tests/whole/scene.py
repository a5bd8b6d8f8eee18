"""Members who use the real bot in a process of its own, with the sandbox in another."""

import base64
import io
from dataclasses import dataclass
from functools import partial
from typing import Any

from PIL import Image

from sandbox.driver import Sandbox
from tests.whole.running import wait_until
from tests.whole.ways import WAYS, Ways

PLATFORMS = ("discord", "slack")
Message = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """One platform as its members see it: say something, look at what comes."""

    sandbox: Sandbox
    platform: str
    channel: str = "general"

    def mark(self, channel: str | None = None) -> str | None:
        """The last message now; what comes after it is new."""
        messages = self.sandbox.seen(self.platform, channel or self.channel)
        return messages[-1]["id"] if messages else None

    def ways(self, user: str = "ada", channel: str | None = None) -> Ways:
        return WAYS[self.platform](partial(self.sandbox.act, platform=self.platform), user, channel or self.channel)

    def command(self, name: str, prompt: str, *, user: str = "ada", files: list[Message] | None = None) -> Message:
        """A slash command for pictures, with files of one's own if there are any."""
        ways = self.ways(user)
        return ways.ask(name, prompt, files) if files else ways.command(name, prompt)

    def question(self, name: str, *, user: str = "ada") -> Message:
        """A command that is answered at once."""
        return self.ways(user).question(name)

    def say(self, text: str, *, user: str = "ada", files: list[Message] | None = None, channel: str | None = None) -> Message:
        return self.ways(user, channel).do("message", text=text, files=files or [])

    def follow(self, result: Message, text: str, *, user: str = "ada", files: list[Message] | None = None) -> Message:
        """Go on from a result of the bot."""
        return self.ways(user).follow(result, text, files or [])

    def edit_by_menu(self, message: str, fields: dict[str, Any], *, files: list[Message] | None = None) -> Message:
        """Open the form in a message's menu, and send it."""
        ways = self.ways()
        return ways.submit(ways.open_menu(message), fields, files or [])

    def told(self, acted: Message, after: str | None, *, user: str = "ada") -> str:
        """What the member alone was told: at once, at a field of a form, or a moment later."""
        at_once = [message for message in acted["private"] if not message.get("loading")]
        if at_once:
            return said(at_once[0])
        if acted.get("errors"):
            return " ".join(acted["errors"].values())
        return said(
            self.sandbox.wait_for(
                self.platform,
                self.channel,
                lambda message: message.get("private_to") == user and not message.get("loading"),
                after=after,
            ),
        )

    def told_privately(self, user: str, wanted: str) -> int:
        """How many messages say this to the member alone."""
        messages = self.sandbox.seen(self.platform, self.channel)
        return sum(message.get("private_to") == user and wanted in said(message) for message in messages)

    def in_public(self, after: str | None) -> list[Message]:
        """What the bot has said for all to see, and members have not."""
        messages = self.sandbox.seen(self.platform, self.channel, after)
        return [message for message in messages if message["author"] == "bot" and not message.get("private_to")]

    def settled(self, after: str | None, *, jobs: int = 1) -> list[Message]:
        """The bot's messages for all to see, once nothing but the results of so many jobs is left of them."""

        def results() -> list[Message]:
            shown = self.in_public(after)
            return shown if all(message["files"] and message["buttons"] for message in shown) and len(shown) == jobs else []

        wait_until(lambda: bool(results()))
        return results()

    def press(self, message: Message, label: str, *, user: str = "ada", **more: Any) -> Message:
        action = next(button["action"] for button in message["buttons"] if button["label"] == label)
        act = {"platform": self.platform, "user": user, "channel": self.channel, "kind": "press", "message": message["id"]}
        return self.sandbox.act(**{**act, "action": action, **more})

    def pictures(self, after: str | None, *, count: int = 1, channel: str | None = None) -> Message:
        """The next result of the bot with this many pictures: they may be seen before, in its progress."""
        return self.sandbox.wait_for(
            self.platform,
            channel or self.channel,
            lambda message: message["author"] == "bot" and len(message["files"]) == count and not is_progress(message),
            after=after,
        )

    def anywhere(self, places: list[tuple[str, str | None]]) -> Message:
        """The next message of the bot with a picture in one of these channels."""

        def found() -> list[Message]:
            seen = (message for channel, after in places for message in self.sandbox.seen(self.platform, channel, after))
            return [message for message in seen if message["author"] == "bot" and message["files"]]

        wait_until(lambda: bool(found()))
        return found()[0]

    def words(self, after: str | None, wanted: str, *, channel: str | None = None) -> Message:
        """The next message of the bot that says this."""
        return self.sandbox.wait_for(
            self.platform,
            channel or self.channel,
            lambda message: message["author"] == "bot" and wanted in said(message),
            after=after,
        )

    def calls_since(self, count: int) -> list[Message]:
        return self.sandbox.calls()[count:]


def is_progress(message: Message) -> bool:
    return any(words in said(message) for words in ("Queued: ", "Generating ", " ready…", "Posting "))


def said(message: Message) -> str:
    """The words of a message, whatever markup stands between them."""
    return f"{message['text']}\n{message.get('blocks_text', '')}".replace("\\", "")


def attached(content: bytes, name: str = "picture.png") -> Message:
    return {"name": name, "base64": base64.b64encode(content).decode()}


def painted(colour: tuple[int, int, int], *, size: tuple[int, int] = (320, 240), form: str = "PNG", **save: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, format=form, **save)
    return out.getvalue()
