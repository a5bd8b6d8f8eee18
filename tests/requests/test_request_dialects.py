"""What each dialect accepts and refuses before anything is spent, as tables."""

from dataclasses import replace

import pytest

from bot.catalog.dialects import Mode
from bot.catalog.load import shipped
from bot.catalog.price import flat_price
from bot.catalog.profiles import GatewayProfile, mode_problems
from bot.commands.grammar import parse
from bot.config.settings import Defaults, GatewayLimits
from bot.errors import RefusalCode, RefusedError
from bot.money import parse_money
from bot.requests.building import build_request
from bot.requests.references import Reference
from bot.requests.request import Request, RequestSpec
from bot.wording.words import Words
from tests.fakes.dialects import gateway, settings

R = RefusalCode
DEFAULTS = Defaults()
ARK, INTL, ACE, SINAN, UNIALL, UNODE, OPE = (
    gateway(name) for name in ("ark_cn", "ark_intl", "acedata", "sinancode", "uniall", "unode", "opeai")
)
UNIALL_SIGNED = gateway("uniall", public_url="https://bot.example")
"""Fetches references from signed addresses of this bot."""
URL = Reference(form="url", value="https://e.com/a.png")
DATA = Reference(form="data", value="data:image/png;base64,AA")
BYTES = Reference(form="bytes", value="b", media_type="image/png", width=1000, height=1000, size_bytes=1000)
WIDE = replace(BYTES, width=3000, height=1000)


def spec_from(text: str, *references: Reference) -> RequestSpec:
    command = parse(text, verb="imagine")
    return RequestSpec(prompt=command.prompt, options=command.options, references=references)


def built(text: str, at: GatewayProfile, *references: Reference) -> Request:
    return build_request(spec_from(text, *references), at, DEFAULTS)


def outcome(text: str, at: GatewayProfile, *references: Reference) -> Request | RefusalCode:
    """The request or the refusal code; a refusal without words would raise here."""
    try:
        return built(text, at, *references)
    except RefusedError as refusal:
        Words().refusal(refusal)
        return refusal.refusal


def size_of(found: Request | RefusalCode) -> str:
    return str(found.size) if isinstance(found, Request) else found


def test_the_names_of_the_dialects() -> None:
    """Operators write these seven names in their configuration."""
    assert list(shipped().dialects) == ["ark_cn", "ark_intl", "acedata", "sinancode", "uniall", "unode", "opeai"]


# A gateway and its ids for 5.0-lite, 4.5 and 4.0.
IDS = [
    (ARK, ("doubao-seedream-5-0-260128", "doubao-seedream-4-5-251128", "doubao-seedream-4-0-250828")),
    (INTL, ("seedream-5-0-260128", "seedream-4-5-251128", "seedream-4-0-250828")),
    (ACE, ("doubao-seedream-5-0-lite-260128", "doubao-seedream-4-5-251128", "doubao-seedream-4-0-250828")),
    (SINAN, ("5.0-lite", "4.5", "4.0")),
    (UNIALL, ("seedream-5.0-lite", "seedream-4.5", "seedream-4.0")),
    (UNODE, ("doubao-seedream-5-0-260128", "doubao-seedream-4-5-251128", None)),
    (OPE, ("bytedance-seedream-5.0", "doubao-seedream-4.5", "doubao-seedream-4.0")),
]


@pytest.mark.parametrize(("at", "ids"), IDS)
def test_model_ids(at: GatewayProfile, ids: tuple[str | None, ...]) -> None:
    """Each gateway has its own id for a model; only `unode` lacks 4.0."""
    found = [at.models[name].id if name in at.models else None for name in ("5.0-lite", "4.5", "4.0")]

    assert found == list(ids)


def test_the_second_model_id() -> None:
    """It exists for one model of `acedata`, unless the operator has configured an id."""
    chosen = gateway("acedata", models={"5.0-lite": "mine"})

    assert [built("a fox", at).second_model_id for at in (ACE, chosen, INTL)] == ["doubao-seedream-5-0-260128", None, None]


