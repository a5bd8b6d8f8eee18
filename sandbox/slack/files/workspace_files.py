"""The workspace's files: upload, processing, and sharing in a message, which happens after the API call has been answered."""

import mimetypes

from sandbox.contracts import JsonObject
from sandbox.picture_size import picture_size
from sandbox.runtime import Runtime
from sandbox.slack.events.background_tasks import BackgroundTasks
from sandbox.slack.identifiers import Identifiers
from sandbox.slack.messages.content import Content
from sandbox.slack.messages.writer import MessageWriter
from sandbox.slack.world import Channel, SlackFile, World

_TYPES = {"webp": "image/webp", "avif": "image/avif", "heic": "image/heic"}
PROCESSING_S = 0.15
SHARE_DELAY_S = 0.25


class WorkspaceFiles:
    """Stores the workspace's files.

    Faults are taken at `slack.share`, detail the channel's name, then ` alt_txt` if a file was uploaded with one: `late:SECONDS` `never`.
    """

    def __init__(
        self,
        runtime: Runtime,
        world: World,
        identifiers: Identifiers,
        writer: MessageWriter,
        background: BackgroundTasks,
        *,
        share_delay_s: float,
    ) -> None:
        runtime.faults.declare("slack.share", ("late:SECONDS", "never"))
        self._runtime = runtime
        self._world = world
        self._identifiers = identifiers
        self._writer = writer
        self._background = background
        self._share_delay_s = share_delay_s
        self._keys: dict[str, SlackFile] = {}

    def start_upload(self, name: str, length: int, alt: str | None) -> tuple[SlackFile, str]:
        """Announce an upload by the bot; return the file and the key of its upload URL."""
        file = self._new(name, self._world.bot.id)
        file.expected_size, file.alt = length, alt
        key = self._identifiers.secret(48)
        self._keys[key] = file
        return file, key

    def find_upload(self, key: str) -> SlackFile | None:
        return self._keys.get(key)

    def receive(self, file: SlackFile, content: bytes) -> None:
        file.sha256 = self._runtime.files.put(content)
        file.size = len(content)
        suffix = file.name.rpartition(".")[2].lower()
        file.mimetype = _TYPES.get(suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        size = picture_size(content)
        file.width, file.height = size if size is not None else (None, None)

    def add_from_member(self, name: str, content: bytes, user_id: str, *, mode: str = "hosted") -> SlackFile:
        """Add a member's file, complete at once: `hosted`, `external`, `stub` or `tombstone`."""
        file = self._new(name, user_id)
        self.receive(file, content)
        file.completed = True
        file.mode = "external" if mode == "external" else "hosted"
        file.stub, file.deleted = mode == "stub", mode == "tombstone"
        return file

    def complete(self, files: list[SlackFile]) -> None:
        for file in files:
            file.completed = True
            file.processed_at = self._runtime.clock.now() + PROCESSING_S

    def share(self, files: list[SlackFile], channel: Channel, content: Content, thread_ts: str | None) -> None:
        """Post all files as one message, a little later or, with a fault, never."""
        detail = channel.name + (" alt_txt" if any(file.alt for file in files) else "")
        fault = self._runtime.faults.take("slack.share", detail) or ""
        if fault == "never":
            return
        late = float(fault.partition(":")[2] or 0)
        due = self._runtime.clock.now() + self._share_delay_s + late
        content.files = files
        self._background.start(self._share_at(due, channel, content, thread_ts))

    async def _share_at(self, due: float, channel: Channel, content: Content, thread_ts: str | None) -> None:
        await self._runtime.clock.sleep_until(due)
        content.files = [file for file in content.files if not file.deleted]
        parent = channel.messages.get(thread_ts) if thread_ts is not None else None
        # Only the first message of a thread accepts replies: with another timestamp Slack silently drops the share.
        replying = thread_ts is None or (parent is not None and parent.thread_ts is None and parent.private_to is None)
        if content.files and replying and not channel.archived and channel.id in self._world.channels:
            self._writer.post(channel, content, thread_ts=thread_ts)

    def delete(self, file: SlackFile) -> None:
        """Delete a file everywhere, and every message that showed nothing else."""
        file.deleted = True
        for share in [one for one in file.shares if one.channel_id in self._world.channels]:
            message = self._world.channels[share.channel_id].messages.get(share.ts)
            if message is not None and not message.text and not message.blocks and all(one.deleted for one in message.files):
                self._writer.delete(message)

    def _new(self, name: str, user_id: str) -> SlackFile:
        file = SlackFile(
            id=self._identifiers.new("F"),
            name=name,
            title=name.rpartition(".")[0] or name,
            user_id=user_id,
            created=int(self._runtime.clock.now()),
        )
        self._world.files[file.id] = file
        return file


def set_titles(given: list[JsonObject], files: list[SlackFile]) -> None:
    """Set the titles given for the files."""
    for entry, file in zip(given, files, strict=True):
        if entry.get("title"):
            file.title = str(entry["title"])
