"""Decodes the ids of buttons and forms that platforms send back; pure."""

from bot.commands.action import Action, ActionKind, decode_action
from bot.commands.command import Command
from bot.commands.interpretation import interpret_press
from bot.errors import RefusalCode, RefusedError


def action_of(control: str) -> Action:
    """The action of a button or form. Raises RefusedError if it is not ours or comes from an older version."""
    action = decode_action(control)
    if action is None:
        raise RefusedError(RefusalCode.FORM_EXPIRED)
    return action


def command_of_press(control: str) -> Command:
    """The command of a button. Raises RefusedError."""
    return interpret_press(action_of(control))


def answers_question(control: str) -> bool:
    """Whether a button belongs to a question."""
    action = decode_action(control)
    return action is not None and action.kind is ActionKind.ANSWER
