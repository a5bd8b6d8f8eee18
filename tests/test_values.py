"""`bot.values.dataclass` behaves as the standard library's frozen dataclass does."""

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from bot.values import dataclass

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, kw_only=True)
class Ours:
    name: str
    size: int = 3
    parts: tuple[Any, ...] = ()
    options: dict[str, int] = field(default_factory=dict, compare=False)
    secret: str = field(default="", repr=False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Standard:
    name: str
    size: int = 3
    parts: tuple[Any, ...] = ()
    options: dict[str, int] = field(default_factory=dict, compare=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Derived(Ours):
    more: int


@dataclass(frozen=True)
class Positional:
    first: int
    second: int = 0

    def __post_init__(self) -> None:
        if self.first < 0:
            raise ValueError(self.first)


@dataclass(frozen=True, kw_only=True)
class Empty:
    pass


USES: dict[str, Callable[[Any], Any]] = {
    "shown": lambda made: repr(made(name="a", secret="s")),
    "shown-nested": lambda made: repr(made(name="a", parts=(made(name="b"),))),
    "equal": lambda made: made(name="a") == made(name="a"),
    "not-equal": lambda made: made(name="a") == made(name="b"),
    "not-compared": lambda made: made(name="a", options={"x": 1}) == made(name="a"),
    "another-class": lambda made: made(name="a") == ("a", 3, (), ""),
    "anything": lambda made: made(name="a") == ANY,
    "hash": lambda made: hash(made(name="a")),
    "unhashable": lambda made: hash(made(name="a", parts=([],))),
    "replaced": lambda made: repr(dataclasses.replace(made(name="a"), size=4)),
    "replaced-unknown": lambda made: dataclasses.replace(made(name="a"), colour="red"),
    "as-dict": lambda made: dataclasses.asdict(made(name="a", options={"x": 1})),
    "fields": lambda made: [found.name for found in dataclasses.fields(made)],
    "default-factory": lambda made: made(name="a").options is made(name="a").options,
    "missing": lambda made: made(size=1),
    "positional": lambda made: made("a"),
    "set": lambda made: setattr(made(name="a"), "name", "b"),
    "set-unknown": lambda made: setattr(made(name="a"), "colour", "red"),
    "deleted": lambda made: delattr(made(name="a"), "name"),
    "copied": lambda made: copy.deepcopy(made(name="a")) == made(name="a"),
    "pickled": lambda made: pickle.loads(pickle.dumps(made(name="a"))) == made(name="a"),
    "match": lambda made: made.__match_args__,
}


def outcome(use: Callable[[Any], Any], made: type) -> object:
    try:
        result = use(made)
    except (TypeError, dataclasses.FrozenInstanceError) as error:
        result = f"{type(error).__name__}: {error}"
    return result.replace(made.__name__, "X") if isinstance(result, str) else result


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_a_value_behaves_as_a_frozen_dataclass(use: Callable[[Any], Any]) -> None:
    assert outcome(use, Ours) == outcome(use, Standard)


def test_a_value_may_derive_from_another() -> None:
    derived = Derived(name="a", more=1)
    assert repr(derived) == "Derived(name='a', size=3, parts=(), options={}, more=1)"
    assert derived != Ours(name="a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        derived.size = 4  # type: ignore[misc]  # what is tested


def test_a_value_may_check_itself_and_be_matched_by_position() -> None:
    with pytest.raises(ValueError, match="-1"):
        Positional(-1)
    match Positional(1, 2):
        case Positional(first, second):
            assert (first, second) == (1, 2)


def test_a_value_may_be_empty() -> None:
    assert Empty() == Empty()
    assert len({Empty(), Empty()}) == 1


def test_what_may_change_needs_the_standard_library() -> None:
    with pytest.raises(AssertionError, match="standard library"):
        dataclass(frozen=False, kw_only=True)


@pytest.mark.parametrize("folder", ["bot", "adapters"])
def test_every_frozen_dataclass_of_the_program_is_a_value(folder: str) -> None:
    """The standard library's would slow the start down."""
    for path in (ROOT / folder).rglob("*.py"):
        text = path.read_text()
        assert "@dataclasses.dataclass(frozen" not in text, path
        assert "@dataclass(frozen" not in text or "from bot.values import dataclass" in text, path
