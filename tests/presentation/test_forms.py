"""Forms: what there is to choose, and refusals in the words of their fields."""

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest

from bot.catalog.health import UNUSABLE_S, unusable
from bot.catalog.load import shipped
from bot.catalog.profiles import GatewayProfile, profile, with_unusable
from bot.catalog.retirement import Retirement
from bot.commands.command import Options
from bot.commands.grammar import parse
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.errors import RefusalCode, RefusedError
from bot.ids import GatewayName, JobId, ModelName
from bot.presentation.forms import form_error, picture_form
from bot.presentation.offers import catalog_offers, offers_of
from bot.requests.building import build_request
from bot.requests.references import Reference
from bot.requests.request import RequestSpec
from bot.requests.routing import rank
from bot.wording.words import Words
from tests.fakes.platform import CAPABILITIES

WORDS = Words()
JOB = JobId("0123456789ab")
NEAREST = "Try "
LEAVE_OUT = re.compile(r"\b(?:leave|remove|without)\b", re.IGNORECASE)


def gateway(dialect: str, default_model: str | None = None) -> GatewayProfile:
    settings = GatewaySettings(name=dialect, dialect=dialect, api_key=Secret("k"), base_url="https://gateway.test")
    return profile(settings, default_model=default_model)


GATEWAYS = tuple(map(gateway, shipped().dialects))


def fields_of(most: int, **values: str) -> dict[str, tuple[str, list[str]]]:
    form = picture_form(
        verb="imagine",
        job=JOB,
        drafted=False,
        values=values,
        capabilities=replace(CAPABILITIES, form_fields=most),
        offers=catalog_offers(),
        words=WORDS,
    )
    return {field.name: (field.value, [choice.value for choice in field.choices]) for field in form.fields}


def test_every_choice_has_the_default_first() -> None:
    """Unless a value is given, the default is chosen; the choices come from the catalog."""
    fields = fields_of(6, prompt="a fox", ratio="16:9")
    assert list(fields) == ["prompt", "files", "count", "size", "ratio", "model"]
    assert [fields[name][1][0] for name in ("count", "size", "ratio", "model")] == ["default"] * 4
    assert fields["prompt"] == ("a fox", [])
    assert fields["size"] == ("default", ["default", "1K", "1.5K", "2K", "3K", "4K"])
    assert fields["ratio"][0] == "16:9"
    assert fields["model"][1] == ["default", "5.5", "5.0-pro", "5.0-lite", "5.0-flash", "4.5", "4.0"]
    assert fields["count"][1] == ["default", *map(str, range(1, 16))]


def test_a_form_with_room_asks_for_the_background() -> None:
    """Where a model has a choice of it."""
    fields = fields_of(7, background="opaque")
    assert list(fields)[-1] == "background"
    assert fields["background"] == ("opaque", ["default", "transparent", "opaque"])


def test_a_form_with_fewer_fields_loses_nothing() -> None:
    """Size and ratio are one field there, which takes one of each."""
    fields = fields_of(5, size="4K", ratio="16:9")
    assert list(fields) == ["prompt", "files", "count", "shape", "model"]
    assert fields["shape"][0] == "4K 16:9"
    assert {"default", "4K", "16:9"} <= set(fields["shape"][1])
    assert all(len(choices) <= 25 for _, choices in fields.values())


@pytest.mark.parametrize(
    ("options", "prompt", "sentence"),
    [
        (Options(size="1K"), "a fox", "Set “Size” to 2K."),
        (Options(model="4.5", size="3K"), "a fox", "Set “Size” to 3K and “Aspect ratio” to 1:1."),
        (Options(size="1K"), "a fox --size 1K", "Try --size 2K."),
        (Options(count=15), "a fox", "Set “Number of images” to 6."),
        (Options(count=15), "a fox —n 15", "Try --count 6."),
        (Options(format="webp"), "a fox --format webp", "Try --format jpeg."),
        (Options(seed=1), "a fox --seed 1", "Leave it out."),
    ],
)
def test_a_refused_form_is_told_in_its_fields(options: Options, prompt: str, sentence: str) -> None:
    """What was chosen in a field is named as the field; what was typed as a flag is named as a flag."""
    at = gateway("uniall" if options.count else "ark_intl", "5.0-lite")
    with pytest.raises(RefusedError) as caught:
        build_request(RequestSpec(prompt="a fox", options=options), at, Defaults())

    assert form_error(caught.value, {"prompt": prompt}, WORDS).endswith(sentence)


def test_a_mistyped_flag_stays_a_flag() -> None:
    """It can only have been typed into the prompt."""
    with pytest.raises(RefusedError) as caught:
        parse("a fox --count four", verb="imagine")

    assert "Try --count 4." in form_error(caught.value, {"prompt": "a fox --count four"}, WORDS)


