"""How crowded a platform is: a handful of people that everybody knows by name, or as many as a load needs."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Population:
    """How many members and channels there are at least."""

    users: int = 3
    channels: int = 2


def numbered_names(first: tuple[str, ...], more: str, count: int) -> list[str]:
    """The names everybody knows, then numbered ones up to the count."""
    return [*first, *(f"{more}-{number}" for number in range(len(first) + 1, count + 1))]
