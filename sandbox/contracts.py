"""The contract between the control API and the fake servers it steers."""

from typing import Any, Protocol

JsonObject = dict[str, Any]


class ControlError(Exception):
    """The sandbox cannot do what was asked; the control API answers 400 with this sentence."""


class ControlledPlatform(Protocol):
    """A chat platform as the control API sees it. All values are JSON."""

    async def act(self, act: JsonObject) -> JsonObject:
        """Do what a member does and return `{id, acknowledged_ms|null, private: [message…]}`. Raises ControlError."""
        ...

    def change(self, what: str, *, channel: str | None, user: str | None) -> None:
        """Change a channel, a member or the bot's rights; each platform defines its own words. Raises ControlError."""
        ...

    def seen(self, channel: str, after: str | None) -> list[JsonObject]:
        """Return a channel's messages as members see them now, oldest first; with `after`, only those behind that message."""
        ...

    def describe(self) -> JsonObject:
        """Return the platform's entry in the sandbox's JSON line: guild or team, channels, users."""
        ...

    def environment(self) -> dict[str, str]:
        """Return the settings with which a bot process reaches this platform."""
        ...

    async def close(self) -> None: ...


class ControlledGateway(Protocol):
    """An image gateway as the control API sees it."""

    name: str
    dialect: str
    url: str
    calls: list[JsonObject]
    """Paid calls: `{gateway, at, body, images, billed, references, billed_micros, currency}`.

    `images` are the references as `{width, height, sha256, metadata}`; `billed` and `references` count what was billed,
    `billed_micros` is its price in millionths of the currency, null if nobody knows it.
    """

    def change(self, settings: JsonObject) -> None:
        """Change settings by name; each gateway defines its own. Raises ControlError."""
        ...

    async def close(self) -> None: ...
