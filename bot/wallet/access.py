"""Who may use the bot at all: the operator's `[access]`."""

from collections.abc import Mapping

from bot.chat.chat_platform import ChatPlatform
from bot.commands.command import Origin
from bot.config.settings import AccessSettings, Settings
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import PlatformName, WorkspaceId


class Access:
    """Nothing of a refused command is stored, fetched or paid for."""

    def __init__(self, settings: AccessSettings, platforms: Mapping[PlatformName, ChatPlatform]) -> None:
        self._settings = settings
        self._platforms = platforms
        self._listed = listed_workspaces(settings)

    def check_place(self, origin: Origin) -> None:
        """Refuse what the origin alone shows, before any work; pure. Raises RefusedError."""
        listed = self._listed.get(origin.platform)
        if origin.user_install:
            if not self._settings.user_installs:
                raise _refusal("user-install")
        elif origin.direct:
            if not self._settings.direct_messages:
                raise _refusal("direct")
        elif listed is not None and origin.workspace not in listed:
            raise RefusedError(RefusalCode.NO_ACCESS)

    async def check(self, origin: Origin) -> None:
        """The same, and outside of workspaces whether the member belongs to a listed one. Raises RefusedError, DeliveryError."""
        self.check_place(origin)
        listed = self._listed.get(origin.platform)
        outside = origin.user_install or origin.direct
        if listed is None or not outside or (origin.workspace is not None and origin.workspace in listed):
            return
        if not await self._platforms[origin.platform].is_member(origin, listed):
            raise _refusal("stranger")


def listed_workspaces(settings: AccessSettings) -> Mapping[PlatformName, frozenset[WorkspaceId]]:
    """The listed workspaces of every platform that has any."""
    found: dict[PlatformName, frozenset[WorkspaceId]] = {}
    for one in settings.guilds | settings.workspaces:
        platform, _, workspace = one.partition(":")
        name = PlatformName(platform)
        found[name] = found.get(name, frozenset()) | {WorkspaceId(workspace)}
    return found


def is_unlimited(settings: Settings) -> bool:
    """Whether nothing limits what all members together can spend: no budget, and no list of workspaces."""
    return not settings.budgets and not listed_workspaces(settings.access)


def _refusal(variant: str) -> RefusedError:
    return RefusedError(RefusalCode.NO_ACCESS, **{VARIANT: variant})
