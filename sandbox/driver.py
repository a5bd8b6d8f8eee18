"""A synchronous client of a sandbox: it starts one, starts bots against it, acts for members and reads what they see."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from sandbox.contracts import JsonObject

_ROOT = Path(__file__).resolve().parent.parent
_KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
_OWN_KEYS = frozenset({"env", "config", "control", "token", "gateways"})
_START_S = 30.0
_END_S = 10.0
_POLL_S = 0.03
_TIMEOUT_S = 60.0


class SandboxError(Exception):
    """The sandbox or a bot did not do what was asked; the message says what it did instead."""


class Bot:
    """One bot process; its output is kept in `log`, line by line."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self.log: list[str] = []
        self._grown = threading.Condition()
        self._ended = False
        self.process = subprocess.Popen(  # noqa: S603  # the caller's own command
            list(command),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, name="bot log", daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        """Everything the bot wrote so far."""
        with self._grown:
            return "\n".join(self.log)

    def wait_log(self, predicate: Callable[[str], bool], timeout: float = 30.0) -> str:
        """Return the first line, past or future, that the predicate accepts."""
        deadline = time.monotonic() + timeout
        looked_at = 0
        with self._grown:
            while True:
                for line in self.log[looked_at:]:
                    if predicate(line):
                        return line
                looked_at = len(self.log)
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    how = "ended" if self._ended else f"was silent about it for {timeout:.0f} s"
                    raise SandboxError("\n".join([f"The bot {how}.", *self.log[-25:]]))
                self._grown.wait(left)

    def wait_ready(self, platform: str, timeout: float = 30.0) -> None:
        """Wait until the bot logs that it is connected to this platform."""
        self.wait_log(lambda line: _says_ready(line, platform), timeout)

    def stop(self, timeout: float = _END_S) -> int:
        """Send SIGTERM and return the exit code. A bot that does not exit in time is killed."""
        if self.process.poll() is None:
            self.process.terminate()
        return self._wait(timeout)

    def kill(self) -> int:
        """Kill the process at once, as a power cut would."""
        if self.process.poll() is None:
            self.process.kill()
        return self._wait(_END_S)

    def _wait(self, timeout: float) -> int:
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait(_END_S)
        self._reader.join(_END_S)
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                with self._grown:
                    self.log.append(line.rstrip("\n"))
                    self._grown.notify_all()
        with self._grown:
            self._ended = True
            self._grown.notify_all()


def _says_ready(line: str, platform: str) -> bool:
    """Return whether this is the `ready` log line of `run`, as text or as a JSON object."""
    if line.lstrip().startswith("{"):
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            return bool(entry.get("event") == "ready" and entry.get("platform") == platform)
    words = line.split()
    return "event=ready" in words and f"platform={platform}" in words


class Sandbox:
    """A running sandbox, described by the JSON line of `python -m sandbox` (`line`)."""

    def __init__(self, line: JsonObject, process: "subprocess.Popen[str] | None" = None) -> None:
        self.line = line
        self.env: dict[str, str] = dict(line["env"])
        self.config = Path(line["config"])
        self.platforms: tuple[str, ...] = tuple(key for key in line if key not in _OWN_KEYS)
        self._process = process
        self._bots: list[Bot] = []
        self._configs = 0
        address = urllib.parse.urlsplit(str(line["control"]))
        self._host = address.hostname or "127.0.0.1"
        self._port = address.port or 80

    @classmethod
    def start(cls, *arguments: str) -> "Sandbox":
        """Run `python -m sandbox` with these arguments and wait until all of its servers listen."""
        process = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-m", "sandbox", *arguments],
            env=_clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        assert process.stdout is not None
        too_late = threading.Timer(_START_S, process.kill)
        too_late.start()
        text = process.stdout.readline()
        too_late.cancel()
        if not text:
            process.communicate()
            raise SandboxError(f"The sandbox did not start: exit {process.returncode}.")
        return cls(json.loads(text), process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Kill the bots that still run, then stop the sandbox."""
        for bot in self._bots:
            bot.kill()
        if self._process is None:
            return
        try:
            self._process.communicate(timeout=_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def start_bot(
        self,
        *,
        config_extra: str = "",
        env: Mapping[str, str] | None = None,
        command: Sequence[str] = (sys.executable, "-m", "adapters", "run"),
    ) -> Bot:
        """Start the command with `--config`, in an environment that contains only the sandbox's settings and `env`.

        `config_extra` is TOML appended to the sandbox's own; it cannot set top-level scalars, which go into `env`.
        """
        config = self.config
        if config_extra:
            self._configs += 1
            config = self.config.with_name(f"seedream-bot-{self._configs}.toml")
            config.write_text(f"{self.config.read_text('utf-8')}\n{config_extra}", "utf-8")
        environment = _clean_environment() | self.env | dict(env or {})
        bot = Bot([*command, "--config", str(config)], environment, self.config.parent)
        self._bots.append(bot)
        return bot

    def act(self, **act: Any) -> JsonObject:
        """Do what a member does and return `{id, acknowledged_ms, private}`."""
        return cast("JsonObject", self._json("POST", "/act", act))

    def change(self, platform: str, what: str, **where: str) -> None:
        """Change a channel, a member or the bot's rights."""
        self._json("POST", "/world", {"platform": platform, "what": what, **where})

    def change_gateway(self, gateway: str, **settings: Any) -> None:
        """Change settings of a gateway: `seconds` by model, and of the official API `withdrawn`."""
        self._json("POST", "/world", {"gateway": gateway, **settings})

    def seen(self, platform: str, channel: str, after: str | None = None) -> list[JsonObject]:
        """Return the messages of a channel as members see them now."""
        query = {"platform": platform, "channel": channel} | ({"after": after} if after is not None else {})
        return cast("list[JsonObject]", self._json("GET", f"/seen?{urllib.parse.urlencode(query)}"))

    def wait_for(
        self,
        platform: str,
        channel: str,
        predicate: Callable[[JsonObject], bool],
        timeout: float = 30.0,
        after: str | None = None,
    ) -> JsonObject:
        """Return the first message of the channel that the predicate accepts."""
        deadline = time.monotonic() + timeout
        while True:
            messages = self.seen(platform, channel, after)
            found = next((message for message in messages if predicate(message)), None)
            if found is not None:
                return found
            if time.monotonic() >= deadline:
                shown = "\n".join(json.dumps(message, ensure_ascii=False) for message in messages[-5:])
                raise SandboxError(f"No such message in {platform} {channel} within {timeout:.0f} s; the last are:\n{shown}")
            time.sleep(_POLL_S)

    def file(self, sha256: str) -> bytes:
        return self._request("GET", f"/file/{sha256}")

    def calls(self) -> list[JsonObject]:
        """Return the calls that gateways accepted, oldest first."""
        return cast("list[JsonObject]", self._json("GET", "/calls"))

    def fetches(self) -> list[JsonObject]:
        """Return every download of a file from a platform, oldest first."""
        return cast("list[JsonObject]", self._json("GET", "/fetches"))

    def fault(
        self, where: str, what: str, *, times: int | None = None, every: int | None = None, for_s: float | None = None
    ) -> None:
        """Inject a fault; without a duration it applies once."""
        lasting = {"times": times, "every": every, "for_s": for_s}
        self._json(
            "POST", "/fault", {"where": where, "what": what} | {key: value for key, value in lasting.items() if value is not None}
        )

    def pending_faults(self) -> list[JsonObject]:
        """Return the faults that may still apply."""
        faults: list[JsonObject] = self._json("GET", "/fault")["faults"]
        return faults

    def clear_faults(self) -> None:
        self._json("DELETE", "/fault")

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock forward: URLs, tokens and interactions age."""
        self._json("POST", "/clock", {"advance_s": seconds})

    def record(self) -> list[JsonObject]:
        """Return the requests that the bot sent to the platforms."""
        return [json.loads(line) for line in self._request("GET", "/record").decode().splitlines()]

    def _json(self, method: str, path: str, body: JsonObject | None = None) -> Any:
        return json.loads(self._request(method, path, body))

    def _request(self, method: str, path: str, body: JsonObject | None = None) -> bytes:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_S)
        try:
            content = None if body is None else json.dumps(body).encode()
            headers = {"X-Sandbox-Token": str(self.line["token"]), "Content-Type": "application/json"}
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise SandboxError(f"{method} {path} answered {response.status}: {answer.decode(errors='replace')}")
        return answer


def _clean_environment() -> dict[str, str]:
    """Return an environment without this machine's proxies, home or settings; PYTHONPATH finds the project."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {"PYTHONPATH": str(_ROOT)}
