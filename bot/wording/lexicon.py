"""Reads the words by which messages are understood: one file a language in `lexicons`, whose lists are explained in `en.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from bot.commands.lexicon import Language, Lexicon

LANGUAGES = ("en", "de", "fr", "es", "ja", "zh")
"""The first one is assumed where a text does not show its language."""


@cache
def lexicon() -> Lexicon:
    """Every language, read once a process."""
    folder = files("bot.wording") / "lexicons"
    return Lexicon(
        languages=tuple(read_language(name, (folder / f"{name}.toml").read_text(encoding="utf-8")) for name in LANGUAGES)
    )


def read_language(name: str, text: str) -> Language:
    """A list is one text with spaces between its words, or a list of phrases. Raises ValueError for a list that is not known."""
    found = tomllib.loads(text)
    unknown = set(found) - {field.name for field in fields(Language)}
    if unknown:
        raise ValueError(f"{name}.toml has unknown lists: {sorted(unknown)}")
    return Language(name=name, **{key: _value(given) for key, given in found.items()})


def _value(given: object) -> Any:  # noqa: ANN401  # a switch, words, or numbers by word
    match given:
        case bool():
            return given
        case Mapping():
            return MappingProxyType({str(word).casefold(): int(number) for word, number in given.items()})
        case list():
            return frozenset(str(phrase).casefold() for phrase in given)
        case _:
            return frozenset(str(given).casefold().split())
