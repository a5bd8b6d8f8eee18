"""Schemas of JSON values, from which the tables of elements and blocks are built. Problems read like Slack's `errors`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.contracts import JsonObject


class Surface(StrEnum):
    """Where blocks are shown."""

    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


@dataclass(kw_only=True)
class Findings:
    """The problems found so far; `file_problem` checks the `slack_file` of an image."""

    surface: Surface
    file_problem: Callable[[JsonObject], str | None]
    problems: list[str] = field(default_factory=list)

    def add(self, pointer: str, message: str) -> None:
        self.problems.append(f"{message} [json-pointer:{pointer}]")


Check = Callable[[Any, str, Findings], None]


def string(most: int, *, least: int = 0) -> Check:
    def check(value: Any, pointer: str, findings: Findings) -> None:
        if not isinstance(value, str):
            findings.add(pointer, "must be a string")
        elif len(value) > most:
            findings.add(pointer, f"must be less than {most + 1} characters")
        elif len(value) < least:
            findings.add(pointer, f"must be more than {least - 1} characters")

    return check


def boolean(value: Any, pointer: str, findings: Findings) -> None:
    if not isinstance(value, bool):
        findings.add(pointer, "must be a boolean")


def integer(least: int, most: int) -> Check:
    def check(value: Any, pointer: str, findings: Findings) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            findings.add(pointer, f"must be an integer between {least} and {most}")

    return check


def any_value(value: Any, pointer: str, findings: Findings) -> None:
    """Accept values that these tables do not check."""
    del value, pointer, findings


def one_of(*allowed: str) -> Check:
    def check(value: Any, pointer: str, findings: Findings) -> None:
        if value not in allowed:
            findings.add(pointer, f"must be one of: {', '.join(allowed)}")

    return check


def array(check_item: Check, least: int, most: int) -> Check:
    def check(value: Any, pointer: str, findings: Findings) -> None:
        if not isinstance(value, list):
            findings.add(pointer, "must be an array")
            return
        if len(value) < least:
            findings.add(pointer, f"no fewer than {least} items required")
        if len(value) > most:
            findings.add(pointer, f"no more than {most} items allowed")
        for index, item in enumerate(value):
            check_item(item, f"{pointer}/{index}", findings)

    return check


@dataclass(frozen=True, kw_only=True)
class ObjectSchema:
    """An object: its fields, the required ones, and groups of which exactly one or at least one must be present."""

    fields: Mapping[str, Check]
    required: tuple[str, ...] = ()
    exactly_one: tuple[str, ...] = ()
    at_least_one: tuple[str, ...] = ()
    surfaces: tuple[Surface, ...] = tuple(Surface)

    def __call__(self, value: Any, pointer: str, findings: Findings) -> None:
        if not isinstance(value, dict):
            findings.add(pointer, "must be an object")
            return
        if findings.surface not in self.surfaces:
            findings.add(pointer, f"unsupported type: {value.get('type')}")
        for name in self.required:
            if value.get(name) is None:
                findings.add(pointer, f"missing required field: {name}")
        if self.exactly_one and sum(value.get(name) is not None for name in self.exactly_one) != 1:
            findings.add(pointer, f"must define either {' or '.join(self.exactly_one)}")
        if self.at_least_one and all(value.get(name) is None for name in self.at_least_one):
            findings.add(pointer, f"must define {' or '.join(self.at_least_one)}")
        for name, item in value.items():
            if name == "type" or item is None:
                continue
            check = self.fields.get(name)
            if check is None:
                findings.add(pointer, f"invalid additional property: {name}")
            else:
                check(item, f"{pointer}/{name}", findings)


def by_type(table: Mapping[str, Check], *only: str) -> Check:
    """Check an object by its `type`, which must be in the table and, if `only` is given, among those."""

    def check(value: Any, pointer: str, findings: Findings) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in table or (only and kind not in only):
            findings.add(pointer, f"unsupported type: {kind}")
        else:
            table[kind](value, pointer, findings)

    return check


def text(most: int, *kinds: str, least: int = 1) -> Check:
    """Check a text object; without `kinds`, both plain text and mrkdwn are accepted."""
    length = string(most, least=least)
    table = {
        "plain_text": ObjectSchema(fields={"text": length, "emoji": boolean}, required=("text",)),
        "mrkdwn": ObjectSchema(fields={"text": length, "verbatim": boolean}, required=("text",)),
    }
    return by_type(table, *kinds)


def plain_text(most: int) -> Check:
    return text(most, "plain_text")
