"""The session file: its format, its validation and its owner."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.session import FILE, LIFE_SECONDS, TOUCH_SECONDS, Session, SessionFile, decode, encode, session_key
from tests.fakes.clock import FakeClock

NOW = 1_700_000_000.0
KEY = session_key("a token", 4609)
SESSION = Session(id="5e55", host="gateway-us-east1-b.discord.gg", sequence=41)


def line(**changed: Any) -> bytes:
    return json.dumps(json.loads(encode(SESSION, key=KEY, at=NOW)) | changed).encode()


def test_session_round_trip() -> None:
    """Remains of a longer earlier line are ignored."""
    written = encode(SESSION, key=KEY, at=NOW)
    assert decode(written, key=KEY, now=NOW + LIFE_SECONDS - 1) == SESSION
    assert decode(written + b'of another"}\n', key=KEY, now=NOW) == SESSION


def test_token_is_not_written() -> None:
    """The file contains only a key derived from the token."""
    assert b"a token" not in encode(SESSION, key=KEY, at=NOW)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        encode(SESSION, key=KEY, at=NOW)[:60],
        line(session=5),
        line(sequence=None),
        line(sequence="41"),
        line(at="now"),
        line(at=NOW - LIFE_SECONDS),
        line(at=NOW + LIFE_SECONDS),
        line(key=session_key("another token", 4609)),
        line(key=session_key("a token", 4608)),
        line(host="evil.example"),
        line(host="discord.gg.evil.example"),
        line(host="user@x.discord.gg"),
        line(host="x.discord.gg/path"),
        line(host="x.discord.gg\n"),
    ],
)
def test_invalid_sessions_are_rejected(content: bytes) -> None:
    """Empty, damaged, too old, for another bot or other intents, or with a host that must not get the token."""
    assert decode(content, key=KEY, now=NOW) is None


async def test_one_process_owns_the_file(tmp_path: Path) -> None:
    """A second process neither reads nor writes the file until the first releases it; the third resumes the first's session."""
    first, second, third = (SessionFile(tmp_path / FILE, KEY, FakeClock()) for _ in range(3))
    other = Session(id="07e4", host=SESSION.host, sequence=1)
    assert await first.acquire() is None
    await first.save(SESSION)
    assert await second.acquire() is None
    await second.save(other)
    assert await second.release(other) is False
    assert await first.release(None) is True
    assert await third.acquire() == SESSION
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


async def test_younger_process_takes_ownership(tmp_path: Path) -> None:
    """After a deploy the younger process leaves its own session to the next one."""
    old, young, next_ = (SessionFile(tmp_path / FILE, KEY, FakeClock()) for _ in range(3))
    other = Session(id="07e4", host=SESSION.host, sequence=1)
    await old.acquire()
    await young.acquire()
    await old.release(SESSION)
    await young.save(other)
    assert await next_.acquire() is None
    assert await young.release(other) is True
    assert await next_.acquire() == other


async def test_idle_session_is_touched(tmp_path: Path) -> None:
    """An unchanged session is written again from time to time, so that it does not look expired after a kill."""
    clock = FakeClock()
    file = SessionFile(tmp_path / FILE, KEY, clock)
    await file.save(SESSION)
    first = (tmp_path / FILE).read_bytes()
    clock.advance(TOUCH_SECONDS - 1)
    await file.save(SESSION)
    assert (tmp_path / FILE).read_bytes() == first
    clock.advance(1)
    await file.save(SESSION)
    assert decode((tmp_path / FILE).read_bytes(), key=KEY, now=clock.now() + LIFE_SECONDS - 1) == SESSION


async def test_idle_session_is_touched_although_the_clock_was_set_back(tmp_path: Path) -> None:
    """Else the next process would take it for one from the future."""
    clock = FakeClock()
    file = SessionFile(tmp_path / FILE, KEY, clock)
    await file.save(SESSION)
    clock.jump(-24 * 3600.0)
    clock.advance(TOUCH_SECONDS)
    await file.save(SESSION)
    assert decode((tmp_path / FILE).read_bytes(), key=KEY, now=clock.now()) == SESSION


async def test_unwritable_session_file_is_ignored(tmp_path: Path) -> None:
    """The bot logs one warning and keeps no session."""
    (tmp_path / FILE).mkdir()
    file = SessionFile(tmp_path / FILE, KEY, FakeClock())
    assert await file.acquire() is None
    await file.save(SESSION)
    assert await file.release(SESSION) is False


async def test_the_first_start_has_no_folder_yet(tmp_path: Path) -> None:
    """The session is stored all the same."""
    path = tmp_path / "data" / FILE
    first = SessionFile(path, KEY, FakeClock())
    assert await first.acquire() is None
    await first.save(SESSION)
    assert await first.release(None) is True
    assert await SessionFile(path, KEY, FakeClock()).acquire() == SESSION
