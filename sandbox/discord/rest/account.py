"""The bot's own account and its gateway URL."""

from sandbox.contracts import JsonObject
from sandbox.discord.rest.routing import ApiCall, ApiResponse, Route
from sandbox.discord.serializer import Serializer
from sandbox.discord.world import World

GATEWAY_URL = "wss://gateway.discord.gg"


class Account:
    """`/users/@me`, `/applications/@me`, `/gateway`, and what some libraries read before they connect."""

    def __init__(self, world: World, serializer: Serializer) -> None:
        self._world = world
        self._serializer = serializer

    def routes(self) -> list[Route]:
        return [
            Route(method="GET", template="/users/@me", handler=self._user),
            Route(method="GET", template="/users/@me/guilds", handler=self._guilds),
            Route(method="GET", template="/applications/@me", handler=self._application),
            Route(method="GET", template="/oauth2/applications/@me", handler=self._application),
            Route(method="GET", template="/soundboard-default-sounds", handler=self._sounds),
            Route(method="GET", template="/gateway", handler=self._gateway, token_in_path=True),
            Route(method="GET", template="/gateway/bot", handler=self._gateway_for_bot),
        ]

    def _user(self, _: ApiCall) -> ApiResponse:
        return ApiResponse(body=self._serializer.own_user())

    def _guilds(self, _: ApiCall) -> ApiResponse:
        guild = self._world.guild
        permissions = str(guild.roles[guild.id].permissions)
        data: JsonObject = {"id": guild.id, "name": guild.name, "icon": None, "banner": None, "owner": False, "features": []}
        return ApiResponse(body=[data | {"permissions": permissions}])

    def _application(self, _: ApiCall) -> ApiResponse:
        return ApiResponse(body=self._serializer.application())

    def _sounds(self, _: ApiCall) -> ApiResponse:
        sound: JsonObject = {"volume": 1.0, "emoji_id": None, "available": True}
        return ApiResponse(body=[sound | {"sound_id": "1", "name": "quack", "emoji_name": "🦆"}])

    def _gateway(self, _: ApiCall) -> ApiResponse:
        return ApiResponse(body={"url": GATEWAY_URL})

    def _gateway_for_bot(self, _: ApiCall) -> ApiResponse:
        limit = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
        return ApiResponse(body={"url": GATEWAY_URL, "shards": 1, "session_start_limit": limit})
