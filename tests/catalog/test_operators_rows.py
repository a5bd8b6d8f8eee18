"""What the operator's file adds to the catalog and changes in it, without code."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.cli.app import build_app
from adapters.cli.settings import keyless_settings
from bot.catalog.profiles import GatewayProfile, profiles_of
from bot.catalog.retirement import Retirement
from bot.errors import ConfigurationError
from bot.ids import ModelName

ARK = '[[gateway]]\nname = "ark"\ndialect = "ark_intl"\napi_key_env = "K"\n'
CN = '[[gateway]]\nname = "cn"\ndialect = "ark_cn"\napi_key_env = "K"\n'
SCHEDULE = """
[gateway.prices."6.0"]
currency = "USD"
picture = [{ up_to_px = 2601123, reserve_up_to_px = 2359296, price = "0.020" }, { price = "0.05" }]
reference = "0.008"
free_references = 1
layer = [{ price = "0.01" }]
layer_input = "0.002"
most_layers = 12
"""


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEEDREAM_BOT_CONFIG", raising=False)


def configured(text: str) -> list[GatewayProfile]:
    Path("seedream-bot.toml").write_text(text, encoding="utf-8")
    return list(profiles_of(keyless_settings(None)))


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        configured(text)
    return caught.value.problems


def run_explain(text: str, *arguments: str) -> tuple[int, Any]:
    Path("seedream-bot.toml").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(build_app(), ["explain", "--json", *arguments])
    return done.exit_code, json.loads(done.stdout)


def test_a_model_that_nobody_has_heard_of() -> None:
    """Its name, an id and a price in the operator's file: routing chooses it, and `explain` prints its request."""
    text = f'{ARK}default_model = "6.0"\n[gateway.models]\n"6.0" = "dola-seedream-6-0-270101"\n{SCHEDULE}[model."6.0"]\n'

    code, said = run_explain(text, "a fox")

    assert (code, said["gateway"], said["price"]) == (0, "ark", {"amount": "0.05", "currency": "USD", "images": 1})
    assert (said["body"]["model"], said["body"]["size"]) == ("dola-seedream-6-0-270101", "2K")
    assert not {"output_format", "background", "optimize_prompt_options", "tools"} & said["body"].keys()
    for spelling in ("6.0", "seedream 6.0", "6-0", "dola-seedream-6-0-270101"):
        assert (
            run_explain(text, f"a fox --model '{spelling}'".replace("'", '"'))[1]["body"]["model"] == "dola-seedream-6-0-270101"
        )
    assert run_explain(text, "a fox --model 6.0 --ratio 16:9")[1]["body"]["size"] == "2720x1536"


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ("--size 3K", "TIER_NOT_ON_MODEL"),
        ("--size 2304x1824", "PIXELS_TOO_MANY"),
        ("--size 640x640", "PIXELS_TOO_FEW"),
        ("--format png", "FORMAT_NOT_SUPPORTED"),
        ("--search", "SEARCH_NOT_SUPPORTED"),
        ("--prompt-mode standard", "PROMPT_MODE_NOT_SUPPORTED"),
        ("--seed 3", "SEED_NOT_SUPPORTED"),
    ],
)
def test_what_is_not_known_of_a_model_is_refused(flags: str, code: str) -> None:
    """The safest is assumed until the operator says otherwise."""
    text = f'{ARK}models = {{ "6.0" = "x" }}\n[model."6.0"]\n'

    _, said = run_explain(text, f"a fox --model 6.0 {flags}")

    assert said["refused"]["code"] == code


def test_the_safest_defaults() -> None:
    (ark,) = configured(f'{ARK}models = {{ "6.0" = "x" }}\n[model."6.0"]\n')

    new = ark.models["6.0"]
    assert (new.one_picture, new.stream, new.price, new.most_references) == (True, False, None, 10)
    assert (new.backgrounds, new.most_layers, new.regions) == ((), 0, False)


