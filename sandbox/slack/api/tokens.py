"""The app's tokens and what they allow."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sandbox.slack.errors import ApiError
from sandbox.slack.identifiers import Identifiers

SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "reactions:write",
    "team:read",
    "users:read",
)


class TokenKind(StrEnum):
    """Which token a method requires."""

    BOT = "bot"
    APP = "app"


@dataclass(kw_only=True)
class AppTokens:
    """The app's tokens. `scopes` are those the workspace granted; `revoked_error` is the error code once the tokens are invalid."""

    bot_token: str
    app_token: str
    scopes: tuple[str, ...]
    revoked_error: str | None = None

    @classmethod
    def grant(cls, identifiers: Identifiers, app_id: str, scopes: Iterable[str]) -> "AppTokens":
        """Create tokens in Slack's format."""
        numbers = [identifiers.ts().replace(".", "")[:13] for _ in range(2)]
        return cls(
            bot_token=f"xoxb-{numbers[0]}-{numbers[1]}-{identifiers.secret()}",
            app_token=f"xapp-1-{app_id}-{numbers[0]}-{identifiers.secret(64)}",
            scopes=tuple(scopes),
        )

    def check(self, token: str | None, kind: TokenKind, needed: tuple[str, ...]) -> None:
        """Raise unless the token is present, known, of the right kind, valid, and has one of the scopes."""
        if not token:
            raise ApiError("not_authed")
        if token not in (self.bot_token, self.app_token):
            raise ApiError("invalid_auth")
        if self.revoked_error is not None:
            raise ApiError(self.revoked_error)
        if (token == self.app_token) != (kind is TokenKind.APP):
            raise ApiError("not_allowed_token_type")
        self.check_scope(needed)

    def check_scope(self, needed: tuple[str, ...]) -> None:
        if needed and not any(scope in self.scopes for scope in needed):
            raise ApiError("missing_scope", needed=",".join(needed), provided=",".join(self.scopes))

    def can_download_files(self, token: str | None) -> bool:
        """Return whether this token can download files."""
        return token == self.bot_token and self.revoked_error is None and "files:read" in self.scopes
