"""Checks each promise of the README against the evidence of a run."""

from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.evidence import Evidence, JobRow

ENDS = frozenset({"done", "refused", "failed", "uncertain"})
CALL_ENDS = frozenset({"answered", "refused", "failed", "uncertain", "cancelled"})


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result of the check; `findings` must be empty."""

    findings: tuple[str, ...]
    figures: dict[str, int] = field(default_factory=dict)
    unrecorded: tuple[str, ...] = ()
    """Requests that were acknowledged, mostly just before a kill, but never recorded. They cost nothing."""


def judge(evidence: Evidence) -> Verdict:
    findings = [
        *_lost(evidence),
        *_paid_twice(evidence),
        *(finding for job in evidence.jobs for finding in _calls(job)),
        *_delivered(evidence),
        *(finding for job in evidence.jobs for finding in _hold(job)),
        *_spending(evidence),
        *(f"{member} was given more than any grant allows" for member in evidence.overdrawn),
        *([f"the database is damaged: {evidence.integrity}"] if evidence.integrity != "ok" else []),
    ]
    return Verdict(findings=tuple(findings), figures=_figures(evidence), unrecorded=tuple(_unrecorded(evidence)))


def _lost(evidence: Evidence) -> list[str]:
    """Every job ends and its member is notified; every event that the platform redelivers becomes a job."""
    found = [f"job {job.id} ({job.tag}) is left in {job.state}" for job in evidence.jobs if job.state not in ENDS]
    found += [
        f"job {job.id} ({job.tag}) is {job.state} and its member was not notified" for job in evidence.jobs if not job.notified
    ]
    known = {job.tag for job in evidence.jobs}
    found += [
        f"{outcome.tag} was never recorded" for outcome in evidence.outcomes if outcome.redelivered and outcome.tag not in known
    ]
    if evidence.unfinished:
        found.append(f"{len(evidence.unfinished)} messages still say that work goes on: {evidence.unfinished[:3]}")
    return found


def _unrecorded(evidence: Evidence) -> list[str]:
    """Return requests that were acknowledged and then refused, or acknowledged just before a kill: nothing was recorded or spent."""
    known = {job.tag for job in evidence.jobs}
    return [outcome.tag for outcome in evidence.outcomes if outcome.acknowledged and outcome.tag not in known]


def _paid_twice(evidence: Evidence) -> list[str]:
    """A request becomes one job, and each press or double click one more. Each paid call is one row, and is paid once."""
    jobs = Counter(job.tag for job in evidence.jobs)
    paid = Counter(call.tag for call in evidence.calls if call.billed)
    allowed = {outcome.tag: 1 + outcome.presses for outcome in evidence.outcomes}
    found = []
    for tag in sorted(paid.keys() | jobs.keys()):
        rows = [call for job in evidence.jobs if job.tag == tag for call in job.calls if call.submitted and call.spent]
        certain = sum(call.is_certain for call in rows)
        if not certain <= paid[tag] <= len(rows):
            found.append(f"{tag} was paid {paid[tag]} times for {len(rows)} calls, {certain} of them certain")
    found += [f"{tag} became {count} jobs" for tag, count in jobs.items() if count > allowed.get(tag, 0)]
    return found


def _calls(job: JobRow) -> list[str]:
    """Every call of a job that has ended is over, and is booked to the micro-unit as its row says."""
    found = [f"call {call.number} of job {job.id} is left in {call.state}" for call in job.calls if call.state not in CALL_ENDS]
    return found + [
        f"call {call.number} of job {job.id} says {call.billed} pictures for {call.cost}, {call.spent} for {call.amount} are booked"
        for call in job.calls
        if call.spent is not None and (call.billed, call.cost) != (call.spent, call.amount)
    ]


def _delivered(evidence: Evidence) -> list[str]:
    shown, places = Counter(evidence.shown), {job.id: job.platform for job in evidence.jobs}
    found = []
    wanted: set[tuple[str, int]] = set()
    for job in evidence.jobs:
        if job.state == "done":
            wanted |= {(job.id, number) for number in job.stored}
        if job.state == "done" and job.way is None:
            found.append(f"job {job.id} ({job.tag}) is done, but was not delivered in any way")
    found += [
        f"picture {number} of job {job} on {places.get(job)} was never delivered" for job, number in sorted(wanted - set(shown))
    ]
    found += [
        f"picture {number} of job {job} on {places.get(job)} was delivered {count} times"
        for (job, number), count in shown.items()
        if count > 1
    ]
    found += [f"picture {number} of job {job} is shown and not due" for job, number in sorted(set(shown) - wanted)]
    found += [f"job {job} is told in more than one message" for job in evidence.beside]
    return found


def _hold(job: JobRow) -> list[str]:
    """A hold settles the delivered pictures and may settle uncertain ones; the rest is released. Budgets count what is booked."""
    if job.held is None:
        needs_hold = bool(job.stored) or job.state in {"done", "refused", "uncertain"}
        return [f"job {job.id} is {job.state} without a hold"] if needs_hold else []
    if not job.closed:
        return [f"the hold of job {job.id} is still open"]
    if job.charged != (job.spent or 0):
        return [f"budgets count {job.charged} pictures of job {job.id}, {job.spent or 0} are booked"]
    due = min(len(job.stored), job.held) if job.state == "done" else 0
    in_doubt = job.state == "uncertain" or job.estimated
    fits = job.settled == due or (in_doubt and job.settled > due)
    return (
        [] if fits else [f"job {job.id} is {job.state}, has {len(job.stored)} pictures and settled {job.settled} of {job.held}"]
    )


def _spending(evidence: Evidence) -> list[str]:
    """The recorded spending equals the billed pictures; an estimate is at least as high."""
    billed: Counter[str] = Counter()
    for call in evidence.calls:
        billed[call.tag] += call.billed
    booked: Counter[str] = Counter()
    doubtful = set()
    for job in evidence.jobs:
        booked[job.tag] += job.spent or 0
        if job.estimated:
            doubtful.add(job.tag)
    return [
        f"{tag}: {billed[tag]} pictures billed, {booked[tag]} booked{' (estimated)' if tag in doubtful else ''}"
        for tag in sorted(billed.keys() | booked.keys())
        if (booked[tag] < billed[tag] if tag in doubtful else booked[tag] != billed[tag])
    ]


def _figures(evidence: Evidence) -> dict[str, int]:
    states, known = Counter(job.state for job in evidence.jobs), {job.tag for job in evidence.jobs}
    return {
        "requests": len(evidence.outcomes),
        "jobs": len(evidence.jobs),
        **{f"jobs {state}": count for state, count in sorted(states.items())},
        "paid calls": sum(call.billed > 0 for call in evidence.calls),
        "calls": sum(len(job.calls) for job in evidence.jobs),
        "jobs of several calls": sum(len(job.calls) > 1 for job in evidence.jobs),
        "pictures billed": sum(call.billed for call in evidence.calls),
        "pictures booked": sum(job.spent or 0 for job in evidence.jobs),
        "pictures delivered": len(evidence.shown),
        "pictures settled": sum(job.settled for job in evidence.jobs),
        "refused while the store was unavailable": evidence.declined,
        "acknowledged but never recorded": max(0, len(_unrecorded(evidence)) - evidence.declined),
        "not received": sum(
            not (outcome.acknowledged or outcome.redelivered or outcome.tag in known)
            for outcome in evidence.outcomes
            if outcome.sent
        ),
    }