def test_a_row_with_all_its_words() -> None:
    """The same words as the rows of this release, and a table of sizes of its own."""
    row = """
[sizes.mine]
"2K" = { "16:9" = "2800x1575" }
[model."6.0"]
spellings = ["six"]
tiers = ["1K", "2K", "4K"]
sizes = "mine"
least_pixels = 1_000_000
most_pixels = 16_777_216
most_references = 14
formats = ["png"]
default_format = "png"
backgrounds = ["transparent"]
transparent = "drawn"
regions = true
most_layers = 17
seed = [0, 99]
guidance = [1, 2.5]
retired = 2030-01-01T00:00:00+02:00
instead = "5.5"
"""
    (ark,) = configured(f'{ARK}models = {{ "6.0" = "x" }}\n{SCHEDULE}{row}')

    new = ark.find_model("Seedream Six")
    assert new is not None
    assert (new.sizes.tiers, new.formats, new.transparent, new.regions) == (("1K", "2K", "4K"), ("png",), "drawn", True)
    assert (new.seed, new.guidance, new.most_layers) == ((0, 99), (1.0, 2.5), 12)
    assert new.retirement == Retirement(at=1_893_448_800.0, source="announced", instead=ModelName("5.5"))
    assert new.price is not None
    assert str(new.price.most(pictures=1, pixels=2_500_000, explicit=True, references=3)) == "0.066 USD"
    assert str(new.price.most_layers(pictures=new.most_layers, pixels=None)) == "0.122 USD"
    assert (
        run_explain(f'{ARK}models = {{ "6.0" = "x" }}\n{row}', "a fox --model six --ratio 16:9")[1]["body"]["size"] == "2800x1575"
    )


def test_a_price_switches_nothing_on() -> None:
    """5.5 would take a picture apart into as many layers as it likes."""
    (ark,) = configured(ARK + SCHEDULE.replace("6.0", "5.5"))

    assert ark.models["5.5"].most_layers == 0


def test_a_size_that_nobody_has_heard_of() -> None:
    """The side of 6K is six times that of 1K, in any table."""
    for text in (
        f'{ARK}models = {{ "6.0" = {{ id = "x", tiers = ["2K", "6K"], most_pixels = 40_000_000 }} }}\n[model."6.0"]\n',
        f'{ARK}models = {{ "6.0" = "x" }}\n[model."6.0"]\ntiers = ["2K", "6K"]\nmost_pixels = 40_000_000\n',
    ):
        asked = [run_explain(text, f"a fox --model 6.0 --size 6K{more}")[1]["body"]["size"] for more in ("", " --ratio 1:1")]
        assert asked == ["6K", "6144x6144"]


