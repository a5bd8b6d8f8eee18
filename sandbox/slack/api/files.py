"""`files.*`."""

import json

from sandbox.slack.api.arguments import Arguments
from sandbox.slack.api.places import Places
from sandbox.slack.api.ratelimits import Tier
from sandbox.slack.api.server import Method
from sandbox.slack.errors import ApiError, invalid_arguments
from sandbox.slack.files.sharing import Sharing, titles
from sandbox.slack.links import Links
from sandbox.slack.messages.contents import Content, Contents
from sandbox.slack.shapes import Shapes
from sandbox.slack.world import Channel, SlackFile, World
from sandbox.stage import JsonObject

_MOST_ALT = 1000
_MOST_CHANNELS = 100
_WRITE = ("files:write",)


class FileMethods:
    """Uploads and what became of them."""

    def __init__(self, world: World, places: Places, contents: Contents, sharing: Sharing, shapes: Shapes, links: Links) -> None:
        self._world = world
        self._places = places
        self._contents = contents
        self._sharing = sharing
        self._shapes = shapes
        self._links = links

    def methods(self) -> dict[str, Method]:
        return {
            "files.getUploadURLExternal": Method(handle=self._get_url, tier=Tier.FOUR, scopes=_WRITE),
            "files.completeUploadExternal": Method(handle=self._complete, tier=Tier.FOUR, scopes=_WRITE),
            "files.info": Method(handle=self._info, tier=Tier.FOUR, scopes=("files:read",)),
            "files.delete": Method(handle=self._delete, tier=Tier.THREE, scopes=_WRITE),
        }

    def _get_url(self, arguments: Arguments) -> JsonObject:
        if not self._world.uploads_allowed:
            raise ApiError("file_uploads_disabled")
        name = arguments.required("filename")
        length = arguments.text("length")
        if not length.isdecimal() or int(length) == 0:
            raise ApiError("missing_argument")
        alt = arguments.text("alt_txt")
        if len(alt) > _MOST_ALT:
            raise ApiError("alt_txt_too_large")
        file, key = self._sharing.expect(name, int(length), alt or None)
        return {"upload_url": self._links.upload(key), "file_id": file.id}

    def _complete(self, arguments: Arguments) -> JsonObject:
        entries = _entries(arguments)
        files = [self._uploaded(str(entry.get("id"))) for entry in entries]
        channels = self._channels(arguments)
        comment = arguments.text("initial_comment")
        given = None if comment else arguments.get("blocks")
        blocks = self._contents.blocks(given, malformed="invalid_blocks", too_long="invalid_blocks")
        # A quirk that Slack has had for years: a markdown block beside files is an internal error.
        if any(block["type"] == "markdown" for block in blocks or []):
            raise ApiError("internal_error")
        titles(entries, files)
        self._sharing.complete(files)
        for channel in channels:
            content = Content(text=comment, blocks=blocks)
            self._sharing.share(files, channel, content, arguments.text("thread_ts") or None)
        return {"files": [self._shapes.file(file) for file in files]}

    def _uploaded(self, file_id: str) -> SlackFile:
        """Find a file whose bytes have come and that was not completed before."""
        file = self._world.files.get(file_id)
        if file is None or file.sha256 is None or file.completed or file.user_id != self._world.bot.id:
            raise ApiError("file_not_found")
        return file

    def _channels(self, arguments: Arguments) -> list[Channel]:
        given = [arguments.text("channel_id")] if arguments.text("channel_id") else arguments.names("channels")
        if len(given) > _MOST_CHANNELS:
            raise ApiError("channels_limit_exceeded")
        channels = [self._places.channel(one) for one in given]
        for channel in channels:
            if channel.archived or channel.read_only:
                raise ApiError("posting_to_channel_denied")
            self._places.writable(channel)
        return channels

    def _info(self, arguments: Arguments) -> JsonObject:
        file = self._visible(arguments.text("file"))
        return {"file": self._shapes.file(file), "comments": [], "response_metadata": {"next_cursor": ""}}

    def _delete(self, arguments: Arguments) -> JsonObject:
        file = self._visible(arguments.text("file"))
        if file.user_id != self._world.bot.id:
            raise ApiError("cant_delete_file")
        self._sharing.delete(file)
        return {}

    def _visible(self, file_id: str) -> SlackFile:
        file = self._world.files.get(file_id)
        if file is None or not file.completed or not self._world.visible_to_bot(file):
            raise ApiError("file_not_found")
        if file.deleted:
            raise ApiError("file_deleted")
        return file


def _entries(arguments: Arguments) -> list[JsonObject]:
    given = arguments.get("files")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, list) or not given or any(not isinstance(one, dict) for one in given):
        raise invalid_arguments(["must be an array of files [json-pointer:/files]"])
    return given
