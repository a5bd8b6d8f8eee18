"""Messages and reactions, with the bot's token."""

from collections import deque
from dataclasses import replace
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.discord.enums import ChannelType, MessageFlag, MessageType, Permission
from sandbox.discord.errors import api_error, invalid_form_body
from sandbox.discord.messages.bodies import read_body
from sandbox.discord.messages.writer import MessageWriter
from sandbox.discord.rest.access import BotAccess
from sandbox.discord.rest.routing import NO_CONTENT, REACTING, SENDING, ApiCall, ApiResponse, Route
from sandbox.discord.serializer import Serializer
from sandbox.discord.snowflakes import created_at
from sandbox.discord.world import Channel, Message, World

_NONCE_S = 300.0
_OLD_S = 3600.0
_OLD_EDITS = 5
_OLD_EDITS_S = 60.0
_MESSAGE_PATH = "/channels/{channel}/messages/{message}"


class Messages:
    """`/channels/{channel}/messages` and everything below it."""

    def __init__(
        self,
        clock: SandboxClock,
        world: World,
        access: BotAccess,
        writer: MessageWriter,
        serializer: Serializer,
        *,
        size_limit: int,
    ) -> None:
        self._clock = clock
        self._world = world
        self._access = access
        self._writer = writer
        self._serializer = serializer
        self._size_limit = size_limit
        self._old_edits: dict[str, deque[float]] = {}
        self._nonces: dict[str, str] = {}

    def routes(self) -> list[Route]:
        reactions = f"{_MESSAGE_PATH}/reactions"
        return [
            Route(method="POST", template="/channels/{channel}/messages", handler=self._create, limit=SENDING),
            Route(method="GET", template="/channels/{channel}/messages", handler=self._list),
            Route(method="GET", template=_MESSAGE_PATH, handler=self._get),
            Route(method="PATCH", template=_MESSAGE_PATH, handler=self._edit, limit=SENDING),
            Route(method="DELETE", template=_MESSAGE_PATH, handler=self._delete, limit=SENDING),
            Route(method="PUT", template=f"{reactions}/{{emoji}}/@me", handler=self._react, limit=REACTING),
            Route(method="DELETE", template=f"{reactions}/{{emoji}}/@me", handler=self._unreact, limit=REACTING),
            Route(method="DELETE", template=f"{reactions}/{{emoji}}/{{user}}", handler=self._unreact, limit=REACTING),
            Route(method="GET", template=f"{reactions}/{{emoji}}", handler=self._reactors),
        ]

    def _create(self, call: ApiCall) -> ApiResponse:
        channel = self._access.channel(call.path_values["channel"])
        self._access.check_sending(channel, call)
        payload = call.fields()
        reply_to = self._reply_target(channel, payload.get("message_reference"))
        nonce = payload.get("nonce")
        if nonce is not None and len(str(nonce)) > 25:
            raise invalid_form_body("nonce", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        body = read_body(call.payload, call.uploads, previous=None, size_limit=self._size_limit)
        if nonce is not None and payload.get("enforce_nonce"):
            earlier = self._find_by_nonce(str(nonce))
            if earlier is not None:
                return ApiResponse(body=self._serializer.message(earlier))
        if channel.is_thread and channel.archived:
            channel.archived = False
            self._writer.dispatch_channel("THREAD_UPDATE", channel)
        message = self._writer.post(
            channel,
            replace(body, flags=body.flags & ~MessageFlag.EPHEMERAL),
            Message(
                id="",
                channel_id=channel.id,
                author_id=self._world.bot.id,
                type=MessageType.REPLY if reply_to else MessageType.DEFAULT,
                reply_to=reply_to,
                nonce=str(nonce) if nonce is not None else None,
            ),
        )
        if message.nonce is not None:
            self._nonces[message.nonce] = message.id
        return ApiResponse(body=self._serializer.message(message))

    def _reply_target(self, channel: Channel, reference: Any) -> str | None:
        if not isinstance(reference, dict) or reference.get("type"):
            return None
        if not channel.allows(Permission.READ_MESSAGE_HISTORY):
            raise api_error(160002)
        target = channel.messages.get(str(reference.get("message_id")))
        if target is not None and target.private_to is None:
            return target.id
        if reference.get("fail_if_not_exists", True):
            raise invalid_form_body("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
        return None

    def _find_by_nonce(self, nonce: str) -> Message | None:
        """Find the bot's message with this nonce, in any channel. A deleted one still counts (github.com/discord/discord-api-docs/issues/6647)."""
        noted = self._nonces.get(nonce)
        if noted is None or created_at(noted) < self._clock.now() - _NONCE_S:
            return None
        earlier = self._world.find_message(noted)
        if earlier is None:
            raise api_error(10008)
        return earlier

    def _list(self, call: ApiCall) -> ApiResponse:
        channel = self._access.channel(call.path_values["channel"])
        if not channel.allows(Permission.READ_MESSAGE_HISTORY):
            return ApiResponse(body=[])
        limit = call.query_integer("limit", 50, least=1, most=100)
        after, middle, before = (call.query_snowflake(name) for name in ("after", "around", "before"))
        shown = sorted((one for one in channel.messages.values() if one.private_to is None), key=lambda one: int(one.id))
        if after is not None:
            chosen = [one for one in shown if int(one.id) > after][:limit]
        elif middle is not None:
            nearest = sorted(shown, key=lambda one: abs(int(one.id) - middle))[:limit]
            chosen = sorted(nearest, key=lambda one: int(one.id))
        else:
            chosen = [one for one in shown if before is None or int(one.id) < before][-limit:]
        return ApiResponse(body=[self._serialize(one) for one in reversed(chosen)])

    def _get(self, call: ApiCall) -> ApiResponse:
        return ApiResponse(body=self._serialize(self._access.message(call.path_values["channel"], call.path_values["message"])))

    def _serialize(self, message: Message) -> dict[str, Any]:
        return self._serializer.message(message, with_content=self._access.can_read(message))

    def _edit(self, call: ApiCall) -> ApiResponse:
        message = self._access.message(call.path_values["channel"], call.path_values["message"])
        if message.author_id != self._world.bot.id:
            raise api_error(50005)
        channel = self._world.channels[message.channel_id]
        self._access.check_unlocked(channel)
        if channel.archived:
            raise api_error(50083)
        self._access.check_content_rights(channel, call)
        body = read_body(call.payload, call.uploads, previous=message, size_limit=self._size_limit)
        self._count_old_edit(message)
        return ApiResponse(body=self._serializer.message(self._writer.edit(message, body)))

    def _count_old_edit(self, message: Message) -> None:
        now = self._clock.now()
        if now - created_at(message.id) < _OLD_S:
            return
        edits = self._old_edits.setdefault(message.channel_id, deque())
        while edits and now - edits[0] > _OLD_EDITS_S:
            edits.popleft()
        if len(edits) >= _OLD_EDITS:
            raise api_error(30046, retry_after=round(_OLD_EDITS_S - (now - edits[0]), 3))
        edits.append(now)

    def _delete(self, call: ApiCall) -> ApiResponse:
        message = self._access.message(call.path_values["channel"], call.path_values["message"])
        channel = self._world.channels[message.channel_id]
        if message.author_id != self._world.bot.id and not channel.permissions & Permission.MANAGE_MESSAGES:
            raise api_error(50003 if channel.type == ChannelType.DM else 50013)
        if channel.archived:
            raise api_error(50083)
        self._writer.delete(message)
        return NO_CONTENT

    def _react(self, call: ApiCall) -> ApiResponse:
        message = self._access.message(call.path_values["channel"], call.path_values["message"])
        channel = self._world.channels[message.channel_id]
        if call.path_values["emoji"].isascii():
            raise api_error(10014)
        if not channel.allows(Permission.ADD_REACTIONS):
            raise api_error(50013)
        if channel.archived:
            raise api_error(50083)
        self._writer.react(message, self._world.bot.id, call.path_values["emoji"], added=True)
        return NO_CONTENT

    def _unreact(self, call: ApiCall) -> ApiResponse:
        message = self._access.message(call.path_values["channel"], call.path_values["message"])
        channel = self._world.channels[message.channel_id]
        user = call.path_values.get("user", self._world.bot.id)
        if user != self._world.bot.id and not channel.permissions & Permission.MANAGE_MESSAGES:
            raise api_error(50013)
        if user in message.reactions.get(call.path_values["emoji"], []):
            self._writer.react(message, user, call.path_values["emoji"], added=False)
        return NO_CONTENT

    def _reactors(self, call: ApiCall) -> ApiResponse:
        message = self._access.message(call.path_values["channel"], call.path_values["message"])
        users = message.reactions.get(call.path_values["emoji"], [])
        return ApiResponse(body=[self._serializer.user(self._world.users[user]) for user in users])
