"""A backup taken in the middle of the work, put back after the loss of everything: nothing is paid or told a second time."""

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.store import DATABASE
from sandbox.driver import Sandbox
from tests.whole.program import arrived, seedream_bot
from tests.whole.running import ON_DEMAND, PICTURE_S, PLENTY, PREPARED, started, stop, wait_until
from tests.whole.scene import PLATFORMS, Message, Scene, said

GATEWAYS = ("ark_intl", "acedata")
"""A set that streams, and a set that is a task: the one is lost with its process, the other could be asked about."""


def rows_of(data_dir: Path, sql: str) -> list[tuple[object, ...]]:
    """Read, or change, the database from outside."""
    with closing(sqlite3.connect(data_dir / DATABASE)) as connection, connection:
        return connection.execute(sql).fetchall()


def painted(sandbox: Sandbox, calls: int, *, pictures: int = 1) -> None:
    """Wait for this many calls, then let each gateway make its next pictures."""
    wait_until(lambda: len(sandbox.calls()) == calls)
    sandbox.advance(pictures * PICTURE_S)


def sets(scene: Scene, after: str | None) -> list[Message]:
    return [message for message in scene.in_public(after) if message["files"]]


def receipts(scene: Scene, after: str | None) -> int:
    """Jobs whose end stands under their command."""
    return sum(" s: " in said(message) and " images with" in said(message) for message in scene.in_public(after))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_restored_bot_repeats_nothing_and_has_all_that_was_finished(platform: str, tmp_path: Path) -> None:
    """What was open ends silently, whatever the original made of it since; finished sets are shown, repeated and edited."""
    target = tmp_path / "backup"
    with Sandbox.start(*ON_DEMAND, *PREPARED, "--gateways", ",".join(GATEWAYS)) as sandbox:
        data_dir, scene = Path(sandbox.env["DATA_DIR"]), Scene(sandbox, platform)
        original = started(sandbox)
        start = scene.mark()
        scene.command("imagine", f"a lighthouse at noon --gateway {GATEWAYS[0]}")
        painted(sandbox, 1)
        finished = scene.pictures(start)
        scene.words(start, " s: 1 image with")
        for gateway in GATEWAYS:
            scene.command("imagine", f"a long road --count 6 --model 4.5 --gateway {gateway}")
        painted(sandbox, 3, pictures=2)
        wait_until(lambda: arrived(sandbox) == 3)

        saved = seedream_bot("backup", str(target), "--config", str(sandbox.config), folder=tmp_path, env=sandbox.env)
        ((still_open,),) = rows_of(target, "SELECT count(*) FROM job WHERE told_at IS NULL")
        sandbox.advance(4 * PICTURE_S)
        wait_until(lambda: receipts(scene, start) == 2)
        original.kill()
        shutil.rmtree(data_dir)
        shutil.copytree(target, data_dir)
        paid, seen = sandbox.calls(), sandbox.seen(platform, scene.channel)
        restored = started(sandbox)

        assert (saved.returncode, saved.stderr) == (0, "")
        assert saved.stdout.startswith(f"saved to {target}: jobs 3, images ")
        assert still_open == 2
        assert restored.wait_log(lambda line: "restored from a backup" in line and f'"jobs": {still_open}' in line)
        again = scene.mark()
        scene.press(finished, "Again")
        painted(sandbox, 4)
        scene.pictures(again)
        scene.follow(finished, "make it night")
        painted(sandbox, 5)
        wait_until(lambda: len(sets(scene, again)) == 2)
        assert sandbox.seen(platform, scene.channel)[: len(seen)] == seen
        repeat, edit = sandbox.calls()[len(paid) :]
        assert (repeat["body"]["prompt"], edit["body"]["prompt"]) == ("a lighthouse at noon", "make it night")
        assert [image["width"] for image in edit["images"]] == [finished["files"][0]["width"]]
        checked = seedream_bot("doctor", "--config", str(sandbox.config), folder=tmp_path, env=sandbox.env)
        assert "ledger: quotas and holds are consistent" in checked.stdout
        stop(restored)
        assert rows_of(data_dir, "SELECT count(*) FROM job WHERE ended_at IS NULL OR told_at IS NULL") == [(0,)]
        assert rows_of(data_dir, "SELECT count(*) FROM hold WHERE closed_at IS NULL") == [(0,)]
        assert rows_of(data_dir, "SELECT count(*) FROM backup") == [(0,)]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_forgotten_set_is_a_picture_like_any_other(platform: str) -> None:
    """Its button says so, its files are gone, and whoever goes on from its message edits what the platform still shows."""
    with Sandbox.start("--pace", "0.05", *PREPARED) as sandbox:
        data_dir, scene = Path(sandbox.env["DATA_DIR"]), Scene(sandbox, platform)
        bot = started(sandbox)
        start = scene.mark()
        scene.command("imagine", "a lighthouse at noon")
        result = scene.pictures(start)
        scene.words(start, " s: 1 image with")
        assert bot.stop() == 0
        rows_of(data_dir, f"UPDATE job SET told_at = {time.time() - 2 * 24 * 3600}")
        for path in (path for path in data_dir.joinpath("blobs").rglob("*") if path.is_file()):
            os.utime(path, (0, 0))

        bot = started(sandbox, f"{PLENTY}[retention]\ndays = 1\n")
        bot.wait_log(lambda line: '"event": "swept"' in line and '"jobs": 1' in line)
        assert arrived(sandbox) == 0
        pressed = scene.mark()
        acted = scene.press(result, "Again")

        assert "no longer stored" in scene.told(acted, pressed)
        again = scene.mark()
        scene.follow(result, "make it night")
        scene.pictures(again)
        call = sandbox.calls()[-1]
        assert call["body"]["prompt"] == "make it night"
        assert [image["width"] for image in call["images"]] == [result["files"][0]["width"]]
        stop(bot)
