"""Counts the work of a call, so that a test can bound it without a clock."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

Read = Callable[[str], object]
GROWTH = 4
MOST_GROWTH = 5.0
"""Four times the text may take four times the work, and a little; work that grows with its square takes sixteen times."""
SETUP = 3000
"""Work that does not depend on the text, such as loading the words for a refusal, or trying what each gateway can do."""


def counted(call: Callable[[], object]) -> int:
    """The lines of Python that a call executes, the functions that it calls, and the length of every text that it calls a method of.

    What happens inside of a pattern is not seen: `counting_matcher.py` counts that.
    """
    work = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal work
        work += 1
        return trace

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal work
        if event == "c_call":
            bound = getattr(argument, "__self__", None)
            work += 1 + (len(bound) if isinstance(bound, str | bytes) else 0)

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(trace)
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return work


def growth(read: Read, text: Callable[[int], str], length: int) -> float:
    """How many times the work grows when the text becomes four times as long."""
    # What is loaded or remembered by the first reading is no work of the second.
    read(text(length - 1))
    short, long = text(length), text(GROWTH * length)
    return counted(lambda: read(long)) / max(counted(lambda: read(short)), SETUP)
