"""`auth.*`, `apps.connections.open`, `users.info`, `bots.info`, `team.info`."""

from sandbox.slack.api.access import Access, TokenKind
from sandbox.slack.api.arguments import Arguments
from sandbox.slack.api.ratelimits import Tier
from sandbox.slack.api.server import Method
from sandbox.slack.errors import ApiError
from sandbox.slack.events.socket_mode import Sockets
from sandbox.slack.identifiers import Identifiers
from sandbox.slack.links import Links
from sandbox.slack.shapes import Shapes
from sandbox.slack.world import World
from sandbox.stage import JsonObject


class Account:
    """Who the app is, and who is asked about."""

    def __init__(
        self, world: World, shapes: Shapes, access: Access, sockets: Sockets, links: Links, identifiers: Identifiers
    ) -> None:
        self._world = world
        self._shapes = shapes
        self._access = access
        self._sockets = sockets
        self._links = links
        self._identifiers = identifiers

    def methods(self) -> dict[str, Method]:
        return {
            "auth.test": Method(handle=self._test, tier=Tier.OFTEN),
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
            self._access.lost = "token_revoked"
        return {"revoked": not trying}

    def _open(self, arguments: Arguments) -> JsonObject:
        del arguments
        ticket = self._sockets.ticket(self._identifiers.secret(32))
        return {"url": self._links.socket(ticket, self._world.app_id)}

    def _user(self, arguments: Arguments) -> JsonObject:
        user = self._world.users.get(arguments.text("user"))
        if user is None:
            raise ApiError("user_not_found")
        return {"user": self._shapes.user(user, with_locale=arguments.get("include_locale") is True)}

    def _bot(self, arguments: Arguments) -> JsonObject:
        if arguments.text("bot") not in ("", self._world.bot_id):
            raise ApiError("bot_not_found")
        return {"bot": self._shapes.bot_profile()}

    def _team(self, arguments: Arguments) -> JsonObject:
        world = self._world
        if arguments.text("team") not in ("", world.team_id):
            raise ApiError("team_not_found")
        icon = {"image_default": True}
        return {"team": {"id": world.team_id, "name": world.team_name, "domain": world.domain, "email_domain": "", "icon": icon}}
