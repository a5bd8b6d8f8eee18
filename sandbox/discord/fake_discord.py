"""The fake Discord as a whole."""

import base64
from fnmatch import fnmatch
from pathlib import Path

from aiohttp import web

from sandbox.contracts import ControlError, ControlledPlatform, JsonObject
from sandbox.discord.attachments.cdn import Cdn
from sandbox.discord.attachments.factory import AttachmentFactory
from sandbox.discord.attachments.signed_urls import CDN_HOST, MEDIA_HOST, SignedUrls
from sandbox.discord.changes import WorldChanges
from sandbox.discord.gateway.gateway import Gateway
from sandbox.discord.interactions.command_registry import CommandRegistry
from sandbox.discord.interactions.interactions import CALLBACK_TIMEOUT_S, Interactions
from sandbox.discord.members.actions import MemberActions
from sandbox.discord.members.interaction_sender import InteractionSender
from sandbox.discord.messages.rendering import MessageRenderer
from sandbox.discord.messages.writer import MessageWriter
from sandbox.discord.rest.access import BotAccess
from sandbox.discord.rest.account import Account
from sandbox.discord.rest.callbacks import Callbacks
from sandbox.discord.rest.channels import Channels
from sandbox.discord.rest.commands import Commands
from sandbox.discord.rest.messages import Messages
from sandbox.discord.rest.ratelimits import RateLimits
from sandbox.discord.rest.server import RestServer
from sandbox.discord.serializer import Serializer
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.world import World
from sandbox.local_server import LocalServer
from sandbox.population import Population
from sandbox.proxy import ConnectProxy
from sandbox.runtime import Runtime
from sandbox.tls import Certificates, issue_certificates

HOSTS = ("discord.com", "gateway.discord.gg", CDN_HOST, MEDIA_HOST, "*.discord.gg")
ATTACHMENT_SIZE_LIMIT = 20 * 1024 * 1024
HEARTBEAT_S = 41.25
DEFAULT_POPULATION = Population()


class FakeDiscord(ControlledPlatform):
    """A TLS server for Discord's host names, reached through a CONNECT proxy.

    Tests may change `world` directly; `change` also dispatches the gateway events, as Discord does.
    """

    def __init__(
        self,
        runtime: Runtime,
        certificates: Certificates,
        *,
        attachment_size_limit: int,
        message_limits: bool,
        privileged_intents: int,
        heartbeat_s: float,
        callback_timeout_s: float,
        population: Population,
    ) -> None:
        self._runtime = runtime
        self._certificates = certificates
        snowflakes = Snowflakes(runtime.clock)
        self.world = world = World(snowflakes, population)
        self.token = _token(runtime, world.application_id)
        signed_urls = SignedUrls(runtime.clock, runtime.random.randbytes(32))
        serializer = Serializer(world, signed_urls)
        self._gateway = gateway = Gateway(
            runtime,
            world,
            serializer,
            snowflakes,
            token=self.token,
            heartbeat_s=heartbeat_s,
            privileged_intents=privileged_intents,
        )
        factory = AttachmentFactory(snowflakes, runtime.files)
        writer = MessageWriter(runtime.clock, world, snowflakes, factory, serializer, gateway)
        interactions = Interactions(runtime.clock, world.application_id, callback_timeout_s=callback_timeout_s)
        registry = CommandRegistry(runtime.clock, snowflakes, world.application_id)
        self._renderer = renderer = MessageRenderer(world)
        size = attachment_size_limit
        sender = InteractionSender(runtime, world, snowflakes, interactions, serializer, gateway, renderer, size_limit=size)
        self._member_actions = MemberActions(
            world, snowflakes, registry, interactions, sender, writer, serializer, factory, size_limit=size
        )
        self._world_changes = WorldChanges(world, writer, serializer, gateway)
        access = BotAccess(world, serializer, privileged_intents=privileged_intents)
        routes = [
            *Account(world, serializer).routes(),
            *Commands(world, registry).routes(),
            *Callbacks(world, interactions, writer, serializer, size_limit=size).routes(),
            *Messages(runtime.clock, world, access, writer, serializer, size_limit=size).routes(),
            *Channels(world, access, writer, serializer, size_limit=size).routes(),
        ]
        self._rest = RestServer(runtime, self.token, routes, RateLimits(message_limits=message_limits))
        self._cdn = Cdn(runtime, signed_urls, world.find_attachment, world.stickers.values())
        self._server: LocalServer | None = None
        self._proxy: ConnectProxy | None = None

    @classmethod
    async def start(
        cls,
        runtime: Runtime,
        folder: Path,
        *,
        attachment_size_limit: int = ATTACHMENT_SIZE_LIMIT,
        message_limits: bool = True,
        privileged_intents: int = 0,
        heartbeat_s: float = HEARTBEAT_S,
        callback_timeout_s: float = CALLBACK_TIMEOUT_S,
        population: Population = DEFAULT_POPULATION,
    ) -> "FakeDiscord":
        """Start the TLS server and the proxy on free ports of 127.0.0.1, and write `ca.pem` into `folder`.

        `message_limits` enables the rate limits of sending, editing and reacting. `privileged_intents` are those granted to the
        app. `callback_timeout_s` is how long an interaction waits for its first response. `population` is for loads.
        """
        fake = cls(
            runtime,
            issue_certificates(folder, HOSTS),
            attachment_size_limit=attachment_size_limit,
            message_limits=message_limits,
            privileged_intents=privileged_intents,
            heartbeat_s=heartbeat_s,
            callback_timeout_s=callback_timeout_s,
            population=population,
        )
        await fake._listen()
        return fake

    async def _listen(self) -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._server = await LocalServer.start(application, ssl_context=self._certificates.server)
        self._proxy = ConnectProxy(dict.fromkeys(HOSTS, ("127.0.0.1", self._server.port)))
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
        return await self._member_actions.act(act)

    def change(self, what: str, *, channel: str | None = None, user: str | None = None) -> None:
        self._world_changes.change(what, channel=channel, user=user)

    def seen(self, channel: str, after: str | None = None) -> list[JsonObject]:
        found = self.world.find_channel(channel)
        if found is None:
            raise ControlError(f"There is no channel {channel}.")
        if after and not after.isdigit():
            raise ControlError("`after` is the id of a message.")
        return self._renderer.channel(found, after)

    def describe(self) -> JsonObject:
        world = self.world
        return {
            "guild": world.guild.id,
            "channels": [channel.id for channel in world.text_channels],
            "channel_names": {channel.name: channel.id for channel in world.text_channels},
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
        """Whether a bot is connected to the gateway and identified."""
        return self._gateway.connected

    async def close(self) -> None:
        await self._gateway.close()
        if self._proxy is not None:
            await self._proxy.close()
        if self._server is not None:
            await self._server.close()


def _token(runtime: Runtime, application_id: str) -> str:
    """Return a token in Discord's format: application id, time and secret."""
    head = base64.urlsafe_b64encode(application_id.encode()).decode().rstrip("=")
    secret = base64.urlsafe_b64encode(runtime.random.randbytes(27)).decode().rstrip("=")
    return f"{head}.sandbx.{secret}"
