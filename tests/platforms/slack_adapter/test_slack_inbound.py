"""Converts Slack payloads to commands: slash commands, buttons, forms, shortcuts, messages and replies."""

from collections.abc import Callable
from typing import Any

import pytest

from adapters.shared.controls import command_of_press
from adapters.slack.inbound.attachments import DELETED, ELSEWHERE, STUB, is_picture, target_pictures, to_attachment
from adapters.slack.inbound.events import incoming_message
from adapters.slack.inbound.messages import IncomingMessage, command_of_message, may_be_for_bot, plain, without_mention
from adapters.slack.inbound.reading import OpenForm, command_of_form, to_command
from bot.commands.command import (
    Attachment,
    Command,
    DraftPictures,
    Generate,
    Inquiry,
    MessagePictures,
    Options,
    Repeat,
    ShowResult,
    StoredPicture,
)
from bot.commands.interpretation import MessageJob
from bot.errors import RefusalCode, RefusedError
from bot.ids import JobId, MessageId, UserId

US = "U0BOT"
JOB = JobId("0123456789ab")
ADA = UserId("slack:T1/UADA")
FILES = "https://files.slack.com/files-pri/T1-F1"


def file_json(name: str, **more: Any) -> dict[str, Any]:
    """A file in Slack's JSON."""
    return {
        "id": "F1",
        "mode": "hosted",
        "name": name,
        "mimetype": "image/png",
        "size": 9,
        "original_w": 4,
        "original_h": 3,
        "url_private": f"{FILES}/{name}",
        "url_private_download": f"{FILES}/download/{name}",
        **more,
    }


def attachment_of(name: str) -> Attachment:
    """The same file after conversion."""
    address = f"{FILES}/download/{name}"
    return Attachment(address=address, name=name, media_type="image/png", size_bytes=9, width=4, height=3)


FOX, OWL = attachment_of("fox.png"), attachment_of("owl.png")


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("/imagine", "a red fox", Generate(verb="imagine", prompt="a red fox")),
        ("/imagine", "a fox --ratio 16:9", Generate(verb="imagine", prompt="a fox", options=Options(ratio="16:9"))),
        ("/imagine", "a &lt;fox&gt; &amp; an owl", Generate(verb="imagine", prompt="a <fox> & an owl")),
        ("/imagine", "  ", OpenForm(verb="imagine")),
        ("/imagine", None, OpenForm(verb="imagine")),
        ("/edit", "", OpenForm(verb="edit")),
        ("/edit", "make it night --size 4K", OpenForm(verb="edit", prompt="make it night --size 4K")),
        ("/edit", f"--ref {JOB}#2", OpenForm(verb="edit", prompt=f"--ref {JOB}#2")),
        (
            "/edit",
            f"make it night --ref {JOB}#2",
            Generate(verb="edit", prompt="make it night", references=(StoredPicture(job=JOB, number=2),)),
        ),
        ("/seedream", "quota", Inquiry(name="quota")),
        ("/seedream", "Quota ", Inquiry(name="quota")),
        ("/seedream", "models", Inquiry(name="models")),
        ("/seedream", "help", Inquiry(name="help")),
        ("/seedream", "", Inquiry(name="help")),
        ("/quota", "", Inquiry(name="help")),
    ],
)
def test_slash_commands(name: str, text: str | None, command: Command | OpenForm) -> None:
    """The text follows one grammar; a command that needs more input opens a form."""
    assert to_command({"command": name, "text": text}) == command


def test_unknown_flag_in_a_command_is_refused() -> None:
    """No form opens."""
    for name in ("/imagine", "/edit"):
        with pytest.raises(RefusedError) as raised:
            to_command({"command": name, "text": "a fox --cuont 2"})
        assert raised.value.refusal is RefusalCode.UNKNOWN_FLAG


