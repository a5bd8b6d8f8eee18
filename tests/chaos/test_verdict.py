"""The verdict reports each broken promise, and nothing for a good run."""

from dataclasses import replace

import pytest

from tests.chaos.evidence import Call, CallRow, Evidence, JobRow, RequestOutcome
from tests.chaos.verdict import judge

ANSWERED = CallRow(number=1, state="answered", submitted=True, billed=2, cost=80_000, spent=2, amount=80_000, billed_by="counts")
IN_DOUBT = replace(ANSWERED, state="uncertain", billed=3, cost=120_000, spent=3, amount=120_000, billed_by="estimate")
DONE = JobRow(
    id="0123456789ab",
    tag="request-00001",
    platform="discord",
    state="done",
    notified=True,
    requested=3,
    stored=(1, 3),
    way="conversation",
    held=3,
    settled=2,
    released=1,
    doubtful=0,
    closed=True,
    charged=2,
    calls=(ANSWERED,),
)
UNCERTAIN = replace(
    DONE,
    id="ba9876543210",
    tag="request-00002",
    state="uncertain",
    stored=(),
    way=None,
    settled=0,
    released=3,
    charged=3,
    calls=(IN_DOUBT,),
)
DECLINED = replace(
    DONE,
    id="aaaaaaaaaaaa",
    tag="request-00003",
    state="failed",
    stored=(),
    way=None,
    held=None,
    settled=0,
    released=0,
    closed=False,
    charged=None,
    calls=(),
)
GOOD = Evidence(
    jobs=(DONE, UNCERTAIN, DECLINED),
    calls=(
        Call(tag="request-00001", gateway="ark", billed=2),
        Call(tag="request-00001", gateway="ark", billed=0),
        Call(tag="request-00002", gateway="ark", billed=1),
    ),
    shown=((DONE.id, 1), (DONE.id, 3)),
    unfinished=(),
    outcomes=tuple(
        RequestOutcome(tag=tag, acknowledged=True, redelivered=False)
        for tag in ("request-00001", "request-00002", "request-00003", "request-00004")
    ),
)


def with_job(**changes: object) -> Evidence:
    return replace(GOOD, jobs=(replace(DONE, **changes), *GOOD.jobs[1:]))  # type: ignore[arg-type]


def with_booked(pictures: int) -> Evidence:
    return with_job(charged=pictures, calls=(replace(ANSWERED, billed=pictures, spent=pictures),))


def test_good_run() -> None:
    """A good run has no findings; acknowledged requests that were not recorded are counted."""
    verdict = judge(GOOD)

    assert verdict.findings == ()
    assert verdict.figures["acknowledged but never recorded"] == 1
    assert judge(replace(GOOD, declined=1)).figures["acknowledged but never recorded"] == 0
    assert verdict.figures["pictures billed"] == 3
    assert verdict.figures["jobs uncertain"] == 1


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        (with_job(state="delivering"), "is left in delivering"),
        (with_job(notified=False), "member was not notified"),
        (with_job(way=None), "was not delivered in any way"),
        (with_job(closed=False), "still open"),
        (with_job(settled=3), "settled 3 of 3"),
        (with_job(settled=1), "settled 1 of 3"),
        (with_job(held=None), "without a hold"),
        (with_job(charged=3), "budgets count 3 pictures of job 0123456789ab, 2 are booked"),
        (with_booked(1), "2 pictures billed, 1 booked"),
        (with_booked(3), "2 pictures billed, 3 booked"),
        (with_job(charged=0, calls=(replace(ANSWERED, spent=None, amount=None),)), "2 pictures billed, 0 booked"),
        (with_job(calls=(replace(ANSWERED, amount=80_001),)), "says 2 pictures for 80000, 2 for 80001 are booked"),
        (with_job(calls=(replace(ANSWERED, state="running"),)), "call 1 of job 0123456789ab is left in running"),
        (with_job(calls=(replace(ANSWERED, submitted=False),)), "was paid 1 times for 0 calls"),
        (with_job(calls=(ANSWERED, replace(ANSWERED, number=2))), "was paid 1 times for 2 calls, 2 of them certain"),
        (replace(GOOD, jobs=GOOD.jobs[1:]), "was paid 1 times for 0 calls"),
        (replace(GOOD, calls=(*GOOD.calls, Call(tag="request-00001", gateway="ark", billed=1))), "was paid 2 times for 1 calls"),
        (
            replace(GOOD, calls=(*GOOD.calls[:2], Call(tag="request-00002", gateway="ark", billed=4))),
            "4 pictures billed, 3 booked",
        ),
        (replace(GOOD, jobs=(*GOOD.jobs, replace(DECLINED, id="bbbbbbbbbbbb"))), "became 2 jobs"),
        (replace(GOOD, shown=GOOD.shown[:1]), "picture 3 of job 0123456789ab on discord was never delivered"),
        (replace(GOOD, shown=(*GOOD.shown, GOOD.shown[0])), "was delivered 2 times"),
        (replace(GOOD, shown=(*GOOD.shown, (UNCERTAIN.id, 1))), "shown and not due"),
        (replace(GOOD, beside=(DONE.id,)), "job 0123456789ab is told in more than one message"),
        (replace(GOOD, unfinished=("Generating your image with Seedream 5.0-lite…",)), "1 messages still say that work goes on"),
        (
            replace(GOOD, outcomes=(*GOOD.outcomes, RequestOutcome(tag="request-00009", acknowledged=False, redelivered=True))),
            "request-00009 was never recorded",
        ),
        (replace(GOOD, overdrawn=("discord:ada",)), "more than any grant"),
        (replace(GOOD, integrity="row 7 missing from index"), "damaged"),
    ],
)
def test_broken_promises(evidence: Evidence, message: str) -> None:
    """Each broken promise is a finding that names it."""
    findings = judge(evidence).findings

    assert any(message in finding for finding in findings), findings


def test_press_allows_one_more_job() -> None:
    """A press, double or not, allows one more job and one more call."""
    again = replace(DONE, id="cccccccccccc")
    outcomes = (replace(GOOD.outcomes[0], presses=1), *GOOD.outcomes[1:])
    shown = (*GOOD.shown, (again.id, 1), (again.id, 3))
    calls = (*GOOD.calls, GOOD.calls[0])

    assert judge(replace(GOOD, jobs=(*GOOD.jobs, again), outcomes=outcomes, shown=shown, calls=calls)).findings == ()
