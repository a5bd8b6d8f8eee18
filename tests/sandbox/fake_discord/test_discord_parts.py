"""The pure parts of the fake Discord, as tables."""

from typing import Any

import pytest

from sandbox.clock import SandboxClock
from sandbox.contracts import JsonObject
from sandbox.discord.attachments.factory import clean_filename
from sandbox.discord.attachments.signed_urls import SignedUrls
from sandbox.discord.errors import ApiError, FormErrors
from sandbox.discord.interactions.command_registry import CommandRegistry
from sandbox.discord.messages.components import check_message_components, number_components
from sandbox.discord.messages.mentions import ALLOW_ALL, ALLOW_USERS, check_allowed_mentions, parse_mentions
from sandbox.discord.rest.parsing import Part, split_parts
from sandbox.discord.rest.ratelimits import GLOBAL_PER_SECOND, RateLimit, RateLimits
from sandbox.discord.snowflakes import Snowflakes, created_at, iso_timestamp
from sandbox.discord.world import Attachment, Mentions
from sandbox.picture_size import picture_size
from tests.sandbox.fake_discord.raw_client import button, png, row

ADA, BOB, ROLE = "1551468686110359554", "1551468686110359555", "1551468686110359556"
NONE: JsonObject = {"parse": []}


@pytest.mark.parametrize(
    ("text", "allowed", "expected"),
    [
        (f"<@{ADA}> <@!{BOB}>", ALLOW_ALL, Mentions(users=(ADA, BOB))),
        (f"<@{ADA}> <@&{ROLE}> @everyone", ALLOW_ALL, Mentions(users=(ADA,), roles=(ROLE,), everyone=True)),
        (f"<@{ADA}> <@&{ROLE}> @here", ALLOW_USERS, Mentions(users=(ADA,))),
        (f"<@{ADA}> <@&{ROLE}> @here", NONE, Mentions()),
        (f"<@{ADA}> <@{BOB}>", {"parse": [], "users": [BOB]}, Mentions(users=(BOB,))),
        (f"<@&{ROLE}>", {"roles": [ROLE]}, Mentions(roles=(ROLE,))),
        (f"`<@{ADA}>` ```\n@everyone\n```", ALLOW_ALL, Mentions()),
        (f"`<@{ADA}> and no end", ALLOW_ALL, Mentions(users=(ADA,))),
        ("<@1551468686110359599> me@everyone", ALLOW_ALL, Mentions(everyone=True)),
        ("@everyones", ALLOW_ALL, Mentions()),
    ],
)
def test_mentions(text: str, allowed: JsonObject, expected: Mentions) -> None:
    """A mention pings if it is allowed, known, and outside of code."""
    assert parse_mentions(text, allowed, known_users={ADA, BOB}) == expected


@pytest.mark.parametrize(("allowed", "users"), [(ALLOW_ALL, (BOB,)), (ALLOW_USERS, ()), ({"replied_user": True}, (BOB,))])
def test_replied_user(allowed: JsonObject, users: tuple[str, ...]) -> None:
    """A reply pings the replied author only if `replied_user` allows it."""
    assert parse_mentions("x", allowed, known_users={BOB}, replied_to=BOB).users == users


@pytest.mark.parametrize(
    "allowed", [{"parse": ["users"], "users": [ADA]}, {"parse": ["anyone"]}, {"users": [ADA] * 101}, "everyone"]
)
def test_invalid_allowed_mentions(allowed: Any) -> None:
    """Contradictory or malformed allowed mentions are an invalid form."""
    errors = FormErrors()
    check_allowed_mentions(allowed, errors)

    with pytest.raises(ApiError):
        errors.raise_if_any()


TEXT: JsonObject = {"type": 10, "content": "words"}
PICTURE: JsonObject = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}


@pytest.mark.parametrize(
    ("components", "v2", "good"),
    [
        (row(button("a")), False, True),
        (row(button("a"), {"type": 2, "style": 5, "url": "https://a.example", "label": "x"}), False, True),
        (row({"type": 3, "custom_id": "a", "options": [{"label": "x", "value": "x"}]}), False, True),
        (row(*(button(str(number)) for number in range(6))), False, False),
        (row(button("a")) * 6, False, False),
        (row(button("x" * 101)), False, False),
        (row(button("")), False, False),
        (row(button("a"), button("a")), False, False),
        (row({"type": 2, "style": 1, "custom_id": "a"}), False, False),
        (row({"type": 2, "style": 5, "label": "x"}), False, False),
        (row({"type": 3, "custom_id": "a", "options": []}), False, False),
        (row({"type": 3, "custom_id": "a", "options": [{"label": "x", "value": "x"}]}, button("b")), False, False),
        ([button("a")], False, False),
        ([TEXT], False, False),
        ([TEXT, PICTURE, {"type": 14}, {"type": 17, "components": [TEXT]}], True, True),
        ([{"type": 9, "components": [TEXT], "accessory": button("a")}], True, True),
        ([{"type": 9, "components": [TEXT]}], True, False),
        ([{"type": 13, "file": {"url": "attachment://a.png"}}], True, True),
        ([{"type": 13, "file": {"url": "https://a.example/a.png"}}], True, False),
        ([{"type": 12, "items": PICTURE["items"] * 11}], True, False),
        ([{"type": 12, "items": [{"media": {"url": "attachment://b.png"}}]}], True, False),
        ([{"type": 10, "content": "x" * 2001}] * 2, True, False),
        ([TEXT] * 41, True, False),
        ([{"type": 17, "components": [{"type": 17, "components": [TEXT]}]}], True, False),
        ("buttons", False, False),
    ],
)
def test_components_of_a_message(components: Any, v2: bool, good: bool) -> None:
    """Rows, buttons, selects and Components V2 are accepted within Discord's limits."""
    errors = FormErrors()
    check_message_components(components, errors, v2=v2, uploads={"a.png"})
    refused = False
    try:
        errors.raise_if_any()
    except ApiError:
        refused = True

    assert refused is not good


