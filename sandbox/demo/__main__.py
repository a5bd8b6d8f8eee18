"""`python -m sandbox.demo`: run the scripted conversation, record it, and count the pictures that arrived."""

import argparse
import contextlib
import json
import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from types import FrameType
from typing import NoReturn

from sandbox.demo.conversation import PlatformConversation, steps_on
from sandbox.demo.live_log import LiveLog
from sandbox.demo.members import CHANNEL, MEMBERS
from sandbox.demo.transcript import Transcript
from sandbox.demo.watcher import Watcher
from sandbox.driver import Sandbox, SandboxError
from sandbox.gateways.catalog import GATEWAY_TYPES

_TIMEOUT_S = 110.0
"""The limit for the whole demo, including its start, so that it ends and cleans up within two minutes."""
_READY_S = 30.0
_INTERRUPTED = 130
_POLL_S = 0.3
_WIDTH = 120
"""Columns of the live log when it is written to a file."""


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="seedream-bot demo", description="A conversation with the bot, against local stand-ins."
    )
    parser.add_argument("--script", action="store_true", help="play the conversation and end; otherwise stay up until Ctrl-C")
    parser.add_argument("--gateway", choices=tuple(GATEWAY_TYPES), help="the gateway to play against, named after its dialect")
    parser.add_argument("--platform", choices=tuple(MEMBERS), help="the one platform to play on (default: all of them)")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write what the bot sent to the platforms, as JSON lines")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("demo-output"),
        metavar="FOLDER",
        help="transcript and pictures (default: demo-output)",
    )
    return parser.parse_args(given)


