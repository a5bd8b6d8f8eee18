"""The checks of `doctor` on the platforms: rules as tables, and stand-ins whose state a test changes."""

import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import discord
import pytest

from adapters.checkup.finding import CheckResult, Finding, FindingCode, ahead_of
from adapters.discord.checkup import (
    DiscordCheckup,
    application_findings,
    missing_permissions,
    permissions_in,
    session_finding,
)
from adapters.discord.findings import DiscordFinding
from adapters.discord.invitation import permissions
from adapters.discord.settings import DiscordSettings
from adapters.slack.checkup import SlackCheckup, scopes_finding
from adapters.slack.findings import SlackFinding
from adapters.slack.scopes import SCOPES
from adapters.slack.settings import SlackSettings
from bot.config.settings import Secret
from bot.config.tls import trust
from sandbox.discord.enums import BOT_PERMISSIONS, Permission
from sandbox.discord.fake_discord import FakeDiscord
from sandbox.faults import Fault
from sandbox.runtime import Runtime
from sandbox.slack.fake_slack import FakeSlack
from tests.fakes.clock import FakeClock

US = "10"
GUILD = {
    "id": "1",
    "owner_id": "99",
    "roles": [
        {"id": "1", "permissions": str(1 << 10)},
        {"id": "2", "permissions": str(1 << 11)},
        {"id": "3", "permissions": "8"},
    ],
}
VIEW, SEND = 1 << 10, 1 << 11


def overwrite(who: str, *, allow: int = 0, deny: int = 0) -> dict[str, str]:
    return {"id": who, "allow": str(allow), "deny": str(deny)}


@pytest.mark.parametrize(
    ("roles", "overwrites", "value"),
    [
        ([], [], VIEW),
        (["2"], [], VIEW | SEND),
        (["2"], [overwrite("1", deny=VIEW)], SEND),
        (["2"], [overwrite("1", deny=SEND), overwrite("2", allow=SEND)], VIEW | SEND),
        (["2"], [overwrite("2", deny=SEND), overwrite(US, allow=SEND)], VIEW | SEND),
        (["2"], [overwrite(US, deny=SEND), overwrite("2", allow=SEND)], VIEW),
        (["2"], [overwrite("77", deny=SEND)], VIEW | SEND),
        (["3"], [overwrite(US, deny=VIEW | SEND)], discord.Permissions.all().value),
    ],
)
def test_permissions_in_a_channel(roles: list[str], overwrites: list[dict[str, str]], value: int) -> None:
    """Overwrites of @everyone, of roles and of the member, in this order; an administrator has all permissions."""
    granted = permissions_in(GUILD, {"roles": roles}, {"permission_overwrites": overwrites}, US)

    assert granted.value == value


def test_the_owner_may_do_everything() -> None:
    """No permission can be denied to the owner of the server."""
    granted = permissions_in(GUILD, {"roles": []}, {"permission_overwrites": [overwrite("99", deny=VIEW)]}, "99")

    assert granted == discord.Permissions.all()


@pytest.mark.parametrize(
    ("without", "thread", "missing"),
    [
        ("send_messages", False, ["Send Messages"]),
        ("send_messages", True, []),
        ("send_messages_in_threads", True, ["Send Messages in Threads"]),
        ("send_messages_in_threads", False, []),
        ("attach_files", False, ["Attach Files"]),
    ],
)
def test_missing_permissions(without: str, *, thread: bool, missing: list[str]) -> None:
    """A thread needs its own permission instead of the channel's."""
    granted = permissions()
    granted.update(**{without: False})

    assert missing_permissions(granted, thread=thread) == missing


@pytest.mark.parametrize(
    ("application", "codes"),
    [
        ({"flags": 0}, ["discord_intents_ok", "discord_endpoint_none"]),
        ({}, ["discord_intents_ok", "discord_endpoint_none"]),
        ({"flags": 1 << 23}, ["discord_intents_ok", "discord_endpoint_none"]),
        ({"flags": 1 << 19}, ["discord_intents_not_needed", "discord_endpoint_none"]),
        ({"interactions_endpoint_url": "https://old.example.com"}, ["discord_intents_ok", "discord_endpoint_set"]),
    ],
)
def test_the_application(application: dict[str, Any], codes: list[str]) -> None:
    """An unneeded intent is a warning; interactions that go to another address are a fault."""
    assert [finding.code for finding in application_findings(application)] == codes


