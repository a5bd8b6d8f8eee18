"""Converts Discord payloads to commands: slash commands, buttons, forms, menus, messages and replies."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from adapters.discord.inbound.attachments import target_pictures
from adapters.discord.inbound.messages import heard, member_message, replied_message, without_mention
from adapters.discord.inbound.reading import submission_of, to_command
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
from bot.commands.interpretation import interpret_form
from bot.commands.message import Heard
from bot.commands.pointing import MessageJob
from bot.commands.understanding import Context, understand
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
            Generate(verb="edit", prompt="merge", references=(FOX, replace(OWL, number=3))),
        ),
        (
            slash("edit", {"11": attachment_json("owl.png")}, prompt="merge", image2="11", references=f"{JOB}#3"),
            Generate(verb="edit", prompt="merge", references=(StoredPicture(job=JOB, number=3), replace(OWL, number=3))),
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
    assert interpret_form(submission_of(data)) == command


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
        interpret_form(submission_of(data))
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


SPOILERS = [
    ({"attachments": [attachment_json("SPOILER_fox.png")]}, True),
    ({"attachments": [attachment_json("fox.png", flags=8)]}, True),
    ({"attachments": [attachment_json("fox.png", flags=4)]}, False),
    ({"attachments": [attachment_json("fox.png")]}, False),
    ({"components": [{"type": 12, "items": [{"media": {"url": f"{CDN}/hen.webp"}, "spoiler": True}]}]}, True),
    ({"components": [{"type": 12, "items": [{"media": {"url": f"{CDN}/hen.webp"}, "spoiler": False}]}]}, False),
    ({"components": [{"type": 13, "file": {"url": f"{CDN}/hen.webp"}, "spoiler": True}]}, True),
    ({"components": [{"type": 17, "spoiler": True, "components": [{"type": 11, "media": {"url": f"{CDN}/hen.webp"}}]}]}, True),
    ({"attachments": [{"url": f"{CDN}/hen.webp", "filename": "hen.webp", "spoiler": True}]}, True),
    ({"components": [{"type": 11, "media": {"url": f"{CDN}/hen.webp"}, "spoiler": True}]}, True),
    ({"message_snapshots": [{"message": {"attachments": [attachment_json("SPOILER_fox.png")]}}]}, True),
]


@pytest.mark.parametrize(("shown", "hidden"), SPOILERS)
def test_a_picture_behind_a_click_is_known_as_such(shown: dict[str, Any], hidden: bool) -> None:
    """By its name or by its flag; a gallery's item has a field of its own."""
    assert [picture.hidden for picture in target_pictures({"id": "55", **shown}, US).attachments] == [hidden]


@pytest.mark.parametrize(
    "message", [{"id": "1"}, {"id": "1", "attachments": [attachment_json("a.txt", content_type="text/plain")]}]
)
def test_menu_on_a_message_without_pictures_is_refused(message: dict[str, Any]) -> None:
    """The command is refused before any form opens."""
    with pytest.raises(RefusedError) as caught:
        target_pictures(message, US)
    assert caught.value.refusal is RefusalCode.REFS_REQUIRED


ADA = UserId("discord:1")
DM = "DM"
OURS = {"id": "5", "channel_id": "3", "author": {"id": US, "bot": True}, "attachments": [attachment_json("fox.png")]}
THEIRS = {
    "id": "6",
    "channel_id": "3",
    "author": {"id": "2"},
    "attachments": [attachment_json("owl.png"), attachment_json("a.txt", content_type="text/plain")],
}
OUR_PICTURES = MessagePictures(message=MessageId("5"), attachments=(FOX,))
THEIR_PICTURES = MessagePictures(message=MessageId("6"), attachments=(OWL,))
FOX_FILE = {"attachments": [attachment_json("fox.png")]}


def written(text: str = "", **more: Any) -> dict[str, Any]:
    """A message of a member in Discord's JSON."""
    return {"id": "9", "channel_id": "3", "author": {"id": "1"}, "type": 0, "content": text, **more}


