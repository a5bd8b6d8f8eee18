"""What the bot says about itself when it starts."""

from adapters.cli.startup import described
from bot.config.settings import Settings
from tests.fakes.dialects import settings

NOVEMBER_24 = 1_795_500_000.0
MONTH_S = 30 * 86_400


def test_withdrawn_models_are_named() -> None:
    """Only if there are any: from two weeks before."""
    chosen = Settings(gateways=(settings("ark_cn"), settings("ark_intl")))

    fields = described(chosen, now=NOVEMBER_24)

    assert "retired" not in described(chosen, now=NOVEMBER_24 - MONTH_S)
    assert fields["models"] == "5.0-lite, 4.5, 4.0, 5.5, 5.0-pro, 5.0-flash"
    assert fields["retired"] == "; ".join(
        f"ark_cn is reported to have withdrawn {model} on 2026-11-24; 5.5 can take its place"
        for model in ("5.0-lite", "4.5", "4.0")
    )
