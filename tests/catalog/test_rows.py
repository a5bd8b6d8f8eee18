"""The rows of this release."""

from pathlib import Path

import pytest

from bot.catalog import load
from bot.catalog.load import shipped
from bot.catalog.models import near_models
from bot.catalog.names import DATA, shipped_names
from bot.catalog.profiles import GatewayProfile, profile
from bot.catalog.retirement import is_over
from bot.ids import ModelName
from tests.fakes.dialects import gateway, settings

NEXT = """
[sizes.next]
"2K" = { "16:9" = "2720x1530" }
[model."6.0"]
spellings = ["6"]
sizes = "next"
[dialect.ark_intl.models."6.0"]
id = "dola-6"
price = "0.05 USD"
"""
NOVEMBER_24 = 1_795_500_000.0


def test_the_names_alone_are_those_of_the_rows() -> None:
    """Settings are checked against them before anything is loaded."""
    assert (shipped_names().models, shipped_names().dialects) == (frozenset(shipped().models), frozenset(shipped().dialects))


def test_the_default_models() -> None:
    """The newest proven one of each gateway, and none that is said to be withdrawn."""
    found = {name: gateway(name, default_model=None) for name in shipped().dialects}

    assert {name: profile.default_model for name, profile in found.items()} == {
        "ark_cn": "5.0-flash",
        "ark_intl": "5.5",
        **dict.fromkeys(("acedata", "sinancode", "uniall", "unode", "opeai"), "5.0-lite"),
    }
    assert not any(is_over(one.models[one.default_model], NOVEMBER_24) for one in found.values())


@pytest.mark.parametrize(
    ("own", "common", "expected"),
    [(None, None, "5.5"), (None, "4.5", "4.5"), ("4.0", "4.5", "4.0"), (None, "3.0-t2i", "5.5")],
)
def test_the_operators_default(own: str | None, common: str | None, expected: str) -> None:
    """A gateway's own word, then the one for all gateways where the gateway sells that model."""
    found = profile(settings("ark_intl", default_model=own), default_model=common)

    assert found.default_model == expected


def test_a_withdrawn_default_is_not_used() -> None:
    """The dialect's default takes its place."""
    mainland = gateway("ark_cn", default_model="4.5")

    assert [mainland.default_at(now) for now in (NOVEMBER_24 - 1, NOVEMBER_24)] == ["4.5", "5.0-flash"]


@pytest.mark.parametrize(
    ("dialect", "spelling", "before", "after"),
    [
        ("ark_cn", "5", "5.0-lite", "5.5"),
        ("ark_cn", "5.0", "5.0-lite", None),
        ("ark_cn", "lite", "5.0-lite", "5.0-lite"),
        ("ark_intl", "5", "5.0-lite", "5.0-lite"),
        ("ark_intl", "5.0", "5.0-lite", "5.0-lite"),
        ("acedata", "5.5", None, None),
        ("acedata", "pro", "5.0-pro", "5.0-pro"),
        ("sinancode", "flash", None, None),
    ],
)
def test_what_a_spelling_means_at_a_gateway(dialect: str, spelling: str, before: str | None, after: str | None) -> None:
    """`5` means its newest model once 5.0-lite is gone; `5.0` could then be any of three."""
    profile = gateway(dialect)
    found = [profile.find_model(spelling, now=now) for now in (NOVEMBER_24 - 1, NOVEMBER_24)]

    assert [None if model is None else model.name for model in found] == [before, after]


def test_a_vague_spelling_is_answered_with_what_is_still_sold() -> None:
    """Once 5.0-lite is withdrawn, `5.0` is asked about."""
    models = gateway("ark_cn").models

    assert near_models("5.0", models, now=NOVEMBER_24 - 1) == ["5.0-lite", "5.0-pro", "5.0-flash", "4.5", "5.5", "4.0"]
    assert near_models("5.0", models, now=NOVEMBER_24) == ["5.0-pro", "5.0-flash", "5.5"]


NEW = ("5.5", "5.0-pro", "5.0-flash")


@pytest.mark.parametrize(
    ("dialect", "ids"),
    [
        ("ark_cn", ("doubao-seedream-5-5-261028", "doubao-seedream-5-0-pro-260628", "doubao-seedream-5-0-flash-260915")),
        ("ark_intl", ("dola-seedream-5-5-261028", "dola-seedream-5-0-pro-260628", "dola-seedream-5-0-flash-260915")),
        ("acedata", (None, "doubao-seedream-5-0-pro-260628", None)),
        ("sinancode", (None, None, None)),
    ],
)
def test_where_the_one_picture_models_are_sold(dialect: str, ids: tuple[str | None, ...]) -> None:
    profile = gateway(dialect)
    assert tuple(profile.models[name].id if name in profile.models else None for name in NEW) == ids


