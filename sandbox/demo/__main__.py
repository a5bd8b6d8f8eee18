"""`python -m sandbox.demo`: play the fixed conversation, write it down, and count the pictures that arrived."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from sandbox.demo.conversation import CHANNEL, PICTURES, Conversation
from sandbox.demo.transcript import Transcript
from sandbox.demo.watching import DemoFailure, Watcher
from sandbox.driver import Bot, Sandbox, SandboxError
from sandbox.gateways.offered import OFFERED
from sandbox.stage import JsonObject

_MOST_S = 120.0
_READY_S = 30.0
_INTERRUPTED = 130
_LOOK_S = 0.3


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo", description="A conversation with the bot, against local stand-ins.")
    parser.add_argument("--script", action="store_true", help="play the conversation and end; otherwise stay up until Ctrl-C")
    parser.add_argument("--gateway", choices=tuple(OFFERED), help="the gateway to play against, named after its dialect")
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
    gateways = ["--gateways", arguments.gateway] if arguments.gateway else []
    return [*gateways, *(["--record", str(arguments.record.absolute())] if arguments.record else [])]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the conversation on all platforms."""

    wanted: int
    arrived: int
    seconds: float
    failure: str | None

    @property
    def whole(self) -> bool:
        return self.failure is None and self.arrived == self.wanted

    def __str__(self) -> str:
        counted = f"{self.arrived} of {self.wanted} pictures arrived in {self.seconds:.0f} s."
        return counted if self.failure is None else f"{counted} {self.failure}"


def _play(watchers: Sequence[Watcher], bot: Bot) -> Outcome:
    """The conversation on every platform, one after the other."""
    started = time.monotonic()
    arrived = 0
    failure = None
    for watcher in watchers:
        conversation = Conversation(watcher=watcher)
        try:
            bot.wait_ready(watcher.platform, _READY_S)
            conversation.play()
        except (DemoFailure, SandboxError) as error:
            failure = failure or str(error).partition("\n")[0]
        arrived += conversation.arrived
    return Outcome(wanted=PICTURES * len(watchers), arrived=arrived, seconds=time.monotonic() - started, failure=failure)


def _play_on(sandbox: Sandbox, watchers: Sequence[Watcher]) -> NoReturn:
    """Stay up, and tell how to take part, until Ctrl-C."""
    platform = watchers[0].platform
    act: JsonObject = {"platform": platform, "user": "ada", "channel": CHANNEL, "kind": "command"}
    act |= {"name": "imagine", "options": {"prompt": "a cabin at night"}}
    control = sandbox.line["control"]
    token = f"X-Sandbox-Token: {sandbox.line['token']}"
    sys.stdout.write(
        "The bot stays up until Ctrl-C. Play on, for example:\n\n"
        f"  curl -H '{token}' {control}/act -d '{json.dumps(act)}'\n"
        f"  curl -H '{token}' '{control}/seen?platform={platform}&channel={CHANNEL}'\n\n"
    )
    sys.stdout.flush()
    watchers[0].transcript.open_step("Playing on")
    while True:
        for watcher in watchers:
            for channel in sandbox.line[watcher.platform]["channels"]:
                watcher.look(str(channel))
        time.sleep(_LOOK_S)


def _run(arguments: argparse.Namespace) -> int:
    with Sandbox.start(*_sandbox_arguments(arguments)) as sandbox:
        bot = sandbox.start_bot()
        transcript = Transcript(arguments.output)
        deadline = time.monotonic() + _MOST_S
        watchers = [
            Watcher(sandbox=sandbox, bot=bot, platform=platform, transcript=transcript, deadline=deadline)
            for platform in sandbox.platforms
        ]
        outcome = _play(watchers, bot)
        transcript.close(str(outcome))
        sys.stdout.write(f"{outcome}\nTranscript: {transcript.path}\n")
        sys.stdout.flush()
        if not outcome.whole:
            sys.stderr.write("\n".join(["The bot's last lines:", *bot.log[-15:], ""]))
            return 1
        try:
            if not arguments.script:
                _play_on(sandbox, watchers)
        finally:
            transcript.close(str(outcome))
            bot.stop()
        return 0


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    # An exception and not the default end: the bot and the sandbox have to be ended too.
    raise SystemExit(128 + number)


def main(given: Sequence[str] | None = None) -> int:
    arguments = _arguments(given)
    # Said aloud: a shell that starts us in the background has SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _end)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SandboxError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
