"""`python -m tests.clients`: exit 1 if a library does not get along with the stand-ins. Needs a package index, and npm for Bolt."""

import json
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.driver import Bot, Sandbox

HERE = Path(__file__).parent
READY_S = 60.0
ANSWER_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Client:
    """`prepare` installs the library into a folder and returns the command that runs the bot."""

    name: str
    platform: str
    answer: str
    prepare: Callable[[Path], list[str]]


def _python(package: str, script: str) -> Callable[[Path], list[str]]:
    def prepare(folder: Path) -> list[str]:
        venv.create(folder, with_pip=True)
        python = str(folder / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", package], check=True)
        return [python, str(HERE / script)]

    return prepare


def _node(package: str, script: str) -> Callable[[Path], list[str]]:
    def prepare(folder: Path) -> list[str]:
        folder.mkdir()
        (folder / "package.json").write_text("{}", encoding="utf-8")
        subprocess.run(["npm", "install", "--silent", package], cwd=folder, check=True)
        shutil.copy(HERE / script, folder)
        return ["node", str(folder / script)]

    return prepare


CLIENTS = (
    Client(name="hikari", platform="discord", answer="answered by hikari", prepare=_python("hikari==2.7.0", "hikari_bot.py")),
    Client(name="py-cord", platform="discord", answer="answered by py-cord", prepare=_python("py-cord==2.8.1", "pycord_bot.py")),
    Client(name="bolt", platform="slack", answer="answered by Bolt", prepare=_node("@slack/bolt@4", "bolt_bot.js")),
)


def check(client: Client, folder: Path) -> str | None:
    """Run the bot and give it one command; what was wrong, or None."""
    command = client.prepare(folder)
    with Sandbox.start() as sandbox:
        bot = sandbox.start_bot(command=[*command, json.dumps(sandbox.line)])
        bot.wait_log(lambda line: line == "ready", READY_S)
        fields: dict[str, Any] = {"text": "a fox"} if client.platform == "slack" else {"options": {"prompt": "a fox"}}
        answer = sandbox.act(platform=client.platform, user="ada", channel="general", kind="command", name="imagine", **fields)
        if answer["acknowledged_ms"] is None:
            return "the command was not acknowledged"
        sandbox.wait_for(client.platform, "general", lambda message: client.answer in str(message["text"]), ANSWER_S)
        code = _end(bot)
        return None if code == 0 else f"the bot ended with exit {code}:\n{bot.text}"


def _end(bot: Bot) -> int:
    try:
        return bot.process.wait(ANSWER_S)
    except subprocess.TimeoutExpired:
        return bot.kill()


def main() -> int:
    failed = False
    with tempfile.TemporaryDirectory(prefix="seedream-clients-") as folder:
        for client in CLIENTS:
            problem = check(client, Path(folder) / client.name)
            failed = failed or problem is not None
            sys.stdout.write(f"{client.name:10} {problem or 'ok'}\n")
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
