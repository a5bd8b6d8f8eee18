"""Converts Discord payloads to commands: slash commands, buttons, forms, menus, messages and replies."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from adapters.discord.inbound.attachments import target_pictures
from adapters.discord.inbound.messages import (
    IncomingMessage,
    RepliedMessage,
    command_of_message,
    reply_target,
    without_mention,
)
from adapters.discord.inbound.reading import command_of_form, to_command
from adapters.shared.controls import command_of_press
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

US = "1000"
JOB = JobId("0123456789ab")
CDN = "https://cdn.discordapp.com/attachments/1/2"


def attachment_json(name: str, **more: Any) -> dict[str, Any]:
    """An attachment in Discord's JSON."""
    return {"id": "7", "url": f"{CDN}/{name}?ex=1&hm=2", "filename": name, "content_type": "image/png", "size": 9, **more}


def attachment_of(name: str, **more: Any) -> Attachment:
    """The same attachment after conversion."""
    facts: dict[str, Any] = {"media_type": "image/png", "size_bytes": 9, **more}
    return Attachment(address=f"{CDN}/{name}?ex=1&hm=2", name=name, **facts)


FOX, OWL = attachment_of("fox.png"), attachment_of("owl.png")


def slash(name: str, resolved: dict[str, Any] | None = None, /, **options: Any) -> dict[str, Any]:
    given = [{"name": option, "type": 3, "value": value} for option, value in options.items()]
    return {"type": 1, "name": name, "options": given, "resolved": {"attachments": resolved or {}}}


@pytest.mark.parametrize(
    ("data", "command"),
    [
        (slash("imagine", prompt="a red fox"), Generate(verb="imagine", prompt="a red fox")),
        (
            slash("imagine", prompt="a red fox", count=4, ratio="16:9", watermark=False, private=True, prompt_mode="fast"),
            Generate(
                verb="imagine",
                prompt="a red fox",
                options=Options(count=4, ratio="16:9", watermark=False, private=True, prompt_mode="fast"),
            ),
        ),
        (
            slash("imagine", prompt="a red fox --size 4K", count=0),
            Generate(verb="imagine", prompt="a red fox", options=Options(count=0, size="4K")),
        ),
        (
            slash(
                "edit",
                {"11": attachment_json("owl.png"), "12": attachment_json("fox.png")},
                prompt="merge",
                image3="11",
                image1="12",
            ),
            Generate(verb="edit", prompt="merge", references=(FOX, OWL)),
        ),
        (
            slash("edit", {"11": attachment_json("owl.png")}, prompt="merge", image1="11", references=f"{JOB}#3, {JOB}#1"),
            Generate(
                verb="edit",
                prompt="merge",
                references=(StoredPicture(job=JOB, number=3), StoredPicture(job=JOB, number=1), OWL),
            ),
        ),
        ({"type": 1, "name": "quota"}, Inquiry(name="quota")),
        ({"type": 1, "name": "models"}, Inquiry(name="models")),
        ({"type": 1, "name": "help"}, Inquiry(name="help")),
        ({"type": 1, "name": "settings-of-an-older-version"}, Inquiry(name="help")),
    ],
)
def test_slash_commands(data: dict[str, Any], command: Command) -> None:
    """Options and flags form one command; references of earlier sets come first, then pictures in option order."""
    assert to_command(data) == command


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (slash("imagine", prompt="a fox --cuont 4"), RefusalCode.UNKNOWN_FLAG),
        (slash("imagine", prompt="a fox --count 3", count=4), RefusalCode.OPTION_CONFLICT),
        (slash("imagine", prompt="a fox", references="that one"), RefusalCode.BAD_VALUE),
    ],
)
def test_invalid_slash_commands_are_refused(data: dict[str, Any], code: RefusalCode) -> None:
    """Invalid input is refused before the interaction is acknowledged."""
    with pytest.raises(RefusedError) as caught:
        to_command(data)
    assert caught.value.refusal is code


