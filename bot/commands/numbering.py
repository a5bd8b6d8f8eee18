"""The numbers by which a member knows the references of a command, where a gateway counts them differently; pure.

A command with options `image2` and `image3` alone sends two pictures: the gateway's image 1 is the member's image 2. Of a set, the
member knows each picture by its number there. The member's numbers stand in the prompt as typed, in refusals and in receipts; the
gateway gets its own.
"""

import re
from collections.abc import Mapping

from bot.commands.command import Attachment, Generate, StoredPicture
from bot.errors import VARIANT, RefusalCode, RefusedError

_NAMED = re.compile(r"\bimages?\s?\d{1,2}(?:(?:\s?,\s?|\s?&\s?|\s(?:and|or|with|to)\s)\d{1,2}){0,9}(?!\w)", re.IGNORECASE)
_NUMBER = re.compile(r"\d++")


def numbers_seen(command: Generate) -> tuple[int, ...]:
    """The member's number of each reference; empty where they are counted from 1 without a gap."""
    chosen = chosen_of_set(command)
    if len(chosen) == len(command.references):
        return () if chosen == tuple(range(1, len(chosen) + 1)) else chosen
    if not any(isinstance(source, Attachment) and source.number is not None for source in command.references):
        return ()
    numbers = tuple(
        (source.number if isinstance(source, Attachment) else None) or position
        for position, source in enumerate(command.references, 1)
    )
    # A number that two have would say nothing.
    counted = numbers == tuple(range(1, len(numbers) + 1)) or len(set(numbers)) < len(numbers)
    return () if counted else numbers


def chosen_of_set(command: Generate) -> tuple[int, ...]:
    """The numbers of the pictures of earlier sets among the references, if they are all of one set."""
    stored = [source for source in command.references if isinstance(source, StoredPicture)]
    return tuple(source.number for source in stored) if len({source.job for source in stored}) == 1 else ()


def prompt_for_gateway(command: Generate) -> str:
    """The prompt with the gateway's numbers in it: `image 3` becomes `image 1` if that is where the picture is."""
    positions = {number: position for position, number in enumerate(numbers_seen(command), 1)}
    all_of_set = len(chosen_of_set(command)) == len(command.references)
    if not positions or (all_of_set and not _names_of_set(command, positions)):
        return command.prompt
    return _NAMED.sub(
        lambda named: _NUMBER.sub(lambda number: str(positions.get(int(number[0]), number[0])), named[0]), command.prompt
    )


def _names_of_set(command: Generate, positions: Mapping[int, int]) -> bool:
    """Whether a prompt counts as the set does: `image 3`, where one picture is sent; else `image 1` is the first that was chosen."""
    named = {int(number) for match in _NAMED.finditer(command.prompt) for number in _NUMBER.findall(match[0])}
    return named <= positions.keys() and not named <= set(positions.values())


def as_seen(error: RefusedError, command: Generate) -> RefusedError:
    """The refusal as the member knows the request: by their number of a reference, and layers not by a count."""
    if command.options.layers and error.refusal is RefusalCode.QUOTA_EXCEEDED:
        return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, VARIANT: "layers"})
    numbers, position = numbers_seen(command), error.parameters.get("number")
    if not isinstance(position, int) or not 1 <= position <= len(numbers):
        return error
    return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, "number": numbers[position - 1]})
