"""A rule of the catalog that a request breaks."""

from typing import TypedDict

from bot.errors import Parameter, RefusalCode


class OptionChange(TypedDict, total=False):
    """Options to change, by their names in `Options`: what the member could have typed instead."""

    model: str
    count: int
    size: str
    ratio: str
    format: str
    prompt_mode: str
    background: str
    region: str
    point: str
    separate: bool
    seed: int
    guidance: float


class RuleViolationError(Exception):
    """One broken rule. `fixes` are option changes that may fix it, the smallest first; none has been tried."""

    def __init__(self, code: RefusalCode, *fixes: OptionChange, **parameters: Parameter) -> None:
        super().__init__(code, parameters)
        self.code = code
        self.fixes = fixes
        self.parameters = parameters
