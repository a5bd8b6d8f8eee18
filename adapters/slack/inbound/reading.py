"""What Slack tells us → commands; pure. It reads Slack's JSON and plain values, never an object of a library."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from adapters.slack.address import Address, message_id
from adapters.slack.commands import EDIT, IMAGINE, SEEDREAM
from adapters.slack.settings import NAME
from bot.commands.action import decode_action
from bot.commands.command import (
    Attachment,
    Command,
    Generate,
    MessagePictures,
    Origin,
    ReferenceSource,
    Repeat,
    ShowHelp,
    ShowModels,
    ShowQuota,
    ShowResult,
)
from bot.commands.grammar import parse
from bot.commands.interpretation import MessageJob, interpret_form, interpret_message, interpret_press
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import ConversationId, EventId, UserId, WorkspaceId

Json = Mapping[str, Any]

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".avif", ".heic", ".heif", ".bmp", ".tif", ".tiff")
STUB = "slack-file:"
"""In front of the id of a file that Slack only names: whoever fetches it asks for the rest."""
ELSEWHERE = "slack-elsewhere:"
"""In front of the id of a file that Slack does not hold."""
DELETED = "slack-deleted:"
SPOKEN = frozenset({None, "file_share", "thread_broadcast"})
"""The subtypes of a message that somebody has just said; all others report changes, or a program's words."""
MARKUP = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Who did something, when, where. `team` is the member's own workspace or organisation, `workspace` where it was done.

    `control` is our own id of the button or form it was done with.
    """

    events: tuple[str, ...]
    user: str
    team: str
    workspace: str
    at: float
    address: Address
    control: str | None = None


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message that a person has just said."""

    text: str
    direct: bool
    mentions_us: bool
    attachments: tuple[Attachment, ...] = ()
    under: str | None = None
    """The first message of its thread, if it stands in one."""


@dataclass(frozen=True, kw_only=True)
class OpenForm:
    """A command that asks for more than it can carry."""

    verb: Literal["imagine", "edit"]
    prompt: str = ""


def to_origin(place: Place) -> Origin:
    """What was asked in direct messages belongs to no workspace: others cannot build on it."""
    return Origin(
        platform=NAME,
        workspace=None if place.address.direct else WorkspaceId(place.workspace),
        conversation=ConversationId(place.address.channel),
        user=UserId(f"{NAME}:{place.team}/{place.user}"),
        received_at=place.at,
        address=place.address.encode(),
    )


def to_events(place: Place) -> tuple[EventId, ...]:
    return tuple(EventId(f"{NAME}:{event}") for event in place.events)


def to_command(body: Json) -> Command | OpenForm:
    """A slash command. Raises RefusedError."""
    text = plain(body.get("text") or "").strip()
    match body.get("command"):
        case command if command == IMAGINE:
            return parse(text, verb="imagine") if text else OpenForm(verb="imagine")
        case command if command == EDIT:
            edit = parse(text, verb="edit")
            # With `--ref` it says what to change; else the pictures have to come by the form.
            return edit if edit.references and edit.prompt else OpenForm(verb="edit", prompt=text)
        case command if command == SEEDREAM and text.lower() == "quota":
            return ShowQuota()
        case command if command == SEEDREAM and text.lower() == "models":
            return ShowModels()
        case _:
            # `help`, or a command that an older manifest declared.
            return ShowHelp()


def pressed(action_id: str) -> Command:
    """A button. Raises RefusedError: what is not ours any more is too old."""
    action = decode_action(action_id)
    if action is None:
        raise RefusedError(RefusalCode.FORM_EXPIRED)
    return interpret_press(action)


def submitted(view: Json) -> Command:
    """A filled form, which needs nothing of the process that opened it. Raises RefusedError."""
    action = decode_action(view.get("callback_id") or "")
    if action is None:
        raise RefusedError(RefusalCode.FORM_EXPIRED)
    texts: dict[str, str] = {}
    uploads: list[Attachment] = []
    for block in view.get("state", {}).get("values", {}).values():
        for name, field in block.items():
            if field.get("type") == "file_input":
                uploads += map(to_attachment, field.get("files") or ())
            else:
                chosen = (field.get("selected_option") or {}).get("value")
                texts[name] = str(field.get("value") or chosen or "")
    return interpret_form(action, texts, uploads)


def said(event: Json, us: str) -> Said | None:
    """A message or mention, or None for whatever no person has just said."""
    spoken = event.get("subtype") in SPOKEN and not event.get("hidden") and not event.get("bot_id")
    if not spoken or event.get("user") in {None, us, "USLACKBOT"}:
        return None
    text = str(event.get("text") or "")
    return Said(
        text=without_mention(text, us),
        direct=event.get("channel_type") == "im" or str(event.get("channel", "")).startswith("D"),
        mentions_us=_names(text, us),
        attachments=tuple(map(to_attachment, event.get("files") or ())),
        under=under(event),
    )


