"""`files.*`."""

import json

from sandbox.contracts import JsonObject
from sandbox.slack.api.arguments import Arguments
from sandbox.slack.api.lookup import Lookup
from sandbox.slack.api.ratelimits import Tier
from sandbox.slack.api.server import Method
from sandbox.slack.errors import ApiError, invalid_arguments
from sandbox.slack.files.workspace_files import WorkspaceFiles, set_titles
from sandbox.slack.messages.content import Content, ContentReader
from sandbox.slack.serializer import Serializer
from sandbox.slack.urls import Urls
from sandbox.slack.world import Channel, SlackFile, World

_MOST_ALT = 1000
_MOST_CHANNELS = 100
_WRITE = ("files:write",)


class FileMethods:
    """Uploads, information about files, and deletion."""

    def __init__(
        self,
        world: World,
        lookup: Lookup,
        content_reader: ContentReader,
        workspace_files: WorkspaceFiles,
        serializer: Serializer,
        urls: Urls,
    ) -> None:
        self._world = world
        self._lookup = lookup
        self._content_reader = content_reader
        self._workspace_files = workspace_files
        self._serializer = serializer
        self._urls = urls

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
        file, key = self._workspace_files.start_upload(name, int(length), alt or None)
        return {"upload_url": self._urls.upload(key), "file_id": file.id}

    def _complete(self, arguments: Arguments) -> JsonObject:
        entries = _read_entries(arguments)
        files = [self._find_uploaded(str(entry.get("id"))) for entry in entries]
        channels = self._channels(arguments)
        comment = arguments.text("initial_comment")
        given = None if comment else arguments.get("blocks")
        blocks = self._content_reader.blocks(given, malformed="invalid_blocks", too_long="invalid_blocks")
        # Slack answers a markdown block beside files with an internal error.
        if any(block["type"] == "markdown" for block in blocks or []):
            raise ApiError("internal_error")
        set_titles(entries, files)
        self._workspace_files.complete(files)
        for channel in channels:
            content = Content(text=comment, blocks=blocks)
            self._workspace_files.share(files, channel, content, arguments.text("thread_ts") or None)
        return {"files": [self._serializer.file(file) for file in files]}

    def _find_uploaded(self, file_id: str) -> SlackFile:
        """Find a file whose bytes have arrived and that is not completed yet."""
        file = self._world.files.get(file_id)
        if file is None or file.sha256 is None or file.completed or file.user_id != self._world.bot.id:
            raise ApiError("file_not_found")
        return file

    def _channels(self, arguments: Arguments) -> list[Channel]:
        given = [arguments.text("channel_id")] if arguments.text("channel_id") else arguments.names("channels")
        if len(given) > _MOST_CHANNELS:
            raise ApiError("channels_limit_exceeded")
        channels = [self._lookup.channel(one) for one in given]
        for channel in channels:
            if channel.archived or channel.read_only:
                raise ApiError("posting_to_channel_denied")
            self._lookup.check_writable(channel)
        return channels

    def _info(self, arguments: Arguments) -> JsonObject:
        file = self._find_visible(arguments.text("file"))
        return {"file": self._serializer.file(file), "comments": [], "response_metadata": {"next_cursor": ""}}

    def _delete(self, arguments: Arguments) -> JsonObject:
        file = self._find_visible(arguments.text("file"))
        if file.user_id != self._world.bot.id:
            raise ApiError("cant_delete_file")
        self._workspace_files.delete(file)
        return {}

    def _find_visible(self, file_id: str) -> SlackFile:
        file = self._world.files.get(file_id)
        if file is None or not file.completed or not self._world.visible_to_bot(file):
            raise ApiError("file_not_found")
        if file.deleted:
            raise ApiError("file_deleted")
        return file


def _read_entries(arguments: Arguments) -> list[JsonObject]:
    given = arguments.get("files")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, list) or not given or any(not isinstance(one, dict) for one in given):
        raise invalid_arguments(["must be an array of files [json-pointer:/files]"])
    return given
