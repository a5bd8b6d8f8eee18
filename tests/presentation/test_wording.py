"""Every code has words, every word is used, and no sentence breaks on what a member typed."""

import re
from importlib.resources import files

import pytest

from bot.commands.table import COMMANDS, MENU
from bot.errors import (
    BotError,
    DeliveryCode,
    DeliveryError,
    Parameter,
    RefusalCode,
    RefusedError,
    StoreCode,
    StoreError,
    UpstreamError,
    UpstreamKind,
)
from bot.presentation.forms import TEXT_FIELDS
from bot.wording.words import SHORT_REASONS, Words

CATALOG = (files("bot.wording") / "en.ftl").read_text(encoding="utf-8")
FORM_WORDS = ("title", "prompt", "prompt-hint", "files", "files-hint")
PARAMETERS: dict[str, Parameter] = {
    "allowed": "2K, 4K",
    "asked": 4,
    "count": 5,
    "flag": "--size",
    "found": "text/plain",
    "gateway": "ark",
    "granted": 20,
    "left": 3,
    "limit": 14,
    "missing": "nothing",
    "model": "4.5",
    "number": 2,
    "other": "4K",
    "references": 11,
    "value": "9K",
    "zone": "UTC",
}


def errors() -> list[BotError]:
    return [
        *(RefusedError(code, nearest="--size 2K", **PARAMETERS) for code in RefusalCode),
        *(UpstreamError(kind, certain=True, gateway="ark", model="4.5") for kind in UpstreamKind),
        *(StoreError(code) for code in StoreCode),
        *(DeliveryError(code, retryable=False) for code in DeliveryCode),
    ]


@pytest.mark.parametrize("error", errors(), ids=lambda error: f"{type(error).__name__}-{error.code}")
def test_every_code_has_words(error: BotError) -> None:
    """Any error of ours reads as at least one whole sentence with nothing left unfilled."""
    text = Words().error(error)

    assert text.endswith(".")
    assert "{" not in text
    assert "$" not in text


def test_every_refusal_names_what_works() -> None:
    """The nearest thing that works is part of the sentence."""
    error = RefusedError(
        RefusalCode.TIER_NOT_ON_MODEL, nearest="--size 2K", model="4.5", gateway="ark", value="1K", allowed="2K, 4K"
    )

    assert Words().error(error) == "4.5 on ark has no size 1K; it has 2K, 4K. Try --size 2K."


def test_a_value_of_thousands_of_characters_is_cut() -> None:
    """What a member typed never floods the sentence about it."""
    error = RefusedError(RefusalCode.UNKNOWN_FLAG, value="--" + "x" * 5000)

    assert len(Words().error(error)) < 200


@pytest.mark.parametrize("kind", UpstreamKind)
def test_every_kind_has_a_short_reason(kind: UpstreamKind) -> None:
    """A receipt can say of any picture why it did not come."""
    assert Words().reason(kind)


def spoken_codes() -> set[str]:
    """Codes that the core can say: by enum, and by literal in its source."""
    codes = {
        *(f"refusal-{code}" for code in RefusalCode),
        "refusal-BAD_VALUE-missing",
        "refusal-JOB_UNKNOWN-pressed",
        "refusal-OPTION_NOT_SUPPORTED-group",
        "refusal-OPTION_NOT_SUPPORTED-platform",
        *(f"failure-{kind}" for kind in UpstreamKind),
        *(f"store-{code}" for code in StoreCode),
        *(f"delivery-{code}" for code in DeliveryCode),
        *(f"reason-{kind}" for kind in SHORT_REASONS),
        *(f"command-{row.name}{hint}" for row in COMMANDS for hint in ("", "-hint")),
        *(option.words for row in COMMANDS for option in row.options),
        *(f"menu-{row.name}{description}" for row in MENU for description in ("", "-description")),
        *(f"form-{name}{hint}" for name in TEXT_FIELDS for hint in ("", "-hint")),
        *(f"form-{verb}-{name}" for verb in ("imagine", "edit") for name in FORM_WORDS),
    }
    for room in ("bot.presentation", "bot.wording"):
        for path in files(room).iterdir():
            if path.name.endswith(".py"):
                codes |= set(re.findall(r"[\"']([a-z]+(?:-[a-z]+)*)[\"']", path.read_text(encoding="utf-8")))
    return codes


def test_no_word_is_unused() -> None:
    """The catalog holds nothing that nobody says."""
    written = set(re.findall(r"^([A-Za-z][\w-]*) =", CATALOG, flags=re.MULTILINE))

    assert written - spoken_codes() == set()


@pytest.mark.parametrize(("count", "expected"), [(1, "One picture left today."), (7, "7 pictures left today.")])
def test_plurals(count: int, expected: str) -> None:
    """Numbers read as a person would say them."""
    assert Words().say("receipt-left", left=count) == expected