def may_be_for_us(spoken: Said) -> bool:
    """Everything else is not looked at any further: a picture in a thread may go on from a job there."""
    return spoken.direct or spoken.mentions_us or (spoken.under is not None and bool(spoken.attachments))


def heard(
    spoken: Said,
    user: UserId,
    *,
    asked: MessageJob | None = None,
    newest: MessageJob | None = None,
    above: MessagePictures | None = None,
) -> Command | None:
    """What a message asks of us, or None where it is not for us. Raises RefusedError.

    `asked` is the job its thread stands under, `newest` the one whose result came last there; `above` are the pictures of
    the message that a thread of nobody's job hangs on.
    """
    own = asked is not None and asked.requester == user and bool(spoken.attachments)
    if not (spoken.direct or spoken.mentions_us or own):
        return None
    job_of_message = newest or asked
    references: list[ReferenceSource] = list(job_of_message.pictures if job_of_message is not None else ())
    if above is not None:
        references.append(above)
    return interpret_message(spoken.text, [*references, *spoken.attachments])


def target_pictures(message: Json, channel: str) -> MessagePictures:
    """Every picture a message shows, its own files and those it shares. Raises REFS_REQUIRED."""
    files = [*(message.get("files") or ())]
    for attachment in message.get("attachments") or ():
        files += attachment.get("files") or ()
    found = dict.fromkeys(picture for picture in map(to_attachment, files) if is_picture(picture))
    if not found:
        raise RefusedError(RefusalCode.REFS_REQUIRED)
    return MessagePictures(message=message_id(channel, str(message["ts"])), attachments=tuple(found))


def to_attachment(file: Json) -> Attachment:
    """A file object (Slack, "File object"): one of another workspace comes as its id alone, one that is gone as less."""
    address = str(file.get("url_private_download") or file.get("url_private") or "")
    identifier = str(file.get("id", ""))
    if file.get("mode") in {"tombstone", "hidden_by_limit"}:
        address = DELETED + identifier
    elif file.get("is_external") or file.get("mode") == "external":
        address = ELSEWHERE + identifier
    elif not address or file.get("file_access") == "check_file_info":
        address = STUB + identifier
    return Attachment(
        address=address,
        name=str(file.get("name") or ""),
        media_type=file.get("mimetype") or None,
        size_bytes=file.get("size") or None,
        width=file.get("original_w") or None,
        height=file.get("original_h") or None,
    )


def is_picture(attachment: Attachment) -> bool:
    """What Slack or the file's name calls a picture, or what neither says anything about; the bytes decide later."""
    if attachment.media_type is not None:
        return attachment.media_type.startswith("image/")
    return attachment.name.lower().endswith(PICTURE_SUFFIXES) if attachment.name else attachment.address.startswith(STUB)


def plain(text: str) -> str:
    """Slack's markup as the member typed it: links and names as they read, escapes undone (Slack, "Formatting text")."""
    bare = MARKUP.sub(_as_typed, text)
    for entity, letter in ENTITIES.items():
        bare = bare.replace(entity, letter)
    return bare


def without_mention(text: str, us: str) -> str:
    """The text without the bot's own name in it, wherever it stands."""
    return plain(re.sub(rf"[ \t]*<@{us}(?:\|[^<>]*)?>[ \t]*", " ", text)).strip()


def kept_alone(place: Place, command: Command) -> Place:
    """Where a private command goes on: with the member alone."""
    match command:
        case Generate(options=options):
            private = options.private is True
        case Repeat(private=private) | ShowResult(private=private):
            pass
        case _:
            private = False
    if not private or place.address.direct:
        return place
    return replace(place, address=replace(place.address, alone=True))


def refuse_spoiler(command: Command) -> None:
    """Slack hides no picture behind a click, and one that a member wants hidden is not shown openly. Raises RefusedError."""
    if isinstance(command, Generate) and command.options.spoiler is True:
        raise RefusedError(RefusalCode.OPTION_NOT_SUPPORTED, nearest="--private", flag="--spoiler", **{VARIANT: "platform"})


def under(event: Json) -> str | None:
    """The first message of the thread in which this one stands; a first message stands in none."""
    thread = event.get("thread_ts")
    return str(thread) if thread and thread != event.get("ts") else None


def _names(text: str, us: str) -> bool:
    return re.search(rf"<@{us}(?:\|[^<>]*)?>", text) is not None


def _as_typed(found: re.Match[str]) -> str:
    sign, target, label = found.groups()
    match sign:
        case "@" | "#":
            return f"{sign}{(label or target).removeprefix(sign)}"
        case "!":
            # `<!subteam^S1|@painters>`, `<!date^…|yesterday>`, `<!here>`
            return label or f"@{target.partition('^')[0]}"
        case _:
            return label or target
