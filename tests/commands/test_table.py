"""The table of commands is complete and consistent."""

import re
from dataclasses import fields
from typing import get_args

import pytest

from bot.commands.command import (
    AnswerQuestion,
    Ask,
    CancelJob,
    CancelQuestion,
    Command,
    Doubt,
    Generate,
    Inquiry,
    Options,
    PartialRequest,
    Remark,
    RememberPictures,
    Repeat,
    ShowResult,
    StartFresh,
    Topic,
)
from bot.commands.table import BUTTONS, COMMANDS, HELP, CommandRow, HandlerKey, inquiry, opening_of, row_of, unknown_command
from bot.ids import JobId
from bot.presentation.menu import menu
from bot.presentation.offers import catalog_offers
from bot.wording.words import Words

JOB = JobId("0123456789ab")
GENERATE = {verb: Generate(verb=verb, prompt="a fox") for verb in ("imagine", "edit")}
QUESTION: list[Command] = [AnswerQuestion(question=JOB, choice="again"), CancelQuestion(question=JOB)]
ASK = Ask(doubt=Doubt.WHICH, partial=PartialRequest(request=GENERATE["edit"]), choices=("1", "2"))
ONE_OF_EACH: list[Command] = [
    *GENERATE.values(),
    Repeat(job=JOB),
    StartFresh(job=JOB),
    CancelJob(job=JOB),
    Remark(topic=Topic.ABOUT),
    ShowResult(job=JOB),
    ASK,
    RememberPictures(pictures=()),
    *QUESTION,
    HELP,
]


def test_every_handler_key_is_used() -> None:
    """The rows of commands and buttons use all handler keys."""
    handlers = {*(row.handler for row in COMMANDS), *(row.handler for row in BUTTONS.values())}

    assert handlers == set(HandlerKey)


def test_every_kind_of_command_has_a_row() -> None:
    """Every type of command belongs to a row."""
    assert {type(command) for command in ONE_OF_EACH} == set(get_args(Command))
    handlers = "generate generate repeat start_fresh cancel_job remark show_result ask remember answer cancel help"
    assert [row_of(command).handler for command in ONE_OF_EACH] == handlers.split()


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_names_are_valid_and_unique(row: CommandRow) -> None:
    """Names fit both platforms, and each option sets an existing field."""
    assert re.fullmatch(r"[a-z]{1,31}", row.name)
    assert [other.name for other in COMMANDS].count(row.name) == 1
    assert len({option.name for option in row.options}) == len(row.options)
    assert {option.field for option in row.options} <= {None, *(field.name for field in fields(Options))}


def test_every_row_has_words() -> None:
    """Every command and option has a description."""
    shown = menu(Words(), catalog_offers())

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
        (StartFresh(job=JOB), False, True),
        (CancelJob(job=JOB), True, True),
        (Remark(topic=Topic.ABOUT), True, False),
        (ShowResult(job=JOB, private=True), True, True),
        (ASK, True, False),
        (QUESTION[0], False, True),
        (QUESTION[1], True, False),
        (Inquiry(name="quota"), True, False),
    ],
)
def test_the_opening_of_a_command(command: Command, *, private: bool, wait: bool) -> None:
    """A job is acknowledged first and may be private; an inquiry is answered at once and privately."""
    opening = opening_of(command)

    assert (opening.private, opening.wait) == (private, wait)
    assert opening.answers_question == (command in QUESTION)


@pytest.mark.parametrize(("word", "name"), [("quota", "quota"), (" Models ", "models"), ("imagine", None), ("fox", None)])
def test_inquiries_are_found_by_name(word: str, name: str | None) -> None:
    """Only commands that are answered immediately are found by their name alone."""
    found = inquiry(word)

    assert (None if found is None else found.name) == name


@pytest.mark.parametrize(
    ("typed", "slip", "nearest"),
    [
        ("qouta", "qouta", "quota"),
        ("/hlep", "/hlep", "help"),
        ("/imagin", "/imagin", "/imagine"),
        ("imagine a red fox", "imagine a red fox", "/imagine"),
        ("foo", "foo", None),
        ("a " * 200, "a", None),
    ],
)
def test_an_unknown_command_names_the_slip(typed: str, slip: str, nearest: str | None) -> None:
    """The help follows; what was probably meant is named as it is typed."""
    found = unknown_command(typed)
    assert (found.name, found.slip, found.nearest) == ("help", slip, nearest)
