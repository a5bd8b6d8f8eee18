"""Counts the work of a parser in steps of the interpreter and bytes read, which are the same on every machine."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, SupportsIndex, overload

STEPS_PER_BYTE = 400
"""The costliest part that may take a single byte, an extent of an item, takes some 250."""
BYTES_READ_PER_BYTE = 8
ALLOWANCE = 20_000
"""What a small file may take, whatever its size: steps and bytes."""


class TooMuchWorkError(Exception):
    """A parser took more than its file's size allows."""


class CountedBytes(bytes):
    """Bytes that count how many of them are read."""

    most: int
    read: int

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> int: ...

    @overload
    def __getitem__(self, key: slice, /) -> bytes: ...

    def __getitem__(self, key: SupportsIndex | slice, /) -> int | bytes:
        found = super().__getitem__(key)
        self.read += len(found) if isinstance(found, bytes) else 1
        if self.read > self.most:
            raise TooMuchWorkError(f"more than {self.most} bytes read")
        return found


def counted(content: bytes) -> CountedBytes:
    """The same bytes; reading more of them than a linear parser needs raises TooMuchWorkError."""
    result = CountedBytes(content)
    result.most, result.read = ALLOWANCE + BYTES_READ_PER_BYTE * len(content), 0
    return result


def count_steps(work: Callable[[], object], *, size: int) -> int:
    """The steps (bytecode instructions) that work on a file of `size` bytes takes. Raises TooMuchWorkError, and what `work` raises."""
    most, steps = ALLOWANCE + STEPS_PER_BYTE * size, 0

    def trace(frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal steps
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        steps += 1
        if steps > most:
            raise TooMuchWorkError(f"more than {most} steps")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return steps
