"""The table of commands: complete, consistent, and all that menus and reading need."""

import re
from dataclasses import fields
from typing import get_args

import pytest

from bot.commands.command import Command, Generate, Inquiry, Options, Repeat, ShowResult
from bot.commands.table import BUTTONS, COMMANDS, HELP, CommandRow, HandlerKey, inquiry, opening_of, row_of
from bot.ids import JobId
from bot.presentation.menu import menu
from bot.wording.words import Words

JOB = JobId("0123456789ab")
GENERATE = {verb: Generate(verb=verb, prompt="a fox") for verb in ("imagine", "edit")}
ONE_OF_EACH: list[Command] = [*GENERATE.values(), Repeat(job=JOB), ShowResult(job=JOB), HELP]


def test_every_handler_is_asked_for() -> None:
    """Each key belongs to a row, and each row to a key."""
    handlers = {*(row.handler for row in COMMANDS), *(row.handler for row in BUTTONS.values())}

    assert handlers == set(HandlerKey)


def test_every_kind_of_command_has_a_row() -> None:
    """Whatever an adapter reads, the table knows."""
    assert {type(command) for command in ONE_OF_EACH} == set(get_args(Command))
    assert [row_of(command).handler for command in ONE_OF_EACH] == ["generate", "generate", "repeat", "show_result", "help"]


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_names_are_typed_and_unique(row: CommandRow) -> None:
    """Both platforms take the same short names, and each option sets a field that exists."""
    assert re.fullmatch(r"[a-z]{1,31}", row.name)
    assert [other.name for other in COMMANDS].count(row.name) == 1
    assert len({option.name for option in row.options}) == len(row.options)
    assert {option.field for option in row.options} <= {None, *(field.name for field in fields(Options))}


def test_every_row_has_words() -> None:
    """Name, description and options read as words in every menu."""
    shown = menu(Words())

    assert [entry.row for entry in shown.commands] == list(COMMANDS)
    assert all(entry.description for entry in shown.commands)
    assert all(option.description for entry in shown.commands for option in entry.options)


@pytest.mark.parametrize(
    ("command", "private", "wait"),
    [
        (Generate(verb="imagine", prompt="a fox"), False, True),
        (Generate(verb="imagine", prompt="a fox", options=Options(private=True)), True, True),
        (Repeat(job=JOB), False, True),
        (Repeat(job=JOB, private=True), True, True),
        (ShowResult(job=JOB, private=True), True, True),
        (Inquiry(name="quota"), True, False),
    ],
)
def test_how_a_command_is_answered_first(command: Command, *, private: bool, wait: bool) -> None:
    """A job is acknowledged and may be private; an inquiry is answered at once, to the member alone."""
    opening = opening_of(command)

    assert (opening.private, opening.wait) == (private, wait)


@pytest.mark.parametrize(("word", "name"), [("quota", "quota"), (" Models ", "models"), ("imagine", None), ("fox", None)])
def test_words_that_are_inquiries(word: str, name: str | None) -> None:
    """Only commands that are answered at once can be asked for by their bare name."""
    found = inquiry(word)

    assert (None if found is None else found.name) == name