def test_a_row_of_this_release_is_changed() -> None:
    """Of a model at every gateway, of a dialect's model at its gateways, of a gateway's model there."""
    text = f"""
{ARK}
[gateway.models]
"5.5" = {{ id = "ep-1", tiers = ["2K"] }}
{CN}
[model."5.5"]
tiers = ["1.5K", "2K"]
[model."4.5"]
retired = false
[dialect.ark_cn]
default_model = "5.5"
[dialect.ark_cn.models."5.5"]
id = "ep-2"
price = "0.15 CNY"
[dialect.ark_cn.models."4.0"]
retired = false
[dialect.ark_cn.models."5.0-lite"]
remap = true
instead = "5.0-pro"
"""
    ark, mainland = configured(text)

    assert [(one.models["5.5"].id, one.models["5.5"].sizes.tiers) for one in (ark, mainland)] == [
        ("ep-1", ("2K",)),
        ("ep-2", ("1.5K", "2K")),
    ]
    assert (mainland.default_model, str(mainland.models["5.5"].price and mainland.models["5.5"].price.picture_prices[0])) == (
        "5.5",
        "0.15 CNY",
    )
    assert (mainland.models["4.5"].retirement, mainland.models["4.0"].retirement) == (None, None)
    lite = mainland.models["5.0-lite"].retirement
    assert (lite and lite.remap, lite and lite.instead, lite and lite.source) == (True, "5.0-pro", "reported")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[model."6.0"]\ntier = ["1K"]', 'model."6.0".tier: unknown key; did you mean tiers?'),
        ('[model."6.0"]\ntiers = ["1K", "2Q"]', 'model."6.0".tiers[2]: found "2Q"; expected a list of sizes, from the smallest'),
        (
            '[model."6.0"]\ntiers = ["2K", "1K"]',
            'model."6.0".tiers: found "2K, 1K"; expected them from the smallest to the largest: 1K, 2K.',
        ),
        (
            '[model."6.0"]\nleast_pixels = 5_000_000',
            'model."6.0".least_pixels: found 5000000; expected at most most_pixels, which is 4194304.',
        ),
        ('[model."6.0"]\nsizes = "set2"', 'model."6.0".sizes: found "set2"; expected the name of a [sizes] table'),
        ('[model."6.0"]\ntiers = ["1K"]', 'model."6.0".default_size: found "2K"; expected one of the model\'s tiers: 1K.'),
        ('[model."6.0"]\nformats = ["webp"]', 'model."6.0".formats[1]: found "webp"; expected a list of "jpeg", "png".'),
        ('[model."6.0"]\nbackgrounds = ["transparent"]', 'model."6.0".transparent: missing; expected drawn or kept'),
        ('[model."6.0"]\nseed = [9, 1]', 'model."6.0".seed: found a list; expected the least and the largest seed'),
        ('[model."6.0"]\nretired = true', 'model."6.0".retired: found true; expected an instant with its time zone'),
        ('[model."6.0"]\nretired = 2027-01-01', 'model."6.0".retired: found 2027-01-01; expected an instant with its time zone'),
        ('[model."6.0"]\ninstead = "5.4"', 'model."6.0".instead: found "5.4"; expected one of '),
        ('[model."6.0"]\nremap = true', 'model."6.0".remap: found true; expected false, or a model in instead.'),
        (
            '[model."6.0"]\nspellings = ["lite"]',
            'model."6.0".spellings: found "lite"; expected a name that does not mean 5.0-lite',
        ),
        ('[model."Big 6"]', 'model."Big 6": found "Big 6"; expected 1 to 32 lower-case letters'),
        ("model = 3", 'model: found 3; expected [model."NAME"] tables.'),
        ('[model]\n"6.0" = "x"', 'model."6.0": found "x"; expected [model."NAME"] tables.'),
        ("[dialect.ark_int]", "dialect.ark_int: unknown key; did you mean ark_intl?"),
        (
            '[dialect.ark_intl]\nbase_url = "https://x.example"',
            "dialect.ark_intl.base_url: unknown key; expected one of default_model",
        ),
        (
            '[dialect.ark_intl]\ndefault_model = "3.0-t2i"',
            'dialect.ark_intl.default_model: found "3.0-t2i"; expected one of 5.0-lite',
        ),
        (
            '[dialect.ark_intl.models."5.0-fash"]\nid = "x"',
            'dialect.ark_intl.models."5.0-fash": found "5.0-fash"; expected one of ',
        ),
        (
            '[dialect.sinancode.models."5.5"]\noff = false',
            'dialect.sinancode.models."5.5".id: missing; expected the gateway\'s id of the model, in quotes.',
        ),
        ("[sizes.mine]\nlarge = {}", "sizes.mine.large: unknown key; expected one of 1K, 1.5K, 2K, 3K, 4K."),
        ("[sizes.mine]\n'2K' = { '16:9' = '9x9' }", 'sizes.mine.2K."16:9": found "9x9"; expected pixels of the shape 16:9'),
        (f'{ARK}models = {{ "6.0" = "x" }}', 'gateway[1].models."6.0" ("ark"): found "6.0"; expected one of '),
        (
            f'{ARK}models = {{ "6.0" = {{ tiers = ["1K", "2K"] }} }}\n[model."6.0"]',
            'gateway[1].models."6.0".id ("ark"): missing; expected the gateway\'s id of the model, in quotes.',
        ),
        (
            f'{ARK}prices = {{ "6.0" = "1 USD" }}\n[model."6.0"]',
            'gateway[1].models."6.0" ("ark"): missing; expected the gateway\'s id of the model, in quotes.',
        ),
        (
            f'{ARK}[model."6.0"]\n[defaults]\nmodel = "6.0"',
            'defaults.model: found "6.0"; expected one of 5.0-lite, 4.5, 4.0, 5.5, 5.0-pro, 5.0-flash, because no gateway sells it.',
        ),
        (
            f'{CN}[defaults]\nmodel = "4.5"',
            (
                'defaults.model: found "4.5"; expected one of 5.5, 5.0-pro, 5.0-flash, because it is reported to have been withdrawn on 2026-11-24; '
                'if yours still has it, set retired = false in [dialect.ark_cn.models."4.5"].'
            ),
        ),
        (f'{CN}default_model = "4.0"', 'gateway[1].default_model ("cn"): found "4.0"; expected one of 5.5, 5.0-pro, 5.0-flash'),
    ],
)
def test_mistakes(text: str, expected: str) -> None:
    """Named like every other mistake in the configuration: the key, what was found, and what is expected."""
    (problem,) = problems(text)

    assert problem.startswith(expected)


GONE = "retired = 2026-01-02T00:00:00Z\n"