def refusals() -> list[RefusedError]:
    """What every gateway, and all of them together, answer to every option with good, bad and strange values."""
    values: dict[str, list[Any]] = {
        "model": ["9", "4.6", "flux", "lite", "4.0", "4.5", "5.5"],
        "size": ["1K", "3K", "8K", "1.5K", "64x64", "9000x9000", "huge", "banana", "16:9", "1080p", "2"],
        "ratio": ["17:1", "1:99", "wyde", "banana", "16", "16;9"],
        "format": ["png", "webp", "jpge", "jpeg"],
        "prompt_mode": ["fast", "standard", "turbo"],
        "count": [0, 7, 16, 999],
        "search": [True],
        "watermark": [True, False],
        "seed": [1],
        "guidance": [2.5],
        "gateway": ["foo", "arc", "unod"],
    }
    single = [{name: value} for name in values for value in values[name]]
    pairs = [one | other for one, other in itertools.combinations(single, 2) if one.keys() != other.keys()]
    pictures = [(), (Reference(form="bytes", value=""),) * 15, (Reference(form="url", value="http://e.com/a"),)]
    found = []
    for given, references in [(one, some) for one in single for some in pictures] + [(pair, ()) for pair in pairs]:
        spec = RequestSpec(prompt="a fox", options=Options(**given), references=references)
        for profiles in (*((at,) for at in GATEWAYS), GATEWAYS) if len(given) == 1 else (GATEWAYS, GATEWAYS[-1:]):
            try:
                rank(spec, profiles, Defaults())
            except RefusedError as error:
                found.append(error)
    return found


def test_no_refusal_contradicts_itself() -> None:
    """No sentence says both to leave an option out and to try it, and every suggestion is one that works."""
    found = refusals()
    assert len({error.refusal for error in found}) >= 18
    for error in found:
        text = WORDS.error(error)
        assert not (NEAREST in text and LEAVE_OUT.search(text)), text
        assert "  " not in text
        if error.nearest is not None:
            parse(f"a fox {error.nearest}", verb="imagine")


def test_nothing_silly_is_suggested() -> None:
    """A word that resembles nothing has no suggestion; the sentence says what there is."""
    for options, code in (
        (Options(model="flux"), RefusalCode.MODEL_NOT_ON_DIALECT),
        (Options(ratio="banana"), RefusalCode.RATIO_UNKNOWN),
        (Options(size="banana"), RefusalCode.SIZE_NOT_SUPPORTED),
        (Options(gateway="foo"), RefusalCode.NO_GATEWAY),
    ):
        with pytest.raises(RefusedError) as caught:
            rank(RequestSpec(prompt="a fox", options=options), GATEWAYS, Defaults())
        assert (caught.value.refusal, caught.value.nearest) == (code, None)


def test_offers_follow_the_operators_gateways() -> None:
    """The default model stands first, and its sizes are those of the gateways that have it."""
    offers = offers_of((gateway("sinancode", default_model="4.0"),), now=0)
    assert (offers.default_model, offers.default_tiers, offers.models) == ("4.0", ("2K", "4K"), ("4.0", "5.0-lite", "4.5"))
    offers = offers_of((gateway("unode", default_model="4.5"),), now=0)
    assert (offers.models, offers.default_most_images, offers.default_formats) == (("4.5", "5.0-lite"), 15, ())


def test_what_the_gateway_itself_has_withdrawn_is_not_offered() -> None:
    """What others report is, because it is tried where a member names it; neither is the default."""
    mainland = gateway("ark_cn", default_model="4.5")
    announced = Retirement(at=100, source="announced")
    reported = Retirement(at=100, source="reported")

    def offered(retirement: Retirement, now: float) -> tuple[str, bool]:
        models = {**mainland.models, "4.5": replace(mainland.models["4.5"], retirement=retirement)}
        offers = offers_of((replace(mainland, models=models),), now=now)
        return offers.default_model, "4.5" in offers.models

    assert (offered(announced, 99), offered(announced, 100)) == (("4.5", True), ("5.0-flash", False))
    assert (offered(reported, 99), offered(reported, 100)) == (("4.5", True), ("5.0-flash", True))


def test_what_the_gateway_does_not_have_at_the_moment_is_not_offered() -> None:
    mark = unusable(GatewayName("ark_cn"), ModelName("4.5"), answer="404", now=100)
    offers = [offers_of(with_unusable([gateway("ark_cn", default_model="4.5")], [mark]), now=100 + s) for s in (0, UNUSABLE_S)]

    assert [("4.5" in one.models, one.default_model) for one in offers] == [(False, "5.0-flash"), (True, "4.5")]