def test_what_the_one_picture_models_can_do() -> None:
    profile = gateway("ark_intl")

    def of(name: str) -> tuple[object, ...]:
        model = profile.models[name]
        return model.transparent, model.most_layers, model.regions, model.prompt_modes, model.default_format

    assert of("5.5") == ("drawn", 0, False, ("standard",), "png")
    assert of("5.0-pro") == ("kept", 17, True, ("standard", "fast"), "jpeg")
    assert of("5.0-flash") == ("kept", 17, True, ("standard",), "jpeg")
    for name in NEW:
        model = profile.models[name]
        assert (model.one_picture, model.stream, model.search, model.most_references) == (True, False, False, 10)
        assert (model.sizes.tiers, model.sizes.least_pixels, model.sizes.most_pixels) == (
            ("1K", "1.5K", "2K"),
            921_600,
            4_624_220,
        )
    ace = gateway("acedata").models["5.0-pro"]
    assert (ace.sizes.tiers, ace.backgrounds, ace.transparent, ace.most_layers) == (("1K", "2K"), (), None, 0)


def prices(profile: GatewayProfile, name: str) -> list[str]:
    price = profile.models[name].price
    return [] if price is None else [str(amount) for amount in price.picture_prices]


def test_prices_of_the_one_picture_models() -> None:
    """Of BytePlus in dollars, of Volcengine in yuan where anybody has published them."""
    intl, mainland = gateway("ark_intl"), gateway("ark_cn")

    assert [prices(intl, name) for name in NEW] == [["0.02 USD", "0.035 USD"], ["0.045 USD", "0.09 USD"], ["0.018 USD"]]
    assert [prices(mainland, name) for name in NEW] == [[], ["0.30 CNY", "0.60 CNY"], ["0.12 CNY"]]
    pro = intl.models["5.0-pro"].price
    assert pro is not None
    assert str(pro.most_layers(pictures=17, pixels=None)) == "0.765 USD"
    assert str(pro.most(pictures=1, pixels=2048 * 2048, explicit=False, references=3)) == "0.096 USD"


def test_the_models_of_2025_are_off_until_they_are_switched_on() -> None:
    """By an id, or by `off = false`; with their ranges of seed and guidance."""
    without = gateway("ark_intl").models
    chosen = gateway("ark_intl", models={"3.0-t2i": "mine", "edit-3.0": {"off": False}}).models

    assert not {"3.0-t2i", "edit-3.0"} & without.keys()
    assert (chosen["3.0-t2i"].id, chosen["edit-3.0"].id) == ("mine", "seededit-3-0-i2i-250628")
    assert [(chosen[name].seed, chosen[name].guidance) for name in ("3.0-t2i", "edit-3.0")] == [
        ((-1, 2_147_483_647), (1, 10))
    ] * 2
    assert (chosen["edit-3.0"].least_references, chosen["edit-3.0"].most_references) == (1, 1)
    assert gateway("acedata", models={"edit-3.0": {"off": False}}).models["edit-3.0"].seed is None
    assert {name: model.seed for name, model in without.items()} == dict.fromkeys(without)


def test_every_successor_is_sold_where_it_is_offered() -> None:
    for name in shipped().dialects:
        profile = gateway(name)
        for model in profile.models.values():
            successor = model.retirement.instead if model.retirement is not None else None
            assert successor is None or ModelName(successor) in profile.models


def test_a_new_model_is_a_change_of_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the model can do, its sizes, ids and prices are written at the end of models.toml; no other file knows it."""
    for path in DATA.glob("*.toml"):
        text = path.read_text(encoding="utf-8") + (NEXT if path.name == "models.toml" else "")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(load, "DATA", tmp_path)
    shipped.cache_clear()
    try:
        new = gateway("ark_intl").find_model("seedream 6")
    finally:
        shipped.cache_clear()

    assert new is not None
    assert (new.id, str(new.price and new.price.picture_prices[0]), new.sizes.tiers) == ("dola-6", "0.05 USD", ("1K", "2K"))


def test_a_key_in_two_files_is_a_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for path in DATA.glob("*.toml"):
        text = path.read_text(encoding="utf-8") + ('[side]\n"2K" = 3\n' if path.name == "models.toml" else "")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(load, "DATA", tmp_path)
    shipped.cache_clear()
    try:
        with pytest.raises(ValueError, match="2K is in two files"):
            shipped()
    finally:
        shipped.cache_clear()
