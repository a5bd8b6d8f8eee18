"""`auth.*`, `apps.connections.open`, `users.info`, `bots.info`, `team.info`."""

from sandbox.contracts import JsonObject
from sandbox.slack.api.arguments import Arguments
from sandbox.slack.api.ratelimits import Tier
from sandbox.slack.api.server import Method
from sandbox.slack.api.tokens import AppTokens, TokenKind
from sandbox.slack.errors import ApiError
from sandbox.slack.events.socket_mode import SocketMode
from sandbox.slack.identifiers import Identifiers
from sandbox.slack.serializer import Serializer
from sandbox.slack.urls import Urls
from sandbox.slack.world import World


class AccountMethods:
    """The app's own account, and information about users, bots and the team."""

    def __init__(
        self,
        world: World,
        serializer: Serializer,
        tokens: AppTokens,
        socket_mode: SocketMode,
        urls: Urls,
        identifiers: Identifiers,
    ) -> None:
        self._world = world
        self._serializer = serializer
        self._tokens = tokens
        self._socket_mode = socket_mode
        self._urls = urls
        self._identifiers = identifiers

    def methods(self) -> dict[str, Method]:
        return {
            "auth.test": Method(handle=self._test, tier=Tier.SPECIAL),
            "auth.revoke": Method(handle=self._revoke, tier=Tier.THREE),
            "apps.connections.open": Method(handle=self._open, tier=Tier.ONE, token=TokenKind.APP),
            "users.info": Method(handle=self._user, tier=Tier.FOUR, scopes=("users:read",)),
            "bots.info": Method(handle=self._bot, tier=Tier.THREE, scopes=("users:read",)),
            "team.info": Method(handle=self._team, tier=Tier.THREE, scopes=("team:read",)),
        }

    def _test(self, arguments: Arguments) -> JsonObject:
        del arguments
        world = self._world
        return {
            "url": f"https://{world.domain}.slack.com/",
            "team": world.team_name,
            "user": world.bot.name,
            "team_id": world.team_id,
            "user_id": world.bot.id,
            "bot_id": world.bot_id,
            "is_enterprise_install": False,
        }

    def _revoke(self, arguments: Arguments) -> JsonObject:
        trying = arguments.get("test") is True
        if not trying:
            self._tokens.revoked_error = "token_revoked"
        return {"revoked": not trying}

    def _open(self, arguments: Arguments) -> JsonObject:
        del arguments
        ticket = self._socket_mode.create_ticket(self._identifiers.secret(32))
        return {"url": self._urls.socket(ticket, self._world.app_id)}

    def _user(self, arguments: Arguments) -> JsonObject:
        user = self._world.users.get(arguments.text("user"))
        if user is None:
            raise ApiError("user_not_found")
        return {"user": self._serializer.user(user, with_locale=arguments.get("include_locale") is True)}

    def _bot(self, arguments: Arguments) -> JsonObject:
        if arguments.text("bot") not in ("", self._world.bot_id):
            raise ApiError("bot_not_found")
        return {"bot": self._serializer.bot_profile()}

    def _team(self, arguments: Arguments) -> JsonObject:
        world = self._world
        if arguments.text("team") not in ("", world.team_id):
            raise ApiError("team_not_found")
        icon = {"image_default": True}
        return {"team": {"id": world.team_id, "name": world.team_name, "domain": world.domain, "email_domain": "", "icon": icon}}
