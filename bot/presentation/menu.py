"""The table of commands with the words that a platform shows in its menus; pure."""

from bot.commands.table import COMMANDS, MENU, CommandRow, MenuRow, Option
from bot.presentation.offers import Offers
from bot.values import dataclass
from bot.wording.words import Words

GATEWAY = "gateway"
"""The field of the options by which a member chooses a gateway."""


@dataclass(frozen=True, kw_only=True)
class OptionEntry:
    option: Option
    description: str


@dataclass(frozen=True, kw_only=True)
class CommandEntry:
    """`hint` shows what can be typed after the name."""

    row: CommandRow
    description: str
    hint: str
    options: tuple[OptionEntry, ...]


@dataclass(frozen=True, kw_only=True)
class MenuEntry:
    row: MenuRow
    title: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Menu:
    """Everything in a platform's menus. `group_…` describes the bot's own command, whose subcommands are the grouped rows."""

    commands: tuple[CommandEntry, ...]
    entries: tuple[MenuEntry, ...]
    group_description: str
    group_hint: str


def menu(words: Words, offers: Offers) -> Menu:
    return Menu(
        commands=tuple(_command(row, words, offers) for row in COMMANDS),
        entries=tuple(
            MenuEntry(row=row, title=words.say(f"menu-{row.name}"), description=words.say(f"menu-{row.name}-description"))
            for row in MENU
        ),
        group_description=words.say("command-group"),
        group_hint=", ".join(row.name for row in COMMANDS if row.grouped),
    )


def _command(row: CommandRow, words: Words, offers: Offers) -> CommandEntry:
    return CommandEntry(
        row=row,
        description=words.say(f"command-{row.name}"),
        hint=words.say(f"command-{row.name}-hint") if row.options else "",
        options=tuple(
            OptionEntry(option=option, description=_description(option, words, offers))
            for option in row.options
            if option.field != GATEWAY or words.disclosure.gateways
        ),
    )


def _description(option: Option, words: Words, offers: Offers) -> str:
    return words.say(
        option.words,
        number=option.number or 1,
        images=offers.most_images,
        sizes=", ".join(offers.tiers),
        models=", ".join(offers.models),
    )