@pytest.mark.parametrize(
    ("action", "command"),
    [
        (f"v1:again:{JOB}", Repeat(job=JOB)),
        (f"v1:again:{JOB}:private", Repeat(job=JOB, private=True)),
        (f"v1:missing:{JOB}", Repeat(job=JOB, missing=True)),
        (f"v1:missing:{JOB}:private", Repeat(job=JOB, private=True, missing=True)),
        (f"v1:show_result:{JOB}", ShowResult(job=JOB)),
        (f"v1:original:{JOB}", ShowResult(job=JOB, private=True, originals=True)),
        (f"v1:show_result:{JOB}:private", ShowResult(job=JOB, private=True)),
    ],
)
def test_buttons(action: str, command: Command) -> None:
    """An action id alone determines the command."""
    assert command_of_press(action) == command


@pytest.mark.parametrize("action", ["", "v0:again:0123456789ab", f"v1:edit_form:{JOB}:draft", "anything", "v1:again:../../x"])
def test_unknown_buttons_are_refused_as_expired(action: str) -> None:
    """Clients can send any action id; an unknown one is refused as expired."""
    with pytest.raises(RefusedError) as raised:
        command_of_press(action)
    assert raised.value.refusal is RefusalCode.FORM_EXPIRED


def view(callback: str, *files: dict[str, Any], **texts: str | None) -> dict[str, Any]:
    values: dict[str, Any] = {name: {name: {"type": "plain_text_input", "value": text}} for name, text in texts.items()}
    values["files"] = {"files": {"type": "file_input", "files": list(files)}}
    return {"callback_id": callback, "state": {"values": values}}


@pytest.mark.parametrize(
    ("form", "command"),
    [
        (
            view(f"v1:new_form:{JOB}", prompt="a fox", count="3", size=None, ratio="16:9", model="4.5"),
            Generate(verb="imagine", prompt="a fox", options=Options(count=3, ratio="16:9", model="4.5")),
        ),
        (
            view(f"v1:edit_form:{JOB}", file_json("fox.png"), file_json("owl.png"), prompt="merge"),
            Generate(verb="edit", prompt="merge", references=(FOX, OWL)),
        ),
        (
            view(f"v1:edit_form:{JOB}:draft", file_json("fox.png"), prompt="merge"),
            Generate(verb="edit", prompt="merge", references=(DraftPictures(draft=JOB), FOX)),
        ),
    ],
)
def test_forms(form: dict[str, Any], command: Command) -> None:
    """A submission becomes its command by its ids alone."""
    assert command_of_form(form) == command


def test_unknown_form_is_refused_as_expired() -> None:
    """Its callback id is unknown."""
    with pytest.raises(RefusedError) as raised:
        command_of_form({"callback_id": "something", "state": {"values": {}}})
    assert raised.value.refusal is RefusalCode.FORM_EXPIRED


def event(text: str = "a red fox", **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "UADA", "channel": "C1", "channel_type": "channel", "ts": "5.6", "text": text, **more}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (event(), IncomingMessage(text="a red fox", direct=False, mentions_bot=False)),
        (event(f"<@{US}> a fox"), IncomingMessage(text=f"<@{US}> a fox", direct=False, mentions_bot=True)),
        (
            event(f"a fox <@{US}|seedream> please"),
            IncomingMessage(text=f"a fox <@{US}|seedream> please", direct=False, mentions_bot=True),
        ),
        (event("<@U2> &lt;@U0BOT&gt;"), IncomingMessage(text="<@U2> &lt;@U0BOT&gt;", direct=False, mentions_bot=False)),
        (event(channel_type="im", channel="D1"), IncomingMessage(text="a red fox", direct=True, mentions_bot=False)),
        (
            event(subtype="file_share", files=[file_json("fox.png")]),
            IncomingMessage(text="a red fox", direct=False, mentions_bot=False, attachments=(FOX,)),
        ),
        (event(thread_ts="1.2"), IncomingMessage(text="a red fox", direct=False, mentions_bot=False, thread="1.2")),
        (event(thread_ts="5.6"), IncomingMessage(text="a red fox", direct=False, mentions_bot=False)),
        (
            event(subtype="thread_broadcast", thread_ts="1.2"),
            IncomingMessage(text="a red fox", direct=False, mentions_bot=False, thread="1.2"),
        ),
        (event(subtype="message_changed"), None),
        (event(subtype="message_deleted"), None),
        (event(subtype="bot_message"), None),
        (event(subtype="channel_join"), None),
        (event(hidden=True), None),
        (event(bot_id="B1"), None),
        (event(user=US), None),
        (event(user="USLACKBOT"), None),
        (event(user=None), None),
    ],
)
def test_only_new_messages_of_people_are_read(raw: dict[str, Any], message: IncomingMessage | None) -> None:
    """Edits and messages of apps are ignored."""
    assert incoming_message(raw, US) == message


