"""The wheel, the lock files, the container image and the example configuration."""

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from adapters.cli.settings import CONFIGS
from bot.config.load import document_keys
from bot.config.settings import Listen
from bot.config.sources import CONFIG_VARIABLE
from bot.job_runner import GRACE_S
from bot.web.contract import WebAnswer, WebRequest
from bot.web.health import ROUTE
from bot.web.server import WebServer

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "adapters", "sandbox")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel that `pip install .` would build, built in a copy to leave no files in the source tree."""
    copy = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    built = subprocess.run([sys.executable, "-c", build], cwd=copy, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return zipfile.ZipFile(copy / built.stdout.splitlines()[-1])


def test_every_file_of_the_program_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    """Code, SQL and word catalogs of all packages are installed, including sandbox and demo."""
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert expected - set(wheel.namelist()) == set()


def test_the_wheel_contains_nothing_else(wheel: zipfile.ZipFile) -> None:
    """The wheel has no tests, benchmarks or other files."""
    assert {name.partition("/")[0].partition("-")[0] for name in wheel.namelist()} == {*PACKAGES, "seedream_bot"}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-run.lock"])
def test_the_locks_name_no_registry(name: str) -> None:
    """A lock file has hashes and no addresses."""
    lock = (ROOT / name).read_text(encoding="utf-8")

    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "--index" not in lock
    assert "--find-links" not in lock


def test_the_build_backend_is_locked_too() -> None:
    """The build needs nothing that is missing from the lock file."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    backend = next(line for line in project.splitlines() if line.startswith("requires = ")).split('"')[1]

    assert f"{backend} " in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def locked(name: str) -> dict[str, str]:
    """Each requirement of a lock file with its version, markers and hashes."""
    rows = re.split(r"\n(?=\S)", read(name).strip())
    return {row.partition("==")[0]: row for row in rows}


