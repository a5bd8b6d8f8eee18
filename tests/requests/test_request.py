"""What becomes a request, what is refused, in which order, and what would work instead."""

from dataclasses import asdict, replace
from decimal import Decimal
from typing import Literal

import pytest

from bot.catalog.dialects import DIALECTS, ReferenceRules
from bot.catalog.profiles import GatewayProfile, profile
from bot.commands.command import Options
from bot.commands.grammar import parse
from bot.config.settings import Defaults, GatewaySettings, Price, Secret
from bot.errors import ConfigurationError, RefusalCode, RefusedError
from bot.requests.references import Reference
from bot.requests.request import Ask, Request, build_request
from bot.wording.words import Words

DEFAULTS = Defaults()
KEY = Secret("k")
INTL = profile(GatewaySettings(name="ark", dialect="ark_intl", api_key=KEY))


def limited() -> GatewayProfile:
    """A gateway of a poorer dialect: addresses only, no option, no stream, pixels only, tasks only."""
    row = replace(
        DIALECTS["ark_intl"],
        watermark=False,
        formats=frozenset(),
        search=False,
        prompt_modes=frozenset(),
        modes=("async",),
        references=ReferenceRules(forms=frozenset({"url"}), bytes_as=None),
        prompt_characters=2_000,
    )
    terms = {
        name: replace(terms, formats=(), search=False, prompt_modes=(), stream=False, most_images=6)
        for name, terms in INTL.models.items()
    }
    return replace(INTL, dialect=row, models=terms)


def with_mode(mode: Literal["auto", "sync", "async", "stream"], of: GatewayProfile = INTL) -> GatewayProfile:
    return replace(of, mode=mode)


def ask(text: str, *references: Reference, required: bool = False) -> Ask:
    command = parse(text, verb="imagine")
    return Ask(prompt=command.prompt, options=command.options, references=references, references_required=required)


def picture(**facts: int | str) -> Reference:
    return replace(Reference(form="bytes", value="b"), **facts)  # type: ignore[arg-type]  # a row of a table


UNSEEN = picture()
LARGE = picture(size_bytes=10_000_000)