@pytest.mark.parametrize(
    ("custom_id", "command"),
    [
        (f"v1:again:{JOB}", Repeat(job=JOB)),
        (f"v1:missing:{JOB}", Repeat(job=JOB, missing=True)),
        (f"v1:missing:{JOB}:private", Repeat(job=JOB, private=True, missing=True)),
        (f"v1:show_result:{JOB}", ShowResult(job=JOB)),
        (f"v1:original:{JOB}", ShowResult(job=JOB, private=True, originals=True)),
    ],
)
def test_buttons(custom_id: str, command: Command) -> None:
    """A custom id alone determines the command."""
    assert command_of_press(custom_id) == command


@pytest.mark.parametrize("custom_id", [f"v0:again:{JOB}", f"v1:edit_form:{JOB}", "v1:again:no", "hello", ""])
def test_unknown_buttons_are_refused_as_expired(custom_id: str) -> None:
    """An unknown custom id is refused, not ignored."""
    with pytest.raises(RefusedError) as caught:
        command_of_press(custom_id)
    assert caught.value.refusal is RefusalCode.FORM_EXPIRED


def form_data(uploads: tuple[str, ...] = (), /, **texts: str) -> dict[str, Any]:
    """A submission as Discord sends it, with every input inside its label."""
    fields: list[dict[str, Any]] = [{"type": 4, "custom_id": name, "value": value} for name, value in texts.items()]
    fields.append({"type": 19, "custom_id": "files", "values": [str(number) for number in range(len(uploads))]})
    return {
        "custom_id": f"v1:edit_form:{JOB}:draft",
        "components": [{"type": 18, "id": number, "component": field} for number, field in enumerate(fields)],
        "resolved": {"attachments": {str(number): attachment_json(name) for number, name in enumerate(uploads)}},
    }


@pytest.mark.parametrize(
    ("data", "command"),
    [
        (
            form_data(prompt="make it night", count="", size="", ratio=""),
            Generate(verb="edit", prompt="make it night", references=(DraftPictures(draft=JOB),)),
        ),
        (
            form_data(("fox.png", "owl.png"), prompt="put them together", count=" 3 ", size="4K", ratio="16:9"),
            Generate(
                verb="edit",
                prompt="put them together",
                options=Options(count=3, size="4K", ratio="16:9"),
                references=(DraftPictures(draft=JOB), FOX, OWL),
            ),
        ),
    ],
)
def test_forms(data: dict[str, Any], command: Command) -> None:
    """A submission needs no state of the process that opened the form."""
    assert command_of_form(data) == command


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (form_data(prompt="make it night", count="many"), RefusalCode.BAD_VALUE),
        ({**form_data(prompt="make it night"), "custom_id": "v0:old"}, RefusalCode.FORM_EXPIRED),
    ],
)
def test_invalid_forms_are_refused(data: dict[str, Any], code: RefusalCode) -> None:
    """A count that is no number, and a form of an older version."""
    with pytest.raises(RefusedError) as caught:
        command_of_form(data)
    assert caught.value.refusal is code


def test_menu_finds_every_picture() -> None:
    """Attachments, embeds, components and forwarded messages, without duplicates, in this order, only from Discord's hosts."""
    message = {
        "id": "55",
        "attachments": [attachment_json("fox.png"), attachment_json("notes.txt", content_type="text/plain")],
        "embeds": [
            {"image": {"url": f"{CDN}/owl.png", "width": 4, "height": 3}},
            {"thumbnail": {"url": "https://elsewhere.example/cat.png", "proxy_url": "https://images-ext-1.discordapp.net/x.png"}},
        ],
        "components": [
            {
                "type": 17,
                "components": [
                    {"type": 12, "items": [{"media": {"url": f"{CDN}/hen.webp", "content_type": "image/webp"}}]},
                    {"type": 9, "components": [], "accessory": {"type": 11, "media": {"url": f"{CDN}/cow.jpg"}}},
                ],
            },
        ],
        "message_snapshots": [{"message": {"attachments": [attachment_json("elk.png"), attachment_json("fox.png")]}}],
    }
    assert target_pictures(message, US) == MessagePictures(
        message=MessageId("55"),
        attachments=(
            FOX,
            Attachment(address=f"{CDN}/owl.png", name="owl.png", width=4, height=3),
            Attachment(address=f"{CDN}/hen.webp", name="hen.webp", media_type="image/webp"),
            Attachment(address=f"{CDN}/cow.jpg", name="cow.jpg"),
            attachment_of("elk.png"),
        ),
    )


