"""An open loop of acts through the control API, in a process of its own: no member waits for another.

Input: `{control, token, rate, acts}`. Output: `{acknowledged_ms: [… or null], late_ms: [… of the generator], began, ended}`.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass

import aiohttp

from bench.children import run_child
from sandbox.contracts import JsonObject

TOO_LATE_MS = 3000.0
"""The value of an act that was never acknowledged: the platform's own timeout."""
LEAD_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Load:
    """The result of a load. `began` and `ended` are in seconds since 1970."""

    acknowledged_ms: tuple[float, ...]
    unacknowledged: int
    late_ms: tuple[float, ...]
    began: float
    ended: float


def run_load(line: JsonObject, acts: list[JsonObject], rate: float) -> Load:
    """Send acts at this rate (acts a second), whether or not earlier ones are answered."""
    stdin = {"control": line["control"], "token": line["token"], "rate": rate, "acts": acts}
    result = run_child("bench.load", stdin=stdin)
    acknowledged_ms = result["acknowledged_ms"]
    return Load(
        acknowledged_ms=tuple(TOO_LATE_MS if one is None else one for one in acknowledged_ms),
        unacknowledged=acknowledged_ms.count(None),
        late_ms=tuple(result["late_ms"]),
        began=result["began"],
        ended=result["ended"],
    )


async def _act(http: aiohttp.ClientSession, plan: JsonObject, act: JsonObject) -> float | None:
    async with http.post(f"{plan['control']}/act", json=act, headers={"X-Sandbox-Token": plan["token"]}) as answer:
        answer.raise_for_status()
        acknowledged: float | None = (await answer.json())["acknowledged_ms"]
        return acknowledged


async def _run(plan: JsonObject) -> JsonObject:
    loop = asyncio.get_running_loop()
    late: list[float] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http, asyncio.TaskGroup() as group:
        acting = []
        began, start = time.time() + LEAD_S, loop.time() + LEAD_S
        for number, act in enumerate(plan["acts"]):
            due = start + number / plan["rate"]
            await asyncio.sleep(max(0.0, due - loop.time()))
            late.append((loop.time() - due) * 1000)
            acting.append(group.create_task(_act(http, plan, act)))
        await asyncio.gather(*acting)
    return {
        "acknowledged_ms": [task.result() for task in acting],
        "late_ms": late,
        "began": began,
        "ended": time.time(),
    }


def main() -> None:
    json.dump(asyncio.run(_run(json.load(sys.stdin))), sys.stdout)


if __name__ == "__main__":
    main()
