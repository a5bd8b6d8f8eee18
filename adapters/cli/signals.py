"""What the running bot does on a signal."""

import asyncio
import logging
import signal
import sys

from adapters.cli.failures import fail

logger = logging.getLogger(__name__)

WINDOWS = (
    "seedream-bot run needs Linux or macOS. On Windows, run it in Docker (see README) or in the Windows Subsystem for Linux."
)


def require_signals() -> None:
    """Exit with an error message on a system whose event loop has no signals: nothing could stop the bot cleanly there."""
    if sys.platform == "win32":
        fail(WINDOWS)


def watch_signals(stop: asyncio.Event) -> None:
    """Set `stop` on SIGTERM and SIGINT, and on SIGHUP if it means that the terminal of the bot was closed.

    A service gets SIGHUP as the request to read its settings again, which the bot cannot do yet; it goes on. One that was
    started with nohup never gets it.
    """
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        loop.add_signal_handler(signal.SIGHUP, stop.set if _on_terminal() else _ignore_hangup)


def _on_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _ignore_hangup() -> None:
    logger.warning("settings not read again", extra={"hint": "restart the bot to apply changed settings"})
