"""A chat platform that remembers what it was told to show."""

from dataclasses import dataclass, field, replace

from bot.chat.capabilities import Capabilities, Way
from bot.chat.chat_platform import Posted
from bot.chat.reply import Reply
from bot.commands.command import Attachment, Origin
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError
from bot.ids import JobId, MessageId, PlatformName

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
class FakePlatform:
    """Keeps every message; `troubles` are raised by `post`, one a call, until they run out.

    Progress messages in `lost` cannot be written any more: what is to be said anew is said in another one.
    """

    name: PlatformName = NAME
    limits: Capabilities = CAPABILITIES
    files: dict[str, bytes] = field(default_factory=dict)
    troubles: list[DeliveryError] = field(default_factory=list)
    progress: dict[MessageId, list[Reply]] = field(default_factory=dict)
    declined: list[Reply] = field(default_factory=list)
    posted: dict[tuple[JobId, int], Reply] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    lost: set[MessageId] = field(default_factory=set)

    def capabilities(self, origin: Origin) -> Capabilities:
        return replace(self.limits)

    async def fetch(self, attachment: Attachment, *, most_bytes: int) -> bytes:
        if attachment.address not in self.files:
            raise RefusedError(RefusalCode.REF_GONE)
        return self.files[attachment.address]

    async def show_progress(
        self,
        origin: Origin,
        reply: Reply,
        *,
        job: JobId,
        message: MessageId | None,
        anew: bool,
    ) -> MessageId:
        if message in self.lost:
            if not anew:
                raise DeliveryError(DeliveryCode.GONE, retryable=False)
            message = None
        begun = sum(known.startswith(f"progress-{job}") for known in self.progress)
        shown = message if message is not None else MessageId(f"progress-{job}{f'-{begun + 1}' if begun else ''}")
        self.progress.setdefault(shown, []).append(reply)
        return shown

    async def decline(self, origin: Origin, reply: Reply, *, job: JobId, message: MessageId | None) -> None:
        self.declined.append(reply)

    async def post(
        self,
        origin: Origin,
        reply: Reply,
        *,
        job: JobId,
        part: int,
        way: Way,
        tried_since: float | None,
    ) -> Posted:
        if self.troubles:
            raise self.troubles.pop(0)
        self.posted.setdefault((job, part), reply)
        self.ways.append(way)
        return Posted(message=MessageId(f"result-{job}-{part}"), way=way)

    def last_progress(self) -> Reply:
        return [replies[-1] for replies in self.progress.values()][-1]
