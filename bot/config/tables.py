"""Reads tables of the configuration into dataclasses whose annotated fields are the keys, and collects all faults."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from functools import cache
from typing import Any, get_type_hints

from bot.config.keys import Context, Fault, FaultsError, Key, list_of, wrong
from bot.config.nearest import nearest
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Group:
    """Marks a field whose keys are in the enclosing table, prefixed with the field's name: `log_level`, `log_format`."""

    table: type


@dataclass(frozen=True, kw_only=True)
class Column:
    """A field that the configuration sets."""

    field: str
    declared: Key | Group
    required: bool


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The valid values of a table by field, and the faults of the others in the order of the fields."""

    values: Mapping[str, Any]
    faults: Sequence[Fault]


@cache
def columns_of(table: type) -> Sequence[Column]:
    """The fields of a dataclass that are annotated with a Key or a Group."""
    hints = get_type_hints(table, include_extras=True)
    found = []
    for field in fields(table):
        marks = [mark for mark in getattr(hints[field.name], "__metadata__", ()) if isinstance(mark, Key | Group)]
        required = field.default is MISSING and field.default_factory is MISSING
        found += [Column(field=field.name, declared=mark, required=required) for mark in marks[:1]]
    return tuple(found)


def keys_of(table: type, prefix: str = "") -> dict[str, Key]:
    """Every key by its name in the file, including the keys of groups."""
    found: dict[str, Key] = {}
    for column in columns_of(table):
        match column.declared:
            case Group(table=inner):
                found |= keys_of(inner, f"{prefix}{column.field}_")
            case Key() as key:
                found[prefix + (key.name or column.field)] = key
    return found


def read_fields(table: type, values: Mapping[str, Any], context: Context, *, prefix: str = "") -> Reading:
    """Read the fields of a table; ignores other keys in the mapping."""
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for column in columns_of(table):
        match column.declared:
            case Group(table=inner):
                reading = read_fields(inner, values, context, prefix=f"{prefix}{column.field}_")
                faults += reading.faults
                if not reading.faults:
                    found[column.field] = inner(**reading.values)
            case Key() as key:
                name = prefix + (key.name or column.field)
                if name in values:
                    try:
                        found[column.field] = key.read(values[name], context)
                    except FaultsError as error:
                        faults += [_completed(fault, key, context).below(name) for fault in error.faults]
                elif column.required:
                    faults.append(Fault(kind="missing", allowed=key.describe(context), location=(name,)))
    return Reading(values=found, faults=faults)


def unknown_keys(values: Mapping[str, Any], known: Sequence[str]) -> Iterator[Fault]:
    for name in values:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near}?" if near is not None else f"expected one of {', '.join(known)}."
            yield Fault(kind="unknown", allowed=hint, location=(name,))


def table(of: type, allowed: str) -> Key:
    """One `[table]`, as an instance of the dataclass."""

    def read(value: Any, context: Context) -> Any:  # noqa: ANN401  # a TOML value
        if not isinstance(value, dict):
            raise wrong(value)
        reading = read_fields(of, value, context)
        faults = [*reading.faults, *unknown_keys(value, list(keys_of(of)))]
        if faults:
            raise FaultsError(*faults)
        return of(**reading.values)

    return Key(read=read, allowed=allowed, scalar=False)


def tables(of: type, allowed: str, *, name: str) -> Key:
    """An array of `[[tables]]`, as a tuple of instances of the dataclass."""
    return Key(read=list_of(table(of, allowed).read), allowed=allowed, name=name, scalar=False)


def _completed(fault: Fault, key: Key, context: Context) -> Fault:
    """Add the key's description to a fault of its own value; a fault of a nested key already has one."""
    if fault.kind != "wrong" or fault.hidden:
        return fault
    return replace(fault, allowed=fault.allowed or key.describe(context), hidden=key.secret)