def test_intents_are_named_as_on_the_page() -> None:
    """The operator finds them by these names."""
    found = application_findings({"flags": 1 << 13 | 1 << 18})[0]

    assert (found.verdict, found.parameters["intents"]) == ("warning", "Presence Intent, Message Content Intent")


@pytest.mark.parametrize(("left", "code"), [(1, DiscordFinding.SESSIONS_OK), (0, DiscordFinding.SESSIONS_USED_UP)])
def test_logins_left(left: int, code: FindingCode) -> None:
    """A bot that has used up its logins cannot start."""
    assert session_finding({"remaining": left, "reset_after": 90_000}).code is code


def test_scopes() -> None:
    """Missing scopes are named; additional scopes do no harm."""
    granted = ",".join([*sorted(SCOPES - {"files:read", "im:write"}), "users:read"])

    assert scopes_finding(granted).parameters == {"scopes": "files:read, im:write"}
    assert scopes_finding(", ".join(SCOPES)).verdict == "ok"


@pytest.mark.parametrize(
    ("date", "ahead"),
    [(formatdate(1_700_000_000, usegmt=True), 99.5), (None, None), ("", None), ("yesterday", None)],
)
def test_the_difference_of_the_clocks(date: str | None, ahead: float | None) -> None:
    """The middle of the call compared with the middle of the second in the header."""
    assert ahead_of(date, asked=1_700_000_099.0, answered=1_700_000_101.0) == ahead


@pytest.fixture
async def discord_stand_in(tmp_path: Path) -> AsyncIterator[FakeDiscord]:
    stand_in = await FakeDiscord.start(Runtime(), tmp_path, message_limits=False)
    yield stand_in
    await stand_in.close()


@pytest.fixture
def stage() -> Runtime:
    return Runtime()


@pytest.fixture
async def slack_stand_in(tmp_path: Path, stage: Runtime) -> AsyncIterator[FakeSlack]:
    stand_in = await FakeSlack.start(stage, tmp_path, message_limits=False)
    yield stand_in
    await stand_in.close()


async def check_discord(stand_in: FakeDiscord, *channels: str, ahead_s: float = 0) -> CheckResult:
    environment = stand_in.environment()
    settings = DiscordSettings(token=Secret(environment["DISCORD_TOKEN"]), proxy=environment["DISCORD_PROXY"])
    clock = FakeClock(time.time() + ahead_s)
    return await DiscordCheckup(settings, tls=trust(Path(environment["TLS_CA_FILE"])), clock=clock).check(channels)


async def check_slack(stand_in: FakeSlack, *channels: str, **changed: Secret | None) -> CheckResult:
    environment = stand_in.environment()
    settings = SlackSettings(
        bot_token=changed.get("bot_token") or Secret(environment["SLACK_BOT_TOKEN"]),
        app_token=changed.get("app_token", Secret(environment["SLACK_APP_TOKEN"])),
        signing_secret=changed.get("signing_secret"),
        api_url=environment["SLACK_API_URL"],
    )
    return await SlackCheckup(settings, tls=trust(None), clock=FakeClock(time.time())).check(channels)


def about(result: CheckResult, channel: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.parameters.get("channel") == channel]


async def test_a_role_without_a_permission(discord_stand_in: FakeDiscord) -> None:
    """A channel in which the bot's roles may not attach files is a fault, and says which permission."""
    world = discord_stand_in.world
    for role in world.guild.roles.values():
        role.permissions = int(BOT_PERMISSIONS & ~Permission.ATTACH_FILES)
    channel = str(discord_stand_in.describe()["channels"][0])

    (found,) = about(await check_discord(discord_stand_in, channel), f"discord:{channel}")

    assert (found.verdict, found.code) == ("fault", DiscordFinding.PERMISSIONS_MISSING)
    assert found.parameters["permissions"] == "Attach Files"


