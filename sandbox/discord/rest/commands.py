"""Application commands: global ones and those of one server."""

from sandbox.discord.errors import refusal
from sandbox.discord.interactions.registered_commands import CommandBook
from sandbox.discord.rest.routing import NO_CONTENT, Answer, Call, Route
from sandbox.discord.world import World


class Commands:
    """`/applications/{application}/commands` and `/applications/{application}/guilds/{guild}/commands`."""

    def __init__(self, world: World, book: CommandBook) -> None:
        self._world = world
        self._book = book

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

    def _scope(self, call: Call) -> str | None:
        if call.at["application"] != self._world.application_id:
            raise refusal(20012)
        guild = call.at.get("guild")
        if guild is not None and guild != self._world.guild.id:
            raise refusal(50001)
        return guild

    def _list(self, call: Call) -> Answer:
        return Answer(body=self._book.all(self._scope(call)))

    def _overwrite(self, call: Call) -> Answer:
        return Answer(body=self._book.overwrite(self._scope(call), call.payload))

    def _create(self, call: Call) -> Answer:
        command, is_new = self._book.put(self._scope(call), call.payload)
        return Answer(status=201 if is_new else 200, body=command)

    def _get(self, call: Call) -> Answer:
        return Answer(body=self._book.get(self._scope(call), call.at["command"]))

    def _change(self, call: Call) -> Answer:
        return Answer(body=self._book.change(self._scope(call), call.at["command"], call.fields()))

    def _delete(self, call: Call) -> Answer:
        self._book.delete(self._scope(call), call.at["command"])
        return NO_CONTENT
