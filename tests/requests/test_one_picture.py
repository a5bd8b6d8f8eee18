"""The models that make one picture a call: their bodies, their calls, their prices, and what they refuse."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.catalog.profiles import GatewayProfile, profile
from bot.commands.grammar import parse
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.requests.building import build_request
from bot.requests.quote import cost, quote
from bot.requests.references import Reference
from bot.requests.request import Request, RequestSpec
from bot.upstream.dialects.table import encode

DEFAULTS = Defaults()
NOW = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
PRO_CN, FLASH_CN = "doubao-seedream-5-0-pro-260628", "doubao-seedream-5-0-flash-260915"
NEWEST, PRO, FLASH = "dola-seedream-5-5-261028", "dola-seedream-5-0-pro-260628", "dola-seedream-5-0-flash-260915"
CLEAR = Reference(form="data", value="data:image/png;base64,AAAA", media_type="image/png", alpha=True)
FLAT = Reference(form="data", value="data:image/jpeg;base64,AAAA", media_type="image/jpeg", alpha=False)


def gateway(dialect: str) -> GatewayProfile:
    return profile(GatewaySettings(name="g", dialect=dialect, api_key=Secret("k"), mode="auto"))


def photos(number: int) -> tuple[Reference, ...]:
    return tuple(Reference(form="url", value=f"https://example.com/{position}.png") for position in range(1, number + 1))


def build(dialect: str, text: str, references: tuple[Reference, ...] = ()) -> Request:
    command = parse(text, verb="imagine")
    spec = RequestSpec(prompt=command.prompt, options=command.options, references=references, now=NOW)
    return build_request(spec, gateway(dialect), DEFAULTS)


def body(request: Request) -> dict[str, Any]:
    encoded = encode(request, [reference.value for reference in request.references])
    assert encoded.body is not None
    return dict(encoded.body)


def fields(model: str, prompt: str | None, size: str, **others: Any) -> dict[str, Any]:
    given = {"model": model, "size": size, "response_format": "url", "watermark": False, **others}
    return given if prompt is None else {**given, "prompt": prompt}


ONE, TWO, THREE = (f"https://example.com/{number}.png" for number in (1, 2, 3))
PNG = {"background": "transparent", "output_format": "png"}

# The dialect, the text and the references; the body of each call, how many there are, and the most that they cost together.
BODIES: list[tuple[str, str, tuple[Reference, ...], dict[str, Any], int, str | None]] = [
    ("ark_intl", "a fox", (), fields(NEWEST, "a fox", "2K"), 1, "0.035"),
    ("ark_intl", "a fox --size 1K", (), fields(NEWEST, "a fox", "1K"), 1, "0.02"),
    ("ark_intl", "a fox --size 1.5K", (), fields(NEWEST, "a fox", "1.5K"), 1, "0.02"),
    ("ark_intl", "a fox --size 1600x1600", (), fields(NEWEST, "a fox", "1600x1600"), 1, "0.035"),
    ("ark_intl", "merge", photos(1), fields(NEWEST, "merge", "2K", image=ONE), 1, "0.043"),
    ("ark_intl", "merge", photos(3), fields(NEWEST, "merge", "2K", image=[ONE, TWO, THREE]), 1, "0.059"),
    ("ark_intl", "four seasons --count 4", (), fields(NEWEST, "four seasons", "2K"), 4, "0.14"),
    ("ark_intl", "a mug --background transparent --size 1K", (), fields(NEWEST, "a mug", "1K", **PNG), 1, "0.02"),
    ("ark_intl", "a mug --background Opaque", (), fields(NEWEST, "a mug", "2K", **{**PNG, "background": "opaque"}), 1, "0.035"),
    (
        "ark_intl",
        "a mug --background opaque --format jpeg",
        (),
        fields(NEWEST, "a mug", "2K", background="opaque", output_format="jpeg"),
        1,
        "0.035",
    ),
    ("ark_intl", "a fox --format png", (), fields(NEWEST, "a fox", "2K", output_format="png"), 1, "0.035"),
    ("ark_cn", "a fox --model pro", (), fields(PRO_CN, "a fox", "2K"), 1, "0.60"),
    ("ark_cn", "a fox", (), fields(FLASH_CN, "a fox", "2K"), 1, "0.12"),
    (
        "ark_intl",
        "a fox --model pro --prompt-mode fast",
        (),
        fields(PRO, "a fox", "2K", optimize_prompt_options={"mode": "fast"}),
        1,
        "0.09",
    ),
    ("ark_intl", "merge --model pro", photos(3), fields(PRO, "merge", "2K", image=[ONE, TWO, THREE]), 1, "0.096"),
    ("ark_intl", "merge --model pro --count 2", photos(2), fields(PRO, "merge", "2K", image=[ONE, TWO]), 2, "0.186"),
    ("ark_intl", "merge --model flash", photos(3), fields(FLASH, "merge", "2K", image=[ONE, TWO, THREE]), 1, "0.018"),
    (
        "ark_cn",
        "make it red --model pro --background transparent",
        (CLEAR,),
        fields(PRO_CN, "make it red", "2K", image=CLEAR.value, **PNG),
        1,
        "0.60",
    ),
    ("ark_intl", "--layers --model pro", photos(1), fields(PRO, None, "auto", image=ONE, layer_decomposition=True), 1, "0.765"),
    (
        "ark_intl",
        "the dog --layers --model flash --size 1.5k",
        photos(1),
        fields(FLASH, "the dog", "1.5K", image=ONE, layer_decomposition=True),
        1,
        "0.306",
    ),
    (
        "ark_intl",
        "the dog --layers --model pro --size 1K",
        photos(1),
        fields(PRO, "the dog", "1K", image=ONE, layer_decomposition=True),
        1,
        "0.3825",
    ),
    ("ark_cn", "a fox --size 1.5K --ratio 16:9", (), fields(FLASH_CN, "a fox", "2048x1152"), 1, "0.12"),
    ("ark_intl", "a fox --ratio 16:9", (), fields(NEWEST, "a fox", "2816x1584"), 1, "0.035"),
    # Independent pictures of a model that makes sets: the fields of a set are left out.
    ("ark_intl", "a fox --model 4.5 --count 3 --separate", (), fields("seedream-4-5-251128", "a fox", "2K"), 3, "0.12"),
    ("acedata", "a fox --model pro", (), fields(PRO_CN, "a fox", "2K", **{"async": True}), 1, None),
]


@pytest.mark.parametrize(("dialect", "text", "references", "expected", "calls", "most"), BODIES)
def test_bodies(
    dialect: str, text: str, references: tuple[Reference, ...], expected: dict[str, Any], calls: int, most: str | None
) -> None:
    """Each call has exactly these fields; several are the same body several times."""
    request = build(dialect, text, references)

    assert body(request) == expected
    assert (len(request.calls), len(set(request.calls))) == (calls, 1)
    schedule = gateway(dialect).models[request.model].price
    if most is not None:
        assert schedule is not None
        quoted = quote(request, schedule)
        assert (quoted.most.amount, len(quoted.calls)) == (most, calls)


def test_references_do_not_count_against_independent_pictures() -> None:
    """The limit for references and pictures together belongs to sets; here each call has all of its references."""
    request = build("ark_intl", "merge --count 6", photos(10))

    assert request.calls == (1,) * 6
    schedule = gateway("ark_intl").models["5.5"].price
    assert schedule is not None
    assert quote(request, schedule).most.amount == "0.69"


def test_calls_that_differ() -> None:
    """Where a call makes six at most, eight are six and two, each with its own body."""
    request = replace(build("ark_intl", "a fox --model 4.5 --count 8"), per_call=6)
    wanted = [body(replace(request, count=count))["sequential_image_generation_options"] for count in request.calls]

    assert wanted == [{"max_images": 6}, {"max_images": 2}]


# The dialect, the text and the references; the refusal, its variant, and what works instead.
REFUSED: list[tuple[str, str, tuple[Reference, ...], RefusalCode, str | None, str | None]] = [
    ("ark_intl", "a fox --size 3K --model 5.5", (), RefusalCode.TIER_NOT_ON_MODEL, None, "--size 2K"),
    ("ark_intl", "a fox --size 4K --model pro", (), RefusalCode.TIER_NOT_ON_MODEL, None, "--size 2K"),
    ("ark_intl", "a fox --size 2304x2008 --model pro", (), RefusalCode.PIXELS_TOO_MANY, None, "--size 2288x2000"),
    ("ark_intl", "a fox --size 640x640 --model 5.5", (), RefusalCode.PIXELS_TOO_FEW, None, "--size 960x960"),
    ("ark_intl", "merge --model 5.5", photos(11), RefusalCode.REFS_TOO_MANY, None, "--model 5.0-lite"),
    ("ark_intl", "a fox --count 16", (), RefusalCode.COUNT_OUT_OF_RANGE, None, "--count 15"),
    ("ark_intl", "a fox --search --model 5.5", (), RefusalCode.SEARCH_NOT_SUPPORTED, None, "--model 5.0-lite"),
    ("ark_intl", "a fox --prompt-mode fast --model 5.5", (), RefusalCode.PROMPT_MODE_NOT_SUPPORTED, None, "--model 4.0"),
    ("ark_cn", "a fox --prompt-mode fast", (), RefusalCode.PROMPT_MODE_NOT_SUPPORTED, None, "--model 5.0-pro"),
    ("ark_intl", "a fox --seed 3", (), RefusalCode.SEED_NOT_SUPPORTED, None, None),
    ("ark_intl", "a mug --background transparent --format jpg", (), RefusalCode.OPTION_CONFLICT, None, "--format png"),
    ("ark_intl", "a mug --background clear", (), RefusalCode.BAD_VALUE, None, None),
    ("ark_intl", "a mug --background transparant", (), RefusalCode.BAD_VALUE, None, "--background transparent"),
    ("ark_intl", "a mug --background transparent --model 4.5", (), RefusalCode.OPTION_NOT_SUPPORTED, "model", "--model 5.5"),
    ("ark_cn", "a mug --background transparent", (), RefusalCode.REFS_REQUIRED, "alpha", "--model 5.5"),
    ("ark_cn", "a mug --background transparent", (CLEAR, CLEAR), RefusalCode.REFS_TOO_MANY, "alpha", "--model 5.5"),
    ("ark_cn", "a mug --background transparent", (FLAT,), RefusalCode.REF_NEEDS_ALPHA, None, "--model 5.5"),
    ("acedata", "a mug --background transparent --model pro", (CLEAR,), RefusalCode.OPTION_NOT_SUPPORTED, "model", None),
    ("ark_intl", "--layers --model 5.5", photos(1), RefusalCode.OPTION_NOT_SUPPORTED, "model", "--model 5.0-pro"),
    ("ark_intl", "--layers --model pro", (), RefusalCode.REFS_REQUIRED, "layers", None),
    ("ark_intl", "--layers --model pro", photos(2), RefusalCode.REFS_TOO_MANY, "layers", None),
    ("ark_intl", "--layers --model pro --background transparent", (CLEAR,), RefusalCode.OPTION_CONFLICT, None, None),
    ("ark_intl", "--layers --model pro --size 2048x2048", photos(1), RefusalCode.OPTION_CONFLICT, None, "--size 2K"),
    ("ark_intl", "--layers --model pro --ratio 1:1", photos(1), RefusalCode.OPTION_CONFLICT, None, None),
    ("ark_intl", "--layers --model pro --count 2", photos(1), RefusalCode.OPTION_CONFLICT, None, "--count 1"),
    ("ark_intl", "--layers --model pro --size 4K", photos(1), RefusalCode.TIER_NOT_ON_MODEL, None, "--size auto"),
    (
        "ark_intl",
        "--layers --model pro",
        (replace(CLEAR, width=500, height=500),),
        RefusalCode.REF_TOO_SMALL,
        "layers",
        None,
    ),
    ("ark_intl", "a fox --size auto", (), RefusalCode.SIZE_NOT_SUPPORTED, None, None),
    (
        "ark_intl",
        "4 foxes --count 4 --no-separate --model 5.5",
        (),
        RefusalCode.OPTION_NOT_SUPPORTED,
        "model",
        "--model 5.0-lite",
    ),
    ("sinancode", "a fox --model 5.5", (), RefusalCode.MODEL_NOT_ON_DIALECT, None, "--model 5.0-lite"),
]


@pytest.mark.parametrize(("dialect", "text", "references", "code", "variant", "nearest"), REFUSED)
def test_refused(
    dialect: str, text: str, references: tuple[Reference, ...], code: RefusalCode, variant: str | None, nearest: str | None
) -> None:
    """Before anything is spent, with the nearest that works, which may be another model."""
    with pytest.raises(RefusedError) as caught:
        build(dialect, text, references)

    assert (caught.value.refusal, caught.value.parameters.get(VARIANT), caught.value.nearest) == (code, variant, nearest)


OLD_TEXT, OLD_EDIT = "seedream-3-0-t2i-250415", "seededit-3-0-i2i-250628"
OPTED_IN = profile(
    GatewaySettings(
        name="g", dialect="ark_intl", api_key=Secret("k"), models={"3.0-t2i": {"off": False}, "edit-3.0": {"off": False}}
    )
)
# The text and the references; the body, or the refusal with what works instead.
OLD: list[tuple[str, int, dict[str, Any] | tuple[RefusalCode, str | None]]] = [
    (
        "a fox --model 3.0-t2i --seed 3 --guidance 2.5",
        0,
        fields(OLD_TEXT, "a fox", "1024x1024", seed=3, guidance_scale=2.5),
    ),
    ("a fox --model edit-3.0 --seed=-1", 1, fields(OLD_EDIT, "a fox", "adaptive", image=ONE, seed=-1)),
    ("a fox --model 3.0-t2i --seed -2", 0, (RefusalCode.SEED_OUT_OF_RANGE, "--seed -1")),
    ("a fox --model 3.0-t2i --guidance 20", 0, (RefusalCode.GUIDANCE_OUT_OF_RANGE, "--guidance 10")),
    ("a fox --model 3.0-t2i --guidance 0.5", 0, (RefusalCode.GUIDANCE_OUT_OF_RANGE, "--guidance 1")),
    ("a fox --model 3.0-t2i", 1, (RefusalCode.REFS_NOT_SUPPORTED, "--model 5.0-lite")),
    ("a fox --model edit-3.0", 0, (RefusalCode.REFS_REQUIRED, None)),
    ("a fox --model edit-3.0 --size 2K", 1, (RefusalCode.SIZE_NOT_SUPPORTED, "--size adaptive")),
    ("a fox --model 5.5 --guidance 2.5", 0, (RefusalCode.GUIDANCE_NOT_SUPPORTED, None)),
]


@pytest.mark.parametrize(("text", "references", "expected"), OLD)
def test_seed_and_guidance(text: str, references: int, expected: dict[str, Any] | tuple[RefusalCode, str | None]) -> None:
    """Sent to the models that have them, which an operator switches on; refused where they would be ignored."""
    command = parse(text, verb="imagine")
    spec = RequestSpec(prompt=command.prompt, options=command.options, references=photos(references), now=NOW)
    try:
        found: object = body(build_request(spec, OPTED_IN, DEFAULTS))
    except RefusedError as refusal:
        found = (refusal.refusal, refusal.nearest)

    assert found == expected


def test_streams_are_refused() -> None:
    """A gateway that is set to streams only cannot make a model that has none."""
    streaming = replace(gateway("ark_intl"), mode="stream")
    spec = RequestSpec(prompt="a fox", options=parse("--model 5.5 a fox", verb="imagine").options)

    with pytest.raises(RefusedError) as caught:
        build_request(spec, streaming, DEFAULTS)
    assert caught.value.refusal is RefusalCode.STREAM_NOT_SUPPORTED


def test_an_unknown_transparency_counts_as_one() -> None:
    """It is measured in a run, before anything is paid."""
    request = build("ark_cn", "make it red --background transparent", photos(1))

    assert request.background == "transparent"


def test_what_was_made_is_what_it_costs() -> None:
    """Pictures by their own sizes, layers each by its own, references as the gateway counted them."""
    newest, pro = (gateway("ark_intl").models[name].price for name in ("5.5", "5.0-pro"))
    assert newest is not None
    assert pro is not None
    merged, layered = build("ark_intl", "merge", photos(3)), build("ark_intl", "--layers --model pro", photos(1))

    assert cost(merged, newest, pixels=[2496 * 1664]).amount == "0.059"
    assert cost(merged, newest, pixels=[2496 * 1664], references=2).amount == "0.051"
    assert cost(merged, newest, pixels=[1024 * 1024]).amount == "0.044"
    assert cost(merged, newest, pixels=[]).amount == "0.00"
    assert cost(layered, pro, pixels=[2048 * 2048, 800 * 600, 1200 * 256]).amount == "0.09"
