"""A form of the core as Slack's modal; pure."""

from typing import Any, assert_never

from bot.chat.reply import Choice, Form, FormField
from bot.chat.text import shorten
from bot.commands.action import encode_action

View = dict[str, Any]

TITLE_LENGTH = 24
LABEL_LENGTH = 2000
HINT_LENGTH = 150
TEXT_LENGTH = 3000
MOST_FILES = 10
MOST_CHOICES = 100
CHOICE_LENGTH = 75
FILE_TYPES = ("png", "jpg", "jpeg", "webp", "gif", "heic", "heif", "avif", "bmp", "tif", "tiff")
"""The file types that the picker offers; the intake checks the bytes later."""


def to_modal(form: Form, *, metadata: str) -> View:
    """`metadata` comes back with the submission, so that it needs nothing of the process that opened the form."""
    return {
        "type": "modal",
        "callback_id": encode_action(form.action),
        "title": _plain(form.title, TITLE_LENGTH),
        "submit": _plain(form.submit, TITLE_LENGTH),
        "close": _plain(form.close, TITLE_LENGTH),
        "private_metadata": metadata,
        "blocks": [_block(field) for field in form.fields],
    }


def _block(field: FormField) -> dict[str, Any]:
    block: dict[str, Any] = {
        "type": "input",
        "block_id": field.name,
        "label": _plain(field.label, LABEL_LENGTH),
        "optional": not field.required,
        "element": {"action_id": field.name, **_element(field)},
    }
    if field.kind in {"files", "choice"} and field.hint:
        block["hint"] = _plain(field.hint, LABEL_LENGTH)
    return block


def _element(field: FormField) -> dict[str, Any]:
    match field.kind:
        case "files":
            return {"type": "file_input", "filetypes": list(FILE_TYPES), "max_files": field.limit(MOST_FILES)}
        case "choice":
            select: dict[str, Any] = {"type": "static_select", "options": list(map(_option, field.choices[:MOST_CHOICES]))}
            if field.chosen:
                select["initial_option"] = _option(field.chosen[0])
            return select
        case "text" | "paragraph":
            length = field.limit(TEXT_LENGTH)
            element: dict[str, Any] = {
                "type": "plain_text_input",
                "multiline": field.kind == "paragraph",
                "max_length": length,
            }
            if field.hint:
                element["placeholder"] = _plain(field.hint, HINT_LENGTH)
            if field.value:
                element["initial_value"] = field.value[:length]
            return element
        case _:
            assert_never(field.kind)


def _option(choice: Choice) -> dict[str, Any]:
    return {"text": _plain(choice.label, CHOICE_LENGTH), "value": choice.value}


def _plain(text: str, length: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": shorten(text, length), "emoji": False}
