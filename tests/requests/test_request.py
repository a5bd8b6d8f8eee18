"""Building a request: the checks, their order, and the suggestions in refusals."""

from dataclasses import asdict, replace
from typing import Literal

import pytest

from bot.catalog.dialects import ReferenceRules
from bot.catalog.load import shipped
from bot.catalog.price import flat_price
from bot.catalog.profiles import GatewayProfile, profile
from bot.commands.command import Options
from bot.commands.grammar import parse
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.errors import ConfigurationError, RefusalCode, RefusedError
from bot.money import parse_money
from bot.requests.building import build_request
from bot.requests.references import Reference
from bot.requests.request import Request, RequestSpec
from bot.wording.words import Words

DEFAULTS = Defaults()
KEY = Secret("k")
INTL = profile(GatewaySettings(name="ark", dialect="ark_intl", api_key=KEY), default_model="5.0-lite")


def limited() -> GatewayProfile:
    """A gateway with few features: references by address only, no options, no stream, only tasks."""
    row = replace(
        shipped().dialects["ark_intl"],
        watermark=False,
        formats=frozenset(),
        search=False,
        prompt_modes=frozenset(),
        modes=("async",),
        references=ReferenceRules(forms=frozenset({"url"}), bytes_as=None),
        prompt_characters=2_000,
    )
    model = {
        name: replace(model, formats=(), search=False, prompt_modes=(), stream=False, most_images=6)
        for name, model in INTL.models.items()
    }
    return replace(INTL, dialect=row, models=model)


def with_mode(mode: Literal["auto", "sync", "async", "stream"], of: GatewayProfile = INTL) -> GatewayProfile:
    return replace(of, mode=mode)


def spec_from(text: str, *references: Reference, required: bool = False) -> RequestSpec:
    command = parse(text, verb="imagine")
    return RequestSpec(prompt=command.prompt, options=command.options, references=references, references_required=required)


def picture(**facts: int | str) -> Reference:
    return replace(Reference(form="bytes", value="b"), **facts)  # type: ignore[arg-type]  # a row of a table


UNFETCHED = picture()
LARGE = picture(size_bytes=10_000_000)

