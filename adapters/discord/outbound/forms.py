"""A form of the core as Discord's modal."""

from typing import assert_never

import discord

from bot.chat.reply import Form, FormField
from bot.chat.text import shorten
from bot.commands.action import encode_action

TITLE_LENGTH = 45
LABEL_LENGTH = 45
HINT_LENGTH = 100
TEXT_LENGTH = 4000
MOST_FILES = 10
MOST_CHOICES = 25
CHOICE_LENGTH = 100
OPEN_SECONDS = 15 * 60


def to_modal(form: Form) -> discord.ui.Modal:
    """Stopped before it is sent, so that the library keeps it nowhere: a submission is read by its ids, after a restart too."""
    built = discord.ui.Modal(title=form.title[:TITLE_LENGTH], custom_id=encode_action(form.action), timeout=OPEN_SECONDS)
    for field in form.fields:
        label: discord.ui.Label[discord.ui.Modal] = discord.ui.Label(
            text=field.label[:LABEL_LENGTH],
            description=_description(field),
            component=_input(field),
        )
        built.add_item(label)
    built.stop()
    return built


def _input(field: FormField) -> discord.ui.Item[discord.ui.Modal]:
    match field.kind:
        case "files":
            return discord.ui.FileUpload(
                custom_id=field.name,
                required=field.required,
                min_values=1 if field.required else 0,
                max_values=field.limit(MOST_FILES),
            )
        case "choice":
            return discord.ui.Select(
                custom_id=field.name,
                required=field.required,
                min_values=1 if field.required else 0,
                max_values=min(field.limit(MOST_CHOICES), len(field.choices)),
                options=[
                    discord.SelectOption(
                        label=shorten(choice.label, CHOICE_LENGTH), value=choice.value, default=choice in field.chosen
                    )
                    for choice in field.choices[:MOST_CHOICES]
                ],
            )
        case "text" | "paragraph":
            return discord.ui.TextInput(
                custom_id=field.name,
                style=discord.TextStyle.paragraph if field.kind == "paragraph" else discord.TextStyle.short,
                placeholder=field.hint[:HINT_LENGTH] or None,
                required=field.required,
                max_length=field.limit(TEXT_LENGTH),
                default=field.value[: field.limit(TEXT_LENGTH)] or None,
            )
        case _:
            assert_never(field.kind)


def _description(field: FormField) -> str | None:
    """A text input shows its hint as a placeholder instead."""
    return None if field.kind in {"text", "paragraph"} else field.hint[:HINT_LENGTH] or None
