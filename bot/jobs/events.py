"""What happened to a job, past tense. Whoever shows it needs nothing but the event."""

from dataclasses import dataclass
from decimal import Decimal

from bot.errors import BotError, UpstreamKind
from bot.ids import GatewayName, JobId, ModelName, UserId


@dataclass(frozen=True, kw_only=True)
class JobFacts:
    """What every message about a job may name."""

    job: JobId
    user: UserId
    prompt: str
    count: int
    references: int
    private: bool
    spoiler: bool


@dataclass(frozen=True, kw_only=True)
class Received:
    """The command is recorded; its pictures are being fetched."""

    facts: JobFacts


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """Everything we check has passed and the images are reserved."""

    facts: JobFacts
    model: ModelName
    gateway: GatewayName


@dataclass(frozen=True, kw_only=True)
class Postponed:
    """The gateway could not take it just now; the job tries again by itself. `seconds`: how long it waits."""

    facts: JobFacts
    model: ModelName
    gateway: GatewayName
    kind: UpstreamKind
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """The gateway works on it."""

    facts: JobFacts
    model: ModelName
    gateway: GatewayName


@dataclass(frozen=True, kw_only=True)
class FetchDelayed:
    """Pictures are made but cannot be fetched just now; `arrived` are ours already."""

    facts: JobFacts
    arrived: int


@dataclass(frozen=True, kw_only=True)
class PictureArrived:
    """A picture is on our disk; `arrived` of `facts.count` so far."""

    facts: JobFacts
    arrived: int


@dataclass(frozen=True, kw_only=True)
class Collected:
    """The gateway has finished and every picture that came is on our disk."""

    facts: JobFacts
    arrived: int


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a finished job cost and how it went."""

    model: ModelName
    gateway: GatewayName
    seconds: float
    delivered: int
    withheld: tuple[tuple[int, UpstreamKind], ...]
    """Pictures that did not come, by number from 1, and why."""
    amount: Decimal | None
    currency: str | None
    estimated: bool
    """Nobody told what was billed; `amount` is the most it can be."""
    left_today: int | None
    uncertain: bool
    counted: int = 0
    """Pictures that did not come and count all the same: no more are given back in doubt."""


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """The result message stands where it was asked (or where `way` put it).

    `waiting` is an earlier set of the same member that reached them by no way.
    """

    facts: JobFacts
    receipt: Receipt
    elsewhere: bool = False
    waiting: JobFacts | None = None


@dataclass(frozen=True, kw_only=True)
class Undelivered:
    """The pictures are safe but no way to the member worked; a button shows them."""

    facts: JobFacts
    receipt: Receipt


@dataclass(frozen=True, kw_only=True)
class Declined:
    """We said no: nothing was spent."""

    facts: JobFacts
    error: BotError


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The gateway failed or refused and nothing came; the reservation is given back."""

    facts: JobFacts
    error: BotError


@dataclass(frozen=True, kw_only=True)
class BecameUncertain:
    """No answer came and it may have been charged; we never ask again by ourselves."""

    facts: JobFacts
    gateway: GatewayName
    counted: int = 0
    """Pictures that count all the same: no more are given back in doubt."""


RunningEvent = Received | Accepted | Postponed | Submitted | FetchDelayed | PictureArrived | Collected
FinalEvent = Delivered | Undelivered | Declined | Failed | BecameUncertain
ProgressEvent = RunningEvent | FinalEvent
