"""What a member asked, typed and platform-free."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.ids import EventId, JobId, MessageId, PlatformName, UserId, WorkspaceId


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What flags or a form set. None means not said; values are judged by the catalog, not here."""

    model: str | None = None
    count: int | None = None
    size: str | None = None
    ratio: str | None = None
    format: str | None = None
    watermark: bool | None = None
    search: bool | None = None
    prompt_mode: str | None = None
    gateway: str | None = None
    private: bool | None = None
    spoiler: bool | None = None
    seed: int | None = None
    guidance: float | None = None


@dataclass(frozen=True, kw_only=True)
class StoredPicture:
    """A picture of an earlier job, as `--ref ID#3` names it; `number` counts from 1."""

    job: JobId
    number: int


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file a member put on a platform. All but the address is what the platform claims, not what the bytes say."""

    address: str
    name: str
    media_type: str | None = None
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, kw_only=True)
class MessagePictures:
    """The pictures of a message: our own lossless ones if the message is ours, else what is attached to it."""

    message: MessageId
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DraftPictures:
    """The pictures a form was opened on."""

    draft: JobId


ReferenceSource = StoredPicture | Attachment | MessagePictures | DraftPictures


@dataclass(frozen=True, kw_only=True, slots=True)
class Generate:
    """Make pictures. `verb` is `edit` where at least one reference is required.

    `references` stand in the order in which the prompt counts them: `--ref`, the replied message's, the message's own.
    """

    verb: Literal["imagine", "edit"]
    prompt: str
    options: Options = field(default_factory=Options)
    references: tuple[ReferenceSource, ...] = ()

    @property
    def is_private(self) -> bool:
        return self.options.private is True


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """Ask the same again, for the one who presses. `missing`: only as many pictures as did not come."""

    job: JobId
    private: bool = False
    missing: bool = False

    @property
    def is_private(self) -> bool:
        return self.private


@dataclass(frozen=True, kw_only=True)
class ShowResult:
    """Post a finished job's pictures once more."""

    job: JobId
    private: bool = False

    @property
    def is_private(self) -> bool:
        return self.private


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """A command that is answered at once, to the member alone. `name` is its row in the table of commands."""

    name: str

    @property
    def is_private(self) -> bool:
        return True


Command = Generate | Repeat | ShowResult | Inquiry


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a command came from and where answers go. Ids only: it is stored with the job and outlives every connection.

    `address` is written and read by the platform's own adapter alone. `received_at` is the platform's clock, in seconds
    since 1970: its response handles age from there.
    """

    platform: PlatformName
    workspace: WorkspaceId | None
    user: UserId
    received_at: float
    roles: tuple[str, ...] = ()
    locale: str = "en"
    address: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One command, where it came from, and every id under which the platform may bring it: it counts once.

    `control` is the encoded action of the button or form it came by: used twice at one go, it is one wish.
    """

    events: tuple[EventId, ...]
    origin: Origin
    command: Command
    control: str | None = None
    until: float | None = None
    """From this moment on (the Clock's) the member has been told that it failed: nothing is recorded any more."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How an adapter must answer first. `wait`: a job follows, acknowledge now; else the answer itself comes at once."""

    private: bool
    wait: bool