# The spec and the gateway; the refusal code and the suggestion.
REFUSED: list[tuple[RequestSpec, GatewayProfile, RefusalCode, str | None]] = [
    (spec_from(""), INTL, RefusalCode.PROMPT_EMPTY, None),
    (spec_from(" \u200b\u2060\t"), INTL, RefusalCode.PROMPT_EMPTY, None),
    (spec_from("x" * 5_001), INTL, RefusalCode.PROMPT_TOO_LONG, None),
    (spec_from("x" * 2_001), limited(), RefusalCode.PROMPT_TOO_LONG, None),
    (spec_from("a fox --model 9"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, None),
    (spec_from("a fox --model flux"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, None),
    (spec_from("a fox --model dalle-3"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, None),
    (spec_from("a fox --model 5.2"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, "--model 5.0-lite"),
    (spec_from("a fox --model 4.4"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, "--model 4.5"),
    (spec_from("a fox --model seedream-4.1"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, "--model 4.0"),
    (spec_from("a fox --model lit"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, "--model 5.0-lite"),
    (spec_from("a fox --model 3.0-t2i"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, "--model 4.0"),
    (spec_from("a fox --model 4.1 --prompt-mode fast"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, "--model 4.0"),
    (spec_from("a fox --seed 1"), INTL, RefusalCode.SEED_NOT_SUPPORTED, None),
    (spec_from("a fox --guidance 2.5"), INTL, RefusalCode.GUIDANCE_NOT_SUPPORTED, None),
    (spec_from("a fox --model 4.5 --format png"), INTL, RefusalCode.FORMAT_NOT_SUPPORTED, "--model 5.0-lite"),
    (spec_from("a fox --model 4.0 --format png --size 1K"), INTL, RefusalCode.FORMAT_NOT_SUPPORTED, "--model 5.5"),
    (spec_from("a fox --format pngg"), INTL, RefusalCode.FORMAT_NOT_SUPPORTED, "--format png"),
    (spec_from("a fox --format jpge"), INTL, RefusalCode.FORMAT_NOT_SUPPORTED, "--format jpeg"),
    (spec_from("a fox --model 4.0 --prompt-mode fats"), INTL, RefusalCode.PROMPT_MODE_NOT_SUPPORTED, "--prompt-mode fast"),
    (spec_from("a fox --format webp"), INTL, RefusalCode.FORMAT_NOT_SUPPORTED, "--format jpeg"),
    (spec_from("a fox --format png"), limited(), RefusalCode.FORMAT_NOT_SUPPORTED, "--format jpeg"),
    (spec_from("a fox --model 4.5 --search"), INTL, RefusalCode.SEARCH_NOT_SUPPORTED, "--model 5.0-lite"),
    (spec_from("a fox --search"), limited(), RefusalCode.SEARCH_NOT_SUPPORTED, None),
    (spec_from("a fox --model 4.5 --prompt-mode fast"), INTL, RefusalCode.PROMPT_MODE_NOT_SUPPORTED, "--model 4.0"),
    (spec_from("a fox --prompt-mode turbo"), INTL, RefusalCode.PROMPT_MODE_NOT_SUPPORTED, "--prompt-mode standard"),
    (spec_from("a fox --prompt-mode standard"), limited(), RefusalCode.PROMPT_MODE_NOT_SUPPORTED, None),
    (spec_from("a fox --no-watermark"), limited(), RefusalCode.WATERMARK_NOT_CONTROLLABLE, None),
    (spec_from("a fox"), with_mode("stream", limited()), RefusalCode.STREAM_NOT_SUPPORTED, None),
    (spec_from("a fox", required=True), INTL, RefusalCode.REFS_REQUIRED, None),
    (spec_from("a fox", *[UNFETCHED] * 15), INTL, RefusalCode.REFS_TOO_MANY, None),
    (spec_from("a fox", UNFETCHED), limited(), RefusalCode.REF_FORM_NOT_ACCEPTED, None),
    (
        spec_from("a fox", Reference(form="data", value="data:image/png;base64,AA")),
        limited(),
        RefusalCode.REF_FORM_NOT_ACCEPTED,
        None,
    ),
    (spec_from("a fox", Reference(form="url", value="http://e.com/a.png")), INTL, RefusalCode.REF_FORM_NOT_ACCEPTED, None),
    (spec_from("a fox", picture(media_type="image/svg+xml")), INTL, RefusalCode.REF_BAD_FORMAT, None),
    (spec_from("a fox", picture(media_type="image/heic")), INTL, RefusalCode.REF_BAD_FORMAT, None),
    (spec_from("a fox", picture(size_bytes=10_000_001)), INTL, RefusalCode.REF_TOO_BIG, None),
    (spec_from("a fox", picture(width=100, height=14)), INTL, RefusalCode.REF_TOO_SMALL, None),
    (spec_from("a fox", picture(width=6001, height=6000)), INTL, RefusalCode.REF_TOO_MANY_PIXELS, None),
    (spec_from("a fox", picture(width=1601, height=100)), INTL, RefusalCode.REF_BAD_ASPECT, None),
    (spec_from("a fox --count 0"), INTL, RefusalCode.COUNT_OUT_OF_RANGE, "--count 1"),
    (spec_from("a fox --count -3"), INTL, RefusalCode.COUNT_OUT_OF_RANGE, "--count 1"),
    (spec_from("a fox --count 16"), INTL, RefusalCode.COUNT_OUT_OF_RANGE, "--count 15"),
    (spec_from("a fox --count 16", *[UNFETCHED] * 10), INTL, RefusalCode.COUNT_OUT_OF_RANGE, "--count 5"),
    (spec_from("a fox --count 7"), limited(), RefusalCode.COUNT_OUT_OF_RANGE, "--count 6"),
    (spec_from("a fox --count 2", *[UNFETCHED] * 14), INTL, RefusalCode.REFS_PLUS_COUNT, "--count 1"),
    (spec_from("a fox --count 9", *[UNFETCHED] * 7), INTL, RefusalCode.REFS_PLUS_COUNT, "--count 8"),
    (spec_from("a fox --model 4.5 --size 3K"), INTL, RefusalCode.TIER_NOT_ON_MODEL, "--size 3K --ratio 1:1"),
    (spec_from("a fox --model 4.5 --size 1K"), INTL, RefusalCode.TIER_NOT_ON_MODEL, "--size 2K"),
    (spec_from("a fox --model 4.5 --size 1K --ratio 16:9"), INTL, RefusalCode.PIXELS_TOO_FEW, "--size 2K"),
    (spec_from("a fox --size 1K --ratio wyde"), INTL, RefusalCode.RATIO_UNKNOWN, "--ratio 16:9 --size 2K"),
    (spec_from("a fox --ratio banana"), INTL, RefusalCode.RATIO_UNKNOWN, None),
    (spec_from("a fox --size 1080p"), INTL, RefusalCode.SIZE_NOT_SUPPORTED, "--size 2560x1440"),
    (spec_from("a fox --size 8000x8000"), INTL, RefusalCode.PIXELS_TOO_MANY, "--size 4096x4096"),
    (spec_from("a fox --size 2048x2048 --ratio 16:9"), INTL, RefusalCode.OPTION_CONFLICT, "--ratio 1:1"),
    (spec_from("a fox", *[LARGE] * 5), INTL, RefusalCode.BODY_TOO_LARGE, None),
    # Several broken rules: the first one is named, and the suggestion fixes all of them or is missing.
    (spec_from("a fox --count 16 --size 1K --model 4.5"), INTL, RefusalCode.COUNT_OUT_OF_RANGE, "--count 15 --size 2K"),
    (spec_from("a fox --model 9 --seed 1"), INTL, RefusalCode.MODEL_NOT_ON_DIALECT, None),
]


@pytest.mark.parametrize(("spec", "gateway", "code", "nearest"), REFUSED)
def test_a_request_is_refused(spec: RequestSpec, gateway: GatewayProfile, code: RefusalCode, nearest: str | None) -> None:
    """A refusal has the expected code and suggestion."""
    with pytest.raises(RefusedError) as caught:
        build_request(spec, gateway, DEFAULTS)

    assert (caught.value.refusal, caught.value.nearest) == (code, nearest)


@pytest.mark.parametrize(("spec", "gateway", "code", "nearest"), [row for row in REFUSED if row[3] is not None])
def test_a_suggestion_works(spec: RequestSpec, gateway: GatewayProfile, code: RefusalCode, nearest: str) -> None:
    """With the options that a refusal suggests, the request can be built."""
    suggested = {name: value for name, value in asdict(parse(nearest, verb="imagine").options).items() if value is not None}

    fixed = replace(spec, options=replace(spec.options, **suggested))

    assert isinstance(build_request(fixed, gateway, DEFAULTS), Request)


@pytest.mark.parametrize(("spec", "gateway", "code", "nearest"), REFUSED)
def test_every_refusal_has_words(spec: RequestSpec, gateway: GatewayProfile, code: RefusalCode, nearest: str | None) -> None:
    """The error has every parameter that its sentence names."""
    with pytest.raises(RefusedError) as caught:
        build_request(spec, gateway, DEFAULTS)

    assert Words().refusal(caught.value)


def test_checks_run_in_a_fixed_order() -> None:
    """Prompt, model, seed, guidance, format, search, prompt mode, watermark, mode, references, count, size."""
    broken = RequestSpec(
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
        references=(picture(media_type="image/svg+xml", size_bytes=99_000_000, width=1, height=1), *[UNFETCHED] * 14),
    )
    order = []
    removed = ("model", "seed", "guidance", "format", "search", "prompt_mode", "watermark")
    fixes: list[dict[str, object]] = [
        {"prompt": "a fox"},
        *[dict[str, object](options=name) for name in removed],
        {"mode": "auto"},
        {"references": broken.references[:14]},
        {"references": (picture(width=1, height=1, media_type="image/png", size_bytes=99_000_000), *[UNFETCHED] * 13)},
        {"references": (picture(width=1, height=1), *[UNFETCHED] * 13)},
        {"references": (*[UNFETCHED] * 14,)},
        {"options": "count", "to": 2},
        {"options": "count", "to": 1},
        {"options": "size"},
    ]
    gateway = with_mode("stream", limited())
    gateway = replace(gateway, dialect=replace(gateway.dialect, references=ReferenceRules()))
    for fix in fixes:
        with pytest.raises(RefusedError) as caught:
            build_request(broken, gateway, DEFAULTS)
        order.append(caught.value.refusal)
        match fix:
            case {"options": str(name)}:
                broken = replace(broken, options=replace(broken.options, **{name: fix.get("to")}))  # type: ignore[arg-type]
            case {"mode": _}:
                gateway = replace(gateway, mode="auto")
            case _:
                broken = replace(broken, **fix)  # type: ignore[arg-type]

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


def test_a_refusal_names_the_number_of_the_reference() -> None:
    """References are numbered from 1, as in the prompt."""
    with pytest.raises(RefusedError) as caught:
        build_request(spec_from("a fox", UNFETCHED, picture(width=10, height=10)), INTL, DEFAULTS)

    assert caught.value.parameters["number"] == 2


def test_a_request_with_every_option() -> None:
    """All options together are translated into one gateway's request."""
    reference = picture(width=1000, height=1000, media_type="image/jpeg", size_bytes=10_000_000)

    request = build_request(
        spec_from(
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
def test_the_mode_of_a_request(gateway: GatewayProfile, text: str, mode: str) -> None:
    """`auto` chooses tasks if the dialect has them, a stream for sets, else one synchronous answer."""
    assert build_request(spec_from(text), gateway, DEFAULTS).mode == mode


@pytest.mark.parametrize(
    ("text", "defaults", "gateway", "watermark"),
    [
        ("a fox", Defaults(), INTL, False),
        ("a fox", Defaults(watermark=True), INTL, True),
        ("a fox --no-watermark", Defaults(watermark=True), INTL, False),
        ("a fox", Defaults(watermark=True), limited(), None),
    ],
)
def test_the_watermark_is_always_sent(text: str, defaults: Defaults, gateway: GatewayProfile, watermark: bool | None) -> None:
    """A gateway's default never decides, unless the option cannot be sent."""
    assert build_request(spec_from(text), gateway, defaults).watermark is watermark


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("a fox --format jpeg", "jpeg"),
        ("a fox --format JPG", "jpeg"),
        ("a fox --format PNG", "png"),
        ("a fox --format .png", "png"),
        ("a fox --model 4.5 --format jpeg", None),
        ("a fox", None),
    ],
)
def test_a_format_is_sent_only_where_it_can_be_chosen(text: str, sent: str | None) -> None:
    """4.0 and 4.5 always make JPEGs, so the option is accepted without sending a field they do not have."""
    assert build_request(spec_from(text), INTL, DEFAULTS).format == sent


def test_unknown_facts_of_a_reference_are_not_checked() -> None:
    """The same checks run before and after references are fetched; an unknown first size does not decide the size."""
    known = picture(width=1920, height=1080)

    sizes = [
        str(build_request(spec_from("a fox", *given), INTL, DEFAULTS).size)
        for given in ((UNFETCHED,), (UNFETCHED, known), (known, UNFETCHED))
    ]

    assert sizes == ["2K", "2K", "2736x1536"]


def test_settings_override_the_dialect() -> None:
    """Ids, prices and the base URL in the settings replace those of the dialect's row."""
    mine = profile(
        GatewaySettings(
            name="mine",
            dialect="ark_cn",
            api_key=KEY,
            base_url="https://ark.example/api/v3/",
            models={"4.5": "ep-2026", "lite": "ep-lite"},
            prices={"4.5": parse_money("0.5 CNY")},
        ),
    )

    request = build_request(spec_from("a fox --model ep-2026"), mine, DEFAULTS)

    assert (mine.base_url, request.model, request.model_id) == ("https://ark.example/api/v3", "4.5", "ep-2026")
    assert {name: model.id for name, model in mine.models.items()} == {
        "5.0-lite": "ep-lite",
        "4.5": "ep-2026",
        "4.0": "doubao-seedream-4-0-250828",
        "5.5": "doubao-seedream-5-5-261028",
        "5.0-pro": "doubao-seedream-5-0-pro-260628",
        "5.0-flash": "doubao-seedream-5-0-flash-260915",
    }
    assert [mine.models[name].price for name in ("4.5", "4.0", "5.5")] == [
        flat_price(parse_money("0.5 CNY")),
        flat_price(parse_money("0.20 CNY")),
        None,
    ]


def test_a_profile_reports_every_problem() -> None:
    """An unknown dialect or model is a configuration error, and a profile holds no secret."""
    with pytest.raises(ConfigurationError) as caught:
        profile(
            GatewaySettings(
                name="mine",
                dialect="ark_intl",
                api_key=KEY,
                models={"9": "x"},
                prices={"8": parse_money("1 USD")},
            )
        )
    with pytest.raises(ConfigurationError, match="ark_moon"):
        profile(GatewaySettings(name="mine", dialect="ark_moon", api_key=KEY), default_model="5.0-lite")

    assert len(caught.value.problems) == 2
    assert "Secret" not in repr(INTL)
