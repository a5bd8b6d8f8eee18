"""What members write: messages, replies in threads, and forwards."""

from typing import Any

from sandbox.act_files import read_files
from sandbox.contracts import ControlError, JsonObject
from sandbox.slack.files.workspace_files import WorkspaceFiles
from sandbox.slack.messages.content import Content
from sandbox.slack.messages.writer import MessageWriter
from sandbox.slack.serializer import Serializer
from sandbox.slack.world import Channel, Message, SlackFile, User, World

MOST_FILES = 10
_MOST_FILE_BYTES = 1_000_000_000
_MOST_LINE = 40_000
_FILE_MODES = ("hosted", "external", "stub", "tombstone")


class Writing:
    """Carries out the acts of writing.

    `options` of a message or reply: `files` is the kind of its files: `hosted` `external` `stub` (of another workspace)
    `tombstone` (deleted); `attachments` and `blocks` are what previews of links and the picker of GIFs add to it. `from` of a
    forward is the channel of the message.
    """

    def __init__(self, world: World, writer: MessageWriter, workspace_files: WorkspaceFiles, serializer: Serializer) -> None:
        self._world = world
        self._writer = writer
        self._workspace_files = workspace_files
        self._serializer = serializer

    def say(self, act: JsonObject, user: User, channel: Channel, root: Message | None) -> JsonObject:
        options = act.get("options") or {}
        added = Content(blocks=_objects(options, "blocks"), attachments=_objects(options, "attachments"))
        return self._post(act, user, channel, root, self._files(act, user), added)

    def forward(self, act: JsonObject, user: User, channel: Channel, root: Message | None, original: Message) -> JsonObject:
        """Share a message with what is typed: its files come in an attachment, not as files of the new message."""
        if original.private_to is not None:
            raise ControlError("A message only you can see cannot be forwarded.")
        if act.get("files"):
            raise ControlError("A forward takes no files.")
        return self._post(act, user, channel, root, [], Content(attachments=[self._share_of(original)]))

    def _post(
        self, act: JsonObject, user: User, channel: Channel, root: Message | None, files: list[SlackFile], added: Content
    ) -> JsonObject:
        if channel.archived:
            raise ControlError(f"{channel.name} is archived.")
        if root is not None and root.private_to is not None:
            raise ControlError("A message only you can see has no thread.")
        line = str(act.get("text") or "")
        if not (line.strip() or files or added.blocks or added.attachments):
            raise ControlError("An empty message cannot be sent.")
        if len(line) > _MOST_LINE:
            raise ControlError(f"A message has at most {_MOST_LINE} characters.")
        message = self._writer.post_from_member(
            channel,
            user,
            line,
            files,
            thread_ts=(root.thread_ts or root.ts) if root is not None else None,
            added=added,
            age_s=float(act.get("age_s") or 0),
        )
        return {"id": message.ts, "acknowledged_ms": None, "private": []}

    def _files(self, act: JsonObject, user: User) -> list[SlackFile]:
        mode = str((act.get("options") or {}).get("files") or "hosted")
        if mode not in _FILE_MODES:
            raise ControlError(f"Files are one of {', '.join(_FILE_MODES)}.")
        given = read_files(act, most=MOST_FILES, size_limit=_MOST_FILE_BYTES)
        return [self._workspace_files.add_from_member(one.name, one.content, user.id, mode=mode) for one in given]

    def _share_of(self, original: Message) -> JsonObject:
        world, channel = self._world, self._world.channels[original.channel_id]
        shown = self._serializer.message(original)
        address = f"https://{world.domain}.slack.com/archives/{channel.id}/p{original.ts.replace('.', '')}"
        data: JsonObject = {
            "ts": original.ts,
            "author_id": original.user_id,
            "author_name": world.author_name(original.user_id),
            "channel_id": channel.id,
            "channel_team": world.team_id,
            "is_msg_unfurl": True,
            "is_share": True,
            "id": 1,
            "original_url": address,
            "from_url": address,
            "fallback": f"[{channel.name}] {original.text}",
            "text": original.text,
            "footer": "Direct message" if channel.is_im else f"Posted in #{channel.name}",
            "mrkdwn_in": ["text"],
        }
        if original.blocks:
            data["message_blocks"] = [
                {"team": world.team_id, "channel": channel.id, "ts": original.ts, "message": {"blocks": original.blocks}}
            ]
        return data | ({"files": shown["files"]} if "files" in shown else {})


def _objects(options: JsonObject, name: str) -> list[JsonObject]:
    found: Any = options.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ControlError(f"The {name} of a message are a list of objects.")
    return found
