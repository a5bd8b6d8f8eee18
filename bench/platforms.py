"""The chat platforms as the bench sees them: one row each, with what is measured beside ours."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.contracts import JsonObject

NO_HOME = frozenset({"elsewhere", "closed", "attic"})
"""Channels of the stand-ins where the bot cannot write as itself."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """`settings`: how its settings' names begin. `bare` and `pipe` are modules of this folder.

    `ask` is what a command's act says beside who, where and which; `taken_at` when the platform took a message, in
    seconds since 1970.
    """

    name: str
    settings: str
    bare: str
    pipe: str
    ask: Callable[[str], JsonObject]
    taken_at: Callable[[JsonObject], float]

    def channels(self, line: JsonObject) -> list[str]:
        """Ids of the channels that are used, from the sandbox's JSON line."""
        names: dict[str, str] = line[self.name]["channel_names"]
        return [channel for name, channel in names.items() if name not in NO_HOME]

    def users(self, line: JsonObject) -> list[str]:
        return list(line[self.name]["users"].values())

    def acts(self, line: JsonObject, count: int, prompt: str) -> list[JsonObject]:
        """So many `/imagine`, spread over all members and channels. `#` in the prompt becomes the command's number."""
        users, channels = self.users(line), self.channels(line)
        return [
            {
                "platform": self.name,
                "user": users[number % len(users)],
                "channel": channels[number % len(channels)],
                "kind": "command",
                "name": "imagine",
                **self.ask(prompt.replace("#", str(number))),
            }
            for number in range(count)
        ]


DISCORD = Platform(
    name="discord",
    settings="DISCORD_",
    bare="bench.bare_discord",
    pipe="bench.pipe_discord",
    ask=lambda prompt: {"options": {"prompt": prompt}},
    taken_at=lambda message: float(message["written_at"]),
)
SLACK = Platform(
    name="slack",
    settings="SLACK_",
    bare="bench.bare_slack",
    pipe="bench.pipe_slack",
    ask=lambda prompt: {"text": prompt},
    # A message's id is its time there.
    taken_at=lambda message: float(message["id"]),
)
PLATFORMS = (DISCORD, SLACK)
