"""How members do the same thing on each platform: the only place in these tests that knows a platform's name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Act = Callable[..., dict[str, Any]]
Json = dict[str, Any]


@dataclass(frozen=True)
class Ways:
    """`channel` is where it happens; every method answers what `/act` does."""

    act: Act
    user: str
    channel: str

    def do(self, kind: str, **fields: Any) -> Json:
        return self.act(user=self.user, channel=self.channel, kind=kind, **fields)

    def command(self, name: str, words: str) -> Json:
        """A slash command with words alone."""
        raise NotImplementedError

    def ask(self, name: str, words: str, files: list[Json]) -> Json:
        """A slash command for pictures, from files of one's own."""
        raise NotImplementedError

    def question(self, name: str) -> Json:
        raise NotImplementedError

    def follow(self, result: Json, words: str, files: list[Json]) -> Json:
        """Go on from a result of the bot."""
        raise NotImplementedError

    def open_menu(self, message: str) -> Json:
        """The entry of a message's menu that opens the form."""
        raise NotImplementedError

    def shape(self, size: str, ratio: str) -> dict[str, Any]:
        """What is chosen in the form for a size and an aspect ratio."""
        raise NotImplementedError

    def submit(self, opened: Json, fields: Mapping[str, Any], files: list[Json]) -> Json:
        return self.do("submit", action=opened["modal"]["id"], fields=dict(fields), files=files)


@dataclass(frozen=True)
class DiscordWays(Ways):
    """Commands have options, for files too."""

    def command(self, name: str, words: str) -> Json:
        return self.ask(name, words, [])

    def ask(self, name: str, words: str, files: list[Json]) -> Json:
        return self.do("command", name=name, options={"prompt": words} if words else {}, files=files)

    def question(self, name: str) -> Json:
        return self.do("command", name=name, options={})

    def follow(self, result: Json, words: str, files: list[Json]) -> Json:
        return self.do("reply", message=result["id"], text=words, files=files)

    def open_menu(self, message: str) -> Json:
        return self.do("menu", name="Edit with Seedream", message=message)

    def shape(self, size: str, ratio: str) -> dict[str, Any]:
        return {"shape": [ratio, size]}


@dataclass(frozen=True)
class SlackWays(Ways):
    """A command is a line of text; files come by the form it opens, and a result is gone on from in its thread."""

    def command(self, name: str, words: str) -> Json:
        return self.do("command", name=name, text=words)

    def ask(self, name: str, words: str, files: list[Json]) -> Json:
        return self.submit(self.command(name, ""), {"prompt": words}, files)

    def question(self, name: str) -> Json:
        return self.do("command", name="seedream", text=name)

    def follow(self, result: Json, words: str, files: list[Json]) -> Json:
        return self.do("reply", message=result["id"], text=f"@bot {words}", files=files)

    def open_menu(self, message: str) -> Json:
        return self.do("menu", name="edit_with", message=message)

    def shape(self, size: str, ratio: str) -> dict[str, Any]:
        return {"size": size, "ratio": ratio}


WAYS: Mapping[str, type[Ways]] = {"discord": DiscordWays, "slack": SlackWays}
