"""Checks of the token, the application and the given channels on Discord. Read-only, without retries."""

import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord.http import Route

from adapters.checkup.finding import CheckResult, Checkup, Diagnoses, Finding, FindingCode, ahead_of, fault, fine, warning
from adapters.discord.findings import WORDS, DiscordFinding
from adapters.discord.invitation import PERMISSIONS, permissions
from adapters.discord.settings import NAME, DiscordSettings
from adapters.shared.http_client import CONNECTION_FAILURES, Session, open_session
from bot.clock import Clock
from bot.web.health import DISTRIBUTION, own_version

CALL_SECONDS = 10.0
MOST_SERVERS = 200
"""One page of `/users/@me/guilds`."""
PRIVILEGED: Mapping[str, int] = {
    "Presence Intent": 1 << 12 | 1 << 13,
    "Server Members Intent": 1 << 14 | 1 << 15,
    "Message Content Intent": 1 << 18 | 1 << 19,
}
"""The switches on the Bot page, and the application flags that they set (Discord, "Application Flags")."""
DIRECT = frozenset({1, 3})
THREADS = frozenset({10, 11, 12})
WITHOUT_MESSAGES = frozenset({4, 14, 15, 16})
"""Categories, directories, forums and media channels ("Channel Types")."""
OF_THREADS = "send_messages_in_threads"
OF_CHANNELS = "send_messages"

JsonObject = dict[str, Any]


class NoAnswerError(Exception):
    """No usable answer from Discord; the message says why."""