@pytest.mark.parametrize(
    ("at", "prices"),
    [
        (INTL, ("0.035 USD", "0.04 USD", "0.03 USD")),
        (ACE, ("0.040 USD", "0.037 USD", "0.030 USD")),
        (ARK, ("0.22 CNY", "0.25 CNY", "0.20 CNY")),
        (SINAN, (None, None, None)),
        (UNIALL, (None, None, None)),
        (OPE, (None, None, None)),
    ],
)
def test_prices(at: GatewayProfile, prices: tuple[str | None, ...]) -> None:
    """The published ones; the others are unknown."""
    expected = [None if price is None else flat_price(parse_money(price)) for price in prices]

    assert [at.models[name].price for name in ("5.0-lite", "4.5", "4.0")] == expected


# Flags and gateway; the size that is sent, or the refusal.
SIZES: list[tuple[str, GatewayProfile, str | RefusalCode]] = [
    ("", ACE, "2K"),
    ("", UNIALL, "2048x2048"),
    ("--model 4.0 --size 1K", ARK, "1K"),
    ("--model 4.0 --size 1K", ACE, "1K"),
    ("--model 4.0 --size 1K", OPE, "1K"),
    ("--model 4.0 --size 1K", UNIALL, "1024x1024"),
    ("--model 4.0 --size 1K", SINAN, R.TIER_NOT_ON_MODEL),
    ("--model 4.0 --size 1024x1024", SINAN, "1024x1024"),
    ("--model 4.0 --size 1K --ratio 1:1", SINAN, "1024x1024"),
    ("--model 4.5 --size 1K", OPE, R.TIER_NOT_ON_MODEL),
    ("--model 4.5 --size 1K", UNODE, R.TIER_NOT_ON_MODEL),
    ("--size 1K", UNIALL, R.TIER_NOT_ON_MODEL),
    ("--size 3K", SINAN, "3K"),
    ("--size 3K", UNODE, "3K"),
    ("--size 3K", UNIALL, "3072x3072"),
    ("--model 4.5 --size 3K", UNODE, R.TIER_NOT_ON_MODEL),
    ("--model 4.0 --size 3K", OPE, R.TIER_NOT_ON_MODEL),
    ("--model 4.5 --size 3K", UNIALL, R.TIER_NOT_ON_MODEL),
    ("--model 4.5 --size 3K --ratio 3:2", UNODE, "3744x2496"),
    ("--model 4.5 --size 3K --ratio 4:3", UNIALL, "3456x2592"),
    ("--size 4K", ACE, "4K"),
    ("--size 4K", UNODE, "4K"),
    ("--size 4K", OPE, "4K"),
    ("--size 4K", SINAN, R.TIER_NOT_ON_MODEL),
    ("--model 4.5 --size 4K", SINAN, "4K"),
    ("--size 4096x4096", SINAN, R.PIXELS_TOO_MANY),
    ("--size 3072x3386", SINAN, "3072x3386"),
    ("--size 3072x3387", SINAN, R.PIXELS_TOO_MANY),
    ("--size 4K", UNIALL, "4096x4096"),
    ("--size 4K --ratio 16:9", UNIALL, R.SIDE_TOO_LONG),
    ("--size 4097x1000", UNIALL, R.SIDE_TOO_LONG),
    ("--size 4096x1000", UNIALL, "4096x1000"),
    ("--size 4K --ratio 16:9", OPE, "5504x3040"),
    ("--size 6240x2656", OPE, "6240x2656"),
    ("--ratio 16:9", SINAN, "2848x1600"),
    ("--ratio 9:16", UNIALL, "1600x2848"),
    ("--size 1280x720", ACE, R.PIXELS_TOO_FEW),
    ("--model 4.0 --size 1280x720", UNIALL, "1280x720"),
    ("--size adaptive", ACE, R.SIZE_NOT_SUPPORTED),
]


