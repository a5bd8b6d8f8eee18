"""Converts Slack payloads to commands: slash commands, buttons, forms, shortcuts, messages and replies."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from adapters.shared.controls import command_of_press
from adapters.slack.inbound.attachments import DELETED, ELSEWHERE, STUB, is_picture, shown_by, target_pictures, to_attachment
from adapters.slack.inbound.messages import heard, member_message, plain, thread_messages, without_mention
from adapters.slack.inbound.reading import OpenForm, submission_of, to_command
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
from bot.commands.interpretation import interpret_form
from bot.commands.message import Heard, MemberMessage
from bot.commands.pointing import MessageJob
from bot.commands.understanding import Context, understand
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
        ("/imagine", "<@U2|bob> in <#C1|art> :fox_face:", Generate(verb="imagine", prompt="bob in #art 🦊")),
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
    assert interpret_form(submission_of(form)) == command


def test_emoji_in_a_form() -> None:
    """The editor of a form writes their short names too."""
    command = interpret_form(submission_of(view(f"v1:new_form:{JOB}", prompt="a :fox_face: &amp; <@U1>")))
    assert command == Generate(verb="imagine", prompt="a 🦊 &amp; <@U1>")


def test_unknown_form_is_refused_as_expired() -> None:
    """Its callback id is unknown."""
    with pytest.raises(RefusedError) as raised:
        submission_of({"callback_id": "something", "state": {"values": {}}})
    assert raised.value.refusal is RefusalCode.FORM_EXPIRED


def event(text: str = "a red fox", **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "UADA", "channel": "C1", "channel_type": "channel", "ts": "5.6", "text": text, **more}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (event(), None),
        (event(f"<@{US}> a fox"), Heard.MENTION),
        (event(f"a fox <@{US}|seedream> please"), Heard.MENTION),
        (event("<@U2> &lt;@U0BOT&gt;"), None),
        (event(channel_type="im", channel="D1"), Heard.DIRECT),
        (event(f"<@{US}> a fox", channel="D1"), Heard.DIRECT),
        (event(f"<@{US}> a fox", thread_ts="1.2", subtype="thread_broadcast"), Heard.MENTION),
        (event(f"<@{US}> a fox", files=[file_json("fox.png")], subtype="file_share"), Heard.MENTION),
        (event(thread_ts="1.2"), None),
        (event(files=[file_json("fox.png")], subtype="file_share"), None),
        (event(files=[file_json("fox.png")], subtype="file_share", thread_ts="5.6"), None),
        (event(files=[file_json("fox.png")], subtype="file_share", thread_ts="1.2"), Heard.THREAD),
        *(
            (event(f"<@{US}> a fox", **odd), None)
            for odd in (
                {"subtype": "message_changed"},
                {"subtype": "message_deleted"},
                {"subtype": "bot_message"},
                {"subtype": "channel_join"},
                {"hidden": True},
                {"bot_id": "B1"},
                {"user": US},
                {"user": "USLACKBOT"},
                {"user": None},
            )
        ),
    ],
)
def test_only_new_messages_of_people_are_read(raw: dict[str, Any], why: Heard | None) -> None:
    """Edits and messages of apps are ignored, and so is what cannot be for the bot: no database is asked about it."""
    assert heard(raw, US) == why


def test_a_message_of_a_member() -> None:
    """Its text without the mention, and its files."""
    raw = event(f"<@{US}> a fox", files=[file_json("fox.png"), file_json("notes.txt", mimetype="text/plain")])
    message = member_message(raw, US, Heard.MENTION)
    assert message == MemberMessage(text="a fox", heard=Heard.MENTION, attachments=message.attachments)
    assert [file.name for file in message.attachments] == ["fox.png", "notes.txt"]


STORED = (StoredPicture(job=JOB, number=1),)
MINE = MessageJob(job=JOB, requester=ADA, pictures=STORED)
THEIRS = MessageJob(job=JOB, requester=UserId("slack:T1/UBOB"), pictures=STORED)
NEWEST = MessageJob(job=JOB, requester=UserId("slack:T1/UBOB"), pictures=(StoredPicture(job=JOB, number=4),))
PARENT = MessagePictures(message=MessageId("C1:1.2"), attachments=(OWL,))
ROOT, NEWEST_THERE = MessageId("C1:1.2"), MessageId("C1:1.2:thread")
FOX_FILE = {"files": [file_json("fox.png")]}


def mention(text: str, **more: Any) -> dict[str, Any]:
    return event(f"<@{US}> {text}", **more)


def direct(text: str, **more: Any) -> dict[str, Any]:
    return event(text, channel="D1", channel_type="im", **more)


def interpreted(
    raw: dict[str, Any], jobs: Mapping[MessageId, MessageJob] | None = None, parent: dict[str, Any] | None = None
) -> Command | None:
    """The command that the core makes of a message, in the thread under `parent` if it is in one."""
    why = heard(raw, US)
    if why is None:
        return None
    known = () if parent is None else (parent,)
    pointed = thread_messages(raw, raw["channel"], raw["thread_ts"], known, US) if "thread_ts" in raw else ()
    return understand(member_message(raw, US, why, pointed), ADA, Context(jobs=jobs or {}))


@pytest.mark.parametrize(
    ("raw", "jobs", "command"),
    [
        (event("nice weather today"), {}, None),
        (event("nice", **FOX_FILE), {}, None),
        (mention("a red fox"), {}, Generate(verb="imagine", prompt="a red fox")),
        (event(f"a fox <@{US}|seedream> please"), {}, Generate(verb="imagine", prompt="a fox please")),
        (direct("<@U2> in &lt;snow&gt;"), {}, Generate(verb="imagine", prompt="someone in <snow>")),
        (mention("make it night", **FOX_FILE), {}, Generate(verb="edit", prompt="make it night", references=(FOX,))),
        (mention("🔥"), {}, Inquiry(name="help")),
        (direct("quota"), {}, Inquiry(name="quota")),
        (direct("a red fox"), {}, Generate(verb="imagine", prompt="a red fox")),
        (mention("night", thread_ts="1.2"), {ROOT: THEIRS}, Generate(verb="edit", prompt="night", references=STORED)),
        (
            mention("night", thread_ts="1.2"),
            {ROOT: MINE, NEWEST_THERE: NEWEST},
            Generate(verb="edit", prompt="night", references=NEWEST.pictures),
        ),
        (
            event("like this", thread_ts="1.2", **FOX_FILE),
            {ROOT: MINE},
            Generate(verb="edit", prompt="like this", references=(*STORED, FOX)),
        ),
        (event("like this", thread_ts="1.2", **FOX_FILE), {ROOT: THEIRS}, None),
        (event("like this", thread_ts="1.2", **FOX_FILE), {NEWEST_THERE: NEWEST}, None),
        (event("thank you so much", thread_ts="1.2"), {ROOT: MINE}, None),
        (
            direct("night", thread_ts="1.2"),
            {MessageId("D1:1.2"): MINE},
            Generate(verb="edit", prompt="night", references=STORED),
        ),
    ],
)
def test_messages(raw: dict[str, Any], jobs: Mapping[MessageId, MessageJob], command: Command | None) -> None:
    """Mentions, direct messages, and the requester's own picture in the thread of their job become commands; nothing else does."""
    assert interpreted(raw, jobs) == command