def instructions(stage: int) -> list[tuple[str, str]]:
    """The instructions of one stage of the Dockerfile, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", read("Dockerfile"), flags=re.MULTILINE).replace("\\\n", " ")
    lines = (line.partition(" ") for line in text.splitlines() if line)
    found = [(word, " ".join(arguments.split())) for word, _, arguments in lines]
    starts = [index for index, (word, _) in enumerate(found) if word == "FROM"] + [len(found)]
    return found[starts[stage] : starts[stage + 1]]


def values(stage: int, word: str) -> list[str]:
    return [rest for one, rest in instructions(stage) if one == word]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in values(1, "ENV") for pair in shlex.split(line))


def health_command() -> list[str]:
    (check,) = values(1, "HEALTHCHECK")
    return [str(part) for part in json.loads(check.partition("CMD ")[2])]


def test_the_run_lock_is_the_lock_without_development_tools() -> None:
    """The image has the same versions and hashes as the test suite, without the tools of the suite."""
    whole, run = locked("requirements.lock"), locked("requirements-run.lock")
    project = read("pyproject.toml")
    tools = {
        re.split(r"[>=<]", line.strip().strip('",'))[0]
        for line in project.partition("dev = [")[2].partition("]")[0].splitlines()
        if '"' in line
    }
    libraries = {
        re.split(r"[>=<]", line.strip().strip('",'))[0]
        for line in project.partition("dependencies = [")[2].partition("\n]")[0].splitlines()
        if line.strip().startswith('"')
    }

    assert {name: row for name, row in run.items() if whole.get(name) != row} == {}
    known = {"hypothesis", "mypy", "pytest", "pytest-asyncio", "pytest-xdist", "ruff", "setuptools", "volcengine-ark-runtime"}
    assert tools == known
    assert tools & run.keys() == set()
    assert {name.replace(".", "-") for name in libraries} - run.keys() == set()


def test_the_makefile_makes_both_locks() -> None:
    """The run lock is constrained by the full lock, so that their versions agree."""
    recipe = read("Makefile").partition("\nlock:")[2].partition("\n\n")[0].replace("\\\n", " ")
    made = [line.split() for line in recipe.splitlines() if "uv pip compile" in line]

    assert [line[-1] for line in made] == ["requirements.lock", "requirements-run.lock"]
    assert ["--group" in line for line in made] == [True, False]
    assert made[1][made[1].index("--constraints") + 1] == "requirements.lock"
    assert all("--generate-hashes" in line and "--no-emit-index-url" in line for line in made)


def test_the_image_has_two_stages_on_one_base() -> None:
    """Build tools stay in the first stage; both stages use the same interpreter."""
    (build,), (final,) = values(0, "FROM"), values(1, "FROM")

    assert (build, final) == ("${PYTHON_IMAGE} AS build", "${PYTHON_IMAGE}")
    assert re.findall(r"^ARG PYTHON_IMAGE=(.*)$", read("Dockerfile"), re.MULTILINE) == ["python:3.13-slim"]
    assert sum(word == "FROM" for stage in (0, 1) for word, _ in instructions(stage)) == len(
        re.findall("^FROM", read("Dockerfile"), re.MULTILINE)
    )
    assert values(1, "COPY") == ["--from=build /opt/seedream-bot /opt/seedream-bot"]
    assert not any("pip" in line for line in values(1, "RUN"))


def test_the_image_copies_the_whole_program() -> None:
    """All packages and every file that a build step reads are copied, and .dockerignore allows exactly these."""
    copied = {source for line in values(0, "COPY") for source in line.split()[:-1]}
    allowed = {line.removeprefix("!") for line in read(".dockerignore").splitlines() if line.startswith("!")}

    assert copied == {*PACKAGES, "pyproject.toml", "README.md", "LICENSE", "requirements.lock", "requirements-run.lock"}
    assert {name for name in copied if not (ROOT / name).exists()} == set()
    assert copied == allowed
    assert "*" in read(".dockerignore").splitlines()


def test_the_image_installs_only_hashed_packages() -> None:
    """Libraries and build backend are installed from the lock files, and the program from its own wheel."""
    steps = [step.strip() for line in values(0, "RUN") for step in line.split("&&")]
    installs = [step for step in steps if " install " in step]

    assert len(installs) == 3
    assert [step for step in installs if "--require-hashes -r " not in step] == [
        "python -m pip --python /opt/seedream-bot/bin/python install --no-deps --no-index /wheel/*.whl"
    ]
    assert "python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheel ." in steps


def test_the_build_backend_is_extracted_from_the_lock(tmp_path: Path) -> None:
    """The `sed` command of the image extracts the setuptools entry from the lock file."""
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    (command,) = [step for line in values(0, "RUN") for step in line.split("&&") if step.strip().startswith("sed ")]

    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)

    assert (tmp_path / "requirements-build.lock").read_text(encoding="utf-8").strip() == locked("requirements.lock")["setuptools"]


def test_the_image_runs_without_root() -> None:
    """It runs as a numeric user, which a cluster can verify, and writes only below /data."""
    names = [word for word, _ in instructions(1)]
    (setup,) = values(1, "RUN")

    assert values(1, "USER") == ["10001:10001"]
    assert names.index("USER") > names.index("RUN")
    assert "install -d -m 0700 -o 10001 -g 10001 /data" in setup
    assert (values(1, "VOLUME"), values(1, "WORKDIR")) == (["/data"], ["/data"])
    assert environment()["DATA_DIR"] == "/data"
    assert environment()["PYTHONDONTWRITEBYTECODE"] == "1"


def test_the_image_starts_and_stops_the_program() -> None:
    """It starts `run` by default, without a shell, so that SIGTERM reaches the program."""
    assert [json.loads(one) for one in values(1, "ENTRYPOINT") + values(1, "CMD")] == [["seedream-bot"], ["run"]]
    assert values(1, "STOPSIGNAL") == ["SIGTERM"]
    assert environment()["PATH"].startswith("/opt/seedream-bot/bin:")
    assert environment()["LISTEN"].rpartition(":")[2] in values(1, "EXPOSE")


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (None, 1)])
async def test_the_health_check(status: int | None, code: int) -> None:
    """The image's command exits with 0 if the bot is healthy and with 1 if it is unhealthy or unreachable."""

    async def answer(_: WebRequest) -> WebAnswer:
        return WebAnswer(status=status or 0)

    server = WebServer(Listen(port=0))
    server.add_route("GET", ROUTE, answer)
    await server.start()
    port = server.port
    if status is None:
        await server.close()
    program, *arguments = health_command()
    checking = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        env={"PATH": os.environ["PATH"], "LISTEN": f"0.0.0.0:{port}"},
        stderr=asyncio.subprocess.DEVNULL,
    )
    ended = await checking.wait()
    await server.close()

    assert (program, ended) == ("python", code)
    assert f"'{ROUTE}'" in arguments[-1]


def test_the_compose_file() -> None:
    """Docker waits longer than the bot's own grace period; the root is read-only and data goes to the volume."""
    lines = [line.strip() for line in read("compose.yaml").splitlines()]
    grace = next(line for line in lines if line.startswith("stop_grace_period:"))

    assert float(grace.split()[-1].removesuffix("s")) > GRACE_S
    assert (lines.count("mem_limit: 2g"), lines.count("read_only: true")) == (1, 2)
    assert {"read_only: true", "tmpfs:", "- /tmp", "env_file: .env", "- data:/data", "data:", "build: ."} <= set(lines)
    assert f"{CONFIG_VARIABLE}: /etc/seedream-bot.toml" in lines
    assert "target: /etc/seedream-bot.toml" in lines
    assert f'- "127.0.0.1:8080:{environment()["LISTEN"].rpartition(":")[2]}"' in lines


def test_every_setting_is_in_the_example() -> None:
    """The example lists each setting with a comment, and only the gateway keys of the README besides."""
    lines = read(".env.example").splitlines()
    listed = [(index, found[1]) for index, line in enumerate(lines) if (found := re.match(r"(?:# )?([A-Z][A-Z0-9_]*)=", line))]
    known = document_keys(CONFIGS)
    secrets = [name for name, key in known.items() if key.secret]
    keys = set(re.findall(r'^api_key_env = "(\w+)"', read("README.md"), re.MULTILINE))

    assert sorted(name for _, name in listed) == sorted(
        {name.upper() for name, key in known.items() if key.scalar} | {CONFIG_VARIABLE} | keys
    )
    assert [name for index, name in listed if not re.match(r"# [A-Z a-z].*\.$", lines[index - 1])] == []
    assert [key for key in secrets if f"{key.upper()}=" not in lines] == []