@pytest.mark.parametrize(
    "message", [{"id": "1"}, {"id": "1", "attachments": [attachment_json("a.txt", content_type="text/plain")]}]
)
def test_menu_on_a_message_without_pictures_is_refused(message: dict[str, Any]) -> None:
    """The command is refused before any form opens."""
    with pytest.raises(RefusedError) as caught:
        target_pictures(message, US)
    assert caught.value.refusal is RefusalCode.REFS_REQUIRED


CHANNEL = IncomingMessage(text="", by_person=True, direct=False, mentions_bot=False)
MENTION = replace(CHANNEL, mentions_bot=True)
DIRECT = replace(CHANNEL, direct=True)
OURS = RepliedMessage(message="5", by_bot=True, attachments=(FOX,))
THEIRS = RepliedMessage(message="6", by_bot=False, attachments=(OWL, attachment_of("a.txt", media_type="text/plain")))
OUR_PICTURES = MessagePictures(message=MessageId("5"), attachments=(FOX,))
THEIR_PICTURES = MessagePictures(message=MessageId("6"), attachments=(OWL,))


@pytest.mark.parametrize(
    ("message", "command"),
    [
        pytest.param(replace(CHANNEL, text="a red fox"), None, id="talk among members"),
        pytest.param(replace(CHANNEL, text="a red fox", attachments=(FOX,)), None, id="their own pictures"),
        pytest.param(replace(CHANNEL, text="so nice", replied=THEIRS), None, id="reply to somebody else"),
        pytest.param(replace(MENTION, text=f"<@{US}> a fox", by_person=False), None, id="another bot"),
        pytest.param(replace(CHANNEL, replied=OURS), None, id="reply without ping: nothing to read"),
        pytest.param(
            replace(MENTION, text=f"<@{US}> a red fox --count 2"),
            Generate(verb="imagine", prompt="a red fox", options=Options(count=2)),
            id="mention",
        ),
        pytest.param(
            replace(MENTION, text=f"paint <@!{US}> a fox"), Generate(verb="imagine", prompt="paint a fox"), id="in the middle"
        ),
        pytest.param(
            replace(MENTION, text=f"<@{US}> as night", attachments=(FOX,)),
            Generate(verb="edit", prompt="as night", references=(FOX,)),
            id="mention with a picture",
        ),
        pytest.param(
            replace(MENTION, text=f"<@{US}> add this", attachments=(FOX,), replied=THEIRS),
            Generate(verb="edit", prompt="add this", references=(THEIR_PICTURES, FOX)),
            id="mention in a reply: the replied pictures come first",
        ),
        pytest.param(
            replace(CHANNEL, text="make it night", replied=OURS),
            Generate(verb="edit", prompt="make it night", references=(OUR_PICTURES,)),
            id="reply to the bot",
        ),
        pytest.param(
            replace(CHANNEL, text="night", replied=OURS),
            Generate(verb="edit", prompt="night", references=(OUR_PICTURES,)),
            id="one word is enough with a picture",
        ),
        pytest.param(
            replace(CHANNEL, replied=OURS, attachments=(OWL,)),
            Generate(verb="edit", prompt="", references=(OUR_PICTURES, OWL)),
            id="reply with a picture alone",
        ),
        pytest.param(replace(DIRECT, text="a red fox"), Generate(verb="imagine", prompt="a red fox"), id="direct"),
        pytest.param(
            replace(DIRECT, text="as night", attachments=(attachment_of("a.pdf", media_type="application/pdf"),)),
            Generate(verb="edit", prompt="as night", references=(attachment_of("a.pdf", media_type="application/pdf"),)),
            id="what is no picture is judged by the core",
        ),
        pytest.param(replace(DIRECT, text="hello"), Inquiry(name="help"), id="small talk"),
        pytest.param(replace(DIRECT), Inquiry(name="help"), id="a sticker"),
        pytest.param(replace(MENTION, text=f"<@{US}>"), Inquiry(name="help"), id="a bare mention"),
        pytest.param(replace(MENTION, text=f"<@{US}> Help"), Inquiry(name="help"), id="help"),
        pytest.param(replace(DIRECT, text="quota"), Inquiry(name="quota"), id="quota"),
        pytest.param(replace(DIRECT, text="/quota"), Inquiry(name="quota"), id="quota with its slash"),
    ],
)
def test_messages(message: IncomingMessage, command: Command | None) -> None:
    """Which messages are addressed to the bot, and the commands they become."""
    assert command_of_message(message, US) == command


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (f"<@{US}> a fox", "a fox"),
        (f"a <@!{US}> fox", "a fox"),
        (f"a fox\n<@{US}>", "a fox"),
        ("<@1001> a fox", "<@1001> a fox"),
        (f"line one\n  line <@{US}>two", "line one\n  line two"),
    ],
)
def test_only_the_bots_mention_is_removed(text: str, cut: str) -> None:
    """Mentions of other members and line breaks stay in the prompt."""
    assert without_mention(text, US) == cut