def reply(text: str, replied: dict[str, Any], **more: Any) -> dict[str, Any]:
    reference = {"message_id": replied["id"], "channel_id": "3"}
    return written(text, type=19, message_reference=reference, referenced_message=replied, **more)


def direct(text: str = "", **more: Any) -> dict[str, Any]:
    return written(text, channel_id=DM, **more)


def interpreted(message: dict[str, Any], jobs: Mapping[MessageId, MessageJob] | None = None) -> Command | None:
    """The command that the core makes of a message."""
    why = heard(message, US, direct=message["channel_id"] == DM)
    if why is None:
        return None
    replied = replied_message(message, US)
    return understand(member_message(message, US, why, () if replied is None else (replied,)), ADA, Context(jobs=jobs or {}))


@pytest.mark.parametrize(
    ("message", "command"),
    [
        pytest.param(written("a red fox"), None, id="talk among members"),
        pytest.param(written("a red fox", **FOX_FILE), None, id="their own pictures"),
        pytest.param(reply("so nice", THEIRS), None, id="reply to somebody else"),
        pytest.param(written(f"<@{US}> a fox", author={"id": "4", "bot": True}), None, id="another bot"),
        pytest.param(written(f"<@{US}> a fox", webhook_id="4"), None, id="a webhook"),
        pytest.param(written(f"<@{US}> a fox", type=7), None, id="one of Discord's own notices"),
        pytest.param(reply("", OURS), None, id="reply without ping: nothing to read"),
        pytest.param(
            written(f"<@{US}> a red fox --count 2"),
            Generate(verb="imagine", prompt="a red fox", options=Options(count=2)),
            id="mention",
        ),
        pytest.param(written(f"paint <@!{US}> a fox"), Generate(verb="imagine", prompt="paint a fox"), id="in the middle"),
        pytest.param(
            written(f"<@{US}> as night", **FOX_FILE),
            Generate(verb="edit", prompt="as night", references=(FOX,)),
            id="mention with a picture",
        ),
        pytest.param(
            reply(f"<@{US}> add this", THEIRS, **FOX_FILE),
            Generate(verb="edit", prompt="add this", references=(THEIR_PICTURES, FOX)),
            id="mention in a reply: the replied pictures come first",
        ),
        pytest.param(
            reply("make it night", OURS),
            Generate(verb="edit", prompt="make it night", references=(OUR_PICTURES,)),
            id="reply to the bot",
        ),
        pytest.param(
            reply("night", OURS),
            Generate(verb="edit", prompt="night", references=(OUR_PICTURES,)),
            id="one word is enough with a picture",
        ),
        pytest.param(
            reply("with an owl", OURS, attachments=[attachment_json("owl.png")]),
            Generate(verb="edit", prompt="with an owl", references=(OUR_PICTURES, OWL)),
            id="reply with a picture",
        ),
        pytest.param(direct("a red fox"), Generate(verb="imagine", prompt="a red fox"), id="direct"),
        pytest.param(
            direct("as night", attachments=[attachment_json("a.pdf", content_type="application/pdf")]),
            Generate(verb="edit", prompt="as night", references=(attachment_of("a.pdf", media_type="application/pdf"),)),
            id="what is no picture is judged by the core",
        ),
        pytest.param(direct("🔥"), Inquiry(name="help"), id="small talk"),
        pytest.param(direct(sticker_items=[{"id": "8", "name": "Wave", "format_type": 1}]), Inquiry(name="help"), id="a sticker"),
        pytest.param(written(f"<@{US}>"), Inquiry(name="help"), id="a bare mention"),
        pytest.param(written(f"<@{US}> Help"), Inquiry(name="help"), id="help"),
        pytest.param(direct("quota"), Inquiry(name="quota"), id="quota"),
        pytest.param(direct("/quota"), Inquiry(name="quota"), id="quota with its slash"),
    ],
)
def test_messages(message: dict[str, Any], command: Command | None) -> None:
    """Which messages are addressed to the bot, and the commands they become."""
    assert interpreted(message) == command


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


