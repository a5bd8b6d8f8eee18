"""Discord on this machine: put together, started and closed."""

import base64
from fnmatch import fnmatch
from pathlib import Path

from aiohttp import web

from sandbox.discord.attachments.attachment import Attacher
from sandbox.discord.attachments.cdn import Cdn
from sandbox.discord.attachments.links import CDN_HOST, MEDIA_HOST, Links
from sandbox.discord.changes import Changing
from sandbox.discord.gateway.gateway import Gateway
from sandbox.discord.interactions.interactions import CALLBACK_S, Interactions
from sandbox.discord.interactions.registered_commands import CommandBook
from sandbox.discord.members.actions import Acting
from sandbox.discord.members.invocation import Invoking
from sandbox.discord.messages.posting import Posting
from sandbox.discord.messages.visible import Seeing
from sandbox.discord.rest.access import Access
from sandbox.discord.rest.account import Account
from sandbox.discord.rest.callbacks import Callbacks
from sandbox.discord.rest.channels import Channels
from sandbox.discord.rest.commands import Commands
from sandbox.discord.rest.messages import Messages
from sandbox.discord.rest.ratelimits import RateLimits
from sandbox.discord.rest.server import RestServer
from sandbox.discord.shapes import Shapes
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.world import World
from sandbox.population import Population
from sandbox.proxy import ConnectProxy
from sandbox.stage import ActError, JsonObject, Stage
from sandbox.tls import Certificates, issue_certificates

HOSTS = ("discord.com", "gateway.discord.gg", CDN_HOST, MEDIA_HOST, "*.discord.gg")
ATTACHMENT_SIZE_LIMIT = 20 * 1024 * 1024
HEARTBEAT_S = 41.25
EVERYBODY = Population()


class Discord:
    """The Discord stand-in: a TLS server for Discord's host names, reached through a CONNECT proxy.

    `world` may be changed by whoever holds the object; `change` also tells the bot of it, as Discord does.
    """

    def __init__(
        self,
        stage: Stage,
        certificates: Certificates,
        *,
        attachment_size_limit: int,
        message_limits: bool,
        privileged_intents: int,
        heartbeat_s: float,
        callback_s: float,
        population: Population,
    ) -> None:
        self._stage = stage
        self._certificates = certificates
        snowflakes = Snowflakes(stage.clock)
        self.world = world = World(snowflakes, population)
        self.token = _token(stage, world.application_id)
        links = Links(stage.clock, stage.random.randbytes(32))
        shapes = Shapes(world, links)
        self._gateway = gateway = Gateway(
            stage,
            world,
            shapes,
            snowflakes,
            token=self.token,
            heartbeat_s=heartbeat_s,
            privileged_intents=privileged_intents,
        )
        attacher = Attacher(snowflakes, stage.files)
        posting = Posting(stage.clock, world, snowflakes, attacher, shapes, gateway)
        interactions = Interactions(stage.clock, world.application_id, callback_s=callback_s)
        book = CommandBook(stage.clock, snowflakes, world.application_id)
        self._seeing = seeing = Seeing(world)
        size = attachment_size_limit
        invoking = Invoking(stage, world, snowflakes, interactions, shapes, gateway, seeing, size_limit=size)
        self._acting = Acting(world, snowflakes, book, interactions, invoking, posting, shapes, attacher, size_limit=size)
        self._changing = Changing(world, posting, shapes, gateway)
        access = Access(world, shapes, privileged_intents=privileged_intents)
        routes = [
            *Account(world, shapes).routes(),
            *Commands(world, book).routes(),
            *Callbacks(world, interactions, posting, shapes, size_limit=size).routes(),
            *Messages(stage.clock, world, access, posting, shapes, size_limit=size).routes(),
            *Channels(world, access, posting, shapes, size_limit=size).routes(),
        ]
        self._rest = RestServer(stage, self.token, routes, RateLimits(message_limits=message_limits))
        self._cdn = Cdn(stage, links, world.find_attachment)
        self._runner: web.AppRunner | None = None
        self._proxy: ConnectProxy | None = None

    @classmethod
    async def start(
        cls,
        stage: Stage,
        folder: Path,
        *,
        attachment_size_limit: int = ATTACHMENT_SIZE_LIMIT,
        message_limits: bool = True,
        privileged_intents: int = 0,
        heartbeat_s: float = HEARTBEAT_S,
        callback_s: float = CALLBACK_S,
        population: Population = EVERYBODY,
    ) -> "Discord":
        """Start the TLS server and the proxy on free ports of 127.0.0.1, and write `ca.pem` into `folder`.

        `message_limits` switches the rate limits of sending, editing and reacting; `privileged_intents` are those
        that the app has been granted; `callback_s` is how long an interaction waits for its first answer; `population` is for loads.
        """
        stand_in = cls(
            stage,
            issue_certificates(folder, HOSTS),
            attachment_size_limit=attachment_size_limit,
            message_limits=message_limits,
            privileged_intents=privileged_intents,
            heartbeat_s=heartbeat_s,
            callback_s=callback_s,
            population=population,
        )
        await stand_in._listen()
        return stand_in

    async def _listen(self) -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._certificates.server)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._proxy = ConnectProxy(dict.fromkeys(HOSTS, (host, port)))
        await self._proxy.start()
        self._gateway.start()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        host = (request.host or "").partition(":")[0].lower()
        if host == "discord.com":
            return await self._rest.serve(request)
        if host in (CDN_HOST, MEDIA_HOST):
            return await self._cdn.serve(request)
        if fnmatch(host, "*.discord.gg"):
            return await self._gateway.serve(request)
        return web.Response(status=421, text="This is no host of Discord's.")

    async def act(self, act: JsonObject) -> JsonObject:
        return await self._acting.act(act)

    def change(self, what: str, *, channel: str | None = None, user: str | None = None) -> None:
        self._changing.change(what, channel=channel, user=user)

    def seen(self, channel: str, after: str | None = None) -> list[JsonObject]:
        found = self.world.find_channel(channel)
        if found is None:
            raise ActError(f"There is no channel {channel}.")
        if after and not after.isdigit():
            raise ActError("`after` is the id of a message.")
        return self._seeing.channel(found, after)

    def describe(self) -> JsonObject:
        world = self.world
        return {
            "guild": world.guild.id,
            "channels": [channel.id for channel in world.places],
            "channel_names": {channel.name: channel.id for channel in world.places},
            "users": {user.name: user.id for user in world.users.values() if not user.bot},
            "bot": world.bot.id,
            "roles": {role.name: role.id for role in world.guild.roles.values() if role.mentionable},
        }

    def environment(self) -> dict[str, str]:
        assert self._proxy is not None
        return {
            "DISCORD_TOKEN": self.token,
            "DISCORD_PROXY": self._proxy.url,
            "TLS_CA_FILE": str(self._certificates.ca_file),
        }

    @property
    def connected(self) -> bool:
        """Whether a bot is identified at the gateway now."""
        return self._gateway.connected

    async def close(self) -> None:
        await self._gateway.close()
        if self._proxy is not None:
            await self._proxy.close()
        if self._runner is not None:
            await self._runner.cleanup()


def _token(stage: Stage, application_id: str) -> str:
    """Make a token of Discord's form: the application's id, a time and a secret."""
    head = base64.urlsafe_b64encode(application_id.encode()).decode().rstrip("=")
    secret = base64.urlsafe_b64encode(stage.random.randbytes(27)).decode().rstrip("=")
    return f"{head}.sandbx.{secret}"