@pytest.mark.parametrize(("text", "at", "expected"), SIZES)
def test_sizes(text: str, at: GatewayProfile, expected: str | RefusalCode) -> None:
    """A tier is sent by its name or in pixels, within the model's range and the gateway's longest side."""
    assert size_of(outcome(f"a fox {text}", at)) == expected


@pytest.mark.parametrize(
    ("at", "size"),
    [(ACE, "3552x1184"), (SINAN, "3552x1184"), (UNIALL, "3552x1184"), (OPE, "3552x1184")],
)
def test_an_edit_keeps_the_aspect_of_its_picture(at: GatewayProfile, size: str) -> None:
    """A 3:1 reference gives a 3:1 size of about 4.19 megapixels at every gateway."""
    at = replace(at, can_sign=True)

    assert str(built("a fox", at, WIDE).size) == size


# Flags and gateway; the refusal and the suggestion.
REFUSED: list[tuple[str, GatewayProfile, RefusalCode, str | None]] = [
    ("--model 4.0", UNODE, R.MODEL_NOT_ON_DIALECT, "--model 4.5"),
    ("--model 3.0-t2i", ACE, R.MODEL_NOT_ON_DIALECT, "--model 4.0"),
    ("--model 5.1", INTL, R.MODEL_NOT_ON_DIALECT, "--model 5.0-lite"),
    *[("--seed 7", at, R.SEED_NOT_SUPPORTED, None) for at in (ACE, SINAN, UNIALL, UNODE, OPE)],
    *[("--guidance 3", at, R.GUIDANCE_NOT_SUPPORTED, None) for at in (ACE, SINAN, UNIALL, UNODE, OPE)],
    *[("--format png", at, R.FORMAT_NOT_SUPPORTED, "--format jpeg") for at in (SINAN, UNIALL, OPE)],
    *[("--format png --model 4.5", at, R.FORMAT_NOT_SUPPORTED, "--model 5.0-lite") for at in (ACE, UNODE)],
    *[("--search", at, R.SEARCH_NOT_SUPPORTED, None) for at in (SINAN, UNIALL, OPE)],
    *[("--search --model 4.5", at, R.SEARCH_NOT_SUPPORTED, "--model 5.0-lite") for at in (ACE, UNODE)],
    *[("--prompt-mode standard", at, R.PROMPT_MODE_NOT_SUPPORTED, None) for at in (SINAN, UNIALL, OPE)],
    ("--prompt-mode fast", ACE, R.PROMPT_MODE_NOT_SUPPORTED, "--model 4.0"),
    ("--prompt-mode fast", UNODE, R.PROMPT_MODE_NOT_SUPPORTED, "--prompt-mode standard"),
    *[("--watermark", at, R.WATERMARK_NOT_CONTROLLABLE, None) for at in (SINAN, UNIALL)],
    ("--no-watermark", UNIALL, R.WATERMARK_NOT_CONTROLLABLE, None),
    ("--count 7", UNIALL, R.COUNT_OUT_OF_RANGE, "--count 6"),
    *[("--count 16", at, R.COUNT_OUT_OF_RANGE, "--count 15") for at in (ACE, SINAN, UNODE, OPE)],
    *[("--count 0", at, R.COUNT_OUT_OF_RANGE, "--count 1") for at in (ACE, SINAN, UNIALL, UNODE, OPE)],
    (" " + "x" * 2_000, SINAN, R.PROMPT_TOO_LONG, None),
]


@pytest.mark.parametrize(("text", "at", "code", "nearest"), REFUSED)
def test_refusals(text: str, at: GatewayProfile, code: RefusalCode, nearest: str | None) -> None:
    """An option that a gateway would ignore or misread is refused."""
    with pytest.raises(RefusedError) as caught:
        built(f"a fox {text}", at)

    assert (caught.value.refusal, caught.value.nearest) == (code, nearest)
    assert Words().refusal(caught.value)


