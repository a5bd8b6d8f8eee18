"""The scene of a prompt without references."""

import random
import re

from sandbox.gateways.drawing.scene import MOST_SUBJECTS, PATTERNS, Scene, Subject, layout_of
from sandbox.gateways.drawing.words.reading import Mention, Reading

SEASONS = ("spring", "summer", "autumn", "winter")
_ALL_SEASONS = re.compile(r"\b(?:seasons|jahreszeiten|saisons|estaciones)\b|四季", re.IGNORECASE)
_USUAL_PLACES: dict[str, tuple[str, ...]] = {
    "underwater": ("fish", "dolphin", "turtle"),
    "sea": ("whale", "boat", "island"),
    "beach": ("lighthouse", "palm"),
    "space": ("astronaut", "rocket", "planet"),
    "city": ("car", "bus", "tower", "bicycle", "robot"),
    "room": ("cup", "cake", "guitar", "book", "apple", "person"),
    "sky": ("plane",),
    "desert": ("cactus",),
    "lake": ("duck", "bridge", "temple"),
    "snowfield": ("penguin", "snowman"),
    "forest": ("bear", "deer", "owl", "wolf", "hedgehog", "mushroom", "panda", "tiger"),
    "mountains": ("train", "tent", "castle", "dragon"),
}
_COUNTRYSIDE = ("meadow", "meadow", "lake", "forest", "mountains")
_GREY_WEATHERS = frozenset({"rain", "storm", "fog", "clouds", "snow"})
_TIMES = ("day", "sunset", "day", "dawn")
"""The times of the pictures of a set, one after the other."""


def new_scene(prompt: str, reading: Reading, *, layout: int, index: int = 0) -> Scene:
    """Return the scene; what no word decides is decided by the layout. A set about the seasons shows one season each."""
    rng = random.Random(layout)
    subjects = subjects_of([mention for mention in reading.mentions if mention.act not in {"remove", "replace"}])
    settings = {name: key for name, key in reading.settings.items() if name not in reading.removes_settings}
    if settings.get("style") == "photo":
        del settings["style"]
    if is_about_seasons(prompt):
        settings["season"] = SEASONS[index % len(SEASONS)]
        settings.setdefault("time", "day")
        settings["weather"] = "snow" if settings["season"] == "winter" else ""
    if not subjects and not {"place", "time", "season", "weather"} & settings.keys():
        return Scene(
            pattern=rng.choice(PATTERNS),
            tint=reading.colours[0] if reading.colours else "",
            style=settings.get("style", ""),
            time=settings.get("time", ""),
            layout=layout,
        )
    place = settings.get("place") or _usual_place(subjects, rng, index)
    if place == "snowfield":
        place = "mountains" if rng.random() < 0.4 else "meadow"
        settings.setdefault("season", "winter")
    start = layout_of(prompt) % 2 * 2 if index else rng.choice((0, 0, 1, 2, 3))
    settings.setdefault("time", _TIMES[(start + index) % 4] if place not in {"space", "underwater"} else "day")
    if settings.get("season") == "winter":
        settings.setdefault("weather", "snow")
    if settings.get("weather") in _GREY_WEATHERS and "time" not in reading.settings:
        settings["time"] = "day"
    return Scene(subjects=subjects, layout=layout, **{**settings, "place": place})


def is_about_seasons(prompt: str) -> bool:
    return _ALL_SEASONS.search(prompt[:2_000]) is not None


def subjects_of(mentions: list[Mention]) -> tuple[Subject, ...]:
    """Return the things that are mentioned, each kind and colour once."""
    found: dict[tuple[str, str], Subject] = {}
    for mention in mentions:
        known = next((key for key in found if key[0] == mention.kind and mention.colour in {"", key[1]}), None)
        if known is None:
            found[mention.kind, mention.colour] = Subject(kind=mention.kind, count=max(1, mention.count), colour=mention.colour)
    return tuple(found.values())[:MOST_SUBJECTS]


def _usual_place(subjects: tuple[Subject, ...], rng: random.Random, index: int) -> str:
    """Return where such things are found; every other picture of a set shows them elsewhere in the country."""
    for subject in subjects:
        for place, kinds in _USUAL_PLACES.items():
            if subject.kind in kinds and (place != "room" or all(one.kind in kinds for one in subjects)):
                return rng.choice(_COUNTRYSIDE) if index % 2 and place in _COUNTRYSIDE else place
    return rng.choice(_COUNTRYSIDE)