def test_a_mention_in_the_thread_under_a_picture() -> None:
    """The picture is meant."""
    parent = {"ts": "1.2", "user": "UBOB", "files": [file_json("owl.png")]}
    night = Generate(verb="edit", prompt="night", references=(PARENT,))
    assert interpreted(mention("night", thread_ts="1.2"), {}, parent) == night


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
    assert target_pictures({**message, **shared}, "C1", US) == MessagePictures(
        message=MessageId("C1:1.2"), attachments=(FOX, OWL)
    )
    with pytest.raises(RefusedError) as raised:
        target_pictures({"ts": "1.2", "user": "UADA", "text": "words"}, "C1", US)
    assert raised.value.refusal is RefusalCode.REFS_REQUIRED


HELD = Attachment(address=f"{STUB}F1234567", name="")


@pytest.mark.parametrize(
    ("message", "pictures", "unusable"),
    [
        ({"blocks": [{"type": "image", "slack_file": {"id": "F1234567"}}]}, (HELD,), False),
        ({"blocks": [{"type": "image", "slack_file": {"url": "https://t.slack.com/files/U1/F1234567/fox.png"}}]}, (HELD,), False),
        ({"blocks": [{"type": "image", "image_url": "https://files.slack.com/files-pri/T1-F1234567/fox.png"}]}, (HELD,), False),
        ({"blocks": [{"type": "section", "accessory": {"type": "image", "slack_file": {"id": "F1234567"}}}]}, (HELD,), False),
        ({"attachments": [{"blocks": [{"type": "image", "image_url": "https://x.example/F1234567/a.png"}]}]}, (), True),
        ({"blocks": [{"type": "image", "image_url": "https://files.slack.com.x.example/T1-F1234567/a.png"}]}, (), True),
        ({"blocks": [{"type": "video", "thumbnail_url": "https://x.example/a.png"}]}, (), True),
        ({"blocks": [{"type": "context", "elements": [{"type": "image", "image_url": "https://x.example/me.png"}]}]}, (), False),
        ({"files": [file_json("a.mp4", mimetype="video/mp4")]}, (), True),
        ({"files": [file_json("fox.png")], "blocks": [{"type": "image", "slack_file": {"id": "F1"}}]}, (FOX,), False),
        (
            {"attachments": [{"is_share": True, "files": [file_json("fox.png")], "image_url": "https://x.example/1"}]},
            (FOX,),
            False,
        ),
        ({"blocks": ["odd", {"type": "image"}], "attachments": [{}]}, (), False),
    ],
)
def test_pictures_in_a_message(message: dict[str, Any], pictures: tuple[Attachment, ...], *, unusable: bool) -> None:
    """Forwarded, in blocks and in attachments, once each, where Slack itself holds them."""
    shown = shown_by(message)
    assert (shown.pictures, shown.unusable) == (pictures, unusable)


