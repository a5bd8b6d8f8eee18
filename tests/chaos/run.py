"""One run from its plan to its verdict."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

from sandbox.driver import Sandbox
from tests.chaos.deployment import Deployment
from tests.chaos.evidence import RequestOutcome, gather
from tests.chaos.members import Members
from tests.chaos.plan import Plan
from tests.chaos.verdict import Verdict, judge

GATEWAYS = ("ark_intl", "ark_cn", "acedata", "sinancode", "uniall", "unode", "opeai")
SIDE = 192
"""The side of prepared pictures in pixels: small, to save time."""
SUBMIT_FAULTS = (("429:1", 13), ("500", 17), ("reset-before", 19), ("reset-after", 23), ("503:1", 29))
RESULT_FAULTS = (("500", 11), ("truncated", 17), ("reset-before", 23))
PLATFORM_FAULTS = (
    ("discord.gateway", "duplicate", 7),
    ("slack.socket", "duplicate", 7),
    ("discord.rest", "500", 53),
    ("discord.rest", "503", 59),
    ("discord.rest", "reset-after", 61),
    ("slack.api", "429:1", 53),
    ("slack.api", "503", 59),
    ("slack.api", "reset-after", 61),
    ("slack.upload", "reset-after", 37),
    ("slack.share", "late:1.5", 7),
)
RETRY_DELAYS_S = (61.0, 301.0)
"""When Slack retries events that were not acknowledged."""
IDLE_S = 600.0
SHORTEST_INTERVAL_S = 1.0
"""The minimum time between two disruptions, also after a long one."""


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """`data_dir` replaces the sandbox's data folder; `faults` also injects faults into gateways and platforms."""

    pace: float = 0.15
    seed: int = 0
    users: int = 40
    channels: int = 12
    gateways: Sequence[str] = GATEWAYS
    data_dir: Path | None = None
    faults: bool = True


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """`log` is the output of all bot processes; `recording` contains their requests to the platforms, one JSON object per line."""

    verdict: Verdict
    log: str
    recording: str


def run(plan: Plan, settings: RunSettings, report: Callable[[str], None]) -> RunResult:
    sizes = ("--users", str(settings.users), "--channels", str(settings.channels), "--seed", str(settings.seed))
    loads = ("--prepared", str(SIDE), "--no-message-limits", "--pace", str(settings.pace))
    with Sandbox.start("--gateways", ",".join(settings.gateways), *sizes, *loads) as sandbox:
        deployment = Deployment(sandbox, data_dir=settings.data_dir, report=report)
        deployment.start()
        if settings.faults:
            _inject_faults(sandbox, settings.gateways)
        outcomes = _run_members_and_disruptions(plan, sandbox, deployment)
        sandbox.clear_faults()
        report("all requests sent, all disruptions applied: waiting for the remaining jobs")
        for seconds in RETRY_DELAYS_S:
            sandbox.advance(seconds)
            time.sleep(1.0)
        deployment.wait_idle(IDLE_S)
        deployment.close()
        verdict = judge(gather(sandbox, deployment.database, outcomes))
        found_states = {f"jobs found {state}": count for state, count in sorted(deployment.found_states.items())}
        disruptions = {f"disruptions: {kind}": count for kind, count in sorted(deployment.disruptions.items())}
        verdict = replace(
            verdict,
            findings=(*deployment.findings, *verdict.findings),
            figures={**verdict.figures, **disruptions, **found_states},
        )
        recording = "\n".join(json.dumps(line, ensure_ascii=False) for line in sandbox.record())
        return RunResult(verdict=verdict, log=deployment.log, recording=recording)


def _run_members_and_disruptions(plan: Plan, sandbox: Sandbox, deployment: Deployment) -> list[RequestOutcome]:
    """Send the requests in one thread and apply the disruptions in another."""
    outcomes: list[RequestOutcome] = []
    members = Members(sandbox, deployment.tag_of)
    members_thread = Thread(target=lambda: outcomes.extend(members.run_all(plan.requests)), name="members")
    began = time.monotonic()
    members_thread.start()
    for disruption in plan.disruptions:
        time.sleep(max(SHORTEST_INTERVAL_S, began + disruption.at - time.monotonic()))
        deployment.apply(disruption)
    members_thread.join()
    return outcomes


def _inject_faults(sandbox: Sandbox, gateways: Sequence[str]) -> None:
    for gateway in gateways:
        for what, every in SUBMIT_FAULTS:
            sandbox.fault(f"{gateway}.submit", what, every=every)
        for what, every in RESULT_FAULTS:
            sandbox.fault(f"{gateway}.result", what, every=every)
    for where, what, every in PLATFORM_FAULTS:
        sandbox.fault(where, what, every=every)
