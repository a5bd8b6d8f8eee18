"""Channels, threads, typing, direct messages and guilds, with the bot's token."""

from sandbox.discord.enums import ChannelType, Permission
from sandbox.discord.errors import FormErrors, api_error, invalid_form_body
from sandbox.discord.messages.bodies import read_body
from sandbox.discord.messages.writer import MessageWriter
from sandbox.discord.rest.access import BotAccess
from sandbox.discord.rest.routing import NO_CONTENT, SENDING, ApiCall, ApiResponse, Route
from sandbox.discord.serializer import Serializer
from sandbox.discord.world import Channel, Guild, Message, World

_ARCHIVE_MINUTES = (60, 1440, 4320, 10080)


class Channels:
    """`/channels/{channel}` except its messages, `/users/@me/channels` and `/guilds/{guild}`."""

    def __init__(
        self, world: World, access: BotAccess, writer: MessageWriter, serializer: Serializer, *, size_limit: int
    ) -> None:
        self._world = world
        self._access = access
        self._writer = writer
        self._serializer = serializer
        self._size_limit = size_limit

    def routes(self) -> list[Route]:
        member = "/channels/{channel}/thread-members/@me"
        threads = "/channels/{channel}/threads"
        on_message = "/channels/{channel}/messages/{message}/threads"
        return [
            Route(method="GET", template="/channels/{channel}", handler=self._get),
            Route(method="PATCH", template="/channels/{channel}", handler=self._patch),
            Route(method="POST", template="/channels/{channel}/typing", handler=self._type, limit=SENDING),
            Route(method="POST", template=on_message, handler=self._open_on_message),
            Route(method="POST", template=threads, handler=self._open),
            Route(method="PUT", template=member, handler=self._join),
            Route(method="DELETE", template=member, handler=self._join),
            Route(method="POST", template="/users/@me/channels", handler=self._open_dm),
            Route(method="GET", template="/users/{user}", handler=self._user),
            Route(method="GET", template="/guilds/{guild}", handler=self._guild),
            Route(method="GET", template="/guilds/{guild}/channels", handler=self._guild_channels),
            Route(method="GET", template="/guilds/{guild}/members/{user}", handler=self._member),
        ]

    def _get(self, call: ApiCall) -> ApiResponse:
        return ApiResponse(body=self._serializer.channel(self._access.channel(call.path_values["channel"])))

    def _patch(self, call: ApiCall) -> ApiResponse:
        channel = self._access.channel(call.path_values["channel"])
        own = channel.is_thread and channel.owner_id == self._world.bot.id
        if not own and not channel.permissions & Permission.MANAGE_THREADS:
            raise api_error(50013)
        payload = call.fields()
        if channel.archived and payload.get("archived", True):
            raise api_error(50083)
        channel.archived = bool(payload.get("archived", channel.archived))
        channel.locked = bool(payload.get("locked", channel.locked))
        channel.archive_minutes = _archive_minutes(payload, channel.archive_minutes)
        if "name" in payload:
            channel.name = _thread_name(payload)
        self._writer.dispatch_channel("THREAD_UPDATE", channel)
        return ApiResponse(body=self._serializer.channel(channel))

    def _type(self, call: ApiCall) -> ApiResponse:
        channel = self._access.channel(call.path_values["channel"])
        self._access.check_sending(channel, call)
        if channel.archived:
            raise api_error(50083)
        return NO_CONTENT

    def _open_on_message(self, call: ApiCall) -> ApiResponse:
        message = self._access.message(call.path_values["channel"], call.path_values["message"])
        channel = self._check_threads(message.channel_id)
        if message.thread_id is not None:
            raise api_error(160004)
        thread = self._writer.open_thread(channel, _thread_name(call.fields()), self._world.bot.id, start=message)
        thread.archive_minutes = _archive_minutes(call.fields(), thread.archive_minutes)
        return ApiResponse(status=201, body=self._serializer.channel(thread))

    def _open(self, call: ApiCall) -> ApiResponse:
        channel = self._check_threads(call.path_values["channel"])
        payload = call.fields()
        if payload.get("type", 12) != ChannelType.PUBLIC_THREAD:
            raise api_error(50024)
        first = payload.get("message")
        body = read_body(first, call.uploads, previous=None, size_limit=self._size_limit) if first else None
        thread = self._writer.open_thread(channel, _thread_name(payload), self._world.bot.id)
        thread.archive_minutes = _archive_minutes(payload, thread.archive_minutes)
        if body is not None:
            self._writer.post(thread, body, Message(id="", channel_id=thread.id, author_id=self._world.bot.id))
        return ApiResponse(status=201, body=self._serializer.channel(thread))

    def _check_threads(self, channel_id: str) -> Channel:
        channel = self._access.channel(channel_id)
        if channel.type != ChannelType.GUILD_TEXT:
            raise api_error(50024)
        if not channel.allows(Permission.CREATE_PUBLIC_THREADS):
            raise api_error(50013)
        return channel

    def _join(self, call: ApiCall) -> ApiResponse:
        if self._access.channel(call.path_values["channel"]).archived:
            raise api_error(50083)
        return NO_CONTENT

    def _open_dm(self, call: ApiCall) -> ApiResponse:
        user = self._world.users.get(str(call.fields().get("recipient_id")))
        if user is None:
            raise api_error(10013)
        channel = self._world.dm_with(user.id)
        if channel is None:
            raise api_error(50007)
        return ApiResponse(body=self._serializer.channel(channel))

    def _user(self, call: ApiCall) -> ApiResponse:
        user = self._world.users.get(call.path_values["user"])
        if user is None:
            raise api_error(10013)
        return ApiResponse(body=self._serializer.user(user))

    def _find_guild(self, call: ApiCall) -> Guild:
        guild = self._world.guilds.get(call.path_values["guild"])
        if guild is None:
            raise api_error(10004)
        if guild not in self._world.joined_guilds:
            raise api_error(50001)
        return guild

    def _guild(self, call: ApiCall) -> ApiResponse:
        only_at_the_gateway = ("channels", "threads", "members", "presences", "voice_states", "joined_at", "large")
        whole = self._serializer.guild(self._find_guild(call))
        return ApiResponse(body={key: value for key, value in whole.items() if key not in only_at_the_gateway})

    def _guild_channels(self, call: ApiCall) -> ApiResponse:
        return ApiResponse(body=self._serializer.guild(self._find_guild(call))["channels"])

    def _member(self, call: ApiCall) -> ApiResponse:
        guild, user = self._find_guild(call), call.path_values["user"]
        if user not in self._world.users:
            raise api_error(10013)
        if user not in guild.members:
            raise api_error(10007)
        return ApiResponse(body=self._serializer.member(user, guild))


def _thread_name(payload: dict[str, object]) -> str:
    errors = FormErrors()
    errors.check_length("name", payload.get("name"), 1, 100)
    errors.raise_if_any()
    return str(payload["name"])


def _archive_minutes(payload: dict[str, object], otherwise: int) -> int:
    minutes = payload.get("auto_archive_duration") or otherwise
    if minutes not in _ARCHIVE_MINUTES:
        raise invalid_form_body("auto_archive_duration", "BASE_TYPE_CHOICES", f"Value must be one of {set(_ARCHIVE_MINUTES)}.")
    return int(str(minutes))
