"""The numbers by which a member knows the references of a command, where a gateway counts them differently; pure.

A command with options `image2` and `image3` alone sends two pictures: the gateway's image 1 is the member's image 2. The member's
numbers stand in the prompt as typed, in refusals and in receipts; the gateway gets its own.
"""

import re

from bot.commands.command import Attachment, Generate
from bot.errors import VARIANT, RefusalCode, RefusedError

_NAMED = re.compile(r"\bimages?\s?\d{1,2}(?:(?:\s?,\s?|\s?&\s?|\s(?:and|or|with|to)\s)\d{1,2}){0,9}(?!\w)", re.IGNORECASE)
_NUMBER = re.compile(r"\d++")


def numbers_seen(command: Generate) -> tuple[int, ...]:
    """The member's number of each reference; empty where they are counted from 1 without a gap."""
    if not any(isinstance(source, Attachment) and source.number is not None for source in command.references):
        return ()
    return tuple(
        (source.number if isinstance(source, Attachment) else None) or position
        for position, source in enumerate(command.references, 1)
    )


def prompt_for_gateway(command: Generate) -> str:
    """The prompt with the gateway's numbers in it: `image 3` becomes `image 1` if that is where the picture is."""
    positions = {number: position for position, number in enumerate(numbers_seen(command), 1)}
    if not positions:
        return command.prompt
    return _NAMED.sub(
        lambda named: _NUMBER.sub(lambda number: str(positions.get(int(number[0]), number[0])), named[0]), command.prompt
    )


def as_seen(error: RefusedError, command: Generate) -> RefusedError:
    """The refusal as the member knows the request: by their number of a reference, and layers not by a count."""
    if command.options.layers and error.refusal is RefusalCode.QUOTA_EXCEEDED:
        return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, VARIANT: "layers"})
    numbers, position = numbers_seen(command), error.parameters.get("number")
    if not isinstance(position, int) or not 1 <= position <= len(numbers):
        return error
    return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, "number": numbers[position - 1]})
