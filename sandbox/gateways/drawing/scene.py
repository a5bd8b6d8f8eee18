"""What a picture shows, as a value: an edit changes it and the painter paints it again."""

import hashlib
import json
from collections.abc import Container
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sandbox.gateways.drawing.words import vocabulary

MOST_SUBJECTS = 4
MOST_OF_A_KIND = 12
_MOST_CHARACTERS = 2_000
PATTERNS = ("flow", "cells", "waves", "rings", "ribbons")
_WORDS = {
    "place": vocabulary.PLACES,
    "time": vocabulary.TIMES,
    "season": vocabulary.SEASONS,
    "weather": vocabulary.WEATHERS,
    "style": vocabulary.STYLES,
    "tint": vocabulary.COLOURS,
    "pattern": PATTERNS,
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One kind of thing in a picture. `kind` and `colour` are keys of the vocabulary; no colour means its usual one."""

    kind: str
    count: int = 1
    colour: str = ""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A picture in words of the vocabulary. Empty words mean "as usual"; `layout` seeds what no word decides.

    `tint` recolours the whole picture, `pattern` names the abstraction that stands for what the painter cannot draw.
    """

    subjects: tuple[Subject, ...] = ()
    place: str = ""
    time: str = ""
    season: str = ""
    weather: str = ""
    style: str = ""
    tint: str = ""
    pattern: str = ""
    layout: int = 0

    def has(self, kind: str) -> bool:
        return any(subject.kind == kind for subject in self.subjects)

    def without(self, kinds: frozenset[str]) -> "Scene":
        return replace(self, subjects=tuple(subject for subject in self.subjects if subject.kind not in kinds))


@dataclass(frozen=True, kw_only=True)
class Painting:
    """A scene and, if it was made from a picture the painter did not make, that picture's pixels as a JPEG or PNG.

    `cut_out`: only the things are shown, as a sticker.
    """

    scene: Scene
    backdrop: bytes | None = field(default=None, repr=False)
    cut_out: bool = False


def layout_of(*parts: object) -> int:
    """Return a seed that depends on all parts and is the same in every process."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, parts)).encode()).digest()[:6], "big")


def encode_scene(scene: Scene) -> str:
    return json.dumps(asdict(scene), separators=(",", ":"))


def decode_scene(text: str) -> Scene | None:
    """Return the scene of a text that `encode_scene` made, or None for any other text."""
    if len(text) > _MOST_CHARACTERS:
        return None
    try:
        value = json.loads(text)
        subjects = tuple(_read_subject(item) for item in value["subjects"][:MOST_SUBJECTS])
        names = {name: _read_word(value[name], words) for name, words in _WORDS.items()}
        return Scene(subjects=subjects, layout=int(value["layout"]) % 2**48, **names)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


def _read_subject(item: Any) -> Subject:
    count = max(1, min(MOST_OF_A_KIND, int(item["count"])))
    kind, colour = _read_word(item["kind"], vocabulary.SUBJECTS), _read_word(item["colour"], vocabulary.COLOURS)
    return Subject(kind=kind, count=count, colour=colour)


def _read_word(value: Any, known: Container[str]) -> str:
    if not isinstance(value, str) or (value and value not in known):
        raise ValueError(value)
    return value
