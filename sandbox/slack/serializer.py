"""The world as Slack's JSON objects, built at the moment of sending."""

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.clock import SandboxClock
from sandbox.contracts import JsonObject
from sandbox.slack.members.open_views import View
from sandbox.slack.urls import Urls
from sandbox.slack.world import Channel, Message, SlackFile, User, World

_PRETTY = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "webp": "WebP"}
_ALWAYS_THUMBS, _THUMBS = (64, 80, 160), (360, 480, 720, 800, 960, 1024)
_KEPT_IN_VIEW = ("private_metadata", "callback_id", "external_id", "title", "submit", "close")


class Serializer:
    """Serializes objects of the world."""

    def __init__(self, world: World, urls: Urls, clock: SandboxClock) -> None:
        self._world = world
        self._urls = urls
        self._clock = clock

    def user(self, user: User, *, with_locale: bool) -> JsonObject:
        now = datetime.fromtimestamp(self._clock.now(), UTC).astimezone(ZoneInfo(user.tz))
        offset = now.utcoffset()
        data: JsonObject = {
            "id": user.id,
            "team_id": self._world.team_id,
            "name": user.name,
            "deleted": False,
            "color": "9f69e7",
            "real_name": user.real_name,
            "tz": user.tz,
            "tz_label": now.tzname() or user.tz,
            "tz_offset": int(offset.total_seconds()) if offset is not None else 0,
            "profile": {
                "real_name": user.real_name,
                "real_name_normalized": user.real_name,
                "display_name": user.name,
                "display_name_normalized": user.name,
                "status_text": "",
                "status_emoji": "",
                "avatar_hash": "g000000000",
                "team": self._world.team_id,
            },
            "is_admin": user.name == "ada",
            "is_owner": user.name == "ada",
            "is_primary_owner": user.name == "ada",
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_bot": user.bot,
            "is_app_user": False,
            "updated": int(self._clock.now()) - 86400,
            "has_2fa": False,
        }
        if user.bot:
            data["profile"] |= {"api_app_id": self._world.app_id, "bot_id": self._world.bot_id, "always_active": True}
        return data | {"locale": user.locale} if with_locale else data

    def channel(self, channel: Channel, *, with_locale: bool = False, with_count: bool = False) -> JsonObject:
        data: JsonObject = {"id": channel.id, "created": channel.created, "is_im": channel.is_im, "is_org_shared": False}
        if channel.is_im:
            latest = channel.ordered()[-1:]
            data |= {
                "context_team_id": self._world.team_id,
                "is_archived": False,
                "user": channel.peer,
                "is_open": True,
                "last_read": "0000000000.000000",
                "latest": self.message(latest[0]) if latest else None,
                "unread_count": 0,
                "unread_count_display": 0,
                "priority": 0,
            }
        else:
            data |= self._channel_fields(channel)
        if with_locale:
            data["locale"] = "en-US"
        return data | {"num_members": len(channel.members)} if with_count else data

    def _channel_fields(self, channel: Channel) -> JsonObject:
        words = {"value": "", "creator": "", "last_set": 0}
        return {
            "name": channel.name,
            "name_normalized": channel.name,
            "is_channel": not channel.private,
            "is_group": channel.private,
            "is_mpim": False,
            "is_private": channel.private,
            "is_archived": channel.archived,
            "is_general": channel.name == "general",
            "is_member": self._world.bot_is_in(channel),
            "is_shared": False,
            "is_ext_shared": False,
            "is_pending_ext_shared": False,
            "pending_shared": [],
            "pending_connected_team_ids": [],
            "shared_team_ids": [self._world.team_id],
            "context_team_id": self._world.team_id,
            "creator": channel.creator,
            "unlinked": 0,
            "updated": channel.created * 1000,
            "topic": dict(words),
            "purpose": dict(words),
            "previous_names": [],
            "parent_conversation": None,
        }

    def message(self, message: Message) -> JsonObject:
        """Return a message as it appears in history, events and responses."""
        by_bot = message.user_id == self._world.bot.id
        data: JsonObject = {
            "type": "message",
            "user": message.user_id,
            "ts": message.ts,
            "text": message.text,
            "team": self._world.team_id,
        }
        if by_bot:
            data |= {"bot_id": self._world.bot_id, "app_id": self._world.app_id, "bot_profile": self.bot_profile()}
        if message.broadcast:
            data["subtype"] = "thread_broadcast"
        if message.client_msg_id is not None:
            data["client_msg_id"] = message.client_msg_id
        if message.blocks:
            data["blocks"] = message.blocks
        if message.attachments:
            data["attachments"] = message.attachments
        if message.files:
            data |= {"files": [self.event_file(one) for one in message.files], "upload": False, "display_as_bot": False}
        if message.metadata is not None:
            data["metadata"] = message.metadata
        if message.edited_ts is not None:
            data["edited"] = {"user": message.user_id, "ts": message.edited_ts}
        if message.reactions:
            data["reactions"] = [{"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items()]
        return data | self._threading(message)

    def _threading(self, message: Message) -> JsonObject:
        channel = self._world.channels[message.channel_id]
        if message.thread_ts is not None:
            parent = channel.messages.get(message.thread_ts)
            data: JsonObject = {"thread_ts": message.thread_ts}
            return data | {"parent_user_id": parent.user_id} if parent is not None else data
        replies = channel.thread(message.ts)[1:]
        if not replies:
            return {}
        authors = list(dict.fromkeys(reply.user_id for reply in replies))
        return {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": authors,
            "reply_users_count": len(authors),
            "latest_reply": replies[-1].ts,
            "is_locked": False,
            "subscribed": True,
        }

    def bot_profile(self) -> JsonObject:
        world = self._world
        icons = {f"image_{size}": f"https://a.slack-edge.com/plugins/bot_{size}.png" for size in (36, 48, 72)}
        return {
            "id": world.bot_id,
            "app_id": world.app_id,
            "user_id": world.bot.id,
            "name": world.bot.name,
            "icons": icons,
            "deleted": False,
            "updated": int(self._clock.now()) - 86400,
            "team_id": world.team_id,
        }

    def event_file(self, file: SlackFile) -> JsonObject:
        """Return a file as messages show it: a stub for one of another workspace, a tombstone for a deleted one."""
        if file.deleted:
            return {"id": file.id, "mode": "tombstone"}
        if file.stub:
            return {"id": file.id, "mode": "file_access", "file_access": "check_file_info"}
        return self.file(file)

    def file(self, file: SlackFile) -> JsonObject:
        processed = self._clock.now() >= file.processed_at
        kind = _filetype(file)
        external = file.mode == "external"
        data: JsonObject = {
            "id": file.id,
            "created": file.created,
            "timestamp": file.created,
            "name": file.name,
            "title": file.title,
            "mimetype": file.mimetype if processed else "",
            "filetype": kind if processed else "",
            "pretty_type": _PRETTY.get(kind, kind.upper()) if processed else "",
            "user": file.user_id,
            "user_team": self._world.team_id,
            "editable": False,
            "size": file.size,
            "mode": file.mode,
            "is_external": external,
            "external_type": "gdrive" if external else "",
            "is_public": bool(self._shares(file, im=False)),
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": self._urls.private(file),
            "permalink": self._urls.permalink(file),
            "permalink_public": self._urls.public(file),
            "media_display_type": "unknown",
            "is_starred": False,
            "has_rich_preview": False,
            "file_access": "visible",
            "shares": {},
            "channels": list(self._shares(file, im=False)),
            "groups": [],
            "ims": list(self._shares(file, im=True)),
        }
        public, private = self._shares(file, im=False), self._shares(file, im=True)
        data["shares"] = ({"public": public} if public else {}) | ({"private": private} if private else {})
        if not external:
            data["url_private_download"] = self._urls.download(file)
        if file.alt is not None:
            data["alt_txt"] = file.alt
        return data | (self._thumbnails(file) if processed else {})

    def _shares(self, file: SlackFile, *, im: bool) -> dict[str, list[JsonObject]]:
        found: dict[str, list[JsonObject]] = {}
        for share in file.shares:
            channel = self._world.channels[share.channel_id]
            if channel.is_im is not im:
                continue
            data: JsonObject = {
                "reply_users": [],
                "reply_users_count": 0,
                "reply_count": 0,
                "ts": share.ts,
                "channel_name": channel.name,
                "team_id": self._world.team_id,
                "share_user_id": file.user_id,
                "source": "UNKNOWN",
                "is_silent_share": False,
            }
            if share.thread_ts is not None:
                data["thread_ts"] = share.thread_ts
            found.setdefault(channel.id, []).append(data)
        return found

    def _thumbnails(self, file: SlackFile) -> JsonObject:
        if file.width is None or file.height is None or file.mode == "external":
            return {}
        data: JsonObject = {"original_w": file.width, "original_h": file.height}
        longest = max(file.width, file.height)
        for size in (*_ALWAYS_THUMBS, *(one for one in _THUMBS if one < longest)):
            data[f"thumb_{size}"] = self._urls.thumbnail(file, size)
            if size not in _ALWAYS_THUMBS:
                scale = size / longest
                data |= {f"thumb_{size}_w": round(file.width * scale), f"thumb_{size}_h": round(file.height * scale)}
        return data

    def view(self, view: View, state: JsonObject | None = None) -> JsonObject:
        """Return a view with its current input; `state` is Slack's `values`."""
        world = self._world
        data: JsonObject = {
            "id": view.id,
            "team_id": world.team_id,
            "app_id": world.app_id,
            "app_installed_team_id": world.team_id,
            "bot_id": world.bot_id,
            "type": view.body["type"],
            "blocks": view.body.get("blocks", []),
            "state": {"values": state or {}},
            "hash": view.hash,
            "clear_on_close": bool(view.body.get("clear_on_close")),
            "notify_on_close": bool(view.body.get("notify_on_close")),
            "root_view_id": view.root_id,
            "previous_view_id": view.previous_id,
        }
        defaults: dict[str, Any] = {"private_metadata": "", "callback_id": "", "external_id": "", "submit": None, "close": None}
        return data | defaults | {name: view.body[name] for name in _KEPT_IN_VIEW if name in view.body}


def _filetype(file: SlackFile) -> str:
    suffix = PurePosixPath(file.name).suffix.removeprefix(".").lower()
    return {"jpeg": "jpg", "": "binary"}.get(suffix, suffix)
