"""How many members and channels a platform has: a few with well-known names, and numbered ones for loads."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Population:
    """The minimum number of members and channels."""

    users: int = 3
    channels: int = 2


def numbered_names(first: tuple[str, ...], more: str, count: int) -> list[str]:
    """Return the well-known names, followed by numbered ones up to the count."""
    return [*first, *(f"{more}-{number}" for number in range(len(first) + 1, count + 1))]
