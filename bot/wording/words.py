"""Turns codes into sentences, with Project Fluent catalogs (`<locale>.ftl` in this folder)."""

import math
import re
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from bot.chat.moment import Moment, plain, written
from bot.clock import SystemClock
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
from bot.values import dataclass

if TYPE_CHECKING:
    from fluent.runtime import FluentBundle
    from fluent.syntax.ast import Resource

LONGEST_VALUE = 80
"""Characters of a member's input that a refusal quotes."""
MOST_CHARACTERS = 1000
"""Of all long values in a sentence together: Fluent makes no sentence of more than 2,500."""
LARGEST_NUMBER = 10**20
OTHERWISE = frozenset({RefusalCode.UNKNOWN_FLAG})
"""Refusals with a second piece of advice, less likely than what would work instead."""
ALONE = frozenset(
    {
        RefusalCode.FORMAT_NOT_SUPPORTED,
        RefusalCode.GUIDANCE_NOT_SUPPORTED,
        RefusalCode.MODEL_RETIRED,
        RefusalCode.MODEL_UNAVAILABLE,
        RefusalCode.PROMPT_MODE_NOT_SUPPORTED,
        RefusalCode.REFS_NOT_SUPPORTED,
        RefusalCode.SEARCH_NOT_SUPPORTED,
        RefusalCode.SEED_NOT_SUPPORTED,
        RefusalCode.WATERMARK_NOT_CONTROLLABLE,
    },
)
"""Refusals with advice for the case that nothing would work instead."""
ALONE_VARIANTS = frozenset({f"{RefusalCode.OPTION_NOT_SUPPORTED}-model"})
"""Likewise, of one variant of a code."""
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
        UpstreamKind.RATE,
        UpstreamKind.OVERLOAD,
        UpstreamKind.TIMEOUT,
        UpstreamKind.AMBIGUOUS,
        UpstreamKind.MODEL,
    },
)
THIS_BOT, THE_SERVICE = "this bot", "the image service"
UNNAMED = frozenset({THIS_BOT, THE_SERVICE})
"""What a gateway is called where members do not read its name: in a refusal of the bot's own, and in a failure."""
LATEST = 10**11
"""A moment after that, in seconds, is no moment."""
GATEWAY_FLAG = "--gateway"
HOUR_S = 3600
UNITS = (("seconds", 1, 99), ("minutes", 60, 90 * 60), ("hours", HOUR_S, 48 * HOUR_S), ("days", 24 * HOUR_S, math.inf))
"""The unit in which a time to come is told, its length in seconds, and up to how many seconds."""
CHANGE = re.compile(r"(?<!\S)--([a-z][a-z-]*+) (\S++)")
"""A flag with its value, in what would work instead."""
NO_LABELS: Mapping[str, str] = MappingProxyType({})
UNSAID: Mapping[str, Parameter] = MappingProxyType({"status": 0, "number": 0})
"""For a failure that is not an HTTP answer, and for one that is about no particular reference."""


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """What members may read of the operator's affairs."""

    costs: Literal["public", "private", "off"] = "public"
    """Prices and the images left: to all, to the member alone, or not at all."""
    gateways: bool = True
    """The gateways' names."""
    contact: str | None = None
    """Whom a member asks to whom the bot is not open."""


OPEN_BOOK, SYSTEM_CLOCK = Disclosure(), SystemClock()


