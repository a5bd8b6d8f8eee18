"""`python -m tests.chaos --jobs 1000 --kills 30 --seed 1`: exit 1 if a promise was broken. Findings are written to `chaos-found/`."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.chaos.plan import DisruptionKind, disruptions_for, plan
from tests.chaos.run import GATEWAYS, RunSettings, run

FINDINGS_FOLDER = Path("chaos-found")
DISK_VARIABLE = "SEEDREAM_CHAOS_DISK"
KILLS: tuple[DisruptionKind, ...] = ("kill", "kill", "kill", "kill", "deploy", "kill", "kill", "kill", "kill", "terminate")
STORE: tuple[DisruptionKind, ...] = ("fill", "lock", "kill")
MOUNT = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"'


def _report(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


def _rerun_on_small_disk(megabytes: int) -> int:
    """Run this program again with its own small disk, in a user namespace, which needs no privileges."""
    if shutil.which("unshare") is None:
        _report("--store needs `unshare`, which is not installed")
        return 2
    with tempfile.TemporaryDirectory(prefix="seedream-chaos-") as folder:
        again = [sys.executable, "-m", "tests.chaos", *sys.argv[1:]]
        command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh", f"{megabytes}m", folder, *again]
        return subprocess.run(command, env={**os.environ, DISK_VARIABLE: folder}, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--kills", type=int, default=5, help="number of kill -9; other disruptions are added")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=7.0, help="requests per second")
    parser.add_argument("--store", action="store_true", help="add a full disk and a locked database for each kill")
    parser.add_argument("--disk", type=int, default=96, help="size of the small disk in megabytes")
    chosen = parser.parse_args()
    if chosen.store and DISK_VARIABLE not in os.environ:
        return _rerun_on_small_disk(chosen.disk)
    kinds = STORE if chosen.store else KILLS
    planned = plan(
        jobs=chosen.jobs,
        disruptions=disruptions_for(chosen.kills, kinds),
        seed=chosen.seed,
        gateways=GATEWAYS,
        rate=chosen.rate,
        kinds=kinds,
    )
    data_dir = Path(os.environ[DISK_VARIABLE]) / "data" if chosen.store else None
    result = run(planned, RunSettings(seed=chosen.seed, data_dir=data_dir), _report)
    verdict = result.verdict
    for name, count in verdict.figures.items():
        sys.stdout.write(f"{name:36} {count}\n")
    if verdict.unrecorded:
        sys.stdout.write(f"never recorded: {', '.join(verdict.unrecorded[:20])}\n")
    sys.stdout.write(f"{'findings':36} {len(verdict.findings)}\n")
    for finding in verdict.findings:
        sys.stdout.write(f"  {finding}\n")
    if verdict.findings or verdict.unrecorded:
        FINDINGS_FOLDER.mkdir(exist_ok=True)
        named = FINDINGS_FOLDER / f"{'store' if chosen.store else 'kills'}-{chosen.seed}"
        named.with_suffix(".log").write_text(result.log, encoding="utf-8")
        named.with_suffix(".jsonl").write_text(result.recording, encoding="utf-8")
        named.with_suffix(".json").write_text(json.dumps(asdict(verdict), indent=1), encoding="utf-8")
    return 1 if verdict.findings else 0


if __name__ == "__main__":
    sys.exit(main())
