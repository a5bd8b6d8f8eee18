"""The body of a message as a bot sends it: checked, then reduced to the values that the message gets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.discord.attachments.factory import Upload, clean_filename
from sandbox.discord.enums import MessageFlag
from sandbox.discord.errors import FormErrors, api_error, invalid_form_body
from sandbox.discord.messages.components import check_message_components, named_attachments, number_components
from sandbox.discord.messages.mentions import check_allowed_mentions
from sandbox.discord.world import Attachment, Message

MOST_CONTENT = 2000
MOST_FILES = 10
_SETTABLE = (
    MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.IS_COMPONENTS_V2 | MessageFlag.EPHEMERAL
)


@dataclass(frozen=True, kw_only=True)
class NewFile:
    upload: Upload
    filename: str
    description: str | None
    spoiler: bool


@dataclass(frozen=True, kw_only=True)
class Body:
    """The whole message after the request: `kept` are its earlier files, `new` those that came with this request."""

    content: str
    embeds: list[JsonObject]
    components: list[JsonObject]
    flags: int
    kept: tuple[Attachment, ...]
    new: tuple[NewFile, ...]
    allowed_mentions: JsonObject | None


def read_body(payload: Any, uploads: Sequence[Upload], *, previous: Message | None, size_limit: int) -> Body:
    """Check a create or edit payload and return the resulting body; `previous` is the message that is edited."""
    if not isinstance(payload, dict):
        raise invalid_form_body("", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
    errors = FormErrors()
    flags = _flags(payload, previous)
    kept, new = _files(payload, uploads, previous, errors)
    if any(len(upload.content) > size_limit for upload in uploads):
        raise api_error(40005)
    content = payload.get("content", previous.content if previous else "")
    embeds = payload.get("embeds", previous.embeds if previous else []) or []
    components = payload.get("components", previous.components if previous else []) or []
    if content is not None:
        errors.check_length("content", content, 0, MOST_CONTENT)
    check_embeds(embeds, errors)
    names = {file.filename for file in new} | {attachment.filename for attachment in kept}
    v2 = bool(flags & MessageFlag.IS_COMPONENTS_V2)
    check_message_components(components, errors, v2=v2, uploads=names)
    check_allowed_mentions(payload.get("allowed_mentions"), errors)
    if v2 and (content or embeds):
        message = "The 'content' and 'embeds' fields cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        errors.add("content" if content else "embeds", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
    errors.raise_if_any()
    if not (str(content or "").strip() or embeds or kept or new or (v2 and components)):
        raise api_error(50006)
    return Body(
        content=content or "",
        embeds=embeds,
        components=number_components(components),
        flags=flags,
        kept=tuple(kept),
        new=tuple(new),
        allowed_mentions=payload.get("allowed_mentions"),
    )


def _flags(payload: JsonObject, previous: Message | None) -> int:
    wanted = payload.get("flags") or 0
    if not isinstance(wanted, int):
        raise invalid_form_body("flags", "NUMBER_TYPE_COERCE", "Value is not int.")
    if previous is None:
        return wanted & _SETTABLE
    # An edit cannot change these flags: ephemeral never, Components V2 not once it is set.
    fixed = previous.flags & (
        MessageFlag.EPHEMERAL | MessageFlag.IS_COMPONENTS_V2 | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.HAS_THREAD
    )
    editable = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.IS_COMPONENTS_V2
    kept = 0 if "flags" in payload else previous.flags & MessageFlag.SUPPRESS_EMBEDS
    return fixed | kept | wanted & editable


def _files(
    payload: JsonObject, uploads: Sequence[Upload], previous: Message | None, errors: FormErrors
) -> tuple[list[Attachment], list[NewFile]]:
    earlier = {attachment.id: attachment for attachment in previous.attachments} if previous else {}
    by_index = {upload.index: upload for upload in uploads}
    listed = payload.get("attachments")
    if listed is None:
        new = [NewFile(upload=one, filename=clean_filename(one.filename), description=None, spoiler=False) for one in uploads]
        kept = list(earlier.values())
    else:
        kept, new = [], []
        if errors.check_count("attachments", listed, 0, MOST_FILES * 2):
            for position, entry in enumerate(listed):
                _read_entry(f"attachments.{position}", entry, by_index, earlier, kept, new, errors)
        for index in by_index.keys() - {file.upload.index for file in new}:
            errors.add(f"attachments.{index}", "ATTACHMENT_NOT_FOUND", f"files[{index}] has no entry in attachments")
    if len(kept) + len(new) > MOST_FILES:
        errors.add("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_FILES} or fewer in length.")
    return kept, new


def _read_entry(
    path: str,
    entry: Any,
    by_index: dict[str, Upload],
    earlier: dict[str, Attachment],
    kept: list[Attachment],
    new: list[NewFile],
    errors: FormErrors,
) -> None:
    if not errors.check_object(path, entry):
        return
    if entry.get("description") is not None:
        errors.check_length(f"{path}.description", entry["description"], 0, 1024)
    key = str(entry.get("id"))
    if key in by_index:
        upload = by_index[key]
        name = clean_filename(str(entry.get("filename") or upload.filename))
        spoiler = bool(entry.get("is_spoiler"))
        new.append(NewFile(upload=upload, filename=name, description=entry.get("description"), spoiler=spoiler))
    elif key in earlier:
        kept.append(replace(earlier[key], description=entry.get("description", earlier[key].description)))
    else:
        errors.add(f"{path}.id", "ATTACHMENT_NOT_FOUND", "Attachment data not found")


_EMBED_TEXTS = (("title", 256), ("description", 4096))


def check_embeds(embeds: Any, errors: FormErrors) -> None:
    if not errors.check_count("embeds", embeds, 0, 10):
        return
    total = 0
    for index, embed in enumerate(embeds):
        path = f"embeds.{index}"
        if not errors.check_object(path, embed):
            continue
        texts = [(f"{path}.{name}", embed.get(name), most) for name, most in _EMBED_TEXTS]
        texts.append((f"{path}.footer.text", (embed.get("footer") or {}).get("text"), 2048))
        texts.append((f"{path}.author.name", (embed.get("author") or {}).get("name"), 256))
        fields = embed.get("fields") or []
        if errors.check_count(f"{path}.fields", fields, 0, 25):
            for position, entry in enumerate(fields):
                texts.append((f"{path}.fields.{position}.name", entry.get("name") or "", 256))
                texts.append((f"{path}.fields.{position}.value", entry.get("value") or "", 1024))
        for text_path, text, most in texts:
            if text is not None:
                errors.check_length(text_path, text, 1 if ".fields." in text_path else 0, most)
                total += len(str(text))
    if total > 6000:
        errors.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def embedded_file_names(message: Message) -> set[str]:
    """Return the names of the files that embeds or components show instead of the attachment list."""
    return set(named_attachments(message.embeds)) | set(named_attachments(message.components))
