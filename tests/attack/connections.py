"""Connections to the web server that say nothing, little or nonsense."""

import http.client
import socket
from contextlib import ExitStack, suppress

from tests.attack.target import Target

SILENT = 1000
MOST_LOG_LINES = 200
HEALTH_S = 5.0
NONSENSE_REPEATS = 20
NONSENSE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /slack/events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
    b"\x00" * 1_000,
)


def attack(target: Target) -> list[str]:
    """A thousand connections, half of them in the middle of a header, and nonsense; health must still answer."""
    lines_before = len(target.bot.log)
    with ExitStack() as opened:
        for number in range(SILENT):
            with suppress(OSError):
                connection = opened.enter_context(socket.create_connection(target.listen, timeout=HEALTH_S))
                if number % 2:
                    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        for content in NONSENSE * NONSENSE_REPEATS:
            with suppress(OSError), socket.create_connection(target.listen, timeout=HEALTH_S) as connection:
                connection.sendall(content)
                connection.recv(1000)
        findings = _ask_health(target)
    written = len(target.bot.log) - lines_before
    return findings + ([f"{written} lines were logged"] if written > MOST_LOG_LINES else [])


def _ask_health(target: Target) -> list[str]:
    host, port = target.listen
    connection = http.client.HTTPConnection(host, port, timeout=HEALTH_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return [f"/healthz did not answer: {type(error).__name__}"]
    finally:
        connection.close()
    return [] if status == http.HTTPStatus.OK else [f"/healthz answered {status}"]
