"""What the servers share: faults, clock, recording and files."""

import io
import json

import pytest

from sandbox.clock import SandboxClock
from sandbox.contracts import ControlError
from sandbox.faults import Fault, Faults
from sandbox.runtime import FileStore, Recording


@pytest.mark.parametrize(
    ("where", "place", "detail", "struck"),
    [
        ("ark.submit", "ark.submit", "a fox", True),
        ("ark.submit", "ark.result", "a fox", False),
        ("*.submit", "ark.submit", "", True),
        ("ark.*", "ark.result", "", True),
        ("ark.submit:*fox*", "ark.submit", "a fox in snow", True),
        ("ark.submit:*fox*", "ark.submit", "a cat", False),
        ("discord.rest:PATCH *", "discord.rest", "PATCH /channels/1/messages/2", True),
        ("discord.rest:PATCH *", "discord.rest", "POST /channels/1/messages", False),
    ],
)
def test_fault_matching(where: str, place: str, detail: str, struck: bool) -> None:
    """A fault applies to the places that its pattern matches, and there to the details it names."""
    faults = Faults(SandboxClock())
    faults.add(Fault(where=where, what="500", times=1))

    assert (faults.take(place, detail) == "500") is struck


@pytest.mark.parametrize(
    ("word", "what", "known"),
    [
        ("never", "never", True),
        ("never", "never:1", False),
        ("slow:SECONDS", "slow:1.5", True),
        ("slow:SECONDS", "slow", False),
        ("slow:SECONDS", "slow:soon", False),
        ("429[:SECONDS]", "429", True),
        ("429[:SECONDS]", "429:0.3", True),
        ("STATUS", "404", True),
        ("STATUS", "gone", False),
        ("error:STATUS:CODE", "error:400:Input.Text", True),
        ("error:STATUS:CODE", "error:Input.Text", False),
        ("close[:NUMBER]", "close:4000", True),
    ],
)
def test_declared_words(word: str, what: str, known: bool) -> None:
    """In a declared word, capitals are placeholders and brackets are optional parts."""
    faults = Faults(SandboxClock())
    faults.declare("server.part", [word])

    if known:
        faults.check("server.*", what)
    else:
        with pytest.raises(ControlError, match=r"server\.part knows no fault"):
            faults.check("server.*", what)


def test_first_applicable_fault_wins() -> None:
    """Once a fault is used up, the next matching one applies."""
    faults = Faults(SandboxClock())
    for what in ("429", "500"):
        faults.add(Fault(where="ark.submit", what=what, times=1))

    assert [faults.take("ark.submit") for _ in range(3)] == ["429", "500", None]


def test_clock() -> None:
    """The clock is wall time plus what was added."""
    clock = SandboxClock()
    before = clock.now()
    clock.advance(3600)

    assert 3600 <= clock.now() - before < 3660


def test_recording_is_written_as_it_grows() -> None:
    """Every request is written to the sink at once, as one line in its original script."""
    sink = io.StringIO()
    recording = Recording(sink=sink)
    recording.add({"method": "POST", "payload": {"content": "狐"}})

    assert json.loads(sink.getvalue()) == recording.lines[0]
    assert "狐" in sink.getvalue()


def test_files_are_found_by_their_hash() -> None:
    """The same bytes are stored once, under their SHA-256."""
    files = FileStore()
    name = files.put(b"a picture")

    assert (files.put(b"a picture"), files.get(name), files.get("0")) == (name, b"a picture", None)
