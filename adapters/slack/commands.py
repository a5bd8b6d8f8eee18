"""What members can call: slash commands and shortcuts, as the manifest declares them and as they come in; pure."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class SlashCommand:
    name: str
    description: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class Shortcut:
    """`message`: in a message's menu; `global`: in the menu beside the message field."""

    name: str
    kind: Literal["message", "global"]
    callback_id: str
    description: str


IMAGINE, EDIT, SEEDREAM = "/imagine", "/edit", "/seedream"
EDIT_WITH, NEW_IMAGE = "edit_with", "new_image"

COMMANDS = (
    SlashCommand(name=IMAGINE, description="Make new pictures", hint="a red fox in snow --ratio 16:9, or nothing for a form"),
    SlashCommand(name=EDIT, description="Change pictures of yours", hint="make it night"),
    SlashCommand(name=SEEDREAM, description="How this works, and what you have left", hint="help, quota or models"),
)
SHORTCUTS = (
    Shortcut(
        name="Edit with Seedream",
        kind="message",
        callback_id=EDIT_WITH,
        description="Change the pictures of this message",
    ),
    Shortcut(name="New picture", kind="global", callback_id=NEW_IMAGE, description="Open the form for new pictures"),
)