def test_component_ids() -> None:
    """Components without an id get the next free one, and null fields are removed."""
    numbered_names = number_components(row(button("a") | {"id": 1, "emoji": None}, button("b")))

    assert (numbered_names[0]["id"], [one["id"] for one in numbered_names[0]["components"]]) == (2, [1, 3])
    assert "emoji" not in numbered_names[0]["components"][0]


def test_snowflakes() -> None:
    """Snowflakes increase and contain their creation time, also one in the past."""
    clock = SandboxClock()
    snowflakes = Snowflakes(clock)
    first, second, old = snowflakes.new(), snowflakes.new(), snowflakes.new(age_s=600)

    assert int(old) < int(first) < int(second)
    assert abs(clock.now() - 600 - created_at(old)) < 1
    assert iso_timestamp(0) == "1970-01-01T00:00:00.000000+00:00"


def test_tampered_urls_are_invalid() -> None:
    """A URL's signature covers its path and its expiry."""
    signed_urls = SignedUrls(SandboxClock(), b"secret")
    picture = Attachment(id="2", channel_id="1", filename="a.png", size=1, sha256="", content_type="image/png")
    url = signed_urls.url(picture)
    path, _, query = url.removeprefix("https://cdn.discordapp.com").partition("?")
    fields = dict(pair.split("=") for pair in query.strip("&").split("&"))

    assert path == "/attachments/1/2/a.png"
    assert signed_urls.is_valid(path, fields)
    assert not signed_urls.is_valid(path, fields | {"ex": f"{int(fields['ex'], 16) + 1:x}"})
    assert not signed_urls.is_valid(path.replace("2", "3"), fields)
    assert not signed_urls.is_valid(path, {})


def test_the_global_limit() -> None:
    """After fifty requests in a second comes a global 429, from which interaction routes are exempt."""
    limits = RateLimits(message_limits=True)
    wide = RateLimit(count=1000, window_s=5)
    verdicts = [limits.admit("GET /x", str(number), wide, global_exempt=False) for number in range(GLOBAL_PER_SECOND + 1)]
    exempt = limits.admit("POST /callback", "1", wide, global_exempt=True)

    assert [verdict.retry_after for verdict in verdicts[:-1]] == [None] * GLOBAL_PER_SECOND
    assert verdicts[-1].is_global
    assert verdicts[-1].headers["X-RateLimit-Global"] == "true"
    assert exempt.retry_after is None


def test_daily_limit_of_new_commands() -> None:
    """Renaming all commands counts as creating them, up to 200 a day."""
    clock = SandboxClock()
    registry = CommandRegistry(clock, Snowflakes(clock), "1")
    sets = [[{"name": f"c{start + number}", "description": "x"} for number in range(100)] for start in (0, 100, 200)]
    registry.overwrite(None, sets[0])
    registry.overwrite(None, sets[1])
    with pytest.raises(ApiError) as refused:
        registry.overwrite(None, sets[2])
    registry.overwrite(None, sets[1])
    clock.advance(86401)
    registry.overwrite(None, sets[2])

    assert refused.value.code == 30034
    assert len(registry.all(None)) == 100


def test_multipart_parts() -> None:
    """A multipart body is split into names, file names and bytes, even if these look like a boundary."""
    body = (
        b'--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n{}\r\n'
        b'--b\r\nContent-Disposition: form-data; name="files[0]"; filename="a.png"\r\n\r\n\r\n-- b\r\n\r\n\r\n--b--\r\n'
    )

    assert split_parts(body, "b") == [
        Part(name="payload_json", filename=None, content=b"{}"),
        Part(name="files[0]", filename="a.png", content=b"\r\n-- b\r\n\r\n"),
    ]


@pytest.mark.parametrize(
    ("given", "clean"), [("a b.png", "a_b.png"), ("ö.png", ".png"), ("火", "unknown"), ("SPOILER_x-1.png", "SPOILER_x-1.png")]
)
def test_file_names(given: str, clean: str) -> None:
    """File names keep only ASCII letters, digits and three other characters."""
    assert clean_filename(given) == clean


def test_picture_sizes() -> None:
    """Picture dimensions come from the bytes; other bytes have none."""
    assert [picture_size(png(7, 5)), picture_size(b"text"), picture_size(b"")] == [(7, 5), None, None]
