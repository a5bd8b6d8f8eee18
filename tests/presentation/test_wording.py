"""Every code has words, and every entry of the catalog is used."""

import re
from importlib.resources import files

import pytest

from bot.commands.command import Topic
from bot.commands.table import COMMANDS, MENU
from bot.errors import (
    VARIANT,
    BotError,
    DeliveryCode,
    DeliveryError,
    InternalError,
    Parameter,
    RefusalCode,
    RefusedError,
    StoreCode,
    StoreError,
    UpstreamError,
    UpstreamKind,
    refuse_together,
)
from bot.presentation.forms import BACKGROUND, CHOICE_FIELDS, SHAPE
from bot.requests.routing import GONE
from bot.wording.words import ALONE, ALONE_VARIANTS, OTHERWISE, SHORT_REASONS, UNITS, Words

CATALOG = (files("bot.wording") / "en.ftl").read_text(encoding="utf-8")
FORM_WORDS = ("title", "prompt", "prompt-hint", "files", "files-hint")
FILE_KINDS = ("audio", "kind", "long-text", "pdf", "text", "video", "voice")
PARAMETERS: dict[str, Parameter] = {
    "allowed": "2K, 4K",
    "asked": 4,
    "count": 5,
    "date": "2026-11-24",
    "flag": "--size",
    "found": "text/plain",
    "gateway": "ark",
    "granted": 20,
    "least": 1,
    "left": 3,
    "limit": 14,
    "missing": "nothing",
    "model": "4.5",
    "most": 10,
    "number": 2,
    "other": "4K",
    "references": 11,
    "value": "9K",
    "renews_at": 1_700_006_400.0,
    "again_at": 1_700_006_400.0,
}


def errors() -> list[BotError]:
    return [
        *(RefusedError(code, nearest="--size 2K", **PARAMETERS) for code in RefusalCode),
        *(UpstreamError(kind, certain=True, gateway="ark", model="4.5") for kind in UpstreamKind),
        *(StoreError(code) for code in StoreCode),
        InternalError("1f0c9a7e"),
        *(DeliveryError(code, retryable=False) for code in DeliveryCode),
    ]


@pytest.mark.parametrize("error", errors(), ids=lambda error: f"{type(error).__name__}-{error.code}")
def test_every_code_has_words(error: BotError) -> None:
    """Any error is a complete sentence without unfilled parameters."""
    text = Words().error(error)

    assert text.endswith(".")
    assert "{" not in text
    assert "$" not in text


@pytest.mark.parametrize("kind", FILE_KINDS)
def test_every_kind_of_file_that_is_no_picture_has_its_own_words(kind: str) -> None:
    """They name it by its number and say what to do."""
    error = RefusedError(RefusalCode.REF_BAD_FORMAT, nearest=None, **{**PARAMETERS, VARIANT: kind})

    assert Words().error(error).startswith("Image 2 is ")
    assert Words().error(error).count(".") >= 2 or kind == "text"


def test_all_refusals_of_a_request_are_named() -> None:
    """Each on a line of its own."""
    errors = [RefusedError(RefusalCode.REF_UNREADABLE, number=1), RefusedError(RefusalCode.REF_GONE, number=3)]

    assert Words().error(refuse_together(errors)) == (
        "Image 1 is damaged or incomplete. Save it again and attach the new file.\n"
        "Image 3 can no longer be downloaded. Attach it again."
    )


@pytest.mark.parametrize(("number", "named"), [(0, "one of the reference images"), (2, "image 2")])
def test_a_fault_of_a_reference_says_which_one_if_that_is_known(number: int, named: str) -> None:
    for kind in (UpstreamKind.REFERENCE, UpstreamKind.REFERENCE_DOWNLOAD):
        error = UpstreamError(kind, certain=True, gateway="ark", model="4.5", number=number)
        assert named in Words().error(error)


def test_a_refusal_suggests_what_works() -> None:
    """The suggestion is part of the text."""
    error = RefusedError(
        RefusalCode.TIER_NOT_ON_MODEL, nearest="--size 2K", model="4.5", gateway="ark", value="1K", allowed="2K, 4K"
    )

    assert Words().error(error) == "Seedream 4.5 on ark has no size 1K; it has 2K, 4K. Try --size 2K."


def test_the_likely_mistake_comes_first() -> None:
    """Somebody who mistyped a flag reads the flag before the advice for a rarer case."""
    error = RefusedError(RefusalCode.UNKNOWN_FLAG, nearest="--count", value="--cuont")

    assert Words().error(error) == (
        'There is no flag --cuont. Try --count. Put it in "double quotes" if it belongs to the prompt.'
    )


def test_a_very_long_value_is_shortened() -> None:
    """A refusal quotes only the beginning of what a member typed."""
    error = RefusedError(RefusalCode.UNKNOWN_FLAG, value="--" + "x" * 5000)

    assert len(Words().error(error)) < 200