def _sandbox_arguments(arguments: argparse.Namespace) -> list[str]:
    given = {"--gateways": arguments.gateway, "--platforms": arguments.platform, "--record": arguments.record}
    if arguments.record is not None:
        given["--record"] = arguments.record.absolute()
    return [str(part) for flag, value in given.items() if value is not None for part in (flag, value)]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of the conversation on all platforms; `parts` gives the counts per platform if there are several."""

    wanted: int
    arrived: int
    seconds: float
    failure: str | None
    parts: str

    @property
    def complete(self) -> bool:
        return self.failure is None and self.arrived == self.wanted

    def __str__(self) -> str:
        counted = f"{self.arrived} of {self.wanted} pictures arrived in {self.seconds:.0f} s{self.parts}."
        return counted if self.failure is None else f"{counted} {self.failure}"


class Demo:
    """A sandbox, a bot that runs against it, and the conversation on each of its platforms."""

    def __init__(self, sandbox: Sandbox, output: Path, *, started: float) -> None:
        self._sandbox = sandbox
        self._started = started
        (gateway,) = sandbox.line["gateways"]
        self._steps = steps_on(str(gateway))
        self._pictures = sum(step.pictures for step in self._steps)
        self._stopping = threading.Event()
        self.bot = sandbox.start_bot()
        titles = {name: MEMBERS[name].title for name in sandbox.platforms}
        live = LiveLog(sys.stderr, list(titles.values()), width=shutil.get_terminal_size((_WIDTH, 24)).columns)
        self.transcript = Transcript(output, titles, live)
        self._conversations = [self._conversation_on(name) for name in sandbox.platforms]

    def _conversation_on(self, platform: str) -> PlatformConversation:
        members = MEMBERS[platform](self._sandbox.act, self.transcript)
        watcher = Watcher(
            sandbox=self._sandbox,
            bot=self.bot,
            platform=platform,
            title=members.title,
            read=members.read,
            transcript=self.transcript,
            deadline=self._started + _TIMEOUT_S,
            stopping=self._stopping,
        )
        return PlatformConversation(members=members, watcher=watcher)

    def play(self) -> Outcome:
        """Run the conversation, step by step, on all platforms at once."""
        self.transcript.open()
        try:
            for conversation in self._conversations:
                self.bot.wait_ready(conversation.members.platform, _READY_S)
            with ThreadPoolExecutor(len(self._conversations)) as pool:
                self._play_steps(pool)
        except SandboxError as error:
            return self._outcome(str(error).partition("\n")[0])
        finally:
            self.transcript.flush()
        return self._outcome(
            next((conversation.failure for conversation in self._conversations if conversation.failure is not None), None)
        )

    def _play_steps(self, pool: ThreadPoolExecutor) -> None:
        try:
            for step in self._steps:
                self.transcript.set_summary(f"{self._arrived} of {self._wanted} pictures have arrived so far.")
                self.transcript.open_chapter(step.title)
                for playing in [pool.submit(conversation.play, step) for conversation in self._conversations]:
                    playing.result()
        except BaseException:
            # Threads of the pool that wait for a picture must stop waiting.
            self._stopping.set()
            self.transcript.set_summary(f"Interrupted when {self._arrived} of {self._wanted} pictures had arrived.")
            raise

    def keep_running(self) -> None:
        """Explain how to take part, and keep running until Ctrl-C or until the bot or the sandbox exits."""
        control = self._sandbox.line["control"]
        token = f"X-Sandbox-Token: {self._sandbox.line['token']}"
        lines = ["The bot stays up until Ctrl-C. Play on, for example:", ""]
        for conversation in self._conversations:
            members = conversation.members
            act = {"platform": members.platform, "user": "ada", "channel": CHANNEL}
            act |= members.command("imagine", "a cabin at night")
            lines += [
                f"  curl -H '{token}' {control}/act -d '{json.dumps(act)}'",
                f"  curl -H '{token}' '{control}/seen?platform={members.platform}&channel={CHANNEL}'",
                "",
            ]
        _say(*lines)
        self.transcript.open_chapter("Playing on", turns=False)
        with contextlib.suppress(ConnectionError, HTTPException):
            while self.bot.process.poll() is None:
                for conversation in self._conversations:
                    for channel in self._sandbox.line[conversation.members.platform]["channels"]:
                        conversation.watcher.poll(str(channel))
                time.sleep(_POLL_S)

    @property
    def _wanted(self) -> int:
        return self._pictures * len(self._conversations)

    @property
    def _arrived(self) -> int:
        return sum(conversation.arrived for conversation in self._conversations)

    def _outcome(self, failure: str | None) -> Outcome:
        parts = ", ".join(
            f"{conversation.members.title} {conversation.arrived} of {self._pictures}" for conversation in self._conversations
        )
        return Outcome(
            wanted=self._wanted,
            arrived=self._arrived,
            seconds=time.monotonic() - self._started,
            failure=failure,
            parts=f" ({parts})" if len(self._conversations) > 1 else "",
        )


def _run(arguments: argparse.Namespace) -> int:
    started = time.monotonic()
    with Sandbox.start(*_sandbox_arguments(arguments)) as sandbox:
        demo = Demo(sandbox, arguments.output, started=started)
        try:
            outcome = demo.play()
            demo.transcript.set_summary(str(outcome))
            _say(str(outcome), f"Transcript: {demo.transcript.path}")
            if outcome.complete and arguments.script:
                return 0
            if outcome.complete:
                demo.keep_running()
        except KeyboardInterrupt:
            # Cleaning up takes only a moment, and a second Ctrl-C would leave processes behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            _say("", f"Goodbye! The bot stops now. What was said stays in {demo.transcript.path}.")
            return _INTERRUPTED
        else:
            _complain("The bot's last lines:", *demo.bot.log[-15:])
            return 1
        finally:
            demo.bot.stop()


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join([*lines, ""]))
    sys.stdout.flush()


def _complain(*lines: str) -> None:
    sys.stderr.write("\n".join([*lines, ""]))


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    # Raise an exception instead of exiting at once: the bot and the sandbox must be stopped too.
    raise SystemExit(128 + number)


def main(given: Sequence[str] | None = None) -> int:
    arguments = _arguments(given)
    # A shell that starts a background process sets SIGINT to be ignored, so set the handler explicitly.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _end)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        _say("", "Goodbye!")
        return _INTERRUPTED
    except (SandboxError, OSError) as error:
        _complain(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
