"""The order in which ways of delivery are tried."""

import pytest

from bot.chat import delivery_plan
from bot.chat.capabilities import Capabilities, Way
from bot.commands.command import Origin
from bot.ids import PlatformName, UserId

NOON = 1_795_176_000.0
"""2026-11-20 12:00 UTC."""
ORIGIN = Origin(
    platform=PlatformName("discord"),
    workspace=None,
    user=UserId("discord:1"),
    received_at=NOON,
)


def capabilities(*ways: Way, response_seconds: float | None = None) -> Capabilities:
    return Capabilities(
        quote_length=1000,
        alt_length=1000,
        pictures=10,
        file_bytes=1,
        picture_types=frozenset(),
        ways=ways,
        response_seconds=response_seconds,
        private=False,
        form_fields=6,
        progress_seconds=3.0,
    )


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (0.0, (Way.CONVERSATION, Way.RESPONSE, Way.DIRECT)),
        (809.0, (Way.CONVERSATION, Way.RESPONSE, Way.DIRECT)),
        (810.0, (Way.CONVERSATION, Way.DIRECT)),
    ],
)
def test_an_expired_response_is_not_planned(age: float, expected: tuple[Way, ...]) -> None:
    """The ways keep the platform's order; a response is left out once its handle has expired."""
    available = capabilities(Way.CONVERSATION, Way.RESPONSE, Way.DIRECT, response_seconds=810.0)

    assert delivery_plan.plan(available, ORIGIN, now=NOON + age, private=False) == expected


def test_a_private_job_from_a_public_place_is_sent_directly() -> None:
    """A private job that was requested in public is delivered only by direct message."""
    available = capabilities(Way.CONVERSATION, Way.RESPONSE, Way.DIRECT, response_seconds=810.0)

    assert delivery_plan.plan(available, ORIGIN, now=NOON, private=True) == (Way.DIRECT,)
