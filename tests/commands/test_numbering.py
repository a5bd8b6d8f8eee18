"""A reference keeps the number that the member sees, whatever its position is."""

import pytest

from bot.commands.command import Attachment, Generate, Options, StoredPicture
from bot.commands.numbering import as_seen, numbers_seen, prompt_for_gateway
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId

STORED = StoredPicture(job=JobId("0123456789ab"), number=1)


def command(prompt: str, *numbers: int | None) -> Generate:
    """With one attachment for each number; None is a picture of an earlier set."""
    sources = (STORED if number is None else Attachment(address=f"a{number}", name="a.png", number=number) for number in numbers)
    return Generate(verb="edit", prompt=prompt, references=tuple(sources))


@pytest.mark.parametrize(
    ("typed", "numbers", "sent"),
    [
        ("put a hat on image 3", (3,), "put a hat on image 1"),
        ("put a hat on image3", (3,), "put a hat on image1"),
        ("the cat of image 2 with the hat of Image 3", (2, 3), "the cat of image 1 with the hat of Image 2"),
        ("merge images 2 and 5", (2, 5), "merge images 1 and 2"),
        ("merge images 2, 3 and 5", (2, 3, 5), "merge images 1, 2 and 3"),
        ("merge images 1 & 4", (1, 4), "merge images 1 & 2"),
        ("image 2 and image 4", (None, None, 4), "image 2 and image 3"),
        ("image 9 of 3 images in 3 rows", (3,), "image 9 of 3 images in 3 rows"),
        ("a 3 image30 imagery 3", (3,), "a 3 image30 imagery 3"),
    ],
)
def test_the_gateway_gets_its_own_numbers(typed: str, numbers: tuple[int | None, ...], sent: str) -> None:
    """What the member calls image 3 is named by its position; other numbers stay."""
    assert prompt_for_gateway(command(typed, *numbers)) == sent


def test_without_a_gap_nothing_changes() -> None:
    """The prompt is sent as it was typed."""
    whole = Generate(verb="edit", prompt="image 2", references=(STORED, Attachment(address="a", name="a.png")))

    assert (numbers_seen(whole), prompt_for_gateway(whole)) == ((), "image 2")


def test_a_refusal_names_the_members_number() -> None:
    """Image 5 is damaged, although the gateway would count it as the second."""
    gap = command("merge", 2, 5)
    damaged = RefusedError(RefusalCode.REF_UNREADABLE, number=2)

    assert as_seen(damaged, gap).parameters["number"] == 5
    assert as_seen(RefusedError(RefusalCode.QUOTA_EXCEEDED, left=1), gap).parameters == {"left": 1}


def test_layers_are_not_asked_for_by_a_count() -> None:
    """So a smaller count is no advice where the quota does not last for them."""
    layers = Generate(verb="edit", prompt="", options=Options(layers=True))

    assert as_seen(RefusedError(RefusalCode.QUOTA_EXCEEDED, left=1), layers).parameters == {"left": 1, VARIANT: "layers"}
