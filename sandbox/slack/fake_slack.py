"""The fake Slack as a whole."""

from collections.abc import Iterable
from pathlib import Path

from aiohttp import web

from sandbox.contracts import ControlError, ControlledPlatform, JsonObject
from sandbox.local_server import LocalServer
from sandbox.population import Population
from sandbox.runtime import Runtime
from sandbox.slack.api.account import AccountMethods
from sandbox.slack.api.chat import ChatMethods
from sandbox.slack.api.conversations import ConversationMethods
from sandbox.slack.api.files import FileMethods
from sandbox.slack.api.lookup import Lookup
from sandbox.slack.api.ratelimits import RateLimits
from sandbox.slack.api.server import ApiServer
from sandbox.slack.api.tokens import SCOPES, AppTokens
from sandbox.slack.api.views import ViewMethods
from sandbox.slack.changes import WorldChanges
from sandbox.slack.events.background_tasks import BackgroundTasks
from sandbox.slack.events.dispatcher import ACK_TIMEOUT_S, Dispatcher
from sandbox.slack.events.http_mode import HttpMode
from sandbox.slack.events.publisher import EventPublisher
from sandbox.slack.events.socket_mode import SocketMode
from sandbox.slack.files.file_server import FileServer
from sandbox.slack.files.workspace_files import SHARE_DELAY_S, WorkspaceFiles
from sandbox.slack.identifiers import Identifiers
from sandbox.slack.members.actions import MemberActions
from sandbox.slack.members.interaction_sender import InteractionSender
from sandbox.slack.members.interactions import Interactions
from sandbox.slack.members.open_views import OpenViews
from sandbox.slack.messages.content import ContentReader
from sandbox.slack.messages.rendering import MessageRenderer
from sandbox.slack.messages.response_urls import ResponseUrls
from sandbox.slack.messages.writer import MessageWriter
from sandbox.slack.serializer import Serializer
from sandbox.slack.urls import Urls
from sandbox.slack.world import World

_MOST_BODY_BYTES = 256 * 1024 * 1024
DEFAULT_POPULATION = Population()


