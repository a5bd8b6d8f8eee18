"""Models that a gateway says it does not have: nobody asks it for them for an hour; pure."""

import math
import re
from datetime import UTC, datetime

from bot.ids import GatewayName, ModelName
from bot.values import dataclass

UNUSABLE_S = 3600.0
"""How long nobody asks a gateway again for a model that it says it does not have."""
_WORDS = re.compile(r"\S{1,80}")
_CODE = re.compile(r"[A-Za-z]\w*(?:[._]\w+)+|[A-Z]\w*[a-z][A-Z]\w*")


@dataclass(frozen=True, kw_only=True)
class UnusableModel:
    """A gateway said at `since` that it does not have the model; until `until` it is not asked again. Seconds since 1970."""

    gateway: GatewayName
    model: ModelName
    reason: str
    since: float
    until: float

    def holds(self, now: float) -> bool:
        return now < self.until

    @property
    def until_text(self) -> str:
        """As a moment in UTC, no earlier than it is: 2026-12-01T15:04Z."""
        return datetime.fromtimestamp(math.ceil(self.until / 60) * 60, UTC).strftime("%Y-%m-%dT%H:%MZ")

    def __str__(self) -> str:
        """A plain sentence without its full stop, for the command line."""
        return f"{self.gateway} says it does not have {self.model} ({self.reason}); it is asked again after {self.until_text}"


def unusable(gateway: GatewayName, model: ModelName, *, answer: str, now: float) -> UnusableModel:
    """`answer` is the gateway's own, as the log has it."""
    return UnusableModel(gateway=gateway, model=model, reason=_reason(answer), since=now, until=now + UNUSABLE_S)


def _reason(answer: str) -> str:
    """The status and code at its beginning, without words that may differ each time."""
    first, second, *_ = [*_WORDS.findall(answer[:200]), "", ""]
    parts = [first] if first.isdigit() else []
    code = second if parts else first
    return " ".join([*parts, *([code] if _CODE.fullmatch(code) else [])]) or "no such model"
