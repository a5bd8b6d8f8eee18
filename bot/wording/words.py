"""Turns codes into sentences, with Project Fluent catalogs (`<locale>.ftl` in this folder)."""

import re
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.errors import (
    VARIANT,
    BotError,
    DeliveryError,
    InternalError,
    Parameter,
    RefusalCode,
    RefusedError,
    StoreError,
    UpstreamError,
    UpstreamKind,
)

if TYPE_CHECKING:
    from fluent.runtime import FluentBundle
    from fluent.syntax.ast import Resource

LONGEST_VALUE = 80
"""Characters of a member's input that a refusal quotes."""
MOST_CHARACTERS = 1000
"""Fluent does not insert a longer value into a sentence, nor several that are longer together where one selects the words."""
LARGEST_NUMBER = 10**20
OTHERWISE = frozenset({RefusalCode.UNKNOWN_FLAG})
"""Refusals with a second piece of advice, less likely than what would work instead."""
ALONE = frozenset(
    {
        RefusalCode.FORMAT_NOT_SUPPORTED,
        RefusalCode.GUIDANCE_NOT_SUPPORTED,
        RefusalCode.PROMPT_MODE_NOT_SUPPORTED,
        RefusalCode.REFS_NOT_SUPPORTED,
        RefusalCode.SEARCH_NOT_SUPPORTED,
        RefusalCode.SEED_NOT_SUPPORTED,
        RefusalCode.WATERMARK_NOT_CONTROLLABLE,
    },
)
"""Refusals with advice for the case that nothing would work instead."""
SHORT_REASONS = frozenset(
    {
        UpstreamKind.POLICY_OUTPUT,
        UpstreamKind.POLICY_TEXT,
        UpstreamKind.POLICY_IMAGE,
        UpstreamKind.REAL_PERSON,
        UpstreamKind.COPYRIGHT,
        UpstreamKind.POLICY,
        UpstreamKind.DOWNLOAD,
        UpstreamKind.LOST,
        UpstreamKind.UNKNOWN,
    },
)
CHANGE = re.compile(r"(?<!\S)--([a-z][a-z-]*+) (\S++)")
"""A flag with its value, in what would work instead."""
NO_LABELS: Mapping[str, str] = MappingProxyType({})
UNSAID: Mapping[str, Parameter] = MappingProxyType({"status": 0, "number": 0})
"""For a failure that is not an HTTP answer, and for one that is about no particular reference."""


class Words:
    """The words of one locale. Raises KeyError for a code without words or a missing parameter."""

    def __init__(self, locale: str = "en") -> None:
        self._locale = locale

    @cached_property
    def _bundle(self) -> "FluentBundle":
        from fluent.runtime import FluentBundle  # noqa: PLC0415  # slow to import, and not needed before the first sentence

        # Unicode isolation marks would become part of flags that people copy.
        bundle = FluentBundle([self._locale], use_isolating=False)
        bundle.add_resource(_catalog(self._locale))
        return bundle

    def prepare(self) -> None:
        """Read the catalog now instead of for the first sentence; safe in a thread."""
        _ = self._bundle

    def say(self, code: str, parameters: Mapping[str, Parameter] | None = None, /, **more: Parameter) -> str:
        pattern = self._bundle.get_message(code).value
        if pattern is None:
            raise KeyError(f"{code} has no words")
        problems: list[Exception] = []
        for length in (MOST_CHARACTERS, LONGEST_VALUE):
            given = {name: _shortened(value, length) for name, value in {**(parameters or {}), **more}.items()}
            text, problems = self._bundle.format_pattern(pattern, given)
            if not problems:
                return str(text)
        raise KeyError(f"{code}: {problems[0]}")

    def refusal(self, error: RefusedError, *, labels: Mapping[str, str] = NO_LABELS) -> str:
        """What is wrong, followed by what would work instead, if anything does; all of it, a line each.

        `labels` are the fields of a form, by option, for a member who has chosen there instead of typing flags.
        """
        return "\n".join(self._one_refusal(one, labels) for one in (error, *error.also))

    def _one_refusal(self, error: RefusedError, labels: Mapping[str, str]) -> str:
        variant = f"-{error.parameters[VARIANT]}" if VARIANT in error.parameters else ""
        given = {name: _shortened(value, LONGEST_VALUE) for name, value in error.parameters.items()}
        text = self.say(f"refusal-{error.code}{variant}", given)
        if error.nearest is not None:
            text = f"{text} {self._nearest(error.nearest, labels)}"
        elif error.refusal in ALONE:
            text = f"{text} {self.say(f'refusal-{error.code}-alone', given)}"
        if error.refusal in OTHERWISE:
            text = f"{text} {self.say(f'refusal-{error.code}-otherwise', given)}"
        return text

    def _nearest(self, nearest: str, labels: Mapping[str, str]) -> str:
        changes = CHANGE.findall(nearest)
        if not changes or not all(name.replace("-", "_") in labels for name, _ in changes):
            return self.say("nearest", nearest=nearest)
        parts = [self.say("form-change", field=labels[name.replace("-", "_")], value=value) for name, value in changes]
        return self.say("form-nearest", changes=" and ".join(parts))

    def error(self, error: BotError) -> str:
        """The sentence for any error, which says what to do next. Raises TypeError for an error without words."""
        match error:
            case RefusedError():
                return self.refusal(error)
            case UpstreamError():
                return self.say(f"failure-{error.code}", {**UNSAID, **error.parameters})
            case InternalError():
                return self.say("internal-error", **error.parameters)
            case StoreError():
                return self.say(f"store-{error.code}")
            case DeliveryError():
                return self.say(f"delivery-{error.code}")
            case _:
                raise TypeError(f"no words for {type(error).__name__}")

    def seen(self, error: UpstreamError) -> str:
        """What was seen of a gateway's failure, without a conclusion."""
        return self.say(f"seen-{error.code}", {**UNSAID, **error.parameters})

    def reason(self, kind: UpstreamKind) -> str:
        """Why one picture of a set is missing, in a few words."""
        return self.say(f"reason-{kind}" if kind in SHORT_REASONS else "reason-other")


@cache
def _catalog(locale: str) -> "Resource":
    """A locale's catalog. Parsing takes a tenth of a second, so it is done once a process."""
    from fluent.runtime import FluentResource  # noqa: PLC0415  # as above

    return FluentResource((files("bot.wording") / f"{locale}.ftl").read_text(encoding="utf-8"))


def _shortened(value: Parameter, length: int) -> Parameter:
    """Shorten a text that a member typed to its beginning.

    A very large number becomes text, since Fluent fails to group its digits.
    """
    if isinstance(value, int | float) and not abs(value) < LARGEST_NUMBER:
        value = str(value)
    if isinstance(value, str) and len(value) > length:
        return f"{value[: length - 1]}…"
    return value
