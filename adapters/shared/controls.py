"""Buttons and forms by the id that a platform gives back; pure."""

from bot.commands.action import Action, decode_action
from bot.commands.command import Command
from bot.commands.interpretation import interpret_press
from bot.errors import RefusalCode, RefusedError


def action_of(control: str) -> Action:
    """What a button or form does; raises RefusedError for one that is not ours or of an older version."""
    action = decode_action(control)
    if action is None:
        raise RefusedError(RefusalCode.FORM_EXPIRED)
    return action


def command_of_press(control: str) -> Command:
    """The command of a button. Raises RefusedError."""
    return interpret_press(action_of(control))