@pytest.mark.parametrize(
    ("marked", "read"),
    [
        ("a <:pepe:123456789012345678> and <a:dance:12>", "a :pepe: and :dance:"),
        ("<@2> with <@!3>, <@&4> in <#5>", "Bob with someone, artists in #art"),
        ("<@&9> in <#9>", "a group in a channel"),
        ("on <t:1796120400:D>, at <t:1796120400:t>, <t:1796120400:R>", "on 2026-12-01, at 10:20, 2026-12-01 10:20"),
        ("<t:99999999999999999999>", "a date"),
        ("</imagine fast:123> <id:customize> <https://x.example/a>", "/imagine fast customize https://x.example/a"),
        ("1 < 2 <3 <b> <@someone> <:pepe> <@&>", "1 < 2 <3 <b> <@someone> <:pepe> <@&>"),
        ("<@6>", "count 15 private a b"),
        ("<@7>", "someone"),
    ],
)
def test_tokens_are_read_as_members_read_them(marked: str, read: str) -> None:
    """Names, dates and emoji; no id reaches a prompt, and no name that the grammar would read."""
    people = [
        {"id": "2", "name": "Bob"},
        {"id": "6", "name": "--count 15 —private {a, b}"},
        {"id": "7", "name": "🦊"},
    ]
    named = {
        "mentions": people,
        "mention_roles": [{"id": "4", "name": "artists"}],
        "mention_channels": [{"id": "5", "name": "art"}],
    }
    assert member_message(written(marked, **named), US, Heard.MENTION).text == read


def test_tokens_in_a_command_and_in_a_form() -> None:
    """Discord sends no names with them, except those of other options."""
    data = slash("imagine", prompt="<@2> with <:pepe:12> in <#5>")
    data["resolved"]["users"] = {"2": {"username": "bob", "global_name": "Bob"}}
    data["resolved"]["channels"] = {"5": {"name": "art"}}
    assert to_command(data) == Generate(verb="imagine", prompt="Bob with :pepe: in #art")
    form = interpret_form(submission_of(form_data(prompt="<@2> at night")))
    assert isinstance(form, Generate)
    assert form.prompt == "someone at night"


def test_menu_on_a_receipt() -> None:
    """A bot message without pictures may belong to a job that has some."""
    receipt = {"id": "7", "author": {"id": US}, "attachments": []}

    assert target_pictures(receipt, US) == MessagePictures(message=MessageId("7"))


def test_reply_to_withheld_content_is_refused() -> None:
    """A paid picture of something else would be worse than a refusal."""
    withheld = {"id": "6", "channel_id": "3", "author": {"id": "2"}, "content": "", "attachments": [], "embeds": []}

    with pytest.raises(RefusedError) as caught:
        interpreted(reply(f"<@{US}> make it night", withheld))

    assert caught.value.refusal is RefusalCode.REF_HIDDEN


def test_reply_to_a_receipt_uses_its_jobs_pictures() -> None:
    """The job's pictures come first, also where the receipt was sent to direct messages instead."""
    message = reply("make it green", {"id": "5", "channel_id": "3", "author": {"id": US, "bot": True}})
    job = MessageJob(job=JOB, requester=ADA, pictures=(StoredPicture(job=JOB, number=1),))
    green = Generate(verb="edit", prompt="make it green", references=(StoredPicture(job=JOB, number=1),))

    assert heard(message, US, direct=False) is Heard.REPLY
    assert interpreted(message, {MessageId("5"): job}) == green
    assert interpreted(message, {MessageId("3:5"): job}) == green


@pytest.mark.parametrize(
    ("read", "limit"),
    [
        (lambda text: to_command(slash("imagine", prompt=text)), 6000),
        (lambda text: to_command(slash("imagine", prompt="a fox", references=text)), 6000),
        (lambda text: member_message(written(text), US, Heard.MENTION), 4000),
        (
            lambda text: submission_of(
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
