"""Ids, actions, admission and the plan of ways: small pure parts."""

from zoneinfo import ZoneInfo

import pytest

from bot.chat import delivery_plan
from bot.chat.capabilities import Capabilities, Way
from bot.commands.action import MAX_LENGTH, PRIVATE, Action, ActionKind, decode_action, encode_action
from bot.commands.command import Origin
from bot.config.settings import QuotaTier
from bot.ids import JOB_ID_LENGTH, JobId, PlatformName, UserId, new_job_id, parse_job_id
from bot.wallet.admission import Admission

JOB = JobId("0123456789ab")
NOON = 1_795_176_000.0
"""2026-11-20 12:00 UTC."""


def origin(*, user: str = "discord:1", roles: tuple[str, ...] = ()) -> Origin:
    return Origin(
        platform=PlatformName("discord"),
        workspace=None,
        user=UserId(user),
        received_at=NOON,
        roles=roles,
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


def test_a_new_job_id_can_be_read_back() -> None:
    """Ids are made of the letters that people can copy."""
    job = new_job_id()

    assert len(job) == JOB_ID_LENGTH
    assert parse_job_id(job) == job


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0123456789AB", JOB),
        (" o123456789ab ", JOB),
        ("ol23456789ab", JOB),
        ("0123456789a", None),
        ("0123456789au", None),
        ("", None),
    ],
)
def test_a_typed_job_id_is_read_kindly(text: str, expected: JobId | None) -> None:
    """Case, spaces and look-alike letters do not matter; anything else is no id."""
    assert parse_job_id(text) == expected


@pytest.mark.parametrize(
    "action",
    [
        Action(kind=ActionKind.AGAIN, job=JOB),
        Action(kind=ActionKind.MISSING, job=JOB, argument=PRIVATE),
        Action(kind=ActionKind.SHOW_RESULT, job=JOB, argument=""),
        Action(kind=ActionKind.EDIT_FORM, job=JOB, argument="a:b"),
    ],
)
def test_an_action_survives_its_encoding(action: Action) -> None:
    """What a button says is what is asked."""
    assert decode_action(encode_action(action)) == action


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v1",
        "v1:again",
        "v2:again:0123456789ab",
        "v1:explode:0123456789ab",
        "v1:again:short",
        "v1:again:0123456789ab:" + "x" * 100,
    ],
)
def test_what_is_not_ours_is_no_action(text: str) -> None:
    """Anybody can send anything."""
    assert decode_action(text) is None


def test_an_action_that_does_not_fit_is_an_error_of_ours() -> None:
    """Better loud here than cut off by a platform."""
    with pytest.raises(ValueError, match=str(MAX_LENGTH)):
        encode_action(Action(kind=ActionKind.AGAIN, job=JOB, argument="x" * 100))


TIERS = (
    QuotaTier(name="artists", images_per_day=100, roles=frozenset({"discord:77"})),
    QuotaTier(name="boss", images_per_day=500, members=frozenset({"discord:9"})),
    QuotaTier(name="rest", images_per_day=3),
)


@pytest.mark.parametrize(
    ("tiers", "who", "granted"),
    [
        ((), origin(), 20),
        (TIERS, origin(), 3),
        (TIERS, origin(roles=("discord:77",)), 100),
        (TIERS, origin(user="discord:9"), 500),
        (TIERS[:2], origin(), 0),
    ],
)
def test_the_first_tier_that_fits_grants(tiers: tuple[QuotaTier, ...], who: Origin, granted: int) -> None:
    """No tier at all means twenty a day; tiers that all miss mean none."""
    assert Admission(tiers, ZoneInfo("UTC")).hold(who, images=1, now=NOON).granted == granted


@pytest.mark.parametrize(
    ("tiers", "limit"),
    [
        ((), 20),
        ((QuotaTier(name="rest", images_per_day=3),), 3),
        ((QuotaTier(name="rest", images_per_day=3, uncertain_images_per_day=0),), 0),
        ((QuotaTier(name="rest", images_per_day=3, uncertain_images_per_day=9),), 9),
        (TIERS[:2], 0),
    ],
)
def test_what_is_lost_in_doubt_is_given_back_up_to_a_limit(tiers: tuple[QuotaTier, ...], limit: int) -> None:
    """The tier names it, else it is what the tier grants."""
    assert Admission(tiers, ZoneInfo("UTC")).uncertain_limit(origin()) == limit


@pytest.mark.parametrize(
    ("zone", "window"),
    [("UTC", "day:2026-11-20"), ("Pacific/Kiritimati", "day:2026-11-21"), ("Pacific/Pago_Pago", "day:2026-11-20")],
)
def test_a_day_begins_in_the_operators_zone(zone: str, window: str) -> None:
    """The window is a calendar day, not 24 hours."""
    assert Admission((), ZoneInfo(zone)).window(NOON) == window


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (0.0, (Way.CONVERSATION, Way.RESPONSE, Way.DIRECT)),
        (809.0, (Way.CONVERSATION, Way.RESPONSE, Way.DIRECT)),
        (810.0, (Way.CONVERSATION, Way.DIRECT)),
    ],
)
def test_a_response_is_a_way_only_while_it_lives(age: float, expected: tuple[Way, ...]) -> None:
    """Ways keep their order; the expired one drops out."""
    known = capabilities(Way.CONVERSATION, Way.RESPONSE, Way.DIRECT, response_seconds=810.0)

    assert delivery_plan.plan(known, origin(), now=NOON + age, private=False) == expected


def test_what_is_private_goes_where_nobody_else_looks() -> None:
    """A private job asked for in public is delivered by direct message alone."""
    known = capabilities(Way.CONVERSATION, Way.RESPONSE, Way.DIRECT, response_seconds=810.0)

    assert delivery_plan.plan(known, origin(), now=NOON, private=True) == (Way.DIRECT,)