STORED = (StoredPicture(job=JOB, number=1),)
MINE = MessageJob(requester=ADA, pictures=STORED)
THEIRS = MessageJob(requester=UserId("slack:T1/UBOB"), pictures=STORED)
NEWEST = MessageJob(requester=UserId("slack:T1/UBOB"), pictures=(StoredPicture(job=JOB, number=4),))
PARENT = MessagePictures(message=MessageId("C1:1.2"), attachments=(OWL,))


def incoming(
    text: str, *, direct: bool = False, mention: bool = False, files: tuple[Attachment, ...] = (), thread: bool = False
) -> IncomingMessage:
    """Return an incoming message of a person in thread 1.2 or in no thread."""
    return IncomingMessage(text=text, direct=direct, mentions_bot=mention, attachments=files, thread="1.2" if thread else None)


@pytest.mark.parametrize(
    ("message", "context", "command"),
    [
        (incoming("nice weather today"), {}, None),
        (incoming("nice", files=(FOX,)), {}, None),
        (incoming("a red fox", mention=True), {}, Generate(verb="imagine", prompt="a red fox")),
        (incoming(f"a fox <@{US}|seedream> please", mention=True), {}, Generate(verb="imagine", prompt="a fox please")),
        (incoming("<@U2> in &lt;snow&gt;", direct=True), {}, Generate(verb="imagine", prompt="@U2 in <snow>")),
        (
            incoming("make it night", mention=True, files=(FOX,)),
            {},
            Generate(verb="edit", prompt="make it night", references=(FOX,)),
        ),
        (incoming("hello", mention=True), {}, Inquiry(name="help")),
        (incoming("quota", direct=True), {}, Inquiry(name="quota")),
        (incoming("a red fox", direct=True), {}, Generate(verb="imagine", prompt="a red fox")),
        (
            incoming("night", thread=True, mention=True),
            {"thread_job": THEIRS},
            Generate(verb="edit", prompt="night", references=STORED),
        ),
        (
            incoming("night", thread=True, mention=True),
            {"thread_job": MINE, "newest_job": NEWEST},
            Generate(verb="edit", prompt="night", references=NEWEST.pictures),
        ),
        (
            incoming("like this", thread=True, files=(FOX,)),
            {"thread_job": MINE},
            Generate(verb="edit", prompt="like this", references=(*STORED, FOX)),
        ),
        (incoming("like this", thread=True, files=(FOX,)), {"thread_job": THEIRS}, None),
        (incoming("like this", thread=True, files=(FOX,)), {"newest_job": NEWEST}, None),
        (incoming("thank you so much", thread=True), {"thread_job": MINE}, None),
        (
            incoming("night", thread=True, mention=True),
            {"parent": PARENT},
            Generate(verb="edit", prompt="night", references=(PARENT,)),
        ),
        (
            incoming("night", thread=True, direct=True),
            {"thread_job": MINE},
            Generate(verb="edit", prompt="night", references=STORED),
        ),
    ],
)
def test_messages(message: IncomingMessage, context: dict[str, Any], command: Command | None) -> None:
    """Mentions, direct messages, and the requester's own picture in the thread of their job become commands; nothing else does."""
    assert command_of_message(message, US, ADA, **context) == command


@pytest.mark.parametrize(
    ("message", "needed"),
    [
        (incoming("x"), False),
        (incoming("x", thread=True), False),
        (incoming("x", files=(FOX,)), False),
        (incoming("x", thread=True, files=(FOX,)), True),
        (incoming("x", mention=True), True),
        (incoming("x", direct=True), True),
    ],
)
def test_messages_that_need_a_database_lookup(message: IncomingMessage, *, needed: bool) -> None:
    """Messages that cannot be for the bot need none."""
    assert may_be_for_bot(message) is needed


