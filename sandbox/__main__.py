"""`python -m sandbox`: start every server, print one JSON line, run until SIGTERM, SIGINT or the end of stdin."""

import argparse
import asyncio
import contextlib
import json
import math
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sandbox.contracts import ControlledPlatform, JsonObject
from sandbox.control import Control
from sandbox.discord.fake_discord import FakeDiscord
from sandbox.gateways.catalog import GATEWAY_TYPES, config_tables, environment
from sandbox.gateways.gateway import FakeGateway
from sandbox.population import Population
from sandbox.runtime import Recording, Runtime
from sandbox.slack.fake_slack import FakeSlack

GATEWAYS = tuple(GATEWAY_TYPES)
PLATFORMS = ("discord", "slack")


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="seedream-bot sandbox",
        description="Chat platforms and gateways on this machine, with no account. One JSON line on stdout says where they are and "
        "what a bot needs to reach them; they stay until SIGTERM, Ctrl-C or the end of stdin.",
        allow_abbrev=False,
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the bot's platform requests here, as JSON lines")
    parser.add_argument(
        "--platforms",
        type=_names_of(PLATFORMS, "platform"),
        default=PLATFORMS,
        metavar="A,B",
        help=f"of {', '.join(PLATFORMS)} (default: all)",
    )
    parser.add_argument(
        "--slack-http", action="store_true", help="Slack posts to the bot's LISTEN address instead of Socket Mode"
    )
    parser.add_argument(
        "--gateways",
        type=_names_of(GATEWAYS, "gateway"),
        default=GATEWAYS[:1],
        metavar="A,B",
        help=f"of {', '.join(GATEWAYS)} (default: {GATEWAYS[0]})",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="other pictures for the same words (default: 0)")
    parser.add_argument("--pace", type=seconds, default=0.4, metavar="SECONDS", help="what one picture takes (default: 0.4)")
    parser.add_argument(
        "--prepared",
        type=count,
        nargs="?",
        const=2048,
        default=0,
        metavar="SIDE",
        help="every result is a copy of one square drawn at the start (for loads; SIDE: 2048)",
    )
    parser.add_argument("--users", type=count, default=3, metavar="N", help="members of each platform (for loads; default: 3)")
    parser.add_argument(
        "--channels", type=count, default=2, metavar="N", help="channels of each platform (for loads; default: 2)"
    )
    parser.add_argument("--no-message-limits", action="store_true", help="no rate limits of sending and editing (for loads)")
    arguments = parser.parse_args(given)
    if arguments.slack_http and "slack" not in arguments.platforms:
        parser.error("argument --slack-http: slack is not among the platforms")
    return arguments


def _names_of(offered: Sequence[str], kind: str) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
        unknown = next((name for name in names if name not in offered), None)
        if unknown is not None or not names:
            raise argparse.ArgumentTypeError(f"{unknown or text!r} is no {kind} of the sandbox: {', '.join(offered)}")
        return names

    return read


def seconds(text: str) -> float:
    """Parse a number of seconds. argparse shows this function's name in its messages."""
    found = float(text)
    if not 0 <= found < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no time: 0 or more seconds")
    return found


def count(text: str) -> int:
    """Parse a count. argparse shows this function's name in its messages."""
    found = int(text)
    if found < 1:
        raise argparse.ArgumentTypeError(f"{text} is too few: 1 or more")
    return found


async def _serve(arguments: argparse.Namespace, folder: Path) -> None:
    async with contextlib.AsyncExitStack() as exit_stack:
        recording = Recording()
        if arguments.record is not None:
            recording.sink = exit_stack.enter_context(arguments.record.open("w", encoding="utf-8"))
        runtime = Runtime(seed=arguments.seed, recording=recording)
        with _free_port() as port:
            gateways: list[FakeGateway] = []
            for name in arguments.gateways:
                gateway = await GATEWAY_TYPES[name].start(
                    runtime, dialect=name, name=name, pace=arguments.pace, prepared=arguments.prepared
                )
                exit_stack.push_async_callback(gateway.close)
                gateways.append(gateway)
            listen = f"127.0.0.1:{port}"
            platforms: dict[str, ControlledPlatform] = {}
            for name in arguments.platforms:
                platforms[name] = await _start(name, runtime, folder, arguments, listen)
                exit_stack.push_async_callback(platforms[name].close)
            control = await Control.start(runtime, platforms, gateways)
            exit_stack.push_async_callback(control.close)
            ended = _shutdown_event()
            line = _describe(folder, listen, platforms, gateways, control)
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
            sys.stdout.flush()
            await ended.wait()


async def _start(name: str, runtime: Runtime, folder: Path, arguments: argparse.Namespace, listen: str) -> ControlledPlatform:
    limits = not arguments.no_message_limits
    population = Population(users=arguments.users, channels=arguments.channels)
    if name == "discord":
        return await FakeDiscord.start(runtime, folder, message_limits=limits, population=population)
    request_url = f"http://{listen}" if arguments.slack_http else None
    return await FakeSlack.start(runtime, folder, message_limits=limits, population=population, request_url=request_url)


def _describe(
    folder: Path, listen: str, platforms: Mapping[str, ControlledPlatform], gateways: Sequence[FakeGateway], control: Control
) -> JsonObject:
    """Write the configuration file and return the JSON line: everything that a bot process or a test needs to know."""
    env: dict[str, str] = {"DATA_DIR": str(folder / "data"), "LISTEN": listen}
    for platform in platforms.values():
        env |= platform.environment()
    env |= environment(gateways, listen)
    config = folder / "seedream-bot.toml"
    config.write_text(config_tables(gateways), encoding="utf-8")
    described = {name: platform.describe() for name, platform in platforms.items()}
    urls = {gateway.name: gateway.url for gateway in gateways}
    return {"env": env, "config": str(config), "control": control.url, "token": control.token, **described, "gateways": urls}


@contextlib.contextmanager
def _free_port() -> Iterator[int]:
    """Reserve a port for the bot while the sandbox runs: no other program is given it, but a server that reuses addresses can listen on it."""
    with socket.socket() as probe:
        for option in ("SO_REUSEADDR", "SO_REUSEPORT"):
            if hasattr(socket, option):
                probe.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        yield port


def _shutdown_event() -> asyncio.Event:
    """Return an event that SIGTERM, SIGINT or the end of stdin sets."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def end() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: shutdown is complete
            loop.call_soon_threadsafe(ended.set)

    def read_to_end() -> None:
        # os.read instead of sys.stdin: a thread that holds stdin's lock would break the interpreter's shutdown.
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        end()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end())
    threading.Thread(target=read_to_end, name="end of stdin", daemon=True).start()
    return ended


def main(given: Sequence[str] | None = None) -> int:
    arguments = _arguments(given)
    with tempfile.TemporaryDirectory(prefix="seedream-sandbox-", ignore_cleanup_errors=True) as folder:
        try:
            asyncio.run(_serve(arguments, Path(folder)))
        except OSError as error:
            sys.stderr.write(f"The sandbox cannot start: {error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
