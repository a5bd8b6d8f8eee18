"""Fuzzes everything that reads a header of an answer or of a request."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random

import httpx

from adapters.checkup.finding import ahead_of
from adapters.shared import http_client
from adapters.shared.connection import retry_seconds
from adapters.slack.connection.http_endpoint import is_signed
from bot.config.settings import Secret
from bot.errors import BotError
from bot.upstream import download
from bot.upstream.decoding.failures import retry_after
from bot.web.contract import WebRequest
from tests.fuzz import checking
from tests.fuzz.pictures import FuzzResult
from tests.text.work import Read

LENGTHS = (1, 10, 80, 800, 8_000)
"""Both libraries refuse longer headers."""
FRAGMENTS = (
    *(
        "1",
        "0",
        "9" * 20,
        "-1",
        "+",
        ".",
        "1.5",
        "1e999",
        "nan",
        "inf",
        "0x1",
        "1_0",
        "²",
        "٣",
        " ",
        "\t",
        ",",
        ";",
        "; ",
        "=",
        '"',
        "\\",
    ),
    *(
        "Wed, 21 Oct 2026 07:28:00 GMT",
        "Wed,",
        "31 Feb",
        "99:99:99",
        "+9999",
        "GMT",
        "a=b;",
        'name="',
        "filename*=UTF-8''",
        "%00",
        "%",
    ),
    *(
        "text/html",
        "image/png",
        "charset=",
        "multipart/",
        "gzip",
        "identity",
        "br",
        "v0=",
        "/",
        "//",
        "https://",
        "[::1]",
        "@",
        ":",
    ),
    *("a", "é", "\x7f", "\ud83d"),
)


@dataclass(frozen=True)
class Response:
    """What is read of a platform's answer to a request for a file."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def _head_of_result(text: str) -> None:
    value = text.encode("utf-8", "surrogatepass")
    for name in (b"content-type", b"content-length", b"content-encoding"):
        with suppress(download._UnfitError):
            download._check_head(httpx.Response(200, headers=[(name, value)]), 1000)


def _head_of_file(text: str) -> None:
    with suppress(BotError):
        http_client._check(Response(headers={"Content-Type": text}))  # type: ignore[arg-type]


def _redirect(text: str) -> None:
    # As the library decodes it.
    target = httpx.Headers([(b"location", text.encode("utf-8", "surrogatepass"))])["location"]
    with suppress(httpx.InvalidURL, download._UnfitError):
        httpx.URL("https://gateway.test/result").join(download._limited(target))


def _signature(text: str) -> None:
    # As the library decodes it.
    text = text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    for headers in ({"x-slack-request-timestamp": text}, {"x-slack-request-timestamp": "100", "x-slack-signature": text}):
        assert not is_signed(WebRequest(body=b"{}", headers=headers), Secret("a secret"), now=100.0)


def _pause(text: str) -> None:
    for seconds in (retry_after(text, now=0.0), retry_seconds(text)):
        assert seconds is None or 0.0 <= seconds <= 600.0, seconds


READERS: dict[str, Read] = {
    "Retry-After": _pause,
    "head of a result": _head_of_result,
    "head of a file": _head_of_file,
    "Location": _redirect,
    "Slack's signature": _signature,
    "Date": lambda text: ahead_of(text, asked=0.0, answered=1.0),
}


def run(seed: int, cases: Iterator[int], *, timed: bool = False) -> FuzzResult:
    return checking.run(READERS, write, seed, cases, timed=timed)


def write(rng: Random, name: str) -> str:
    del name
    fragments = [rng.choice(FRAGMENTS) for _ in range(rng.choice((1, 1, 2, 4, 8)))]
    length = rng.choice(LENGTHS)
    return ("".join(rng.choice(fragments) for _ in range(length)))[:length]


run_timed = partial(run, timed=True)
