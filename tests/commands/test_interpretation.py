"""Interpreting a message that is not a slash command, without knowing any words."""

import pytest

from bot.commands.command import Attachment, Command, Generate, Inquiry
from bot.commands.message import Heard, MemberMessage
from bot.commands.understanding import Context, understand
from bot.ids import UserId

PICTURE = Attachment(address="https://files.example/cat.png", name="cat.png")


@pytest.mark.parametrize(
    ("text", "pictures", "command"),
    [
        ("help", (), Inquiry(name="help")),
        (" /Quota ", (), Inquiry(name="quota")),
        ("Models", (), Inquiry(name="models")),
        ("", (), Inquiry(name="help")),
        ("🔥", (), Inquiry(name="help")),
        ("a fox", (), Generate(verb="imagine", prompt="a fox")),
        ("猫", (), Generate(verb="imagine", prompt="猫")),
        ("sharper", (PICTURE,), Generate(verb="edit", prompt="sharper", references=(PICTURE,))),
    ],
)
def test_a_message_is_interpreted(text: str, pictures: tuple[Attachment, ...], command: Command) -> None:
    """Names of inquiries, small talk, prompts and prompts with pictures become the right command."""
    sent = MemberMessage(text=text, heard=Heard.DIRECT, attachments=pictures)
    assert understand(sent, UserId("slack:T1/UADA"), Context(jobs={})) == command
