"""What Slack tells us → commands: slash commands, buttons, forms, shortcuts, messages and replies."""

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


def upload(name: str, **more: Any) -> dict[str, Any]:
    """A file as Slack's JSON has it."""
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


def taken(name: str) -> Attachment:
    """The same file, taken in."""
    address = f"{FILES}/download/{name}"
    return Attachment(address=address, name=name, media_type="image/png", size_bytes=9, width=4, height=3)


FOX, OWL = taken("fox.png"), taken("owl.png")


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
    """One grammar for the text; what text cannot carry asks for a form."""
    assert to_command({"command": name, "text": text}) == command


def test_an_unknown_flag_is_refused_in_a_command() -> None:
    """Before any form opens on it."""
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
        (f"v1:show_result:{JOB}:private", ShowResult(job=JOB, private=True)),
    ],
)
def test_buttons(action: str, command: Command) -> None:
    """An action becomes its command."""
    assert command_of_press(action) == command


@pytest.mark.parametrize("action", ["", "v0:again:0123456789ab", f"v1:edit_form:{JOB}:draft", "anything", "v1:again:../../x"])
def test_strange_buttons(action: str) -> None:
    """Anybody can send anything: what is not ours is too old."""
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
            view(f"v1:edit_form:{JOB}", upload("fox.png"), upload("owl.png"), prompt="merge"),
            Generate(verb="edit", prompt="merge", references=(FOX, OWL)),
        ),
        (
            view(f"v1:edit_form:{JOB}:draft", upload("fox.png"), prompt="merge"),
            Generate(verb="edit", prompt="merge", references=(DraftPictures(draft=JOB), FOX)),
        ),
    ],
)
def test_forms(form: dict[str, Any], command: Command) -> None:
    """A filled form becomes its command, by its ids alone."""
    assert command_of_form(form) == command


def test_a_form_that_is_not_ours() -> None:
    """It is too old."""
    with pytest.raises(RefusedError) as raised:
        command_of_form({"callback_id": "something", "state": {"values": {}}})
    assert raised.value.refusal is RefusalCode.FORM_EXPIRED


