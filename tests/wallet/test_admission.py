"""Quota tiers and the quota day."""

from zoneinfo import ZoneInfo

import pytest

from bot.commands.command import Origin
from bot.config.settings import QuotaTier
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import PlatformName, UserId
from bot.wallet.admission import Admission
from bot.wallet.ledger import Demand, Usage, check_hold

NOON = 1_795_176_000.0
"""2026-11-20 12:00 UTC."""
TIERS = (
    QuotaTier(name="artists", images_per_day=100, roles=frozenset({"discord:77"})),
    QuotaTier(name="boss", images_per_day=500, members=frozenset({"discord:9"})),
    QuotaTier(name="rest", images_per_day=3),
)


def origin(*, user: str = "discord:1", roles: tuple[str, ...] = ()) -> Origin:
    return Origin(
        platform=PlatformName("discord"),
        workspace=None,
        user=UserId(user),
        received_at=NOON,
        roles=roles,
    )


@pytest.mark.parametrize(
    ("tiers", "member", "granted"),
    [
        ((), origin(), 20),
        (TIERS, origin(), 3),
        (TIERS, origin(roles=("discord:77",)), 100),
        (TIERS, origin(user="discord:9"), 500),
        (TIERS[:2], origin(), 0),
    ],
)
def test_the_first_matching_tier_grants_the_quota(tiers: tuple[QuotaTier, ...], member: Origin, granted: int) -> None:
    """Without any tiers everyone has 20 pictures a day; a member whom no tier matches has none."""
    assert Admission(tiers, ZoneInfo("UTC")).hold(member, images=1, now=NOON).granted == granted


@pytest.mark.parametrize(
    ("zone", "hours"), [("UTC", 12), ("Europe/Berlin", 11), ("Pacific/Kiritimati", 22), ("America/New_York", 17)]
)
def test_a_quota_renews_at_midnight_of_the_operator(zone: str, hours: int) -> None:
    """The moment, which each reader is shown in their own time."""
    hold = Admission((), ZoneInfo(zone)).hold(origin(), images=1, now=NOON)

    assert hold.renews_at == NOON + hours * 3600


@pytest.mark.parametrize("tiers", [TIERS[:2], (QuotaTier(name="none", images_per_day=0),)])
def test_a_member_without_a_quota_has_no_access(tiers: tuple[QuotaTier, ...]) -> None:
    """To somebody who is granted nothing the bot is not open, whatever was asked for."""
    hold = Admission(tiers, ZoneInfo("UTC")).hold(origin(), images=1, now=NOON)

    with pytest.raises(RefusedError) as caught:
        check_hold(hold, Usage(settled=0, held=0))

    assert (caught.value.refusal, caught.value.parameters) == (RefusalCode.NO_ACCESS, {VARIANT: "member"})


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
def test_the_limit_of_uncertain_pictures_that_are_given_back(tiers: tuple[QuotaTier, ...], limit: int) -> None:
    """The tier sets the limit, which defaults to the quota that it grants."""
    assert Admission(tiers, ZoneInfo("UTC")).uncertain_limit(origin()) == limit


@pytest.mark.parametrize(
    ("zone", "window"),
    [("UTC", "day:2026-11-20"), ("Pacific/Kiritimati", "day:2026-11-21"), ("Pacific/Pago_Pago", "day:2026-11-20")],
)
def test_a_quota_day_begins_in_the_operators_time_zone(zone: str, window: str) -> None:
    """The window is a calendar day in the configured zone, not 24 hours."""
    assert Admission((), ZoneInfo(zone)).window(NOON) == window


def test_the_tier_says_how_many_jobs_a_member_may_have() -> None:
    """Those that are worked on, and those that wait."""
    admission = Admission((QuotaTier(name="rest", images_per_day=3, jobs_at_once=2, jobs_waiting=1),), ZoneInfo("UTC"))

    demand = admission.demand(origin(), images=4, now=NOON)

    assert demand == Demand(hold=admission.hold(origin(), images=4, now=NOON), open_jobs=3)
    assert admission.jobs_at_once(origin()) == 2
