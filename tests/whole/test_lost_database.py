"""The program on a data folder whose database is lost, and on one that every process may write."""

import stat
import sys
from pathlib import Path

from bot.store import BLOBS, DATABASE
from sandbox.driver import Sandbox
from tests.whole.program import seedream_bot
from tests.whole.running import PREPARED, started, stop
from tests.whole.scene import PLATFORMS, Scene

RUN = (sys.executable, "-m", "adapters", "run")
OPEN_TO_ALL = ("sh", "-c", 'umask 000; exec "$@"', "sh", *RUN)


def blobs_of(data_dir: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (data_dir / BLOBS).rglob("*") if path.is_file()}


def test_a_lost_database_is_refused_until_it_is_meant() -> None:
    """One line that says what to do, exit 2; `doctor` says it too; with `--fresh` the pictures are kept in quarantine."""
    with Sandbox.start("--pace", "0.05", *PREPARED) as sandbox:
        data_dir, scene = Path(sandbox.env["DATA_DIR"]), Scene(sandbox, PLATFORMS[0])
        bot = sandbox.start_bot(command=OPEN_TO_ALL)
        bot.wait_ready(PLATFORMS[0])
        start = scene.mark()
        scene.command("imagine", "a lighthouse at noon")
        scene.pictures(start)
        running = [path for path in (data_dir, *data_dir.rglob("*")) if path.exists()]
        open_to_others = [path.name for path in running if stat.S_IMODE(path.stat().st_mode) & 0o077]
        stop(bot)
        kept = blobs_of(data_dir)
        (data_dir / DATABASE).unlink()

        refused = seedream_bot("run", "--config", str(sandbox.config), folder=data_dir.parent, env=sandbox.env)
        checked = seedream_bot("doctor", "--config", str(sandbox.config), folder=data_dir.parent, env=sandbox.env)
        untouched = blobs_of(data_dir)
        bot = sandbox.start_bot(command=(*RUN, "--fresh"))
        bot.wait_ready(PLATFORMS[0])
        stop(bot)
        bot = started(sandbox)
        stop(bot)

    assert open_to_others == []
    assert len(kept) == 1
    assert refused.returncode == 2, refused.stderr
    assert "--fresh" in refused.stderr.splitlines()[-1]
    assert "Traceback" not in refused.stderr
    assert "missing or empty, although DATA_DIR has been used" in checked.stdout
    assert untouched == kept
