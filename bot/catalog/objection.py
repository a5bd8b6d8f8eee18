"""A rule of the catalog that an ask breaks."""

from typing import TypedDict

from bot.errors import Parameter, RefusalCode


class Change(TypedDict, total=False):
    """Options to set, by their names in `Options`: what a member could have typed instead."""

    model: str
    count: int
    size: str
    ratio: str
    format: str
    prompt_mode: str


class ObjectionError(Exception):
    """One broken rule. `ways` are changes that may mend it, the smallest first; none of them has been tried."""

    def __init__(self, code: RefusalCode, *ways: Change, **parameters: Parameter) -> None:
        super().__init__(code, parameters)
        self.code = code
        self.ways = ways
        self.parameters = parameters
