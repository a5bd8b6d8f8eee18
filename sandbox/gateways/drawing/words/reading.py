"""Reads a prompt's wishes: which things, how many, in which colour and place, from which of the references."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sandbox.gateways.drawing.scene import MOST_OF_A_KIND
from sandbox.gateways.drawing.words.lexer import Token, read_tokens

_NEAR_AHEAD = 26
"""How many characters after its colour or number a thing may be named ("a small red wooden house")."""
_NEAR_BEHIND = 6
"""How many characters before its colour it may be named ("un renard rouge", "the car blue")."""
_PREPOSITIONS = frozenset(
    {"on", "in", "to", "next", "beside", "near", "of", "under", "over", "above", "behind", "at", "around", "from"}
)
_PRONOUNS = frozenset({"it", "this", "that", "them", "him", "her", "everything", "es", "ihn", "sie", "le", "la", "lo", "它"})
_SETTINGS = ("place", "time", "season", "weather", "style")
_FLOCKS = frozenset({"flower", "tree", "pine", "bird", "fish", "butterfly", "balloon", "mushroom"})


@dataclass(frozen=True, kw_only=True)
class Mention:
    """A thing that the prompt names. `act` is what shall happen to it, `picture` the reference that it shall come from."""

    kind: str
    count: int = 0
    colour: str = ""
    act: str = ""
    picture: int = 0
    start: int = 0
    end: int = 0


@dataclass(kw_only=True)
class Reading:
    """The wishes of a prompt. `sources` says which reference a setting shall come from, `colours` are those of no named thing."""

    mentions: list[Mention] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    colours: list[str] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)
    only: list[int] = field(default_factory=list)
    removes_settings: set[str] = field(default_factory=set)

    @property
    def is_blank(self) -> bool:
        return not (self.mentions or self.settings)


def read_prompt(prompt: str) -> Reading:
    """Read a prompt in one pass over its words."""
    return _Reader(tokens=read_tokens(prompt)).read()


@dataclass(kw_only=True)
class _Reader:
    tokens: Sequence[Token]
    reading: Reading = field(default_factory=Reading)
    act: str = ""
    number: tuple[int, int] | None = None
    colour: tuple[str, int] | None = None
    exclusive: bool = False
    skipped: int = -1
    """The place of a number that was read with the word before it."""
    owner: int = 0
    """The reference whose things are named next ("image 2's sunset", "图2的日落")."""
    unsourced: list[str] = field(default_factory=list)
    unsourced_mentions: list[int] = field(default_factory=list)

    def read(self) -> Reading:
        for at, token in enumerate(self.tokens):
            self._read_token(at, token)
        self._drop_colour()
        return self.reading

    def _read_token(self, at: int, token: Token) -> None:
        if at == self.skipped:
            return
        if token.key("stop"):
            self.act, self.number, self.owner = "", None, 0
        elif token.key("picture"):
            self._read_picture(at, token)
        elif token.key("act"):
            self._read_act(at, token)
        elif any(token.key(name) for name in _SETTINGS) and not self._is_thing(token):
            self._read_setting(token)
        elif token.key("subject"):
            self._read_subject(token)
        elif token.key("colour"):
            self._read_colour(token)
        elif token.key("number"):
            self.number = int(token.key("number")), token.end
        elif token.text in _PREPOSITIONS and self.act == "add":
            self.act = ""

    def _is_thing(self, token: Token) -> bool:
        """A word with both meanings ("tower" and "town" in one language and another) is a thing where it is counted."""
        return bool(token.key("subject")) and self.number is not None and token.start - self.number[1] < _NEAR_AHEAD

    def _read_act(self, at: int, token: Token) -> None:
        word = token.key("act")
        following = self.tokens[at + 1].text if at + 1 < len(self.tokens) else ""
        match word:
            case "only":
                self.exclusive = True
            case "weak":
                self.act = "become" if self.act in {"replace", "turn"} else self.act
            case "instead":
                if self.reading.mentions:
                    self.reading.mentions[-1] = replace(self.reading.mentions[-1], act="become")
                self.act = "replace"
            case "make":
                self.act = "become" if following in _PRONOUNS else ""
            case _:
                self.act = word

    def _read_picture(self, at: int, token: Token) -> None:
        number = int(token.key("nth") or 0)
        after = at + 1
        following = self.tokens[after] if after < len(self.tokens) else None
        if not number and following is not None and following.key("number") and following.start - token.end <= 2:
            number = int(following.key("number"))
            self.skipped = after
            after += 1
        if not number:
            return
        self.reading.pictures.append(number)
        if self.exclusive:
            self.reading.only.append(number)
        self.number = None
        self.owner = number if after < len(self.tokens) and self.tokens[after].key("of") else 0
        if self.owner:
            self.unsourced, self.unsourced_mentions = [], []
            return
        for name in self.unsourced:
            self.reading.sources[name] = number
        for index in self.unsourced_mentions:
            self.reading.mentions[index] = replace(self.reading.mentions[index], picture=number)
        self.unsourced, self.unsourced_mentions = [], []

    def _read_setting(self, token: Token) -> None:
        if self.act == "remove":
            self.reading.removes_settings |= {name for name in _SETTINGS if token.key(name)}
            return
        for name in _SETTINGS:
            key = token.key(name)
            if key:
                self.reading.settings.setdefault(name, key)
                self.unsourced.append(name)
                if self.owner:
                    self.reading.sources[name] = self.owner

    def _read_subject(self, token: Token) -> None:
        kind = token.key("subject")
        count = 0
        if self.number is not None and token.start - self.number[1] <= _NEAR_AHEAD:
            count = max(1, min(MOST_OF_A_KIND, self.number[0]))
        elif token.plural:
            count = 5 if kind in _FLOCKS else 2
        colour = ""
        if self.colour is not None and token.start - self.colour[1] <= _NEAR_AHEAD:
            colour = self.colour[0]
        else:
            self._drop_colour()
        self.number = self.colour = None
        self.unsourced_mentions.append(len(self.reading.mentions))
        self.reading.mentions.append(
            Mention(kind=kind, count=count, colour=colour, act=self.act, picture=self.owner, start=token.start, end=token.end)
        )

    def _read_colour(self, token: Token) -> None:
        self._drop_colour()
        last = self.reading.mentions[-1] if self.reading.mentions else None
        if last is not None and not last.colour and token.start - last.end <= _NEAR_BEHIND:
            self.reading.mentions[-1] = replace(last, colour=token.key("colour"))
        else:
            self.colour = token.key("colour"), token.end

    def _drop_colour(self) -> None:
        """Keep a colour that no thing followed as one of the whole picture."""
        if self.colour is not None:
            self.reading.colours.append(self.colour[0])
        self.colour = None
