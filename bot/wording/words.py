"""Codes to sentences, through Project Fluent catalogs (`<locale>.ftl` beside this file)."""

from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

from bot.errors import VARIANT, BotError, DeliveryError, Parameter, RefusedError, StoreError, UpstreamError, UpstreamKind

if TYPE_CHECKING:
    from fluent.runtime import FluentBundle

LONGEST_VALUE = 80
"""Characters of a member's own value inside a refusal."""
MOST_CHARACTERS = 1000
"""Fluent refuses to place anything longer into a sentence."""
LARGEST_NUMBER = 10**20
SHORT_REASONS = frozenset(
    {
        UpstreamKind.POLICY_OUTPUT,
        UpstreamKind.POLICY_TEXT,
        UpstreamKind.POLICY_IMAGE,
        UpstreamKind.REAL_PERSON,
        UpstreamKind.COPYRIGHT,
        UpstreamKind.POLICY,
        UpstreamKind.DOWNLOAD,
    },
)


class Words:
    """One locale's words. A missing code or parameter is an error of ours and raises."""

    def __init__(self, locale: str = "en") -> None:
        self._locale = locale

    @cached_property
    def _bundle(self) -> "FluentBundle":
        from fluent.runtime import FluentBundle, FluentResource  # noqa: PLC0415  # slow, and not needed before the first word

        source = (files("bot.wording") / f"{self._locale}.ftl").read_text(encoding="utf-8")
        # Isolation marks would end up inside flags that people copy.
        bundle = FluentBundle([self._locale], use_isolating=False)
        bundle.add_resource(FluentResource(source))
        return bundle

    def prepare(self) -> None:
        """Read the catalog now instead of at the first word; safe in a thread of its own."""
        _ = self._bundle

    def say(self, code: str, parameters: Mapping[str, Parameter] | None = None, /, **more: Parameter) -> str:
        pattern = self._bundle.get_message(code).value
        if pattern is None:
            raise KeyError(f"{code} has no words")
        given = {name: _short(value, MOST_CHARACTERS) for name, value in {**(parameters or {}), **more}.items()}
        text, problems = self._bundle.format_pattern(pattern, given)
        if problems:
            raise KeyError(f"{code}: {problems[0]}")
        return str(text)

    def refusal(self, error: RefusedError) -> str:
        """What is wrong, and what works instead where something does."""
        variant = f"-{error.parameters[VARIANT]}" if VARIANT in error.parameters else ""
        given = {name: _short(value, LONGEST_VALUE) for name, value in error.parameters.items()}
        text = self.say(f"refusal-{error.code}{variant}", given)
        if error.nearest is not None:
            text = f"{text} {self.say('nearest', nearest=error.nearest)}"
        return text

    def error(self, error: BotError) -> str:
        """Any error of ours as one sentence that says what to do next."""
        match error:
            case RefusedError():
                return self.refusal(error)
            case UpstreamError():
                return self.say(f"failure-{error.code}", error.parameters)
            case StoreError():
                return self.say(f"store-{error.code}")
            case DeliveryError():
                return self.say(f"delivery-{error.code}")
            case _:
                raise TypeError(f"no words for {type(error).__name__}")

    def reason(self, kind: UpstreamKind) -> str:
        """Why one picture of a set did not come, in a few words."""
        return self.say(f"reason-{kind}" if kind in SHORT_REASONS else "reason-other")


def _short(value: Parameter, length: int) -> Parameter:
    """What a member typed may be thousands of characters; a sentence names its beginning.

    A number beyond all measure is written as it is: Fluent would fail to group its digits.
    """
    if isinstance(value, int | float) and not abs(value) < LARGEST_NUMBER:
        value = str(value)
    if isinstance(value, str) and len(value) > length:
        return f"{value[: length - 1]}…"
    return value