# References, gateway and flags; the refusal, or None.
REFERENCES: list[tuple[list[Reference], GatewayProfile, str, RefusalCode | None]] = [
    *[([form], at, "", None) for form in (URL, DATA, BYTES) for at in (ARK, INTL, ACE, OPE)],
    ([URL], SINAN, "", None),
    ([DATA], SINAN, "", R.REF_FORM_NOT_ACCEPTED),
    ([BYTES], SINAN, "", None),
    ([URL], UNIALL, "", None),
    ([DATA], UNIALL, "", R.REF_FORM_NOT_ACCEPTED),
    ([BYTES], UNIALL, "", R.REF_FORM_NOT_ACCEPTED),
    ([BYTES], UNIALL_SIGNED, "", None),
    ([DATA], UNIALL_SIGNED, "", R.REF_FORM_NOT_ACCEPTED),
    ([URL], UNODE, "", R.REF_FORM_NOT_ACCEPTED),
    ([DATA], UNODE, "", None),
    ([BYTES], UNODE, "", None),
    *[([URL] * 14, at, "", None) for at in (ACE, SINAN, OPE)],
    *[([URL] * 15, at, "", R.REFS_TOO_MANY) for at in (ACE, SINAN, OPE)],
    ([DATA] * 14, UNODE, "", None),
    ([URL] * 10, UNIALL, "--count 5", None),
    ([URL] * 10, UNIALL, "--count 6", R.REFS_PLUS_COUNT),
    ([URL] * 9, UNIALL, "--count 6", None),
    ([URL] * 11, UNIALL, "", R.REFS_TOO_MANY),
    ([URL] * 10, OPE, "--count 6", R.REFS_PLUS_COUNT),
    ([replace(BYTES, size_bytes=10_000_001)], SINAN, "", R.REF_TOO_BIG),
    ([replace(BYTES, width=14)], ACE, "", R.REF_TOO_SMALL),
    ([replace(BYTES, media_type="image/heic")], OPE, "", R.REF_BAD_FORMAT),
    # Uploaded and signed references do not count towards the size of the request.
    ([replace(BYTES, size_bytes=9_000_000)] * 6, UNODE, "", R.BODY_TOO_LARGE),
    ([replace(BYTES, size_bytes=9_000_000)] * 6, SINAN, "", None),
    ([replace(BYTES, size_bytes=9_000_000)] * 6, UNIALL_SIGNED, "", None),
]


@pytest.mark.parametrize(("references", "at", "text", "code"), REFERENCES)
def test_references(references: list[Reference], at: GatewayProfile, text: str, code: RefusalCode | None) -> None:
    """References are accepted in the forms that a gateway takes, or that they can be converted to."""
    found = outcome(f"a fox {text}", at, *references)

    assert (None if isinstance(found, Request) else found) == code


def test_the_refusal_names_the_missing_public_url() -> None:
    """Without a public address, the refusal names the setting that is missing."""
    with pytest.raises(RefusedError) as caught:
        built("a fox", UNIALL, BYTES)

    assert "PUBLIC_URL" in Words().refusal(caught.value)


@pytest.mark.parametrize(
    ("at", "mode", "one", "four"),
    [
        (ARK, "auto", "sync", "stream"),
        (ACE, "auto", "async", "async"),
        (SINAN, "auto", "async", "async"),
        (UNIALL, "auto", "sync", "sync"),
        (UNODE, "auto", "sync", "sync"),
        (OPE, "auto", "sync", "sync"),
        (ARK, "sync", "sync", "sync"),
        (ACE, "sync", "sync", "sync"),
        (ACE, "stream", "stream", "stream"),
        (SINAN, "sync", R.SYNC_NOT_SUPPORTED, R.SYNC_NOT_SUPPORTED),
        (SINAN, "stream", R.STREAM_NOT_SUPPORTED, R.STREAM_NOT_SUPPORTED),
        (UNODE, "stream", R.STREAM_NOT_SUPPORTED, R.STREAM_NOT_SUPPORTED),
        (OPE, "stream", R.STREAM_NOT_SUPPORTED, R.STREAM_NOT_SUPPORTED),
    ],
)
def test_modes(at: GatewayProfile, mode: Mode, one: str, four: str) -> None:
    """`auto` chooses tasks, a stream for sets, or one answer; a configured mode is used or refused."""
    configured = replace(at, mode=mode)
    found = [outcome(text, configured) for text in ("a fox", "a fox --count 4")]

    assert [answer.mode if isinstance(answer, Request) else answer for answer in found] == [one, four]


