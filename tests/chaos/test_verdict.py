"""The judge of a run sees each broken promise, and nothing in a run that kept them."""

from dataclasses import replace

import pytest

from tests.chaos.evidence import Answered, Call, Evidence, JobRow
from tests.chaos.verdict import judge

DONE = JobRow(
    id="0123456789ab",
    tag="wish-00001",
    platform="discord",
    state="done",
    told=True,
    asked=3,
    stored=(1, 3),
    way="conversation",
    held=3,
    settled=2,
    released=1,
    doubtful=0,
    closed=True,
    spent=2,
    estimated=False,
)
UNCERTAIN = replace(
    DONE,
    id="ba9876543210",
    tag="wish-00002",
    state="uncertain",
    stored=(),
    way=None,
    settled=0,
    released=3,
    spent=3,
    estimated=True,
)
DECLINED = replace(
    DONE,
    id="aaaaaaaaaaaa",
    tag="wish-00003",
    state="failed",
    stored=(),
    way=None,
    held=None,
    settled=0,
    released=0,
    closed=False,
    spent=None,
)
GOOD = Evidence(
    jobs=(DONE, UNCERTAIN, DECLINED),
    calls=(
        Call(tag="wish-00001", gateway="ark", billed=2),
        Call(tag="wish-00001", gateway="ark", billed=0),
        Call(tag="wish-00002", gateway="ark", billed=1),
    ),
    shown=((DONE.id, 1), (DONE.id, 3)),
    frozen=(),
    asks=tuple(
        Answered(tag=tag, acknowledged=True, redelivered=False)
        for tag in ("wish-00001", "wish-00002", "wish-00003", "wish-00004")
    ),
)


def with_job(**changes: object) -> Evidence:
    return replace(GOOD, jobs=(replace(DONE, **changes), *GOOD.jobs[1:]))  # type: ignore[arg-type]


def test_a_run_that_kept_its_promises() -> None:
    """Nothing is found, and who was answered but not written down is counted."""
    verdict = judge(GOOD)

    assert verdict.findings == ()
    assert verdict.figures["acknowledged and never heard of again"] == 1
    assert judge(replace(GOOD, declined=1)).figures["acknowledged and never heard of again"] == 0
    assert verdict.figures["pictures billed"] == 3
    assert verdict.figures["jobs uncertain"] == 1


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (with_job(state="delivering"), "is left in delivering"),
        (with_job(told=False), "nobody was told"),
        (with_job(way=None), "no way to its member"),
        (with_job(closed=False), "still open"),
        (with_job(settled=3), "settled 3 of 3"),
        (with_job(settled=1), "settled 1 of 3"),
        (with_job(held=None), "without a hold"),
        (with_job(spent=1), "2 pictures billed, 1 booked"),
        (with_job(spent=3), "2 pictures billed, 3 booked"),
        (with_job(spent=None), "2 pictures billed, 0 booked"),
        (replace(GOOD, jobs=GOOD.jobs[1:]), "was paid 1 times for 0 jobs"),
        (replace(GOOD, calls=(*GOOD.calls, Call(tag="wish-00001", gateway="ark", billed=1))), "was paid 2 times for 1 jobs"),
        (replace(GOOD, calls=(*GOOD.calls[:2], Call(tag="wish-00002", gateway="ark", billed=4))), "4 pictures billed, 3 booked"),
        (replace(GOOD, jobs=(*GOOD.jobs, replace(DECLINED, id="bbbbbbbbbbbb"))), "became 2 jobs"),
        (replace(GOOD, shown=GOOD.shown[:1]), "picture 3 of job 0123456789ab on discord was never delivered"),
        (replace(GOOD, shown=(*GOOD.shown, GOOD.shown[0])), "was delivered 2 times"),
        (replace(GOOD, shown=(*GOOD.shown, (UNCERTAIN.id, 1))), "shown and not due"),
        (replace(GOOD, frozen=("5.0-lite is painting …",)), "1 messages still say that work goes on"),
        (
            replace(GOOD, asks=(*GOOD.asks, Answered(tag="wish-00009", acknowledged=False, redelivered=True))),
            "wish-00009 was never recorded",
        ),
        (replace(GOOD, overdrawn=("discord:ada",)), "more than any grant"),
        (replace(GOOD, integrity="row 7 missing from index"), "damaged"),
    ],
)
def test_a_broken_promise_is_found(evidence: Evidence, said: str) -> None:
    """Each of these is one thing that must not be, and is named."""
    findings = judge(evidence).findings

    assert any(said in finding for finding in findings), findings


def test_a_press_may_make_one_job_more() -> None:
    """One press, double or not, allows one more job and one more call."""
    again = replace(DONE, id="cccccccccccc")
    asks = (replace(GOOD.asks[0], presses=1), *GOOD.asks[1:])
    shown = (*GOOD.shown, (again.id, 1), (again.id, 3))
    calls = (*GOOD.calls, GOOD.calls[0])

    assert judge(replace(GOOD, jobs=(*GOOD.jobs, again), asks=asks, shown=shown, calls=calls)).findings == ()
