"""The log: lines that people and collectors read, and no secret in any of them."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from adapters.cli.logs import Scrubber, configure
from bot.config.settings import LogSettings

OURS = ("bot", "adapters", "sandbox", "__main__")
SECRET = "correct-horse/battery"
DISCORD_TOKEN = "MTE3NjU0MzIxMDk4NzY1NDMyMQ.GhYxQz.abcdefghijklmnopqrstuvwxyz0123456789AB"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in OURS}
    yield
    logging.captureWarnings(capture=False)
    root.handlers = handlers
    root.setLevel(level)
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)


def opened(form: Literal["text", "json"], *, level: Literal["debug", "info", "error"] = "info") -> io.StringIO:
    stream = io.StringIO()
    configure(LogSettings(format=form, level=level), stream, secrets={SECRET})
    return stream


def as_json(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_ready_line_in_text() -> None:
    """Whoever waits for the bot looks for exactly these words."""
    stream = opened("text")
    logging.getLogger("bot.app").info("ready", extra={"platform": "discord"})
    moment, level, rest = stream.getvalue().rstrip("\n").split(" ", 2)
    assert (len(moment), level, rest) == (8, "INFO", "event=ready platform=discord")


def test_a_ready_line_in_json() -> None:
    """One object a line: when, how bad, what, and the fields."""
    stream = opened("json")
    logging.getLogger("bot.app").info("ready", extra={"platform": "discord"})
    (line,) = as_json(stream)
    assert line.pop("ts").endswith("Z")
    assert line == {"level": "info", "event": "ready", "platform": "discord"}


def test_fields_stand_in_the_order_a_reader_looks_for_them() -> None:
    """Job, platform and gateway come before all others."""
    stream = opened("json")
    logging.getLogger("bot.worker").info("moved", extra={"to": "running", "gateway": "ark", "job": "0123456789ab", "attempt": 2})
    (line,) = as_json(stream)
    assert list(line) == ["ts", "level", "event", "job", "gateway", "to", "attempt"]
    assert line["attempt"] == 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("two words", '"two words"'),
        ("", '""'),
        ('say "hi"', '"say \\"hi\\""'),
        ("a=b", '"a=b"'),
        ("line\nbreak", '"line\\nbreak"'),
        ("\x1b[31mred", '"\\u001b[31mred"'),
        ("赤い狐", "赤い狐"),
        (3, "3"),
        (0.5, "0.5"),
        (float("inf"), "inf"),
        (True, "true"),
        (None, "null"),
    ],
)
def test_a_text_value_ends_at_the_next_space(value: object, expected: str) -> None:
    """Whatever a value holds, the line can be cut at its spaces outside quotes, and a terminal obeys nothing in it."""
    stream = opened("text")
    logging.getLogger("bot.x").info("seen", extra={"value": value})
    assert stream.getvalue().rstrip("\n").split(" ", 2)[2] == f"event=seen value={expected}"


def test_an_extra_that_is_called_like_a_field_of_ours_is_kept_beside_it() -> None:
    """No `extra` can forge the event or the level."""
    stream = opened("json")
    logging.getLogger("bot.x").info("true event", extra={"event": "forged", "level": "forged"})
    (line,) = as_json(stream)
    assert (line["event"], line["level"], line["event_"], line["level_"]) == ("true event", "info", "forged", "forged")


def test_of_other_libraries_only_warnings_are_heard() -> None:
    """Their message is the event, and the line says whose it is."""
    stream = opened("json")
    logging.getLogger("discord.gateway").info("connected")
    logging.getLogger("discord.gateway").warning("slow %s", "heartbeat")
    (line,) = as_json(stream)
    assert (line["event"], line["level"], line["logger"]) == ("slow heartbeat", "warning", "discord.gateway")


@pytest.mark.parametrize(
    ("level", "expected"),
    [("debug", ["d", "i", "w", "e"]), ("info", ["i", "w", "e"]), ("error", ["e"])],
)
def test_the_level_holds_for_ours(level: Literal["debug", "info", "error"], expected: list[str]) -> None:
    """What is below it is not written."""
    stream = opened("text", level=level)
    logger = logging.getLogger("bot.x")
    logger.debug("d")
    logger.info("i")
    logger.warning("w")
    logger.error("e")
    assert [line.rpartition("event=")[2] for line in stream.getvalue().splitlines()] == expected


class Seconds:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def warn(number: int = 0, **extra: str) -> None:
    logging.getLogger("bot.x").warning(f"refused {number}", extra=extra)  # noqa: G004  # as some libraries do


def test_warnings_of_one_kind_are_written_once_a_minute() -> None:
    """However often a stranger causes one; the next line says how many were left out."""
    seconds, stream = Seconds(), io.StringIO()
    configure(LogSettings(format="json"), stream, now=seconds)
    for number in range(1000):
        warn(number)
    seconds.now = 59.9
    warn()
    seconds.now = 60.0
    warn(1001)
    seconds.now = 120.0
    warn(1002)
    assert [(line["event"], line.get("left_out")) for line in as_json(stream)] == [
        ("refused 0", None),
        ("refused 1001", 1000),
        ("refused 1002", None),
    ]


def test_other_kinds_are_written_beside_it() -> None:
    """Another gateway, another statement, a line about a job and whatever is no warning: no line is lost to a loud neighbour."""
    stream = opened("json")
    for _ in range(2):
        warn(gateway="one")
        warn(gateway="two")
        warn(job="0123456789ab")
        logging.getLogger("bot.x").info("told")
        logging.getLogger("bot.y").error("broken")
    lines = [(line["event"], line.get("gateway")) for line in as_json(stream)]
    assert sorted(lines, key=str) == [
        ("broken", None),
        ("refused 0", "one"),
        ("refused 0", "two"),
        *[("refused 0", None)] * 2,
        *[("told", None)] * 2,
    ]


@pytest.mark.parametrize("members", ["id", "hashed", "off"])
def test_how_a_member_is_named(members: Literal["id", "hashed", "off"]) -> None:
    """By id, by a hash that is the same at each start and not the same with other secrets, or not at all."""
    found = []
    for secrets in ({SECRET}, {SECRET}, {"another"}):
        stream = io.StringIO()
        configure(LogSettings(format="json", members=members), stream, secrets=secrets)
        logging.getLogger("bot.x").info("ended", extra={"job": "0123456789ab", "member": "chat:42"})
        (line,) = as_json(stream)
        found.append(line.get("member"))
    match members:
        case "id":
            assert found == ["chat:42"] * 3
        case "hashed":
            assert found[0] == found[1] != found[2]
            assert "42" not in {*found}
            assert len(str(found[0])) == 12
        case "off":
            assert found == [None] * 3


def fail() -> None:
    raise ValueError(f"cannot use {SECRET}\nat all")


def log_failure() -> None:
    try:
        fail()
    except ValueError:
        logging.getLogger("bot.x").exception("failed", extra={"job": "0123456789ab"})


def test_an_exception_in_json_is_one_line() -> None:
    """The error in a line of its own, the story in another field, the secret in neither."""
    stream = opened("json")
    log_failure()
    (line,) = as_json(stream)
    assert line["error"] == "ValueError: cannot use *** at all"
    assert line["trace"].startswith("Traceback")
    assert SECRET not in stream.getvalue()


def test_an_exception_in_text_can_be_read() -> None:
    """The story follows the line, set apart from the next event."""
    stream = opened("text")
    log_failure()
    first, second, *rest = stream.getvalue().splitlines()
    assert first.endswith('event=failed job=0123456789ab error="ValueError: cannot use *** at all"')
    assert second == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") for line in rest)
    assert SECRET not in stream.getvalue()


def test_a_message_whose_arguments_do_not_fit_is_still_written() -> None:
    """Python would print the arguments to stderr instead, secrets and all."""
    stream = opened("json")
    arguments = ("one",)
    logging.getLogger("bot.x").info("%d of %d", *arguments)
    assert [line["event"] for line in as_json(stream)] == ["%d of %d"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"key {SECRET} refused", "key *** refused"),
        ("key correct-horse%2Fbattery refused", "key *** refused"),
        ("Authorization: Bearer abcdef.ghi", "Authorization: ***"),
        ("{'Authorization': 'Bot abc.def.ghi', 'Accept': '*/*'}", "{'Authorization': '***', 'Accept': '*/*'}"),
        ("(b'authorization', b'Basic abc=')", "(b'authorization', b'***')"),
        ("sent Bearer abcdefghij", "sent Bearer ***"),
        (f"token {DISCORD_TOKEN}.", "token ***."),
        ("xoxb-123456789012-abcdef refused", "*** refused"),
        ("xapp-1-A0123456789-abc refused", "*** refused"),
        ("key sk-abcdefghijklmnop refused", "key *** refused"),
        ("PATCH /webhooks/123/aW50ZXJhY3Rpb24-x_y/messages/@original", "PATCH /webhooks/123/***/messages/@original"),
        ("POST /interactions/123/aW50ZXJhY3Rpb24/callback", "POST /interactions/123/***/callback"),
        ("GET https://cdn.example/a.png?ex=1&hm=2 failed", "GET https://cdn.example/a.png?*** failed"),
        ("via http://user:pass@proxy.example:3128", "via http://***@proxy.example:3128"),
        ("/a.png?X-Tos-Signature=abcd&b=1", "/a.png?X-Tos-Signature=***&b=1"),
        ("a red fox, ratio 16:9, count=4", "a red fox, ratio 16:9, count=4"),
        ("https://example.org/a.png is gone", "https://example.org/a.png is gone"),
    ],
)
def test_what_is_scrubbed(text: str, expected: str) -> None:
    """Known secrets in every spelling, and whatever looks like one; ordinary words stay."""
    assert Scrubber({SECRET, ""})(text) == expected


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_field_carries_a_secret(form: Literal["text", "json"]) -> None:
    """Not by its value, not inside an object, not by its name."""
    stream = opened(form)
    logging.getLogger("bot.x").info(
        "call %s",
        SECRET,
        extra={
            "detail": f"said {SECRET}",
            "body": {"key": SECRET},
            "token": "hush hush",
            "address": "https://a.example/b?c=hush",
        },
    )
    assert SECRET not in stream.getvalue()
    assert "hush" not in stream.getvalue()
    assert "https://a.example/b?***" in stream.getvalue()