@pytest.mark.parametrize("status", [0, 502])
@pytest.mark.parametrize("kind", UpstreamKind)
def test_what_was_seen_has_words(kind: UpstreamKind, status: int) -> None:
    """They are a complete sentence that draws no conclusion about the cost."""
    text = Words().seen(UpstreamError(kind, certain=False, gateway="ark", model="4.5", status=status))

    assert text.endswith(".")
    assert "cost" not in text
    assert "quota" not in text


@pytest.mark.parametrize("kind", UpstreamKind)
def test_every_kind_has_a_short_reason(kind: UpstreamKind) -> None:
    """A receipt can name the reason for any missing picture."""
    assert Words().reason(kind)


def used_codes() -> set[str]:
    """The codes that the core uses: from enums and from literals in its source."""
    codes = {
        *(f"refusal-{code}" for code in RefusalCode),
        *(f"refusal-BAD_VALUE-{variant}" for variant in ("flat", "many", "missing", "no-image", "outside", "place", "which")),
        "refusal-BUDGET_REACHED-month",
        "refusal-JOB_UNKNOWN-pressed",
        *(f"refusal-ALREADY_SUBMITTED-{variant}" for variant in ("ended", "fresh")),
        *(f"refusal-NO_ACCESS-{variant}" for variant in ("direct", "member", "stranger", "user-install")),
        "refusal-NO_GATEWAY-hidden",
        *(f"moment-{unit}" for unit, _, _ in UNITS),
        "refusal-OPTION_NOT_SUPPORTED-group",
        "refusal-OPTION_NOT_SUPPORTED-hidden-reference",
        "refusal-OPTION_NOT_SUPPORTED-model",
        *(f"refusal-REF_BAD_FORMAT-{variant}" for variant in FILE_KINDS),
        "refusal-ALREADY_SUBMITTED-cancel",
        *(f"refusal-ANSWER_NOT_OFFERED-{variant}" for variant in ("memory", "memory-set", "numbers")),
        "refusal-NOT_YOURS-cancel",
        "refusal-PROMPT_EMPTY-again",
        "refusal-PROMPT_EMPTY-again-flags",
        "refusal-PROMPT_EMPTY-choice",
        "refusal-PROMPT_EMPTY-picture",
        "refusal-REF_NOT_IN_SET-answer",
        "refusal-REF_NOT_IN_SET-part",
        *(f"talk-{topic}" for topic in Topic),
        "refusal-REFS_REQUIRED-unmade",
        "refusal-QUOTA_EXCEEDED-layers",
        "refusal-REFS_REQUIRED-words",
        *(f"refusal-REFS_REQUIRED-{variant}" for variant in ("alpha", "layers", "place")),
        *(f"refusal-REFS_TOO_MANY-{variant}" for variant in ("alpha", "layers")),
        "refusal-REF_TOO_SMALL-layers",
        "refusal-REF_GONE-stored",
        "refusal-OPTION_NOT_SUPPORTED-platform",
        *(f"refusal-{code}-otherwise" for code in OTHERWISE),
        *(f"refusal-{code}-alone" for code in (*ALONE, *ALONE_VARIANTS)),
        *(f"refusal-{code}-unmatched" for code in GONE),
        "refusal-UNKNOWN_FLAG-unclear",
        "refusal-BAD_VALUE-unclear",
        "refusal-OPTION_NOT_SUPPORTED-planned",
        *(f"{words}-{kind}" for kind in UpstreamKind for words in ("seen", "failure")),
        *(f"store-{code}" for code in StoreCode),
        *(f"delivery-{code}" for code in DeliveryCode),
        *(f"reason-{kind}" for kind in SHORT_REASONS),
        *(f"command-{row.name}{hint}" for row in COMMANDS for hint in ("", "-hint")),
        *(option.words for row in COMMANDS for option in row.options),
        *(f"menu-{row.name}{description}" for row in MENU for description in ("", "-description")),
        *(f"form-{name}{part}" for name in (*CHOICE_FIELDS, SHAPE, BACKGROUND) for part in ("", "-hint", "-default")),
        *(f"form-{verb}-{name}" for verb in ("imagine", "edit") for name in FORM_WORDS),
    }
    for room in ("bot.presentation", "bot.wording"):
        for path in files(room).iterdir():
            if path.name.endswith(".py"):
                codes |= set(re.findall(r"[\"']([a-z]+(?:-[a-z]+)*)[\"']", path.read_text(encoding="utf-8")))
    return codes


def test_no_word_is_unused() -> None:
    """The catalog has no entry that the core does not use."""
    defined = set(re.findall(r"^([A-Za-z][\w-]*) =", CATALOG, flags=re.MULTILINE))

    # A sentence may be a part of others.
    parts = set(re.findall(r"\{ ([a-z]+(?:-[a-z]+)*) \}", CATALOG))

    assert defined - used_codes() - parts == set()


@pytest.mark.parametrize(("count", "expected"), [(1, "1 image left today."), (7, "7 images left today.")])
def test_plurals(count: int, expected: str) -> None:
    """A sentence uses the singular or plural form of its number."""
    assert Words().say("receipt-left", left=count) == expected
