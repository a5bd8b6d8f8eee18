"""Application commands, global and of one guild."""

from sandbox.discord.errors import api_error
from sandbox.discord.interactions.command_registry import CommandRegistry
from sandbox.discord.rest.routing import NO_CONTENT, ApiCall, ApiResponse, Route
from sandbox.discord.world import World


class Commands:
    """`/applications/{application}/commands` and `/applications/{application}/guilds/{guild}/commands`."""

    def __init__(self, world: World, registry: CommandRegistry) -> None:
        self._world = world
        self._registry = registry

    def routes(self) -> list[Route]:
        roots = ("/applications/{application}/commands", "/applications/{application}/guilds/{guild}/commands")
        return [
            Route(method=method, template=root + rest, handler=handler)
            for root in roots
            for method, rest, handler in (
                ("GET", "", self._list),
                ("PUT", "", self._overwrite),
                ("POST", "", self._create),
                ("GET", "/{command}", self._get),
                ("PATCH", "/{command}", self._change),
                ("DELETE", "/{command}", self._delete),
            )
        ]

    def _scope(self, call: ApiCall) -> str | None:
        if call.path_values["application"] != self._world.application_id:
            raise api_error(20012)
        guild = call.path_values.get("guild")
        if guild is not None and guild != self._world.guild.id:
            raise api_error(50001)
        return guild

    def _list(self, call: ApiCall) -> ApiResponse:
        return ApiResponse(body=self._registry.all(self._scope(call)))

    def _overwrite(self, call: ApiCall) -> ApiResponse:
        return ApiResponse(body=self._registry.overwrite(self._scope(call), call.payload))

    def _create(self, call: ApiCall) -> ApiResponse:
        command, is_new = self._registry.put(self._scope(call), call.payload)
        return ApiResponse(status=201 if is_new else 200, body=command)

    def _get(self, call: ApiCall) -> ApiResponse:
        return ApiResponse(body=self._registry.get(self._scope(call), call.path_values["command"]))

    def _change(self, call: ApiCall) -> ApiResponse:
        return ApiResponse(body=self._registry.change(self._scope(call), call.path_values["command"], call.fields()))

    def _delete(self, call: ApiCall) -> ApiResponse:
        self._registry.delete(self._scope(call), call.path_values["command"])
        return NO_CONTENT