def test_menu_on_a_receipt() -> None:
    """A bot message without pictures may belong to a job that has some."""
    receipt = {"id": "7", "author": {"id": US}, "attachments": []}

    assert target_pictures(receipt, US) == MessagePictures(message=MessageId("7"))


def test_reply_to_withheld_content_is_refused() -> None:
    """A paid picture of something else would be worse than a refusal."""
    message = replace(MENTION, text=f"<@{US}> make it night", replied=RepliedMessage(message="5", by_bot=False, withheld=True))

    with pytest.raises(RefusedError) as caught:
        command_of_message(message, US)

    assert caught.value.refusal is RefusalCode.REF_HIDDEN


def test_reply_to_a_receipt_uses_its_jobs_pictures() -> None:
    """The job's pictures come first."""
    message = replace(CHANNEL, text="make it green", replied=RepliedMessage(message="5", by_bot=True))
    replied_job = MessageJob(requester=UserId("discord:1"), pictures=(StoredPicture(job=JOB, number=1),))

    assert reply_target(message, US) == MessageId("5")
    assert command_of_message(message, US, replied_job) == Generate(
        verb="edit",
        prompt="make it green",
        references=(StoredPicture(job=JOB, number=1),),
    )


@pytest.mark.parametrize(
    ("read", "limit"),
    [
        (lambda text: to_command(slash("imagine", prompt=text)), 6000),
        (lambda text: to_command(slash("imagine", prompt="a fox", references=text)), 6000),
        (lambda text: command_of_message(replace(CHANNEL, text=text, mentions_bot=True), US), 4000),
        (
            lambda text: command_of_form(
                {"custom_id": f"v1:new_form:{JOB}", "components": [{"type": 4, "custom_id": "prompt", "value": text}]}
            ),
            4000,
        ),
    ],
)
def test_a_text_that_discord_does_not_let_members_write_is_refused(read: Callable[[str], object], limit: int) -> None:
    """Before it is read, and with the limit."""
    with pytest.raises(RefusedError) as raised:
        read("a" * (limit + 1))

    assert raised.value.refusal is RefusalCode.TEXT_TOO_LONG
    assert raised.value.parameters == {"value": limit + 1, "limit": limit}
