"""Encoding the actions of buttons and forms."""

import pytest

from bot.commands.action import MAX_LENGTH, PRIVATE, Action, ActionKind, decode_action, encode_action
from bot.ids import JobId

JOB = JobId("0123456789ab")


@pytest.mark.parametrize(
    "action",
    [
        Action(kind=ActionKind.AGAIN, job=JOB),
        Action(kind=ActionKind.MISSING, job=JOB, argument=PRIVATE),
        Action(kind=ActionKind.SHOW_RESULT, job=JOB, argument=""),
        Action(kind=ActionKind.EDIT_FORM, job=JOB, argument="a:b"),
    ],
)
def test_an_action_survives_encoding(action: Action) -> None:
    """An encoded action is decoded to itself."""
    assert decode_action(encode_action(action)) == action


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v1",
        "v1:again",
        "v2:again:0123456789ab",
        "v1:explode:0123456789ab",
        "v1:again:short",
        "v1:again:0123456789ab:" + "x" * 100,
    ],
)
def test_other_text_is_not_an_action(text: str) -> None:
    """Text of another version, kind or length is not decoded, since anyone can send it."""
    assert decode_action(text) is None


def test_an_action_that_is_too_long_is_an_error() -> None:
    """It raises instead of being cut off by a platform."""
    with pytest.raises(ValueError, match=str(MAX_LENGTH)):
        encode_action(Action(kind=ActionKind.AGAIN, job=JOB, argument="x" * 100))