class FakeSlack(ControlledPlatform):
    """Serves plain HTTP and websockets on 127.0.0.1.

    Tests may change `world` directly: the members of channels, the events the app subscribes to. `change` applies a named change.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        message_limits: bool,
        request_url: str | None,
        scopes: Iterable[str],
        share_delay_s: float,
        ack_timeout_s: float,
        population: Population,
    ) -> None:
        identifiers = Identifiers(runtime.clock, runtime.random)
        self.world = world = World(identifiers, runtime.clock.now(), population)
        self.tokens = tokens = AppTokens.grant(identifiers, world.app_id, scopes)
        self.signing_secret = secret = identifiers.secret(32)
        self._urls = urls = Urls(team_id=world.team_id, domain=world.domain)
        self._background = background = BackgroundTasks()
        self._socket_mode = socket_mode = SocketMode(runtime, background, world.app_id, ack_timeout_s=ack_timeout_s)
        self._http_mode = (
            HttpMode(runtime, background, request_url, secret, ack_timeout_s=ack_timeout_s) if request_url is not None else None
        )
        serializer = Serializer(world, urls, runtime.clock)
        dispatcher = Dispatcher(runtime.clock, self._http_mode or socket_mode, background)
        publisher = EventPublisher(runtime.clock, world, identifiers, serializer, dispatcher)
        open_views = OpenViews(identifiers)
        interactions = Interactions(runtime.clock, identifiers, urls)
        content_reader = ContentReader(runtime.clock, world, identifiers)
        writer = MessageWriter(world, identifiers, serializer, publisher, interactions)
        workspace_files = WorkspaceFiles(runtime, world, identifiers, writer, background, share_delay_s=share_delay_s)
        response_urls = ResponseUrls(runtime, world, interactions, content_reader, writer)
        self._renderer = renderer = MessageRenderer(runtime.clock, world, content_reader)
        self._member_actions = MemberActions(
            world=world,
            writer=writer,
            workspace_files=workspace_files,
            publisher=publisher,
            interactions=interactions,
            open_views=open_views,
            content_reader=content_reader,
            sender=InteractionSender(runtime.clock, world, serializer, interactions, open_views, dispatcher, renderer),
            response_urls=response_urls,
            serializer=serializer,
            tokens=tokens,
            http_mode=self._http_mode,
        )
        lookup = Lookup(world)
        methods = {
            **AccountMethods(world, serializer, tokens, socket_mode, urls, identifiers).methods(),
            **ChatMethods(runtime.clock, world, lookup, content_reader, writer, serializer).methods(),
            **ConversationMethods(world, lookup, serializer).methods(),
            **FileMethods(world, lookup, content_reader, workspace_files, serializer, urls).methods(),
            **ViewMethods(world, content_reader, open_views, interactions, serializer).methods(),
        }
        api = ApiServer(runtime, tokens, methods, RateLimits(runtime.clock, message_limits=message_limits))
        self._routes = [web.route("*", "/api/{method}", api.serve), web.get("/link/", socket_mode.serve)]
        self._routes += [*FileServer(runtime, world, tokens, workspace_files).routes(), *response_urls.routes()]
        self._world_changes = WorldChanges(world)
        self._server: LocalServer | None = None

    @classmethod
    async def start(
        cls,
        runtime: Runtime,
        folder: Path,
        *,
        message_limits: bool = True,
        request_url: str | None = None,
        scopes: Iterable[str] = SCOPES,
        share_delay_s: float = SHARE_DELAY_S,
        ack_timeout_s: float = ACK_TIMEOUT_S,
        population: Population = DEFAULT_POPULATION,
    ) -> "FakeSlack":
        """Start the server on a free port of 127.0.0.1.

        With `request_url` (default path `/slack/events`), Slack posts to the bot; without it, the bot uses Socket Mode. `message_limits`
        enables rate limits. `scopes` are those granted to the bot. `share_delay_s` is how long an upload takes to become a message,
        `ack_timeout_s` how long the bot may take to acknowledge. `population` is for loads.
        """
        del folder
        fake = cls(
            runtime,
            message_limits=message_limits,
            request_url=request_url,
            scopes=scopes,
            share_delay_s=share_delay_s,
            ack_timeout_s=ack_timeout_s,
            population=population,
        )
        await fake._listen()
        return fake

    async def _listen(self) -> None:
        application = web.Application(client_max_size=_MOST_BODY_BYTES)
        application.add_routes(self._routes)
        self._server = await LocalServer.start(application)
        self._urls.origin = f"http://127.0.0.1:{self._server.port}"
        self._urls.socket_origin = f"ws://127.0.0.1:{self._server.port}"
        self._socket_mode.start()

    async def act(self, act: JsonObject) -> JsonObject:
        return await self._member_actions.act(act)

    def change(self, what: str, *, channel: str | None = None, user: str | None = None) -> None:
        self._world_changes.change(what, channel=channel, user=user)

    def seen(self, channel: str, after: str | None = None) -> list[JsonObject]:
        found = self.world.find_channel(channel)
        if found is None:
            raise ControlError(f"There is no channel {channel}.")
        return self._renderer.channel(found, after)

    def describe(self) -> JsonObject:
        world = self.world
        return {
            "team": world.team_id,
            "channels": [channel.id for channel in world.workspace_channels],
            "channel_names": {channel.name: channel.id for channel in world.workspace_channels},
            "users": {user.name: user.id for user in world.users.values() if not user.bot},
            "bot": world.bot.id,
        }

    def environment(self) -> dict[str, str]:
        mode = {"SLACK_APP_TOKEN": self.tokens.app_token}
        if self._http_mode is not None:
            mode = {"SLACK_SIGNING_SECRET": self.signing_secret}
        return {"SLACK_BOT_TOKEN": self.tokens.bot_token, "SLACK_API_URL": f"{self._urls.origin}/api/"} | mode

    @property
    def connected(self) -> bool:
        """Whether a bot is connected by Socket Mode now."""
        return self._socket_mode.connected

    async def close(self) -> None:
        await self._background.close()
        await self._socket_mode.close()
        if self._http_mode is not None:
            await self._http_mode.close()
        if self._server is not None:
            await self._server.close()
