"""A set of a model that makes one picture a call: several paid calls, one message, one receipt."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.whole.scene import Message, Scene, said

GATEWAY = "ark_intl"


def command(scene: Scene, prompt: str) -> None:
    scene.command("imagine", f"{prompt} --gateway {GATEWAY}")


def booked(scene: Scene, job_prompt: str) -> list[tuple[int, int, str, int]]:
    """The calls of the job with these words: pictures asked for, pictures booked, who says so, and micro-units."""
    path = Path(scene.sandbox.env["DATA_DIR"]) / "seedream-bot.db"
    query = (
        "SELECT call.wants, spend.images, spend.billed_by, spend.amount"
        " FROM job JOIN call ON call.job = job.id JOIN spend ON spend.job = job.id AND spend.call = call.number"
        " WHERE job.command LIKE ? ORDER BY call.number"
    )
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query, (f"%{job_prompt}%",)).fetchall()


def sets(scene: Scene, start: str | None) -> list[Message]:
    return [message for message in scene.in_public(start) if message["files"]]


@pytest.mark.parametrize(
    ("options", "wants"),
    [("--model 5.5", [1, 1, 1]), ("--model 4.5 --separate", [1, 1, 1]), ("--model 4.5", [3])],
    ids=["one picture a call", "independent", "one set"],
)
def test_three_pictures(scene: Scene, options: str, wants: list[int]) -> None:
    """In as many calls as the model needs, each booked for itself; the member sees one message with all of them."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    prompt = f"three kettles on {scene.platform} {len(wants)} {len(options)}"

    command(scene, f"{prompt} --count 3 {options}")
    result = scene.pictures(start, count=3)

    assert [call["billed"] for call in scene.calls_since(before)] == wants
    assert len(sets(scene, start)) == 1
    rows = booked(scene, prompt)
    assert [(asked, images, by) for asked, images, by, _ in rows] == [(want, want, "counts") for want in wants]
    assert [file["name"].rpartition("-")[2][0] for file in result["files"]] == ["1", "2", "3"]


def test_one_of_three_fails(scene: Scene) -> None:
    """The others are delivered, and the receipt says why the third is missing; nothing is asked for twice."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    scene.sandbox.fault(f"{GATEWAY}.submit", "error-string", times=1)

    command(scene, "three lonely kettles --count 3 --model 5.5")
    result = scene.pictures(start, count=2)

    assert "2 of 3 images" in said(result)
    (missing,) = {"1", "2", "3"} - {file["name"].rpartition("-")[2][0] for file in result["files"]}
    assert f"Image {missing}: not generated." in said(result)
    assert sum(call["billed"] for call in scene.calls_since(before)) == 2


def test_one_of_three_is_in_doubt(scene: Scene) -> None:
    """It is never paid for again; the member is told that it may have cost, and pays for what arrived."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    scene.sandbox.fault(f"{GATEWAY}.submit", "reset-after", times=1)

    prompt = f"three wary kettles on {scene.platform}"
    command(scene, f"{prompt} --count 3 --model 5.5")
    result = scene.pictures(start, count=2)

    assert "2 of 3 images" in said(result)
    assert ": did not arrive." in said(result)
    assert [call["billed"] for call in scene.calls_since(before)] == [1, 1, 1]
    assert sorted(by for _, _, by, _ in booked(scene, prompt)) == ["counts", "counts", "estimate"]


def test_one_of_three_waits(scene: Scene) -> None:
    """A gateway that was too busy for one of them is asked again for that one alone."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    scene.sandbox.fault(f"{GATEWAY}.submit", "429:1", times=1)

    command(scene, "three patient kettles --count 3 --model 5.5")

    assert scene.pictures(start, count=3)
    assert [call["billed"] for call in scene.calls_since(before) if call["billed"]] == [1, 1, 1]
