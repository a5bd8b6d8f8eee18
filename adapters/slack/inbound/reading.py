"""Slack's JSON of slash commands and forms → commands, and what Slack cannot do with them; pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from adapters.shared.controls import action_of
from adapters.shared.gesture import Gesture
from adapters.shared.text import within
from adapters.shared.tokens import with_emoji
from adapters.slack.address import decode_address
from adapters.slack.commands import GROUP
from adapters.slack.inbound.attachments import to_attachment
from adapters.slack.inbound.messages import plain
from bot.commands.command import AnswerQuestion, Attachment, Command, Generate, Repeat, ShowResult, StartFresh
from bot.commands.form import FormSubmission
from bot.commands.grammar import parse
from bot.commands.table import HELP, inquiry, unknown_command
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.values import dataclass

Json = Mapping[str, Any]

COMMAND_CHARACTERS = 40_000
"""Slack documents no limit for commands; this is the one for messages."""
FIELD_CHARACTERS = 3000
"""The longest text of a form's field."""


@dataclass(frozen=True, kw_only=True)
class OpenForm:
    """A command that asks for more than it can carry."""

    verb: Literal["imagine", "edit"]
    prompt: str = ""


def to_command(body: Json) -> Command | OpenForm:
    """A slash command. Raises RefusedError."""
    text = plain(within(str(body.get("text") or ""), COMMAND_CHARACTERS)).strip()
    match str(body.get("command")).removeprefix("/"):
        case "imagine":
            return parse(text, verb="imagine") if text else OpenForm(verb="imagine")
        case "edit":
            edit = parse(text, verb="edit")
            # With `--ref` it says what to change; else the pictures have to come by the form.
            return edit if edit.references and edit.prompt else OpenForm(verb="edit", prompt=text)
        case command if f"/{command}" == GROUP:
            return inquiry(text) or inquiry(text.partition(" ")[0]) or (unknown_command(text) if text else HELP)
        case _:
            # A command that an older manifest declared.
            return HELP


def submission_of(view: Json) -> FormSubmission:
    """A filled form's view, which needs nothing of the process that opened it. Raises RefusedError."""
    action = action_of(view.get("callback_id") or "")
    texts: dict[str, str] = {}
    uploads: list[Attachment] = []
    for block in view.get("state", {}).get("values", {}).values():
        for name, field in block.items():
            if field.get("type") == "file_input":
                uploads += map(to_attachment, field.get("files") or ())
            else:
                chosen = (field.get("selected_option") or {}).get("value")
                texts[name] = with_emoji(within(str(chosen or field.get("value") or ""), FIELD_CHARACTERS))
    return FormSubmission(action=action, fields=texts, files=tuple(uploads))


def redirect_private(gesture: Gesture, command: Command) -> Gesture:
    """The gesture, answered in direct messages if the command is private."""
    match command:
        case Generate(options=options):
            private = options.private is True
        case (
            Repeat(private=private) | ShowResult(private=private) | StartFresh(private=private) | AnswerQuestion(private=private)
        ):
            pass
        case _:
            private = False
    address = decode_address(gesture.origin.address)
    if not private or address.direct:
        return gesture
    return gesture.with_address(replace(address, redirected=True).encode())


def refuse_spoiler(command: Command) -> None:
    """Slack hides no picture behind a click, and one that a member wants hidden is not shown openly. Raises RefusedError."""
    if isinstance(command, Generate) and command.options.spoiler is True:
        raise RefusedError(RefusalCode.OPTION_NOT_SUPPORTED, nearest="--private", flag="--spoiler", **{VARIANT: "platform"})
