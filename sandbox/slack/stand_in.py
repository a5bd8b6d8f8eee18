"""Slack on this machine: put together, started and closed."""

from collections.abc import Iterable
from pathlib import Path

from aiohttp import web

from sandbox.gateways.serving import LocalServer
from sandbox.population import Population
from sandbox.slack.api.access import SCOPES, Access
from sandbox.slack.api.account import Account
from sandbox.slack.api.chat import Chat
from sandbox.slack.api.conversations import Conversations
from sandbox.slack.api.files import FileMethods
from sandbox.slack.api.places import Places
from sandbox.slack.api.ratelimits import RateLimits
from sandbox.slack.api.server import ApiServer
from sandbox.slack.api.views import ViewMethods
from sandbox.slack.changes import Changing
from sandbox.slack.events.delivery import ACK_S, Courier
from sandbox.slack.events.errands import Errands
from sandbox.slack.events.events import Announcing
from sandbox.slack.events.http_mode import SignedRequests
from sandbox.slack.events.socket_mode import Sockets
from sandbox.slack.files.hosting import Hosting
from sandbox.slack.files.sharing import SHARE_S, Sharing
from sandbox.slack.identifiers import Identifiers
from sandbox.slack.links import Links
from sandbox.slack.members.actions import Acting
from sandbox.slack.members.gestures import Gestures
from sandbox.slack.members.interactions import Interactions
from sandbox.slack.members.open_views import Forms
from sandbox.slack.messages.contents import Contents
from sandbox.slack.messages.posting import Posting
from sandbox.slack.messages.response_urls import Responding
from sandbox.slack.messages.visible import Seeing
from sandbox.slack.shapes import Shapes
from sandbox.slack.world import World
from sandbox.stage import ActError, JsonObject, Stage

_MOST_BODY_BYTES = 256 * 1024 * 1024
EVERYBODY = Population()


class Slack:
    """The Slack stand-in: plain HTTP and websockets on 127.0.0.1.

    `world` may be changed by whoever holds the object: members of channels, the events the app subscribes to; `change` does it by a word.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        message_limits: bool,
        http_to: str | None,
        scopes: Iterable[str],
        share_s: float,
        ack_s: float,
        population: Population,
    ) -> None:
        identifiers = Identifiers(stage.clock, stage.random)
        self.world = world = World(identifiers, stage.clock.now(), population)
        self.access = access = Access.grant(identifiers, world.app_id, scopes)
        self.signing_secret = secret = identifiers.secret(32)
        self._links = links = Links(team_id=world.team_id, domain=world.domain)
        self._errands = errands = Errands(stage.clock)
        self._sockets = sockets = Sockets(stage, errands, world.app_id, ack_s=ack_s)
        self._signed = SignedRequests(stage, errands, http_to, secret, ack_s=ack_s) if http_to is not None else None
        shapes = Shapes(world, links, stage.clock)
        courier = Courier(stage.clock, self._signed or sockets, errands)
        announcing = Announcing(stage.clock, world, identifiers, shapes, courier)
        forms = Forms(identifiers)
        interactions = Interactions(stage.clock, identifiers, links)
        contents = Contents(stage.clock, world, identifiers)
        posting = Posting(world, identifiers, shapes, announcing, interactions)
        sharing = Sharing(stage, world, identifiers, posting, errands, share_s=share_s)
        responding = Responding(world, interactions, contents, posting)
        self._seeing = seeing = Seeing(stage.clock, world, contents)
        self._acting = Acting(
            world=world,
            posting=posting,
            sharing=sharing,
            announcing=announcing,
            interactions=interactions,
            forms=forms,
            contents=contents,
            gestures=Gestures(stage.clock, world, shapes, interactions, forms, courier, seeing),
            responding=responding,
            shapes=shapes,
            access=access,
            signed=self._signed,
        )
        places = Places(world)
        methods = {
            **Account(world, shapes, access, sockets, links, identifiers).methods(),
            **Chat(stage.clock, world, places, contents, posting, shapes).methods(),
            **Conversations(world, places, shapes).methods(),
            **FileMethods(world, places, contents, sharing, shapes, links).methods(),
            **ViewMethods(world, contents, forms, interactions, shapes).methods(),
        }
        api = ApiServer(stage, access, methods, RateLimits(stage.clock, message_limits=message_limits))
        hosting = Hosting(stage, world, access, sharing)
        self._routes = [
            web.route("*", "/api/{method}", api.serve),
            web.get("/link/", sockets.serve),
            *hosting.routes(),
            *responding.routes(),
        ]
        self._server: LocalServer | None = None

    @classmethod
    async def start(
        cls,
        stage: Stage,
        folder: Path,
        *,
        message_limits: bool = True,
        http_to: str | None = None,
        scopes: Iterable[str] = SCOPES,
        share_s: float = SHARE_S,
        ack_s: float = ACK_S,
        population: Population = EVERYBODY,
    ) -> "Slack":
        """Start the server on a free port of 127.0.0.1.

        `http_to` is the bot's address in HTTP mode (its path `/slack/events` unless it says another), otherwise there is Socket Mode;
        `message_limits` switches rate limits; `scopes` are those granted to the bot; `share_s` is how long an upload takes to become a message,
        `ack_s` how long the bot may take to acknowledge; `population` is for loads.
        """
        del folder
        stand_in = cls(
            stage,
            message_limits=message_limits,
            http_to=http_to,
            scopes=scopes,
            share_s=share_s,
            ack_s=ack_s,
            population=population,
        )
        await stand_in._listen()
        return stand_in

    async def _listen(self) -> None:
        application = web.Application(client_max_size=_MOST_BODY_BYTES)
        application.add_routes(self._routes)
        self._server = await LocalServer.start(application)
        self._links.origin = f"http://127.0.0.1:{self._server.port}"
        self._links.socket_origin = f"ws://127.0.0.1:{self._server.port}"
        self._sockets.start()

    async def act(self, act: JsonObject) -> JsonObject:
        return await self._acting.act(act)

    def change(self, what: str, *, channel: str | None = None, user: str | None = None) -> None:
        Changing(self.world).change(what, channel=channel, user=user)

    def seen(self, channel: str, after: str | None = None) -> list[JsonObject]:
        found = self.world.find_channel(channel)
        if found is None:
            raise ActError(f"There is no channel {channel}.")
        return self._seeing.channel(found, after)

    def describe(self) -> JsonObject:
        world = self.world
        return {
            "team": world.team_id,
            "channels": [channel.id for channel in world.places],
            "channel_names": {channel.name: channel.id for channel in world.places},
            "users": {user.name: user.id for user in world.users.values() if not user.bot},
            "bot": world.bot.id,
        }

    def environment(self) -> dict[str, str]:
        mode = {"SLACK_APP_TOKEN": self.access.app_token}
        if self._signed is not None:
            mode = {"SLACK_SIGNING_SECRET": self.signing_secret}
        return {"SLACK_BOT_TOKEN": self.access.bot_token, "SLACK_API_URL": f"{self._links.origin}/api/"} | mode

    @property
    def connected(self) -> bool:
        """Whether a bot listens by Socket Mode now."""
        return self._sockets.connected

    async def close(self) -> None:
        await self._errands.close()
        await self._sockets.close()
        if self._signed is not None:
            await self._signed.close()
        if self._server is not None:
            await self._server.close()
