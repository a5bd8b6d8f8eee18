"""What in a model's row contradicts itself, key by key; pure."""

from collections.abc import Mapping, Sequence

from bot.catalog.models import ModelRow
from bot.catalog.sizes import SizeTable
from bot.catalog.tables.row_keys import PIXELS
from bot.config.keys import Fault
from bot.config.nearest import nearest


def row_faults(row: ModelRow, *, sides: Mapping[str, int], sizes: Mapping[str, SizeTable]) -> list[Fault]:
    faults = [*(_tier_faults(row, sides) or _size_faults(row, sizes))]
    if row.least_pixels > row.most_pixels:
        faults.append(_wrong("least_pixels", row.least_pixels, f"at most most_pixels, which is {row.most_pixels}"))
    if row.least_references > row.most_references:
        faults.append(
            _wrong("least_references", row.least_references, f"at most most_references, which is {row.most_references}")
        )
    if "transparent" in row.backgrounds and row.transparent is None:
        faults.append(Fault(kind="missing", allowed="drawn or kept, because backgrounds has it", location=("transparent",)))
    if row.instead == row.name:
        faults.append(_wrong("instead", row.instead, "another model"))
    if row.remap and row.instead is None:
        faults.append(_wrong("remap", row.remap, "false, or a model in instead"))
    return faults


def _tier_faults(row: ModelRow, sides: Mapping[str, int]) -> list[Fault]:
    """Tiers with a side stand from the smallest to the largest; words without one, such as `adaptive`, stand alone."""
    with_side = [tier for tier in row.tiers if tier in sides]
    unknown = [tier for tier in row.tiers if tier not in sides and tier[0].isdigit()]
    if unknown:
        return [_wrong("tiers", unknown[0], f"tiers of {', '.join(sides)}")]
    rising = sorted(with_side, key=lambda tier: sides[tier])
    if with_side != rising:
        return [_wrong("tiers", ", ".join(row.tiers), f"them from the smallest to the largest: {', '.join(rising)}")]
    return []


def _size_faults(row: ModelRow, sizes: Mapping[str, SizeTable]) -> Sequence[Fault]:
    faults = []
    if row.sizes is not None and row.sizes not in sizes:
        near = nearest(row.sizes, sizes)
        hint = "" if near is None else f" (did you mean {near}?)"
        faults.append(_wrong("sizes", row.sizes, f"the name of a [sizes] table: {', '.join(sizes)}{hint}"))
    found = PIXELS.fullmatch(row.default_size)
    if found is None and row.default_size not in row.tiers:
        allowed = ", ".join(row.tiers) or "pixels, because the model has no tiers"
        faults.append(_wrong("default_size", row.default_size, f"one of the model's tiers: {allowed}" if row.tiers else allowed))
    if found is not None and not row.least_pixels <= int(found[1]) * int(found[2]) <= row.most_pixels:
        faults.append(_wrong("default_size", row.default_size, f"from {row.least_pixels} to {row.most_pixels} pixels"))
    return faults


def _wrong(key: str, found: object, allowed: str) -> Fault:
    return Fault(found=found, allowed=allowed, location=(key,))