@pytest.mark.parametrize(
    ("file", "address", "picture"),
    [
        (file_json("fox.png"), f"{FILES}/download/fox.png", True),
        (file_json("fox.png", url_private_download=None), f"{FILES}/fox.png", True),
        (file_json("notes.txt", mimetype="text/plain"), f"{FILES}/download/notes.txt", False),
        (file_json("fox.heic", mimetype=""), f"{FILES}/download/fox.heic", True),
        (file_json("fox.heic", mimetype="application/octet-stream"), f"{FILES}/download/fox.heic", True),
        ({"id": "F2", "mode": "file_access", "file_access": "check_file_info"}, f"{STUB}F2", True),
        ({"id": "F3", "mode": "tombstone"}, f"{DELETED}F3", False),
        (file_json("fox.png", mode="external", is_external=True), f"{ELSEWHERE}F1", True),
    ],
)
def test_files(file: dict[str, Any], address: str, *, picture: bool) -> None:
    """Hosted, unresolved, external and deleted files."""
    found = to_attachment(file)
    assert (found.address, is_picture(found)) == (address, picture)


def test_pictures_of_a_shortcut() -> None:
    """All pictures of the message without duplicates; a message with text only is refused."""
    message = {"ts": "1.2", "files": [file_json("fox.png"), file_json("notes.txt", mimetype="text/plain"), file_json("fox.png")]}
    shared = {"attachments": [{"files": [file_json("owl.png")]}]}
    assert target_pictures({**message, **shared}, "C1") == MessagePictures(message=MessageId("C1:1.2"), attachments=(FOX, OWL))
    with pytest.raises(RefusedError) as raised:
        target_pictures({"ts": "1.2", "text": "words"}, "C1")
    assert raised.value.refusal is RefusalCode.REFS_REQUIRED


@pytest.mark.parametrize(
    ("marked", "typed"),
    [
        ("a &lt;b&gt; &amp; c &amp;lt;", "a <b> & c &lt;"),
        ("<https://example.com|example.com> and <https://x.example/?a=1&amp;b=2>", "example.com and https://x.example/?a=1&b=2"),
        ("<@U1> <@U2|bob> <#C1|art> <#C2>", "@U1 @bob #art #C2"),
        ("<!channel> <!here|here> <!subteam^S1|@painters> <!date^1^{date}|yesterday>", "@channel here @painters yesterday"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
    ],
)
def test_markup_is_converted_to_plain_text(marked: str, typed: str) -> None:
    """Links, mentions and the three escaped characters."""
    assert plain(marked) == typed


def test_bots_mention_is_removed_everywhere() -> None:
    """Line breaks between words stay."""
    assert without_mention(f"<@{US}>\na fox\n<@{US}>", US) == "a fox"


@pytest.mark.parametrize(
    ("read", "limit"),
    [
        (lambda text: to_command({"command": "/imagine", "text": text}), 40_000),
        (lambda text: to_command({"command": "/edit", "text": text}), 40_000),
        (lambda text: to_command({"command": "/seedream", "text": text}), 40_000),
        (lambda text: command_of_message(incoming(text, direct=True), US, ADA), 40_000),
        (lambda text: command_of_form(view(f"v1:new_form:{JOB}", size=text)), 3000),
    ],
)
def test_a_text_that_slack_does_not_let_members_write_is_refused(read: Callable[[str], object], limit: int) -> None:
    """Before it is read, and with the limit."""
    with pytest.raises(RefusedError) as raised:
        read("a" * (limit + 1))

    assert raised.value.refusal is RefusalCode.TEXT_TOO_LONG
    assert raised.value.parameters == {"value": limit + 1, "limit": limit}


def test_a_long_message_that_is_not_for_the_bot_is_not_answered() -> None:
    """Not even with a refusal."""
    assert command_of_message(incoming("a" * 50_000), US, ADA) is None


def test_a_long_file_name_keeps_its_end() -> None:
    """By which an image is recognised."""
    assert to_attachment(file_json("a" * 5000 + ".png", mimetype=None)).name == "a" * 251 + ".png"
