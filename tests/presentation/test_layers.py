"""What members read of an image that was taken apart."""

from dataclasses import replace

import pytest

from bot.chat.moment import plain
from bot.ids import JobId, UserId
from bot.jobs.events import Collected, JobFacts, PictureArrived
from bot.presentation import render
from bot.presentation.layers import LayersShown, base_alt, layer_name, layer_notes, preview_alt, zip_alt
from bot.wording.words import Words
from tests.fakes.platform import CAPABILITIES

WORDS = Words()
FACTS = JobFacts(job=JobId("0123456789ab"), user=UserId("ada"), prompt="", count=17, references=1, private=False, layers=True)
NAMES = ((1, "base"), (3, "hat"), (2, "dog"))
SHOWN = LayersShown(names=NAMES, composed=True)


@pytest.mark.parametrize(
    ("shown", "notes"),
    [
        (SHOWN, ["Layers: 1 base, 3 hat, 2 dog."]),
        (
            LayersShown(names=tuple((number, "x") for number in range(1, 10)), composed=True),
            ["Layers: 1 x, 2 x, 3 x, 4 x, 5 x, 6 x, 7 x, 8 x, and one more."],
        ),
        (
            replace(SHOWN, left_out=(2,)),
            [
                "Layers: 1 base, 3 hat, 2 dog.",
                "Layer 2 is not in the preview, because its place or its file cannot be used. It is in the zip.",
            ],
        ),
        (
            replace(SHOWN, composed=False, too_large=(2, 3), zips=2),
            [
                "Layers: 1 base, 3 hat, 2 dog.",
                "I could not put the layers together for a preview; they are in the zip.",
                "Layers 2, 3 are too large to post here.",
                "The layers are in 2 zip files, because one would be too large here.",
            ],
        ),
    ],
)
def test_notes(shown: LayersShown, notes: list[str]) -> None:
    """The names of a few, and what is not as it should be, a sentence each."""
    assert layer_notes(shown, WORDS, first=True) == notes


def test_the_next_message_does_not_repeat_the_names() -> None:
    """It says what concerns its own files."""
    assert layer_notes(replace(SHOWN, too_large=(9,)), WORDS, first=False) == ["Layer 9 is too large to post here."]


def test_many_numbers_are_cut() -> None:
    """A message has only so many characters."""
    (_, note) = layer_notes(replace(SHOWN, left_out=tuple(range(2, 100))), WORDS, first=True)
    assert note.startswith("Layers 2, 3, 4, ")
    assert ", 21, … are not in the preview, because their places or their files cannot be used. They are in the zip." in note


@pytest.mark.parametrize(
    ("name", "base", "read"),
    [
        ("", True, "base"),
        ("", False, "unnamed"),
        (" a\n\tb\x00 ", False, "a b"),
        ("\u202egnp", False, "gnp"),
        ("y" * 99, False, "y" * 29 + "…"),
    ],
)
def test_names(name: str, base: bool, read: str) -> None:
    assert layer_name(name, WORDS, base=base) == read


def test_for_screen_readers() -> None:
    """The preview, the base in its place, and the zip; never longer than a platform takes."""
    assert preview_alt(NAMES, WORDS, length=99) == "3 layers put together again: 1 base, 3 hat, 2 dog"
    assert base_alt(NAMES, WORDS, length=99) == "Layer 1 of 3, the base"
    assert zip_alt(NAMES, WORDS, length=99) == "3 layers as files: 1 base, 3 hat, 2 dog"
    assert zip_alt(NAMES * 50, WORDS, length=99)[98:] == "…"


def test_while_it_is_made_and_afterwards() -> None:
    """Layers are called layers, and nobody is told of seventeen images."""
    arrived = render.progress(PictureArrived(facts=FACTS, arrived=3), CAPABILITIES, WORDS)
    collected = render.progress(Collected(facts=FACTS, arrived=5), CAPABILITIES, WORDS)
    assert (plain(arrived.text), plain(collected.text)) == ("3 layers so far…", "Done. Posting the layers of your image…")
    assert render.ping(FACTS, pictures=5, words=WORDS).text == "The layers of your image are ready."
    again = render.result(FACTS, [], WORDS, part=render.SetPart(total=5, layers=SHOWN), mention=False, capabilities=CAPABILITIES)
    assert again.text == "Here are the 5 layers of your image."
