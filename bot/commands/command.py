"""The commands of members, independent of any platform."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Literal

from bot.ids import EventId, JobId, MessageId, PlatformName, UserId, WorkspaceId
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options set by flags or a form. None means not given; the catalog checks the values."""

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
    background: str | None = None
    layers: bool | None = None
    """Take the reference apart into layers."""
    region: str | None = None
    """Rectangles of references, `x1,y1,x2,y2` in percent, with `2:` before those of image 2; several stand apart by spaces."""
    point: str | None = None
    """Points of references, `x,y`, likewise."""
    separate: bool | None = None
    """Independent pictures instead of one related set; False: only a set will do."""


@dataclass(frozen=True, kw_only=True)
class StoredPicture:
    """A picture of an earlier job, written `--ref ID#3`; `number` counts from 1."""

    job: JobId
    number: int


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that a member uploaded to a platform. Everything but the address is the platform's unverified claim."""

    address: str
    name: str
    media_type: str | None = None
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    hidden: bool = False
    """Posted so that it is seen only after a click."""
    number: int | None = None
    """The number by which the member knows it, where that is not its position among the references."""


@dataclass(frozen=True, kw_only=True)
class MessagePictures:
    """The images of a message: the stored originals if the bot posted it, else its attachments."""

    message: MessageId
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DraftPictures:
    """The pictures that a form was opened on."""

    draft: JobId


ReferenceSource = StoredPicture | Attachment | MessagePictures | DraftPictures


@dataclass(frozen=True, kw_only=True)
class Generate:
    """Make pictures. With the verb `edit`, at least one reference is required.

    `references` are in the order in which the prompt numbers them: `--ref`, the replied message's, the message's own.
    """

    verb: Literal["imagine", "edit"]
    prompt: str
    options: Options = field(default_factory=Options)
    references: tuple[ReferenceSource, ...] = ()
    recalled: bool = False
    """The references are the member's last image, which the words only point back at."""

    @property
    def is_private(self) -> bool:
        return self.options.private is True


class Doubt(StrEnum):
    """What has to be asked before a request is complete."""

    WHICH = "which"
    """Which of several pictures is meant."""
    MEMORY = "memory"
    """Whether the member's last image is meant, or a new one."""
    STRANGER = "stranger"
    """Whether a short reply to another member's image is meant for the bot."""


@dataclass(frozen=True, kw_only=True)
class PartialRequest:
    """A request of which something is asked first. The answer puts some of the `candidates` at `position` of its references."""

    request: Generate
    candidates: tuple[ReferenceSource, ...] = ()
    position: int = 0


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Ask the member something before anything is made. The first choices are the candidates, by number, if there are several."""

    doubt: Doubt
    partial: PartialRequest
    choices: tuple[str, ...]

    @property
    def is_private(self) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class RememberPictures:
    """Pictures came without words: ask what to change, and use the answer with them."""

    pictures: tuple[Attachment, ...]

    @property
    def is_private(self) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """Repeat a job for the member who pressed the button. `missing`: only as many pictures as are missing."""

    job: JobId
    private: bool = False
    missing: bool = False

    @property
    def is_private(self) -> bool:
        return self.private


@dataclass(frozen=True, kw_only=True)
class StartFresh:
    """Cancel an edit of the last image that is not submitted yet, and make a new image of the same words."""

    job: JobId
    private: bool = False

    @property
    def is_private(self) -> bool:
        return self.private


@dataclass(frozen=True, kw_only=True)
class ShowResult:
    """Post the pictures of a finished job again. `originals`: only those that were made smaller to fit, as they came."""

    job: JobId
    private: bool = False
    originals: bool = False

    @property
    def is_private(self) -> bool:
        return self.private


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """A command that is answered immediately and only to the member. `name` is its row in the table of commands."""

    name: str

    @property
    def is_private(self) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class AnswerQuestion:
    """Do what a question asked about, as the member chose. The question was private; what follows goes where it was asked."""

    question: JobId
    choice: str

    @property
    def is_private(self) -> bool:
        return False


@dataclass(frozen=True, kw_only=True)
class CancelQuestion:
    """Do nothing of what a question asked about."""

    question: JobId

    @property
    def is_private(self) -> bool:
        return True


Command = Generate | Repeat | StartFresh | ShowResult | Ask | RememberPictures | AnswerQuestion | CancelQuestion | Inquiry


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a command came from and where answers go. It holds only ids, since it is stored with the job.

    Only the platform's own adapter writes and reads `address`. `received_at` is the platform's time in seconds since 1970,
    from which the age of its response handles counts.
    """

    platform: PlatformName
    workspace: WorkspaceId | None
    user: UserId
    received_at: float
    roles: tuple[str, ...] = ()
    locale: str = "en"
    direct: bool = False
    """In the member's direct messages with the bot, which belong to no workspace."""
    user_install: bool = False
    """Only the member installed the bot, not the place: the workspace may be anybody's."""
    place: str | None = None
    """The direct messages or the thread of which the bot remembers the member's last picture; None elsewhere."""
    address: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One command, its origin, and every event id under which the platform may deliver it; it is carried out once.

    `control` is the encoded action of the button or form that it came from, by which a double click is recognised.
    """

    events: tuple[EventId, ...]
    origin: Origin
    command: Command
    control: str | None = None
    until: float | None = None
    """From this time on (by the Clock's `monotonic`) the platform has shown the member a failure, so no job is recorded."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How an adapter answers first. `wait`: acknowledge now, since a job follows; otherwise the answer follows at once.

    `answers_question`: the button belongs to a question that only the member sees. `private` alone decides then, and the
    question goes where the platform can take it away.
    """

    private: bool
    wait: bool
    answers_question: bool = False
