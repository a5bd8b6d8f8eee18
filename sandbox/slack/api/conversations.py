"""`conversations.*`."""

import base64
import binascii

from sandbox.contracts import JsonObject
from sandbox.slack.api.arguments import Arguments
from sandbox.slack.api.lookup import Lookup
from sandbox.slack.api.ratelimits import Tier
from sandbox.slack.api.server import Method
from sandbox.slack.errors import ApiError
from sandbox.slack.identifiers import ts_key
from sandbox.slack.serializer import Serializer
from sandbox.slack.world import Message, World

_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_MOST_PAGE = 999


class ConversationMethods:
    """Channels, their members and their messages."""

    def __init__(self, world: World, lookup: Lookup, serializer: Serializer) -> None:
        self._world = world
        self._lookup = lookup
        self._serializer = serializer

    def methods(self) -> dict[str, Method]:
        return {
            "conversations.info": Method(handle=self._info, tier=Tier.THREE, scopes=_READ),
            "conversations.members": Method(handle=self._members, tier=Tier.FOUR, scopes=_READ),
            "conversations.history": Method(handle=self._history, tier=Tier.THREE, scopes=_HISTORY),
            "conversations.replies": Method(handle=self._replies, tier=Tier.THREE, scopes=_HISTORY),
            "conversations.join": Method(handle=self._join, tier=Tier.THREE, scopes=("channels:join",)),
            "conversations.open": Method(handle=self._open, tier=Tier.THREE, scopes=("im:write", "mpim:write")),
        }

    def _info(self, arguments: Arguments) -> JsonObject:
        channel = self._lookup.channel(arguments.text("channel"))
        data = self._serializer.channel(
            channel,
            with_locale=arguments.get("include_locale") is True,
            with_count=arguments.get("include_num_members") is True,
        )
        return {"channel": data}

    def _members(self, arguments: Arguments) -> JsonObject:
        channel = self._lookup.channel(arguments.text("channel"))
        members = sorted(channel.members)
        start, end = _page_bounds(arguments, len(members), 100)
        return {"members": members[start:end]} | _next_cursor(end, len(members))

    def _history(self, arguments: Arguments) -> JsonObject:
        channel = self._lookup.channel(arguments.text("channel"))
        if not self._world.bot_is_in(channel):
            raise ApiError("not_in_channel")
        public = [one for one in channel.ordered() if one.private_to is None and (one.thread_ts is None or one.broadcast)]
        found = list(reversed(_in_range(arguments, public)))
        start, end = _page_bounds(arguments, len(found), 100)
        page = {"messages": [self._message(arguments, one) for one in found[start:end]], "pin_count": 0}
        return page | {"has_more": end < len(found)} | _next_cursor(end, len(found))

    def _replies(self, arguments: Arguments) -> JsonObject:
        channel = self._lookup.channel(arguments.text("channel"))
        if not self._world.bot_is_in(channel):
            raise ApiError("channel_not_found")
        message = channel.messages.get(arguments.text("ts"))
        if message is None or message.private_to is not None:
            raise ApiError("thread_not_found")
        found = _in_range(arguments, channel.thread(message.ts))
        start, end = _page_bounds(arguments, len(found), 1000)
        page = {"messages": [self._message(arguments, one) for one in found[start:end]]}
        return page | {"has_more": end < len(found)} | _next_cursor(end, len(found))

    def _message(self, arguments: Arguments, message: Message) -> JsonObject:
        """Return a message, with its metadata only if the call asks for it."""
        data = self._serializer.message(message)
        if arguments.get("include_all_metadata") is not True:
            data.pop("metadata", None)
        return data

    def _join(self, arguments: Arguments) -> JsonObject:
        channel = self._lookup.channel(arguments.text("channel"))
        if channel.is_im or channel.private:
            raise ApiError("method_not_supported_for_channel_type")
        if channel.archived:
            raise ApiError("is_archived")
        known = self._world.bot_is_in(channel)
        channel.members.add(self._world.bot.id)
        return {"channel": self._serializer.channel(channel)} | ({"warning": "already_in_channel"} if known else {})

    def _open(self, arguments: Arguments) -> JsonObject:
        if arguments.text("channel"):
            channel = self._lookup.channel(arguments.text("channel"))
            if not channel.is_im:
                raise ApiError("method_not_supported_for_channel_type")
        else:
            users = arguments.names("users")
            if not users:
                raise ApiError("users_list_not_supplied")
            if any(one not in self._world.users for one in users):
                raise ApiError("user_not_found")
            if self._world.deactivated_users.intersection(users):
                raise ApiError("user_disabled")
            if self._world.hidden_users.intersection(users):
                raise ApiError("user_not_visible")
            found = self._world.dm_with(users[0])
            if len(users) != 1 or found is None:
                raise ApiError("invalid_user_combination")
            channel = found
        whole = arguments.get("return_im") is True
        data = self._serializer.channel(channel) if whole else {"id": channel.id}
        return {"no_op": True, "already_open": True, "channel": data}


def _in_range(arguments: Arguments, messages: list[Message]) -> list[Message]:
    """Keep messages between `oldest` and `latest`; `inclusive` includes the ends."""
    oldest, latest = ts_key(arguments.text("oldest") or "0"), ts_key(arguments.text("latest") or "9999999999")
    if arguments.get("inclusive") is True:
        return [one for one in messages if oldest <= one.key <= latest]
    return [one for one in messages if oldest < one.key < latest]


def _page_bounds(arguments: Arguments, total: int, default: int) -> tuple[int, int]:
    cursor = arguments.text("cursor")
    try:
        start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:")) if cursor else 0
    except (binascii.Error, ValueError):
        raise ApiError("invalid_cursor") from None
    return start, min(total, start + arguments.number("limit", default, most=_MOST_PAGE + 1))


def _next_cursor(end: int, total: int) -> JsonObject:
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if end < total else ""
    return {"response_metadata": {"next_cursor": cursor}}