def test_shortcut_on_a_receipt() -> None:
    """A bot message without pictures may belong to a job that has some."""
    receipt = {"ts": "1.2", "user": US, "text": "4 images with Seedream"}
    assert target_pictures(receipt, "C1", US) == MessagePictures(message=MessageId("C1:1.2"))


@pytest.mark.parametrize(
    ("marked", "typed"),
    [
        ("a &lt;b&gt; &amp; c &amp;lt;", "a <b> & c &lt;"),
        ("<https://example.com|example.com> and <https://x.example/?a=1&amp;b=2>", "example.com and https://x.example/?a=1&b=2"),
        ("<@U1> <@U2|bob> <#C1|art> <#C2> <#C3|>", "someone bob #art a channel a channel"),
        ("<!subteam^S1> at <!date^1796120400^{date} {time}^https://x.example>", "a group at 2026-12-01 10:20"),
        ("<!date^never^{date}>", "a date"),
        ("a :fox_face: and a :heart:, :pepe: :wave::skin-tone-3:", "a 🦊 and a ❤️, :pepe: 👋🏼"),
        ("at 10:30:15, ratio 16:9:, :comma: :a:", "at 10:30:15, ratio 16:9:, :comma: :a:"),
        ("<@U2|--count 15> and <@U3|{a, b}>", "count 15 and a b"),
        ("<!channel> <!here|here> <!subteam^S1|@painters> <!date^1^{date}|yesterday>", "@channel here @painters yesterday"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
    ],
)
def test_markup_is_converted_to_plain_text(marked: str, typed: str) -> None:
    """Links, names, dates, emoji and the three escaped characters; no id, and no name that the grammar would read."""
    assert plain(marked) == typed


def test_emoji_of_a_message_are_those_that_its_blocks_name() -> None:
    """A workspace's own emoji has no character, and stays what it was typed as."""
    line = [
        {"type": "text", "text": "a "},
        {"type": "emoji", "name": "family", "unicode": "1f468-200d-1f469"},
        {"type": "emoji", "name": "pepe"},
        {"type": "emoji", "name": "odd", "unicode": "d800"},
    ]
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": line}]}]
    raw = direct("a :family: :pepe:", blocks=blocks)
    assert member_message(raw, US, Heard.DIRECT).text == "a 👨‍👩 :pepe:"


def test_bots_mention_is_removed_everywhere() -> None:
    """Line breaks between words stay."""
    assert without_mention(f"<@{US}>\na fox\n<@{US}>", US) == "a fox"


@pytest.mark.parametrize(
    ("read", "limit"),
    [
        (lambda text: to_command({"command": "/imagine", "text": text}), 40_000),
        (lambda text: to_command({"command": "/edit", "text": text}), 40_000),
        (lambda text: to_command({"command": "/seedream", "text": text}), 40_000),
        (lambda text: interpreted(direct(text)), 40_000),
        (lambda text: submission_of(view(f"v1:new_form:{JOB}", size=text)), 3000),
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
    assert interpreted(event("a" * 50_000)) is None
    assert interpreted(event("a" * 50_000, thread_ts="1.2", **FOX_FILE), {ROOT: THEIRS}) is None


def test_a_long_file_name_keeps_its_end() -> None:
    """By which an image is recognised."""
    assert to_attachment(file_json("a" * 5000 + ".png", mimetype=None)).name == "a" * 251 + ".png"
