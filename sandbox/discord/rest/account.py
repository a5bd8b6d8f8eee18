"""Who the bot is and where its gateway stands."""

from sandbox.discord.rest.routing import Answer, Call, Route
from sandbox.discord.shapes import Shapes
from sandbox.discord.world import World
from sandbox.stage import JsonObject

GATEWAY_URL = "wss://gateway.discord.gg"


class Account:
    """`/users/@me`, `/applications/@me`, `/gateway`."""

    def __init__(self, world: World, shapes: Shapes) -> None:
        self._world = world
        self._shapes = shapes

    def routes(self) -> list[Route]:
        return [
            Route(method="GET", template="/users/@me", handler=self._user),
            Route(method="GET", template="/users/@me/guilds", handler=self._guilds),
            Route(method="GET", template="/applications/@me", handler=self._application),
            Route(method="GET", template="/oauth2/applications/@me", handler=self._application),
            Route(method="GET", template="/gateway", handler=self._gateway, with_token=True),
            Route(method="GET", template="/gateway/bot", handler=self._gateway_for_bot),
        ]

    def _user(self, _: Call) -> Answer:
        return Answer(body=self._shapes.own_user())

    def _guilds(self, _: Call) -> Answer:
        guild = self._world.guild
        permissions = str(guild.roles[guild.id].permissions)
        shape: JsonObject = {"id": guild.id, "name": guild.name, "icon": None, "banner": None, "owner": False, "features": []}
        return Answer(body=[shape | {"permissions": permissions}])

    def _application(self, _: Call) -> Answer:
        return Answer(body=self._shapes.application())

    def _gateway(self, _: Call) -> Answer:
        return Answer(body={"url": GATEWAY_URL})

    def _gateway_for_bot(self, _: Call) -> Answer:
        limit = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
        return Answer(body={"url": GATEWAY_URL, "shards": 1, "session_start_limit": limit})