class RefusedAnswerError(Exception):
    """Discord refused the request with this HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered {status}")
        self.status = status


@dataclass(kw_only=True)
class Asker:
    """Sends GET requests without retries: a 503 is a finding, not something to wait out."""

    session: Session
    settings: DiscordSettings
    clock: Clock
    ahead_s: float | None = None

    async def get(self, path: str) -> Any:  # noqa: ANN401  # the wire is JSON
        """Raises NoAnswerError, RefusedAnswerError."""
        headers = {
            "Authorization": f"Bot {self.settings.token.value}",
            "User-Agent": f"DiscordBot ({DISTRIBUTION}, {own_version()})",
        }
        asked = self.clock.now()
        proxy = self.settings.proxy
        try:
            getting = self.session.get(Route.BASE + path, headers=headers, proxy=proxy, allow_redirects=False)
            async with getting as answer:
                status, text = answer.status, await answer.text(errors="replace")
                date = answer.headers.get("Date")
        except CONNECTION_FAILURES as error:
            raise NoAnswerError(type(error).__name__) from error
        ahead_s = ahead_of(date, asked=asked, answered=self.clock.now())
        self.ahead_s = ahead_s if ahead_s is not None else self.ahead_s
        if status in {401, 403, 404}:
            raise RefusedAnswerError(status)
        if status != 200:
            raise NoAnswerError(f"answered {status}")
        try:
            return json.loads(text)
        except ValueError as error:
            raise NoAnswerError("answered with invalid JSON") from error


class DiscordCheckup(Checkup):
    def __init__(self, settings: DiscordSettings, *, tls: ssl.SSLContext, clock: Clock) -> None:
        self._settings = settings
        self._tls = tls
        self._clock = clock

    @property
    def diagnoses(self) -> Diagnoses:
        return WORDS

    async def check(self, channels: Sequence[str]) -> CheckResult:
        async with open_session(self._tls, total_s=CALL_SECONDS) as session:
            asker = Asker(session=session, settings=self._settings, clock=self._clock)
            findings: list[Finding] = []
            try:
                await self._ask(asker, channels, findings)
            except (NoAnswerError, RefusedAnswerError) as error:
                findings.append(fault(FindingCode.PLATFORM_UNREACHABLE, platform="Discord", detail=str(error)))
        return CheckResult(findings=tuple(findings), ahead_s=asker.ahead_s)

    async def _ask(self, asker: Asker, channels: Sequence[str], findings: list[Finding]) -> None:
        """Append to `findings`, so that earlier findings survive a failure."""
        try:
            us = await asker.get("/users/@me")
        except RefusedAnswerError:
            findings.append(fault(DiscordFinding.TOKEN_REFUSED))
            return
        application = await asker.get("/applications/@me")
        findings.append(fine(DiscordFinding.TOKEN_OK, name=us["username"], application=application["id"]))
        findings += application_findings(application)
        servers = len(await asker.get(f"/users/@me/guilds?limit={MOST_SERVERS}"))
        findings.append(fine(DiscordFinding.SERVERS_OK, count=servers) if servers else warning(DiscordFinding.SERVERS_NONE))
        findings.append(session_finding((await asker.get("/gateway/bot"))["session_start_limit"]))
        for channel in channels:
            findings.append(await _channel_finding(asker, channel, us["id"]))


def application_findings(application: JsonObject) -> list[Finding]:
    """Privileged intents, and whether Discord sends interactions to another address."""
    flags = int(application.get("flags") or 0)
    intents = [name for name, bits in PRIVILEGED.items() if flags & bits]
    address = application.get("interactions_endpoint_url")
    return [
        warning(DiscordFinding.INTENTS_NOT_NEEDED, intents=", ".join(intents)) if intents else fine(DiscordFinding.INTENTS_OK),
        fault(DiscordFinding.ENDPOINT_SET, address=address) if address else fine(DiscordFinding.ENDPOINT_NONE),
    ]


def session_finding(limit: JsonObject) -> Finding:
    """Discord allows a thousand logins a day; a bot in a restart loop uses them up."""
    if limit["remaining"] > 0:
        return fine(DiscordFinding.SESSIONS_OK, left=limit["remaining"])
    return fault(DiscordFinding.SESSIONS_USED_UP, minutes=int(limit["reset_after"]) // 60_000 + 1)


async def _channel_finding(asker: Asker, channel: str, us: str) -> Finding:
    named = f"{NAME}:{channel}"
    try:
        found = await asker.get(f"/channels/{channel}")
        if found["type"] in DIRECT:
            return fine(FindingCode.CHANNEL_OK, channel=named)
        if found["type"] in WITHOUT_MESSAGES:
            return fault(DiscordFinding.CHANNEL_NO_MESSAGES, channel=named)
        ruling = await asker.get(f"/channels/{found['parent_id']}") if found["type"] in THREADS else found
        guild = await asker.get(f"/guilds/{found['guild_id']}")
        member = await asker.get(f"/guilds/{found['guild_id']}/members/{us}")
    except RefusedAnswerError as error:
        unknown = error.status == 404
        code = DiscordFinding.CHANNEL_UNKNOWN if unknown else DiscordFinding.CHANNEL_CLOSED
        return fault(code, channel=named)
    except NoAnswerError as error:
        return fault(FindingCode.CHANNEL_NOT_SEEN, channel=named, detail=str(error))
    missing = missing_permissions(permissions_in(guild, member, ruling, us), thread=found["type"] in THREADS)
    if not missing:
        return fine(FindingCode.CHANNEL_OK, channel=named)
    return fault(DiscordFinding.PERMISSIONS_MISSING, channel=named, permissions=", ".join(missing))


def permissions_in(guild: JsonObject, member: JsonObject, channel: JsonObject, us: str) -> discord.Permissions:
    """A member's permissions in a channel (Discord, "Permissions", "Permission Overwrites")."""
    roles = {guild["id"], *member["roles"]}
    value = 0
    for role in guild["roles"]:
        value |= int(role["permissions"]) if role["id"] in roles else 0
    if guild["owner_id"] == us or discord.Permissions(value).administrator:
        return discord.Permissions.all()
    overwrites = {row["id"]: (int(row["allow"]), int(row["deny"])) for row in channel.get("permission_overwrites") or ()}
    # Overwrites of @everyone apply first, then those of all roles together, then the member's own.
    for layer in ({guild["id"]}, roles - {guild["id"]}, {us}):
        rows = [overwrites[one] for one in layer if one in overwrites]
        for _, deny in rows:
            value &= ~deny
        for allow, _ in rows:
            value |= allow
    return discord.Permissions(value)


def missing_permissions(granted: discord.Permissions, *, thread: bool) -> list[str]:
    """The permissions that the bot lacks here, by their names in Discord's settings."""
    needed = {name for name, wanted in permissions() if wanted} - {OF_CHANNELS if thread else OF_THREADS}
    return [words for name, words in PERMISSIONS.items() if name in needed and not getattr(granted, name)]