@pytest.mark.parametrize(
    ("dialect", "mode", "problem"),
    [
        ("acedata", "stream", None),
        ("uniall", "auto", None),
        ("uniall", "stream", 'gateway uniall: mode "stream" is not supported; the dialect uniall supports auto, sync.'),
        ("unode", "async", 'gateway unode: mode "async" is not supported; the dialect unode supports auto, sync.'),
        ("sinancode", "sync", 'gateway sinancode: mode "sync" is not supported; the dialect sinancode supports auto, async.'),
    ],
)
def test_a_mode_that_the_dialect_lacks_is_a_problem(dialect: str, mode: str, problem: str | None) -> None:
    """It is found in the configuration, before any request."""
    assert mode_problems(settings(dialect, mode=mode)) == (() if problem is None else (problem,))


def test_the_watermark_is_sent_where_possible() -> None:
    """The gateways' defaults differ, so our setting is always sent."""
    assert [built("a fox", at).watermark for at in (ARK, ACE, UNODE, OPE, SINAN, UNIALL)] == [False] * 4 + [None] * 2


# Dialect and configured limits, flags and references; the size or the refusal.
LIMITS: list[tuple[str, GatewayLimits, str, tuple[Reference, ...], str | RefusalCode]] = [
    (
        "sinancode",
        GatewayLimits(tiers={"5.0-lite": ("2K", "3K", "4K")}, most_pixels={"5.0-lite": 4096 * 4096}),
        "--size 4K",
        (),
        "4K",
    ),
    ("ark_intl", GatewayLimits(tiers={"5.0-lite": ("2K", "3K")}), "--size 4K", (), R.TIER_NOT_ON_MODEL),
    ("ark_intl", GatewayLimits(most_pixels={"5.0-lite": 10_404_496}), "--size 4096x4096", (), R.PIXELS_TOO_MANY),
    ("opeai", GatewayLimits(search=True), "--search", (), "2K"),
    ("opeai", GatewayLimits(prompt_modes=frozenset({"standard"})), "--prompt-mode standard", (), "2K"),
    ("uniall", GatewayLimits(formats=frozenset({"png"})), "--format png", (), "2048x2048"),
    ("uniall", GatewayLimits(most_images=15), "--count 15", (), "2048x2048"),
    ("opeai", GatewayLimits(most_side=4096), "--size 4K --ratio 16:9", (), R.SIDE_TOO_LONG),
    ("opeai", GatewayLimits(reference_forms=frozenset({"data"})), "", (URL,), R.REF_FORM_NOT_ACCEPTED),
    ("ark_intl", GatewayLimits(reference_bytes=30_000_000), "", (replace(BYTES, size_bytes=20_000_000),), "2048x2048"),
    ("ark_intl", GatewayLimits(most_references=2), "", (URL,) * 3, R.REFS_TOO_MANY),
    ("ark_intl", GatewayLimits(most_references=0), "", (URL,), R.REFS_NOT_SUPPORTED),
]


@pytest.mark.parametrize(("dialect", "limits", "text", "references", "expected"), LIMITS)
def test_configured_limits_override_the_catalog(
    dialect: str, limits: GatewayLimits, text: str, references: tuple[Reference, ...], expected: str | RefusalCode
) -> None:
    """Limits that a gateway's documentation leaves open or states wrongly can be configured."""
    found = outcome(f"a fox {text}", gateway(dialect, limits=limits), *references)

    assert size_of(found) == expected


def test_an_undocumented_model_can_be_configured() -> None:
    """An id in the settings is enough to use a model that the gateway does not document."""
    assert built("a fox --model 4.0", gateway("unode", models={"4.0": "doubao-seedream-4-0-250828"})).model == "4.0"
