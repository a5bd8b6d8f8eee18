"""Who may use the bot: by the place of a command, and outside of workspaces by the member's own."""

from dataclasses import replace

import pytest

from bot.commands.command import Origin
from bot.config.settings import AccessSettings
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import PlatformName, UserId, WorkspaceId
from bot.wallet.access import Access
from tests.fakes.platform import NAME, FakePlatform

HOME, ABROAD = WorkspaceId("home"), WorkspaceId("abroad")
ADA, EVE = UserId("fake:ada"), UserId("fake:eve")
LISTED = frozenset({f"{NAME}:{HOME}"})
PLACE = Origin(platform=NAME, workspace=HOME, user=ADA, received_at=0.0)
DIRECT = replace(PLACE, workspace=None, direct=True)
INSTALLED = replace(PLACE, workspace=ABROAD, user_install=True)
OPEN = AccessSettings()
GUILDS = AccessSettings(guilds=LISTED)
WORKSPACES = AccessSettings(workspaces=LISTED)


async def refusal(settings: AccessSettings, origin: Origin) -> str | None:
    """Why the origin is refused, after everything has been checked; `early` if the origin alone shows it."""
    access = Access(settings, {NAME: FakePlatform(members={HOME: {ADA}})})
    early = True
    try:
        access.check_place(origin)
        early = False
        await access.check(origin)
    except RefusedError as error:
        return f"{error.refusal} {error.parameters.get(VARIANT, 'workspace')}{' early' if early else ''}"
    return None


@pytest.mark.parametrize(
    ("settings", "origin", "expected"),
    [
        (OPEN, PLACE, None),
        (OPEN, replace(PLACE, workspace=ABROAD), None),
        (OPEN, replace(DIRECT, user=EVE), None),
        (OPEN, INSTALLED, "user-install early"),
        (GUILDS, PLACE, None),
        (WORKSPACES, PLACE, None),
        (GUILDS, replace(PLACE, user=EVE), None),
        (GUILDS, replace(PLACE, workspace=ABROAD), "workspace early"),
        (GUILDS, replace(PLACE, workspace=None), "workspace early"),
        (GUILDS, DIRECT, None),
        (GUILDS, replace(DIRECT, user=EVE), "stranger"),
        (GUILDS, replace(INSTALLED, workspace=HOME), "user-install early"),
        (replace(OPEN, direct_messages=False), DIRECT, "direct early"),
        (replace(GUILDS, direct_messages=False), DIRECT, "direct early"),
        (replace(OPEN, user_installs=True), INSTALLED, None),
        (replace(GUILDS, user_installs=True), INSTALLED, None),
        (replace(GUILDS, user_installs=True), replace(INSTALLED, user=EVE), "stranger"),
        (replace(GUILDS, user_installs=True), replace(INSTALLED, direct=True, workspace=None), None),
        (GUILDS, replace(PLACE, platform=PlatformName("other"), workspace=ABROAD), None),
    ],
)
async def test_who_is_refused(settings: AccessSettings, origin: Origin, expected: str | None) -> None:
    """A listed workspace admits everybody in it, and its members outside; a platform without a list is open."""
    assert await refusal(settings, origin) == (None if expected is None else f"{RefusalCode.NO_ACCESS} {expected}")