REMAPS: list[tuple[str, tuple[str, ...]]] = [
    (
        f'{ARK}[dialect.ark_intl.models."4.0"]\n{GONE}instead = "4.5"\nremap = true\n[dialect.ark_intl.models."4.5"]\n{GONE}',
        (
            (
                'dialect.ark_intl.models."4.0".instead: found "4.5"; expected a model that is still sold, because remap is true; '
                "4.5 was withdrawn on 2026-01-02."
            ),
        ),
    ),
    (
        f'{CN}[gateway.models]\n"4.0" = {{ remap = true, instead = "5.0-lite" }}',
        (
            (
                'gateway[1].models."4.0".instead ("cn"): found "5.0-lite"; expected a model that is still sold, because remap is true; '
                "5.0-lite is reported to have been withdrawn on 2026-11-24."
            ),
        ),
    ),
    # Only the last of a chain is wrong, and it is named once for all gateways.
    (
        (
            f'{ARK}{ARK.replace("ark", "two", 1)}[model."4.0"]\n{GONE}instead = "4.5"\nremap = true\n'
            f'[model."4.5"]\n{GONE}instead = "5.0-lite"\nremap = true\n[model."5.0-lite"]\n{GONE}'
        ),
        (
            (
                'model."4.5".instead: found "5.0-lite"; expected a model that is still sold, because remap is true; '
                "5.0-lite was withdrawn on 2026-01-02."
            ),
        ),
    ),
    (
        (
            f'{ARK}[model."4.5"]\n{GONE}instead = "4.0"\nremap = true\n[model."4.0"]\nretired = 2126-01-01T00:00:00Z\n'
            'instead = "4.5"\nremap = true'
        ),
        (
            (
                'model."4.0".instead: found "4.5"; expected a model that does not lead back to 4.0, because remap is true: '
                "4.0 → 4.5 → 4.0."
            ),
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), REMAPS)
def test_a_remap_that_leads_nowhere(text: str, expected: tuple[str, ...]) -> None:
    """To a model that is itself withdrawn, or in a circle."""
    assert problems(text) == expected


def test_remaps_that_lead_on() -> None:
    """Over a withdrawn model to one that is sold; what a gateway does not sell, or nobody remaps, is no mistake."""
    chain = f'{ARK}[model."4.0"]\n{GONE}instead = "4.5"\nremap = true\n[model."4.5"]\n{GONE}instead = "5.5"\nremap = true'
    offered = f'{ARK}[model."4.0"]\n{GONE}instead = "4.5"\n[model."4.5"]\n{GONE}'

    for text in (chain, offered):
        assert configured(text)


@pytest.mark.parametrize("table", ["gateway.models", "dialect.ark_intl.models"])
def test_a_gateway_without_models(table: str) -> None:
    """It could make nothing."""
    off = "".join(f'[{table}."{name}"]\noff = true\n' for name in ("5.5", "5.0-pro", "5.0-flash", "5.0-lite", "4.5", "4.0"))
    found = problems(ARK + off)

    assert (
        'gateway[1].models ("ark"): missing; expected at least one model that is not off, because it could make nothing.' in found
    )


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ('picture = [{ up_to_px = 9, price = "1" }]', "picture[1].up_to_px ({}): found 9; expected a last step without up_to_px"),
        ('picture = [{ price = "1" }, { price = "2" }]', "picture[1].up_to_px ({}): missing; expected an end"),
        (
            'picture = [{ up_to_px = 9, price = "1" }, { up_to_px = 8, price = "2" }, { price = "3" }]',
            "picture[2].up_to_px ({}): found 8; expected steps from the smallest to the largest up_to_px.",
        ),
        (
            'picture = [{ up_to_px = 9, reserve_up_to_px = 10, price = "1" }, { price = "3" }]',
            "picture[1].reserve_up_to_px ({}): found 10; expected a number between",
        ),
        ('picture = [{ price = "-1" }]', 'picture[1].price ({}): found "-1"; expected an amount'),
        ('picture = [{ price = "1 CNY" }]', 'picture[1].price ({}): found "1.00 CNY"; expected USD, the schedule\'s currency.'),
        ('picture = [{ price = "1" }]\nreference = "1 EUR"', 'reference ({}): found "1.00 EUR"; expected USD'),
        (
            'picture = [{ price = "1" }]\nlayer = [{ up_to_px = 9, price = "1" }]',
            "layer[1].up_to_px ({}): found 9; expected a last",
        ),
        ("picture = []", "picture ({}): found an empty list; expected a last step"),
        ('picture = [{ price = "1" }]\nreferences = "1"', "references ({}): unknown key; did you mean reference?"),
        ('picture = [{ prize = "1" }]', "picture[1].price ({}): missing; expected an amount"),
    ],
)
def test_a_wrong_schedule(schedule: str, expected: str) -> None:
    """A gap, a wrong order, a negative price, a second currency, an unknown key."""
    found = problems(f'{ARK}[gateway.prices."5.5"]\ncurrency = "USD"\n{schedule}')

    assert found[0].startswith('gateway[1].prices."5.5".' + expected.format('"ark"'))


def test_every_mistake_at_once() -> None:
    """Those of the catalog's tables beside those of the others."""
    found = problems(f'log_level = "loud"\n{ARK}mode = "fast"\n[model."6.0"]\ntier = 1\n[model."7.0"]\nsearch = 1\n')

    assert [problem.partition(":")[0] for problem in found] == [
        "log_level",
        'gateway[1].mode ("ark")',
        'model."6.0".tier',
        'model."7.0".search',
    ]