# What is asked, the gateway; the code, the nearest thing that works.
REFUSED: list[tuple[Ask, GatewayProfile, RefusalCode, str | None]] = [
    (ask(""), INTL, RefusalCode.PROMPT_EMPTY, None),
    (ask(" \u200b\u2060\t"), INTL, RefusalCode.PROMPT_EMPTY, None),
    (ask("x" * 5_001), INTL, RefusalCode.PROMPT_TOO_LONG, None),
    (ask("x" * 2_001), limited(), RefusalCode.PROMPT_TOO_LONG, None),
    (ask("a fox --model 9"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, "--model 5.0-lite"),
    (ask("a fox --model 3.0-t2i"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, "--model 5.0-lite"),
    (ask("a fox --model 9 --prompt-mode fast"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, "--model 4.0"),
    (ask("a fox --seed 1"), INTL, RefusalCode.SEED_NOT_SUPPORTED, None),
    (ask("a fox --guidance 2.5"), INTL, RefusalCode.GUIDANCE_NOT_SUPPORTED, None),
    (ask("a fox --model 4.5 --format png"), INTL, RefusalCode.FORMAT_NOT_SUPPORTED, "--model 5.0-lite"),
    (ask("a fox --model 4.0 --format png --size 1K"), INTL, RefusalCode.FORMAT_NOT_SUPPORTED, "--model 5.0-lite --size 2K"),
    (ask("a fox --format webp"), INTL, RefusalCode.FORMAT_NOT_SUPPORTED, "--format jpeg"),
    (ask("a fox --format png"), limited(), RefusalCode.FORMAT_NOT_SUPPORTED, "--format jpeg"),
    (ask("a fox --model 4.5 --search"), INTL, RefusalCode.SEARCH_NOT_SUPPORTED, "--model 5.0-lite"),
    (ask("a fox --search"), limited(), RefusalCode.SEARCH_NOT_SUPPORTED, None),
    (ask("a fox --model 4.5 --prompt-mode fast"), INTL, RefusalCode.PROMPT_MODE_NOT_SUPPORTED, "--model 4.0"),
    (ask("a fox --prompt-mode turbo"), INTL, RefusalCode.PROMPT_MODE_NOT_SUPPORTED, "--prompt-mode standard"),
    (ask("a fox --prompt-mode standard"), limited(), RefusalCode.PROMPT_MODE_NOT_SUPPORTED, None),
    (ask("a fox --no-watermark"), limited(), RefusalCode.WATERMARK_NOT_CONTROLLABLE, None),
    (ask("a fox"), with_mode("stream", limited()), RefusalCode.STREAM_NOT_SUPPORTED, None),
    (ask("a fox"), with_mode("async"), RefusalCode.OPTION_NOT_SUPPORTED, None),
    (ask("a fox", required=True), INTL, RefusalCode.REFS_REQUIRED, None),
    (ask("a fox", *[UNSEEN] * 15), INTL, RefusalCode.REFS_TOO_MANY, None),
    (ask("a fox", UNSEEN), limited(), RefusalCode.REF_FORM_NOT_ACCEPTED, None),
    (ask("a fox", Reference(form="data", value="data:image/png;base64,AA")), limited(), RefusalCode.REF_FORM_NOT_ACCEPTED, None),
    (ask("a fox", Reference(form="url", value="http://e.com/a.png")), INTL, RefusalCode.REF_FORM_NOT_ACCEPTED, None),
    (ask("a fox", picture(media_type="image/svg+xml")), INTL, RefusalCode.REF_BAD_FORMAT, None),
    (ask("a fox", picture(media_type="image/heic")), INTL, RefusalCode.REF_BAD_FORMAT, None),
    (ask("a fox", picture(size_bytes=10_000_001)), INTL, RefusalCode.REF_TOO_BIG, None),
    (ask("a fox", picture(width=100, height=14)), INTL, RefusalCode.REF_TOO_SMALL, None),
    (ask("a fox", picture(width=6001, height=6000)), INTL, RefusalCode.REF_TOO_MANY_PIXELS, None),
    (ask("a fox", picture(width=1601, height=100)), INTL, RefusalCode.REF_BAD_ASPECT, None),
    (ask("a fox --count 0"), INTL, RefusalCode.COUNT_OUT_OF_RANGE, "--count 1"),
    (ask("a fox --count -3"), INTL, RefusalCode.COUNT_OUT_OF_RANGE, "--count 1"),
    (ask("a fox --count 16"), INTL, RefusalCode.COUNT_OUT_OF_RANGE, "--count 15"),
    (ask("a fox --count 16", *[UNSEEN] * 10), INTL, RefusalCode.COUNT_OUT_OF_RANGE, "--count 5"),
    (ask("a fox --count 7"), limited(), RefusalCode.COUNT_OUT_OF_RANGE, "--count 6"),
    (ask("a fox --count 2", *[UNSEEN] * 14), INTL, RefusalCode.REFS_PLUS_COUNT, "--count 1"),
    (ask("a fox --count 9", *[UNSEEN] * 7), INTL, RefusalCode.REFS_PLUS_COUNT, "--count 8"),
    (ask("a fox --model 4.5 --size 3K"), INTL, RefusalCode.TIER_NOT_ON_MODEL, "--size 3K --ratio 1:1"),
    (ask("a fox --model 4.5 --size 1K"), INTL, RefusalCode.TIER_NOT_ON_MODEL, "--size 2K"),
    (ask("a fox --model 4.5 --size 1K --ratio 16:9"), INTL, RefusalCode.PIXELS_TOO_FEW, "--size 2K"),
    (ask("a fox --size 1K --ratio wide"), INTL, RefusalCode.RATIO_UNKNOWN, "--ratio 1:1 --size 2K"),
    (ask("a fox --size 8000x8000"), INTL, RefusalCode.PIXELS_TOO_MANY, "--size 4096x4096"),
    (ask("a fox --size 2048x2048 --ratio 16:9"), INTL, RefusalCode.OPTION_CONFLICT, "--ratio 1:1"),
    (ask("a fox", *[LARGE] * 5), INTL, RefusalCode.BODY_TOO_LARGE, None),
    # Several rules at once: the first is named, the way out mends them all, or is none.
    (ask("a fox --count 16 --size 1K --model 4.5"), INTL, RefusalCode.COUNT_OUT_OF_RANGE, "--count 15 --size 2K"),
    (ask("a fox --model 9 --seed 1"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, None),
]


@pytest.mark.parametrize(("asked", "gateway", "code", "nearest"), REFUSED)
def test_an_ask_is_refused(asked: Ask, gateway: GatewayProfile, code: RefusalCode, nearest: str | None) -> None:
    """The code, and what would work instead."""
    with pytest.raises(RefusedError) as caught:
        build_request(asked, gateway, DEFAULTS)

    assert (caught.value.refusal, caught.value.nearest) == (code, nearest)


@pytest.mark.parametrize(("asked", "gateway", "code", "nearest"), [row for row in REFUSED if row[3] is not None])
def test_the_nearest_thing_works(asked: Ask, gateway: GatewayProfile, code: RefusalCode, nearest: str) -> None:
    """Whoever types what the refusal says gets a request."""
    said = {name: value for name, value in asdict(parse(nearest, verb="imagine").options).items() if value is not None}

    mended = replace(asked, options=replace(asked.options, **said))

    assert isinstance(build_request(mended, gateway, DEFAULTS), Request)


@pytest.mark.parametrize(("asked", "gateway", "code", "nearest"), REFUSED)
def test_every_refusal_can_be_said(asked: Ask, gateway: GatewayProfile, code: RefusalCode, nearest: str | None) -> None:
    """The words find every parameter they name."""
    with pytest.raises(RefusedError) as caught:
        build_request(asked, gateway, DEFAULTS)

    assert Words().refusal(caught.value)


def test_the_order_of_refusals_is_the_contract() -> None:
    """Prompt, model, numbers nobody takes, format, search, prompt mode, watermark, mode, references, count, size."""
    broken = Ask(
        prompt="",
        options=Options(
            model="9",
            seed=1,
            guidance=1.0,
            format="png",
            search=True,
            prompt_mode="fast",
            watermark=True,
            count=99,
            size="9K",
        ),
        references=(picture(media_type="image/svg+xml", size_bytes=99_000_000, width=1, height=1), *[UNSEEN] * 14),
    )
    order = []
    unsaid = ("model", "seed", "guidance", "format", "search", "prompt_mode", "watermark")
    mends: list[dict[str, object]] = [
        {"prompt": "a fox"},
        *[dict[str, object](options=name) for name in unsaid],
        {"mode": "auto"},
        {"references": broken.references[:14]},
        {"references": (picture(width=1, height=1, media_type="image/png", size_bytes=99_000_000), *[UNSEEN] * 13)},
        {"references": (picture(width=1, height=1), *[UNSEEN] * 13)},
        {"references": (*[UNSEEN] * 14,)},
        {"options": "count", "to": 2},
        {"options": "count", "to": 1},
        {"options": "size"},
    ]
    gateway = with_mode("stream", limited())
    gateway = replace(gateway, dialect=replace(gateway.dialect, references=ReferenceRules()))
    for mend in mends:
        with pytest.raises(RefusedError) as caught:
            build_request(broken, gateway, DEFAULTS)
        order.append(caught.value.refusal)
        match mend:
            case {"options": str(name)}:
                broken = replace(broken, options=replace(broken.options, **{name: mend.get("to")}))  # type: ignore[arg-type]
            case {"mode": _}:
                gateway = replace(gateway, mode="auto")
            case _:
                broken = replace(broken, **mend)  # type: ignore[arg-type]

    assert order == [
        RefusalCode.PROMPT_EMPTY,
        RefusalCode.MODEL_NOT_ON_DIALECT,
        RefusalCode.SEED_NOT_SUPPORTED,
        RefusalCode.GUIDANCE_NOT_SUPPORTED,
        RefusalCode.FORMAT_NOT_SUPPORTED,
        RefusalCode.SEARCH_NOT_SUPPORTED,
        RefusalCode.PROMPT_MODE_NOT_SUPPORTED,
        RefusalCode.WATERMARK_NOT_CONTROLLABLE,
        RefusalCode.STREAM_NOT_SUPPORTED,
        RefusalCode.REFS_TOO_MANY,
        RefusalCode.REF_BAD_FORMAT,
        RefusalCode.REF_TOO_BIG,
        RefusalCode.REF_TOO_SMALL,
        RefusalCode.COUNT_OUT_OF_RANGE,
        RefusalCode.REFS_PLUS_COUNT,
        RefusalCode.TIER_NOT_ON_MODEL,
    ]
    assert isinstance(build_request(broken, gateway, DEFAULTS), Request)


def test_a_refused_reference_is_named_by_its_number() -> None:
    """Numbers count from 1, as the prompt does."""
    with pytest.raises(RefusedError) as caught:
        build_request(ask("a fox", UNSEEN, picture(width=10, height=10)), INTL, DEFAULTS)

    assert caught.value.parameters["number"] == 2


def test_the_whole_request() -> None:
    """Everything a member can say at once, in one gateway's terms."""
    reference = picture(width=1000, height=1000, media_type="image/jpeg", size_bytes=10_000_000)

    request = build_request(
        ask(
            "a fox --model lite --count 3 --size 4K --ratio 16:9 --format png --search --prompt-mode standard --watermark",
            reference,
        ),
        INTL,
        DEFAULTS,
    )

    assert request == Request(
        gateway=INTL.name,
        dialect="ark_intl",
        model=INTL.models["5.0-lite"].name,
        model_id="seedream-5-0-260128",
        prompt="a fox",
        count=3,
        size=request.size,
        references=(reference,),
        mode="stream",
        watermark=True,
        format="png",
        search=True,
        prompt_mode="standard",
    )
    assert str(request.size) == "5504x3040"


@pytest.mark.parametrize(
    ("gateway", "text", "mode"),
    [
        (INTL, "a fox", "sync"),
        (INTL, "a fox --count 2", "stream"),
        (with_mode("sync"), "a fox --count 2", "sync"),
        (with_mode("stream"), "a fox", "stream"),
        (limited(), "a fox --count 2", "async"),
    ],
)
def test_auto_chooses_how_to_listen(gateway: GatewayProfile, text: str, mode: str) -> None:
    """Tasks where there are any, a stream for sets, else one answer."""
    assert build_request(ask(text), gateway, DEFAULTS).mode == mode


@pytest.mark.parametrize(
    ("text", "defaults", "gateway", "watermark"),
    [
        ("a fox", Defaults(), INTL, False),
        ("a fox", Defaults(watermark=True), INTL, True),
        ("a fox --no-watermark", Defaults(watermark=True), INTL, False),
        ("a fox", Defaults(watermark=True), limited(), None),
    ],
)
def test_the_watermark_is_always_said(text: str, defaults: Defaults, gateway: GatewayProfile, watermark: bool | None) -> None:
    """A gateway's own default never decides, where it can be told."""
    assert build_request(ask(text), gateway, defaults).watermark is watermark


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("a fox --format jpeg", "jpeg"),
        ("a fox --format JPG", "jpeg"),
        ("a fox --format PNG", "png"),
        ("a fox --model 4.5 --format jpeg", None),
        ("a fox", None),
    ],
)
def test_a_format_is_sent_only_where_it_can_be_chosen(text: str, sent: str | None) -> None:
    """JPEG is what 4.0 and 4.5 make anyway: the wish is met without a field they do not have."""
    assert build_request(ask(text), INTL, DEFAULTS).format == sent


def test_what_is_unknown_of_a_reference_is_not_judged() -> None:
    """The same rules serve before and after the pictures are fetched; one unknown shape is no shape."""
    known = picture(width=1920, height=1080)

    sizes = [
        str(build_request(ask("a fox", *given), INTL, DEFAULTS).size) for given in ((UNSEEN,), (UNSEEN, known), (known, UNSEEN))
    ]

    assert sizes == ["2K", "2K", "2736x1536"]


def test_the_operator_has_the_last_word() -> None:
    """Ids, prices and the base address of the settings lie over the dialect's row."""
    mine = profile(
        GatewaySettings(
            name="mine",
            dialect="ark_cn",
            api_key=KEY,
            base_url="https://ark.example/api/v3/",
            models={"4.5": "ep-2026", "lite": "ep-lite"},
            prices={"4.5": Price(amount=Decimal("0.25"), currency="CNY")},
        ),
    )

    request = build_request(ask("a fox --model ep-2026"), mine, DEFAULTS)

    assert (mine.base_url, request.model, request.model_id) == ("https://ark.example/api/v3", "4.5", "ep-2026")
    assert {name: terms.id for name, terms in mine.models.items()} == {
        "5.0-lite": "ep-lite",
        "4.5": "ep-2026",
        "4.0": "doubao-seedream-4-0-250828",
    }
    assert {name: terms.price for name, terms in mine.models.items()} == {
        "5.0-lite": None,
        "4.5": Price(amount=Decimal("0.25"), currency="CNY"),
        "4.0": None,
    }


def test_a_profile_names_every_mistake() -> None:
    """A dialect or model the catalog does not have is the operator's to mend, and no secret is in the profile."""
    with pytest.raises(ConfigurationError) as caught:
        profile(
            GatewaySettings(
                name="mine",
                dialect="ark_intl",
                api_key=KEY,
                models={"9": "x"},
                prices={"8": Price(amount=Decimal(1), currency="USD")},
            )
        )
    with pytest.raises(ConfigurationError, match="ark_moon"):
        profile(GatewaySettings(name="mine", dialect="ark_moon", api_key=KEY))

    assert len(caught.value.problems) == 2
    assert "Secret" not in repr(INTL)
