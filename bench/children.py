"""Child processes of the bench; each prints one line of JSON."""

import http.client
import json
import os
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_S = 60.0


class ChildError(Exception):
    """A child process failed."""


def command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this machine's environment without its proxies: everything measured runs on this machine."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return kept | {"PYTHONPATH": str(ROOT)} | dict(more or {})


def run_child(
    module: str,
    *arguments: str,
    stdin: object = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 600.0,
) -> Any:  # noqa: ANN401  # JSON
    """Run a module to its end with `stdin` as JSON, and return its output, parsed as JSON."""
    done = subprocess.run(  # noqa: S603  # our own modules
        command(module, *arguments),
        input=json.dumps(stdin),
        stdout=subprocess.PIPE,
        env=environment(env),
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode != 0:
        raise ChildError(f"{module} ended with {done.returncode}")
    return json.loads(done.stdout)


class Server:
    """A child that serves HTTP until its stdin ends; it prints `{"url": …}`."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # our own modules
            command(module, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            text=True,
        )
        assert self._process.stdout is not None
        too_late = threading.Timer(START_S, self._process.kill)
        too_late.start()
        line = self._process.stdout.readline()
        too_late.cancel()
        if not line:
            self._process.communicate()
            raise ChildError(f"{module} did not start")
        self.url = str(json.loads(line)["url"])

    def send(self, method: str, path: str) -> bytes:
        address = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=START_S)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise ChildError(f"{method} {path} answered {response.status}")
        return answer

    def close(self) -> None:
        try:
            self._process.communicate(timeout=10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