class Words:
    """The words of one locale. Raises KeyError for a code without words or a missing parameter.

    A parameter whose name ends in `_at` is a moment in seconds since 1970, one that ends in `_in` so many seconds from now:
    the sentence has a Moment there.
    """

    def __init__(
        self,
        locale: str = "en",
        *,
        disclosure: Disclosure = OPEN_BOOK,
        now: Callable[[], float] = SYSTEM_CLOCK.now,
    ) -> None:
        self._locale = locale
        self.disclosure = disclosure
        self._now = now

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
        values = {**(parameters or {}), **more}
        long = sum(isinstance(value, str) and len(value) > LONGEST_VALUE for value in values.values())
        # A sentence may have a value twice.
        room = MOST_CHARACTERS if long < 2 else max(LONGEST_VALUE, MOST_CHARACTERS // long)
        given = {name: self._readable(name, value, room) for name, value in values.items()}
        given["gateways"] = "shown" if self.disclosure.gateways else "hidden"
        text, problems = self._bundle.format_pattern(pattern, given)
        if problems:
            raise KeyError(f"{code}: {problems[0]}")
        return _capitalised(str(text)) if given.get("gateway") in UNNAMED else str(text)

    def tells_costs(self, *, private: bool) -> bool:
        """Whether prices and quotas may stand in a message; `private`: only its member reads it."""
        return self.disclosure.costs == "public" or (self.disclosure.costs == "private" and private)

    def refusal(self, error: RefusedError, *, labels: Mapping[str, str] = NO_LABELS) -> str:
        """What is wrong, followed by what would work instead, if anything does; all of it, a line each.

        `labels` are the fields of a form, by option, for a member who has chosen there instead of typing flags.
        """
        return "\n".join(self._one_refusal(one, labels) for one in (error, *error.also))

    def _one_refusal(self, error: RefusedError, labels: Mapping[str, str]) -> str:
        hidden = not self.disclosure.gateways
        variant = f"-{error.parameters[VARIANT]}" if VARIANT in error.parameters else ""
        if hidden and error.refusal is RefusalCode.NO_GATEWAY:
            variant = "-hidden"
        # A refusal that an earlier version recorded has no moment.
        given = {"renews_at": self._now(), **{name: _shortened(value, LONGEST_VALUE) for name, value in error.parameters.items()}}
        if hidden and "gateway" in given:
            given["gateway"] = THIS_BOT
        alone = f"{error.code}{variant}"
        if error.refusal is RefusalCode.NO_ACCESS:
            given["contact"] = self.disclosure.contact or self.say("contact")
        text = self.say(f"refusal-{error.code}{variant}", given)
        if error.nearest is not None and not (hidden and error.nearest.startswith(GATEWAY_FLAG)):
            text = f"{text} {self._nearest(error.nearest, labels)}"
        elif error.refusal in ALONE or alone in ALONE_VARIANTS:
            text = f"{text} {self.say(f'refusal-{alone if alone in ALONE_VARIANTS else error.code}-alone', given)}"
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

    def _readable(self, name: str, value: Parameter, room: int) -> Parameter:
        if isinstance(value, int | float) and abs(value) < LATEST:
            if name.endswith("_at"):
                return written(self._moment(value))
            if name.endswith("_in"):
                return written(self._moment(self._now() + value))
        if name == "gateway" and not self.disclosure.gateways and value not in UNNAMED:
            return THE_SERVICE
        value = _shortened(value, room)
        return plain(value) if isinstance(value, str) else value

    def _moment(self, at: float) -> Moment:
        """With words that name it no earlier than it is."""
        seconds = max(1, math.ceil(at - self._now()))
        unit, length = next((unit, length) for unit, length, most in UNITS if seconds <= most)
        words = self.say(f"moment-{unit}", count=math.ceil(seconds / length))
        return Moment(at=max(0, math.ceil(at)), words=words, near=seconds < HOUR_S)

    def reason(self, kind: UpstreamKind) -> str:
        """Why one picture of a set is missing, in a few words."""
        return self.say(f"reason-{kind}" if kind in SHORT_REASONS else "reason-other")


@cache
def _catalog(locale: str) -> "Resource":
    """A locale's catalog. Parsing takes a tenth of a second, so it is done once a process."""
    from fluent.runtime import FluentResource  # noqa: PLC0415  # as above

    return FluentResource((files("bot.wording") / f"{locale}.ftl").read_text(encoding="utf-8"))


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shortened(value: Parameter, length: int) -> Parameter:
    """Shorten a text that a member typed to its beginning.

    A very large number becomes text, since Fluent fails to group its digits.
    """
    if isinstance(value, int | float) and not abs(value) < LARGEST_NUMBER:
        value = str(value)
    if isinstance(value, str) and len(value) > length:
        return f"{value[: length - 1]}…"
    return value
