"""The chat platforms of the bench, with the references measured on each."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.contracts import JsonObject

UNWRITABLE_CHANNELS = frozenset({"elsewhere", "closed", "attic"})
"""Channels of the sandbox where the bot cannot post as itself."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """One platform. `settings` is the prefix of its settings; `bare` and `pipe` are modules of the references.

    A command and a message hold so many characters. `command_fields` returns a command's fields for a prompt; `taken_at` is when the platform accepted a message, in seconds
    since 1970.
    """

    name: str
    settings: str
    bare: str
    pipe: str
    command_characters: int
    message_characters: int
    command_fields: Callable[[str], JsonObject]
    taken_at: Callable[[JsonObject], float]

    def channels(self, line: JsonObject) -> list[str]:
        """Return the ids of the channels to use, from the sandbox's JSON line."""
        names: dict[str, str] = line[self.name]["channel_names"]
        return [channel for name, channel in names.items() if name not in UNWRITABLE_CHANNELS]

    def users(self, line: JsonObject) -> list[str]:
        return list(line[self.name]["users"].values())

    def acts(self, line: JsonObject, count: int, prompt: str) -> list[JsonObject]:
        """Return `count` acts of `/imagine`, spread over all members and channels; `#` in the prompt becomes the number."""
        users, channels = self.users(line), self.channels(line)
        return [
            {
                "platform": self.name,
                "user": users[number % len(users)],
                "channel": channels[number % len(channels)],
                "kind": "command",
                "name": "imagine",
                **self.command_fields(prompt.replace("#", str(number))),
            }
            for number in range(count)
        ]


DISCORD = Platform(
    name="discord",
    settings="DISCORD_",
    bare="bench.references.bare_discord",
    pipe="bench.references.pipe_discord",
    command_characters=6000,
    message_characters=4000,
    command_fields=lambda prompt: {"options": {"prompt": prompt}},
    taken_at=lambda message: float(message["written_at"]),
)
SLACK = Platform(
    name="slack",
    settings="SLACK_",
    bare="bench.references.bare_slack",
    pipe="bench.references.pipe_slack",
    command_characters=40_000,
    message_characters=40_000,
    command_fields=lambda prompt: {"text": prompt},
    # A message's id is its time.
    taken_at=lambda message: float(message["id"]),
)
PLATFORMS = (DISCORD, SLACK)
