"""Interpreting a message that is not a slash command."""

import pytest

from bot.commands.command import Attachment, Command, Generate, Inquiry
from bot.commands.interpretation import interpret_message, is_chatter

PICTURE = Attachment(address="https://files.example/cat.png", name="cat.png")


@pytest.mark.parametrize(
    ("text", "small"),
    [
        ("", True),
        ("hello", True),
        ("a fox", False),
        ("你好", True),
        ("画一只红色的狐狸", False),
        ("きつね", True),
        ("สวัสดี", False),
    ],
)
def test_small_talk(text: str, *, small: bool) -> None:
    """Words are counted also in scripts without spaces."""
    assert is_chatter(text) is small


@pytest.mark.parametrize(
    ("text", "pictures", "command"),
    [
        ("help", (), Inquiry(name="help")),
        (" /Quota ", (), Inquiry(name="quota")),
        ("Models", (), Inquiry(name="models")),
        ("hi", (), Inquiry(name="help")),
        ("a fox", (), Generate(verb="imagine", prompt="a fox")),
        ("sharper", (PICTURE,), Generate(verb="edit", prompt="sharper", references=(PICTURE,))),
    ],
)
def test_a_message_is_interpreted(text: str, pictures: tuple[Attachment, ...], command: Command) -> None:
    """Names of inquiries, small talk, prompts and prompts with pictures become the right command."""
    assert interpret_message(text, pictures) == command