async def test_a_direct_message_needs_no_permission(discord_stand_in: FakeDiscord) -> None:
    """There are no roles in a direct message."""
    channel = next(one.id for one in discord_stand_in.world.channels.values() if one.recipient_id)

    (found,) = about(await check_discord(discord_stand_in, channel), f"discord:{channel}")

    assert found.verdict == "ok"


async def test_a_thread_is_ruled_by_its_channel(discord_stand_in: FakeDiscord) -> None:
    """It has the permissions of its parent channel, with the one for threads."""
    world = discord_stand_in.world
    thread = world.text_channels[0]
    parent = world.text_channels[1]
    thread.type, thread.parent_id = 11, parent.id

    (found,) = about(await check_discord(discord_stand_in, thread.id), f"discord:{thread.id}")

    assert found.verdict == "ok"


async def test_a_category_is_no_place_for_pictures(discord_stand_in: FakeDiscord) -> None:
    """Nothing can be posted into it."""
    place = discord_stand_in.world.text_channels[0]
    place.type = 4

    (found,) = about(await check_discord(discord_stand_in, place.id), f"discord:{place.id}")

    assert found.code is DiscordFinding.CHANNEL_NO_MESSAGES


@pytest.mark.parametrize("ahead_s", [-4000.0, 0.0, 400.0])
async def test_discords_clock(discord_stand_in: FakeDiscord, ahead_s: float) -> None:
    """The Date header of an answer shows how wrong our clock is."""
    result = await check_discord(discord_stand_in, ahead_s=ahead_s)

    assert result.ahead_s == pytest.approx(ahead_s, abs=2.5)


async def test_slacks_clock_with_a_rejected_token(slack_stand_in: FakeSlack) -> None:
    """A rejected token is a fault, but the clock is still compared."""
    result = await check_slack(slack_stand_in, bot_token=Secret("xoxb-0000000000-nobody"))

    assert [finding.code for finding in result.findings] == [SlackFinding.TOKEN_REFUSED]
    assert result.ahead_s == pytest.approx(0, abs=2.5)


async def test_scopes_that_were_not_granted(slack_stand_in: FakeSlack) -> None:
    """An app installed from an older manifest is reported, and so are its channels."""
    withheld = {"channels:history", "files:read", "groups:history", "im:history", "mpim:history"}
    slack_stand_in.tokens.scopes = tuple(SCOPES - withheld)
    channel = str(slack_stand_in.describe()["channels"][0])

    result = await check_slack(slack_stand_in, channel)

    missing = next(finding for finding in result.findings if finding.code is SlackFinding.SCOPES_MISSING)
    assert missing.parameters["scopes"] == ", ".join(sorted(withheld))
    assert [finding.code for finding in about(result, f"slack:{channel}")] == [FindingCode.CHANNEL_NOT_SEEN]


@pytest.mark.parametrize(
    ("what", "code", "verdict"),
    [
        ("error:missing_scope", SlackFinding.SOCKET_REFUSED, "fault"),
        ("error:invalid_auth", SlackFinding.SOCKET_REFUSED, "fault"),
        ("429:30", SlackFinding.SOCKET_BUSY, "warning"),
        ("500", FindingCode.PLATFORM_UNREACHABLE, "fault"),
    ],
)
async def test_the_app_token(slack_stand_in: FakeSlack, stage: Runtime, what: str, code: FindingCode, verdict: str) -> None:
    """A token without its scope is rejected; a rate limit is only a warning."""
    stage.faults.add(Fault(where="slack.api:apps.connections.open", what=what, times=1))

    result = await check_slack(slack_stand_in)

    found = [finding for finding in result.findings if finding.verdict != "ok"]
    assert [(finding.code, finding.verdict) for finding in found] == [(code, verdict)]


async def test_http_mode_asks_for_no_connection(slack_stand_in: FakeSlack) -> None:
    """Without an app token, the signing secret is checked instead."""
    result = await check_slack(slack_stand_in, app_token=None, signing_secret=Secret("0123456789abcdef" * 2))

    assert SlackFinding.SECRET_UNPROVEN in {finding.code for finding in result.findings}
    assert SlackFinding.SOCKET_OK not in {finding.code for finding in result.findings}