def event(text: str = "a red fox", **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "UADA", "channel": "C1", "channel_type": "channel", "ts": "5.6", "text": text, **more}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (event(), IncomingMessage(text="a red fox", direct=False, mentions_bot=False)),
        (event(f"<@{US}> a fox"), IncomingMessage(text="a fox", direct=False, mentions_bot=True)),
        (event(f"a fox <@{US}|seedream> please"), IncomingMessage(text="a fox please", direct=False, mentions_bot=True)),
        (event("<@U2> &lt;@U0BOT&gt;"), IncomingMessage(text="@U2 <@U0BOT>", direct=False, mentions_bot=False)),
        (event(channel_type="im", channel="D1"), IncomingMessage(text="a red fox", direct=True, mentions_bot=False)),
        (
            event(subtype="file_share", files=[upload("fox.png")]),
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
def test_what_a_person_has_just_said(given: dict[str, Any], message: IncomingMessage | None) -> None:
    """Everything else, such as edits and messages of programs, asks nothing of the bot."""
    assert incoming_message(given, US) == message


STORED = (StoredPicture(job=JOB, number=1),)
MINE = MessageJob(requester=ADA, pictures=STORED)
THEIRS = MessageJob(requester=UserId("slack:T1/UBOB"), pictures=STORED)
NEWEST = MessageJob(requester=UserId("slack:T1/UBOB"), pictures=(StoredPicture(job=JOB, number=4),))
PARENT = MessagePictures(message=MessageId("C1:1.2"), attachments=(OWL,))


def words(
    text: str, *, direct: bool = False, mention: bool = False, files: tuple[Attachment, ...] = (), thread: bool = False
) -> IncomingMessage:
    return IncomingMessage(text=text, direct=direct, mentions_bot=mention, attachments=files, thread="1.2" if thread else None)


@pytest.mark.parametrize(
    ("message", "around", "command"),
    [
        (words("nice weather today"), {}, None),
        (words("nice", files=(FOX,)), {}, None),
        (words("a red fox", mention=True), {}, Generate(verb="imagine", prompt="a red fox")),
        (
            words("make it night", mention=True, files=(FOX,)),
            {},
            Generate(verb="edit", prompt="make it night", references=(FOX,)),
        ),
        (words("hello", mention=True), {}, Inquiry(name="help")),
        (words("quota", direct=True), {}, Inquiry(name="quota")),
        (words("a red fox", direct=True), {}, Generate(verb="imagine", prompt="a red fox")),
        (
            words("night", thread=True, mention=True),
            {"thread_job": THEIRS},
            Generate(verb="edit", prompt="night", references=STORED),
        ),
        (
            words("night", thread=True, mention=True),
            {"thread_job": MINE, "newest_job": NEWEST},
            Generate(verb="edit", prompt="night", references=NEWEST.pictures),
        ),
        (
            words("like this", thread=True, files=(FOX,)),
            {"thread_job": MINE},
            Generate(verb="edit", prompt="like this", references=(*STORED, FOX)),
        ),
        (words("like this", thread=True, files=(FOX,)), {"thread_job": THEIRS}, None),
        (words("like this", thread=True, files=(FOX,)), {"newest_job": NEWEST}, None),
        (words("thank you so much", thread=True), {"thread_job": MINE}, None),
        (
            words("night", thread=True, mention=True),
            {"parent": PARENT},
            Generate(verb="edit", prompt="night", references=(PARENT,)),
        ),
        (
            words("night", thread=True, direct=True),
            {"thread_job": MINE},
            Generate(verb="edit", prompt="night", references=STORED),
        ),
    ],
)
def test_who_is_heard(message: IncomingMessage, around: dict[str, Any], command: Command | None) -> None:
    """A mention, the requester's own picture in the thread of their job, a direct message; nothing else."""
    assert command_of_message(message, ADA, **around) == command


@pytest.mark.parametrize(
    ("message", "looked_at"),
    [
        (words("x"), False),
        (words("x", thread=True), False),
        (words("x", files=(FOX,)), False),
        (words("x", thread=True, files=(FOX,)), True),
        (words("x", mention=True), True),
        (words("x", direct=True), True),
    ],
)
def test_what_is_looked_at(message: IncomingMessage, *, looked_at: bool) -> None:
    """The talk of a busy channel costs no look into the database."""
    assert may_be_for_bot(message) is looked_at


@pytest.mark.parametrize(
    ("file", "address", "picture"),
    [
        (upload("fox.png"), f"{FILES}/download/fox.png", True),
        (upload("fox.png", url_private_download=None), f"{FILES}/fox.png", True),
        (upload("notes.txt", mimetype="text/plain"), f"{FILES}/download/notes.txt", False),
        (upload("fox.heic", mimetype=""), f"{FILES}/download/fox.heic", True),
        (upload("fox.heic", mimetype="application/octet-stream"), f"{FILES}/download/fox.heic", True),
        ({"id": "F2", "mode": "file_access", "file_access": "check_file_info"}, f"{STUB}F2", True),
        ({"id": "F3", "mode": "tombstone"}, f"{DELETED}F3", False),
        (upload("fox.png", mode="external", is_external=True), f"{ELSEWHERE}F1", True),
    ],
)
def test_files(file: dict[str, Any], address: str, *, picture: bool) -> None:
    """Slack's own, those it only names, those it does not hold, those that are gone."""
    found = to_attachment(file)
    assert (found.address, is_picture(found)) == (address, picture)


def test_a_shortcuts_pictures() -> None:
    """All that the message shows, each once; text alone is refused."""
    message = {"ts": "1.2", "files": [upload("fox.png"), upload("notes.txt", mimetype="text/plain"), upload("fox.png")]}
    shared = {"attachments": [{"files": [upload("owl.png")]}]}
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
def test_markup_reads_as_it_was_typed(marked: str, typed: str) -> None:
    """What Slack made of links, names and the three letters it escapes."""
    assert plain(marked) == typed


def test_our_name_goes_wherever_it_stands() -> None:
    """Line breaks around it stay."""
    assert without_mention(f"<@{US}>\na fox\n<@{US}>", US) == "a fox"
