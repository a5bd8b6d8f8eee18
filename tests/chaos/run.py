"""One run from its plan to its verdict."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

from sandbox.driver import Sandbox
from tests.chaos.deployment import Deployment
from tests.chaos.evidence import Answered, gather
from tests.chaos.members import Members
from tests.chaos.plan import Plan
from tests.chaos.verdict import Verdict, judge

GATEWAYS = ("ark_intl", "ark_cn", "acedata", "sinancode", "uniall", "unode", "opeai")
SIDE = 192
"""Small pictures: what is tried is not the drawing of them."""
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
REDELIVERY_S = (61.0, 301.0)
"""When Slack brings again what nobody took."""
IDLE_S = 600.0
BREATH_S = 1.0
"""Between two blows, even where an earlier one took its time."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """`data_dir`: where the data is, if not beside the sandbox. `faults`: whether gateways and platforms fail as well."""

    pace: float = 0.15
    seed: int = 0
    users: int = 40
    channels: int = 12
    gateways: Sequence[str] = GATEWAYS
    data_dir: Path | None = None
    faults: bool = True


@dataclass(frozen=True, kw_only=True)
class Ran:
    """`log`: what every process of the bot wrote; `recording`: what it sent to the platforms, one JSON object a line."""

    verdict: Verdict
    log: str
    recording: str


def run(plan: Plan, setting: Setting, say: Callable[[str], None]) -> Ran:
    sizes = ("--users", str(setting.users), "--channels", str(setting.channels), "--seed", str(setting.seed))
    loads = ("--prepared", str(SIDE), "--no-message-limits", "--pace", str(setting.pace))
    with Sandbox.start("--gateways", ",".join(setting.gateways), *sizes, *loads) as sandbox:
        deployment = Deployment(sandbox, data_dir=setting.data_dir, say=say)
        deployment.start()
        if setting.faults:
            _break(sandbox, setting.gateways)
        answered = _play(plan, sandbox, deployment)
        sandbox.clear_faults()
        say("no more asks, no more blows: what is left has to end")
        for seconds in REDELIVERY_S:
            sandbox.advance(seconds)
            time.sleep(1.0)
        deployment.wait_idle(IDLE_S)
        deployment.close()
        verdict = judge(gather(sandbox, deployment.database, answered))
        caught = {f"found {state} by a blow": count for state, count in sorted(deployment.caught.items())}
        blows = {f"blows: {kind}": count for kind, count in sorted(deployment.blows.items())}
        whole = replace(
            verdict,
            findings=(*deployment.findings, *verdict.findings),
            figures={**verdict.figures, **blows, **caught},
        )
        recording = "\n".join(json.dumps(line, ensure_ascii=False) for line in sandbox.record())
        return Ran(verdict=whole, log=deployment.log, recording=recording)


def _play(plan: Plan, sandbox: Sandbox, deployment: Deployment) -> list[Answered]:
    """Members ask in one thread while blows fall in another."""
    answered: list[Answered] = []
    members = Members(sandbox, deployment.tag_of)
    asking = Thread(target=lambda: answered.extend(members.play(plan.asks)), name="members")
    began = time.monotonic()
    asking.start()
    for blow in plan.blows:
        time.sleep(max(BREATH_S, began + blow.at - time.monotonic()))
        deployment.strike(blow)
    asking.join()
    return answered


def _break(sandbox: Sandbox, gateways: Sequence[str]) -> None:
    for gateway in gateways:
        for what, every in SUBMIT_FAULTS:
            sandbox.fault(f"{gateway}.submit", what, every=every)
        for what, every in RESULT_FAULTS:
            sandbox.fault(f"{gateway}.result", what, every=every)
    for where, what, every in PLATFORM_FAULTS:
        sandbox.fault(where, what, every=every)
