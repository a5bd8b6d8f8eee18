"""Checks of the tokens, the scopes and the given channels on Slack. Read-only, without retries."""

import logging
import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.checkup.finding import CheckResult, Checkup, Diagnoses, Finding, FindingCode, ahead_of, fault, fine, warning
from adapters.shared.http_client import open_session
from adapters.slack.client import LOOPBACK
from adapters.slack.connection.event_dispatcher import library_logger
from adapters.slack.failures import FAILURES, TOKEN_REFUSED, delivery_error, error_code, retry_after
from adapters.slack.findings import WORDS, SlackFinding
from adapters.slack.scopes import SCOPES
from adapters.slack.settings import NAME, SlackSettings
from bot.clock import Clock

CALL_SECONDS = 10.0
NOT_IN = frozenset({"not_in_channel", "channel_not_found"})
"""For a private channel that the bot is not in, Slack answers the second."""
NO_SCOPE = "missing_scope"


class SlackCheckup(Checkup):
    def __init__(self, settings: SlackSettings, *, tls: ssl.SSLContext, clock: Clock) -> None:
        self._settings = settings
        self._tls = tls
        self._clock = clock

    @property
    def diagnoses(self) -> Diagnoses:
        return WORDS

    async def check(self, channels: Sequence[str]) -> CheckResult:
        async with open_session(self._tls, total_s=CALL_SECONDS) as session:
            client = AsyncWebClient(
                token=self._settings.bot_token.value,
                base_url=self._settings.api_url,
                session=session,
                ssl=self._tls,
                logger=library_logger("checkup", logging.CRITICAL),
                retry_handlers=[],
            )
            if urlsplit(self._settings.api_url).hostname in LOOPBACK:
                # As in the bot itself: the environment's proxy is for addresses outside this machine.
                client.proxy = None
            return await self._ask(client, channels)

    async def _ask(self, client: AsyncWebClient, channels: Sequence[str]) -> CheckResult:
        asked = self._clock.now()
        try:
            said = await client.auth_test()
        except FAILURES as error:
            ahead_s = self._ahead(error.response if isinstance(error, SlackApiError) else None, asked)
            return CheckResult(findings=(self._token_finding(error),), ahead_s=ahead_s)
        ahead_s = self._ahead(said, asked)
        user, team = str(said.get("user")), str(said.get("team"))
        findings = [
            fine(SlackFinding.TOKEN_OK, name=user, team=team),
            scopes_finding(str(said.headers.get("x-oauth-scopes", ""))),
            await self._connection_finding(client),
            *[await _channel_finding(client, channel, user) for channel in channels],
        ]
        return CheckResult(findings=tuple(findings), ahead_s=ahead_s)

    def _ahead(self, answer: object, asked: float) -> float | None:
        headers = answer.headers if isinstance(answer, AsyncSlackResponse) else {}
        date = next((value for name, value in headers.items() if name.lower() == "date"), None)
        return ahead_of(date, asked=asked, answered=self._clock.now())

    def _token_finding(self, error: Exception) -> Finding:
        said = error_code(error)
        if said in TOKEN_REFUSED:
            return fault(SlackFinding.TOKEN_REFUSED, said=said)
        return fault(FindingCode.PLATFORM_UNREACHABLE, platform="Slack", detail=delivery_error(error).detail)

    async def _connection_finding(self, client: AsyncWebClient) -> Finding:
        """Check how events arrive. In Socket Mode this requests the address of a connection, but does not connect."""
        if self._settings.app_token is None:
            # Its shape was checked with the settings; it cannot be used for a request.
            return fine(SlackFinding.SECRET_UNPROVEN)
        try:
            await client.apps_connections_open(app_token=self._settings.app_token.value)
        except FAILURES as error:
            said = error_code(error)
            if said in {*TOKEN_REFUSED, NO_SCOPE}:
                return fault(SlackFinding.SOCKET_REFUSED, said=said)
            wait = retry_after(error)
            if wait is not None:
                # Slack guarantees one a minute; a frequent checkup or restart does not mean that the token is wrong.
                return warning(SlackFinding.SOCKET_BUSY, seconds=round(wait))
            return fault(FindingCode.PLATFORM_UNREACHABLE, platform="Slack", detail=delivery_error(error).detail)
        return fine(SlackFinding.SOCKET_OK)


def scopes_finding(granted: str) -> Finding:
    """`granted` is Slack's header: scopes separated by commas."""
    missing = SCOPES - {scope.strip() for scope in granted.split(",")}
    if missing:
        return fault(SlackFinding.SCOPES_MISSING, scopes=", ".join(sorted(missing)))
    return fine(SlackFinding.SCOPES_OK, count=len(SCOPES))


async def _channel_finding(client: AsyncWebClient, channel: str, user: str) -> Finding:
    """Only a member can read the history; reading the channel itself would need another scope."""
    named = f"{NAME}:{channel}"
    try:
        await client.conversations_history(channel=channel, limit=1)
    except FAILURES as error:
        if error_code(error) in NOT_IN:
            return fault(SlackFinding.NOT_INVITED, channel=named, name=user)
        return fault(FindingCode.CHANNEL_NOT_SEEN, channel=named, detail=delivery_error(error).detail)
    return fine(FindingCode.CHANNEL_OK, channel=named)
