"""Events of a job, in the past tense. An event holds everything that is needed to show it."""

from bot.errors import BotError, UpstreamError, UpstreamKind
from bot.ids import GatewayName, JobId, ModelName, UserId
from bot.money import Money
from bot.requests.request import Substitution
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class JobFacts:
    """What any message about a job may mention."""

    job: JobId
    user: UserId
    prompt: str
    count: int
    references: int
    private: bool
    recalled: bool = False
    """It edits the last image, at which the words only point back."""
    numbers: tuple[int, ...] = ()
    """The member's numbers of the references, where they are not counted from 1 without a gap."""
    chosen: tuple[int, ...] = ()
    """The numbers of the references that are of one earlier set, where there are others beside them."""
    began_at: float | None = None
    """When the member asked for it, in seconds since 1970."""
    places: str = ""
    """The places of references that the member marked, as typed."""
    layers: bool = False
    """The image is taken apart, into at most `count` pictures."""
    related: bool = False
    """The pictures are made together, as one set; otherwise they are independent of each other."""
    stopped: int = 0
    """Pictures that the member has stopped before they were paid for; they are not among `count`."""
    instead: Substitution | None = None
    """Why another model makes it than the one that would be expected."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """The command is recorded; its reference pictures are being fetched."""

    facts: JobFacts


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """Every check has passed and the images are held. `place`: its place in the line, from 1, if it has to wait in one."""

    facts: JobFacts
    model: ModelName
    gateway: GatewayName
    place: int | None = None


@dataclass(frozen=True, kw_only=True)
class Postponed:
    """The gateway cannot take the job at the moment; the bot tries again in `seconds`."""

    facts: JobFacts
    model: ModelName
    gateway: GatewayName
    kind: UpstreamKind
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """The paid call has been made; the gateway works on it."""

    facts: JobFacts
    model: ModelName
    gateway: GatewayName


@dataclass(frozen=True, kw_only=True)
class FetchDelayed:
    """Some pictures cannot be fetched at the moment; `arrived` of them are on our disk."""

    facts: JobFacts
    arrived: int


@dataclass(frozen=True, kw_only=True)
class PictureArrived:
    """Another picture is on our disk: `arrived` of `facts.count`."""

    facts: JobFacts
    arrived: int


@dataclass(frozen=True, kw_only=True)
class Collected:
    """The gateway has finished and every picture it made is on our disk."""

    facts: JobFacts
    arrived: int


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a finished job delivered and what it cost."""

    model: ModelName
    gateway: GatewayName
    seconds: float
    delivered: int
    withheld: tuple[tuple[int, UpstreamKind], ...]
    """The missing pictures, by number from 1, and the reason for each."""
    cost: Money | None
    estimated: bool
    """The gateway did not say what it billed; `cost` is an upper bound."""
    left_today: int | None
    size: str | None = None
    """`2048x2048`, if all pictures have one size."""
    seen: UpstreamError | None = None
    """What was seen of an incomplete answer, so that it is uncertain what was charged; None for a complete one."""
    counted: int = 0
    """Missing pictures that still count as used, because the member's limit for uncertain pictures is reached."""
    billed: int | None = None
    """Pictures that were billed, or booked; None where nobody knows yet."""


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """The result was posted, with its receipt; `elsewhere`: by direct message instead of in the conversation."""

    facts: JobFacts
    receipt: Receipt
    elsewhere: bool = False


@dataclass(frozen=True, kw_only=True)
class Undelivered:
    """The pictures are on our disk, but no way of delivery worked; a button shows them."""

    facts: JobFacts
    receipt: Receipt


@dataclass(frozen=True, kw_only=True)
class Declined:
    """The bot refused the request before any work; nothing was spent."""

    facts: JobFacts
    error: BotError


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """The member made a new image of the same words instead, before anything was paid."""

    facts: JobFacts


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The gateway failed or refused and there are no pictures; the hold is released."""

    facts: JobFacts
    error: BotError


@dataclass(frozen=True, kw_only=True)
class BecameUncertain:
    """No picture arrived and the call may have been charged; the bot does not repeat it automatically.

    `seen`: what was seen of the gateway's answer.
    """

    facts: JobFacts
    seen: UpstreamError
    counted: int = 0
    """Pictures that still count as used, because the member's limit for uncertain pictures is reached."""


RunningEvent = Received | Accepted | Postponed | Submitted | FetchDelayed | PictureArrived | Collected
FinalEvent = Delivered | Undelivered | Declined | Cancelled | Failed | BecameUncertain
ProgressEvent = RunningEvent | FinalEvent
