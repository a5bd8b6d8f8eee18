"""The files of an act, checked as a chat platform's own client checks them before sending."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from sandbox.contracts import ControlError, JsonObject


@dataclass(frozen=True, kw_only=True)
class ActFile:
    name: str
    content: bytes


def read_files(act: JsonObject, *, most: int, size_limit: int) -> list[ActFile]:
    """Decode the `files` of an act: `[{name, base64}]`."""
    entries = act.get("files") or []
    if not isinstance(entries, list) or len(entries) > most:
        raise ControlError(f"At most {most} files can be sent here.")
    files = [_read_file(entry) for entry in entries]
    for file in files:
        if len(file.content) > size_limit:
            raise ControlError(f"{file.name} is larger than the limit of {size_limit} bytes.")
    return files


def _read_file(entry: Any) -> ActFile:
    try:
        return ActFile(name=str(entry["name"]), content=base64.b64decode(entry["base64"], validate=True))
    except (KeyError, TypeError, binascii.Error, ValueError):
        raise ControlError("A file is {name, base64}.") from None


def file_index(value: Any, files: list[ActFile]) -> int | None:
    """Return the index of the file that a value `file:N` names, with N counted from 1; None for any other value."""
    if not isinstance(value, str) or not value.startswith("file:"):
        return None
    number = value.removeprefix("file:")
    if not number.isdigit() or not 1 <= int(number) <= len(files):
        raise ControlError(f"{value} names no file of this act.")
    return int(number) - 1
