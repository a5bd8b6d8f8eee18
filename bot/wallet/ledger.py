"""The ledger: what members hold and have used, what the operator was billed, and the quota rule."""

from typing import Literal, Protocol

from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId, UserId
from bot.money import Money
from bot.values import dataclass
from bot.wallet.budget import BudgetWindow


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Images of one member's quota, held for one job in one window, and counted by the operator's budgets."""

    user: UserId
    window: str
    """`day:2026-11-20`, in the operator's time zone."""
    images: int
    granted: int
    """What the member's tier grants in this window."""
    renews_at: float
    """When the next window begins, in seconds since 1970."""
    budgets: tuple[BudgetWindow, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What a member asks for, checked before anything is done for it; nothing is held yet."""

    hold: Hold
    """What would be held, were the job accepted now."""
    open_jobs: int
    """How many jobs the member may have that have not ended, this one included."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a member has used (`settled`) and holds (`held`) in one window, in images."""

    settled: int
    held: int

    def left(self, granted: int) -> int:
        """The images left: granted - settled - held. Negative if the tier has been reduced."""
        return granted - self.settled - self.held


BilledBy = Literal["cost", "counts", "schedule", "estimate"]
"""Who says what was billed: the gateway its cost; the gateway how many pictures, priced by the schedule; a complete answer
without either, priced by the schedule; or nobody, so that the most is booked that it can be."""


@dataclass(frozen=True, kw_only=True)
class Spend:
    """What the operator was billed for one call, or for all calls of a job. `cost` is None if no price is known."""

    images: int
    cost: Money | None
    billed_by: BilledBy

    @property
    def is_nothing(self) -> bool:
        """A gateway may charge for a call without a picture."""
        return not self.images and (self.cost is None or not self.cost.micros)

    @property
    def estimated(self) -> bool:
        """It is an upper bound, because nobody says what was billed."""
        return self.billed_by == "estimate"


class QuotaLedger(Protocol):
    """Reads the ledger. It is written only together with a move of the job (JobStore)."""

    async def usage(self, user: UserId, window: str) -> Usage: ...

    async def settled(self, job: JobId) -> int:
        """How many images of a job's hold are final."""
        ...


def check_hold(hold: Hold, usage: Usage) -> None:
    """Raises RefusedError QUOTA_EXCEEDED (left, granted, asked, renews_at) if the hold exceeds the images left.

    To a member who is granted nothing the bot is not open at all: NO_ACCESS.
    """
    if not hold.granted:
        raise RefusedError(RefusalCode.NO_ACCESS, **{VARIANT: "member"})
    left = usage.left(hold.granted)
    if hold.images > left:
        raise RefusedError(
            RefusalCode.QUOTA_EXCEEDED,
            left=max(0, left),
            granted=hold.granted,
            asked=hold.images,
            renews_at=hold.renews_at,
        )


def check_demand(demand: Demand, usage: Usage, *, open_jobs: int) -> None:
    """Raises RefusedError QUOTA_EXCEEDED like `check_hold`, JOBS_OPEN (value, limit) for one job too many.

    `open_jobs`: the member's jobs that have not ended, without this one.
    """
    check_hold(demand.hold, usage)
    if open_jobs >= demand.open_jobs:
        raise RefusedError(RefusalCode.JOBS_OPEN, value=open_jobs, limit=demand.open_jobs)
