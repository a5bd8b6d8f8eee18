"""What an installed program brings with it."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("bot", "adapters", "sandbox")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel that `pip install .` would make, from a copy so that nothing is left in the tree."""
    copy = tmp_path_factory.mktemp("source")
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    built = subprocess.run([sys.executable, "-c", build], cwd=copy, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return zipfile.ZipFile(copy / built.stdout.splitlines()[-1])


def test_every_file_of_the_program_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    """Code, SQL and words: a plain installation is the whole program, sandbox and demo included."""
    wanted = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert wanted - set(wheel.namelist()) == set()


def test_the_wheel_brings_nothing_else(wheel: zipfile.ZipFile) -> None:
    """No tests, no benches, no junk."""
    assert {name.partition("/")[0].partition("-")[0] for name in wheel.namelist()} == {*ROOMS, "seedream_bot"}


def test_the_lock_names_no_registry() -> None:
    """The lock has hashes of everything and the address of nothing."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "--index" not in lock
    assert "--find-links" not in lock


def test_the_build_backend_is_locked_too() -> None:
    """Set-up needs nothing that the lock does not have."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    backend = next(line for line in project.splitlines() if line.startswith("requires = ")).split('"')[1]

    assert f"{backend} " in (ROOT / "requirements.lock").read_text(encoding="utf-8")
