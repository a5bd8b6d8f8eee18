"""A chat platform that keeps every message it is asked to show."""

from dataclasses import dataclass, field, replace

from bot.chat.capabilities import Capabilities, Way
from bot.chat.chat_platform import ChatPlatform, Ping, Posted, ProgressUpdate, RefusalNotice, ResultMessage
from bot.chat.reply import Reply
from bot.commands.command import Attachment, Origin
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError
from bot.ids import JobId, MessageId, PlatformName, UserId, WorkspaceId

NAME = PlatformName("fake")
CAPABILITIES = Capabilities(
    quote_length=1000,
    alt_length=500,
    pictures=10,
    file_bytes=10_000_000,
    picture_types=frozenset({"image/png", "image/jpeg"}),
    ways=(Way.CONVERSATION, Way.DIRECT),
    response_seconds=None,
    private=False,
    form_fields=6,
    progress_seconds=3.0,
)


@dataclass
class FakePlatform(ChatPlatform):
    """Keeps every message; `troubles` are raised by `post`, one a call, until they run out.

    Progress messages in `lost` cannot be written any more: an update may replace them by another one.
    """

    name: PlatformName = NAME
    limits: Capabilities = CAPABILITIES
    files: dict[str, bytes] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    troubles: list[DeliveryError] = field(default_factory=list)
    progress: dict[MessageId, list[Reply]] = field(default_factory=dict)
    taken: list[Reply] = field(default_factory=list)
    declined: list[Reply] = field(default_factory=list)
    posted: dict[tuple[JobId, int], Reply] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    lost: set[MessageId] = field(default_factory=set)
    ended: list[MessageId] = field(default_factory=list)
    taken_back: list[MessageId] = field(default_factory=list)
    pings: list[Ping] = field(default_factory=list)
    members: dict[WorkspaceId, set[UserId]] = field(default_factory=dict)

    def capabilities(self, origin: Origin) -> Capabilities:
        return replace(self.limits)

    async def fetch(self, attachment: Attachment, *, most_bytes: int) -> bytes:
        self.fetched.append(attachment.address)
        if attachment.address not in self.files:
            raise RefusedError(RefusalCode.REF_GONE)
        return self.files[attachment.address]

    async def progress_turn(self, origin: Origin, message: MessageId | None, *, wait: bool) -> bool:
        return True

    async def is_member(self, origin: Origin, workspaces: frozenset[WorkspaceId]) -> bool:
        return any(origin.user in self.members.get(workspace, ()) for workspace in workspaces)

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        message, job = update.message, update.job
        if message in self.lost:
            if not update.replace_lost:
                raise DeliveryError(DeliveryCode.GONE, retryable=False)
            message = None
        begun = sum(known.startswith(f"progress-{job}") for known in self.progress)
        shown = message if message is not None else MessageId(f"progress-{job}{f'-{begun + 1}' if begun else ''}")
        self.progress.setdefault(shown, []).append(update.reply)
        return shown

    async def show_taken(self, origin: Origin, reply: Reply) -> None:
        self.taken.append(reply)

    async def decline(self, notice: RefusalNotice) -> None:
        self.declined.append(notice.reply)

    async def post(self, result: ResultMessage) -> Posted:
        if self.troubles:
            raise self.troubles.pop(0)
        self.posted.setdefault((result.job, result.part), result.reply)
        self.ways.append(result.way)
        return Posted(message=MessageId(f"result-{result.job}-{result.part}"), way=result.way)

    async def close_progress(self, update: ProgressUpdate, *, way: Way) -> None:
        """Where the result went elsewhere, the progress message says so; beside it, it is deleted."""
        if update.message is None or update.message in self.lost:
            return
        if way is Way.DIRECT:
            self.progress.setdefault(update.message, []).append(update.reply)
        else:
            self.ended.append(update.message)

    async def take_back(self, origin: Origin, message: MessageId) -> None:
        self.taken_back.append(message)

    async def ping(self, ping: Ping) -> None:
        self.pings.append(ping)

    def last_result(self) -> Reply:
        return [*self.posted.values()][-1]

    def last_progress(self) -> Reply:
        return [replies[-1] for replies in self.progress.values()][-1]
