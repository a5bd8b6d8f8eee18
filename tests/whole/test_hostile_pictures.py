"""Hostile pictures by every way a member has, over the real wire: used, or refused with its own words and nothing spent."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest

from tests.images.attacks import attacks
from tests.images.corpus import Hostile, corpus
from tests.whole.scene import Message, Scene, attached, painted

CHANNEL, PRIVATE = "general", "dm:ada"
ENDLESS = {"discord": "discord.cdn"}
"""Where a file can be made to have more bytes than its platform said."""
WORDS = {
    "REF_BAD_ASPECT": "too long and narrow",
    "REF_BAD_FORMAT": "not an image",
    "REF_BOMB": "claims far more pixels",
    "REF_TOO_COMPLEX": "takes too long to open",
    "REF_TOO_BIG": "is larger than 20 MB",
    "REF_TOO_MANY_PIXELS": "has more than",
    "REF_TOO_SMALL": "is too small",
    "REF_UNREADABLE": "damaged or incomplete",
}


@cache
def files() -> dict[str, Hostile]:
    return {**corpus(), **attacks()}


@dataclass(frozen=True)
class Moment:
    """What there was when the hostile file came."""

    calls: int
    last: str | None
    channel: str = CHANNEL
    number: int = 1
    """How the file is counted."""


def now(scene: Scene, channel: str = CHANNEL, number: int = 1) -> Moment:
    return Moment(len(scene.sandbox.calls()), scene.mark(channel), channel, number)


def by_command(scene: Scene, file: Message) -> Moment:
    moment = now(scene)
    scene.command("edit", "make it night", files=[file])
    return moment


def by_mention(scene: Scene, file: Message) -> Moment:
    moment = now(scene)
    scene.say("@bot make it night", files=[file])
    return moment


def by_reply(scene: Scene, file: Message) -> Moment:
    """The replied picture is the bot's own."""
    start = scene.mark()
    scene.command("imagine", "a quiet lake")
    picture = scene.pictures(start)
    scene.settled(start)
    moment = now(scene, number=2)
    scene.follow(picture, "put image 2 into it", files=[file])
    return moment


def by_direct_message(scene: Scene, file: Message) -> Moment:
    moment = now(scene, PRIVATE)
    scene.say("make it night", channel=PRIVATE, files=[file])
    return moment


def by_form(scene: Scene, file: Message) -> Moment:
    """Opened on somebody's good picture."""
    posted = scene.say("look at my cat", files=[attached(painted((40, 90, 160)))])
    moment = now(scene, number=2)
    scene.edit_by_menu(posted["id"], {"prompt": "give it a hat"}, files=[file])
    return moment


Way = Callable[[Scene, Message], Moment]
REFUSED: list[tuple[Way, str]] = [
    (by_command, "nothing.png"),
    (by_command, "drawing.svg"),
    (by_command, "bomb.gif"),
    (by_command, "crashes its library.heic"),
    (by_command, "tile links.heic"),
    (by_mention, "scans.jpg"),
    (by_mention, "picture.heic cut at 5 tenths"),
    (by_mention, "bomb.png"),
    (by_mention, "1x30000 PNG"),
    (by_mention, "page.png"),
    (by_reply, "picture.jpg cut at 9 tenths"),
    (by_reply, "bomb.avif"),
    (by_reply, "paper.jpg"),
    (by_direct_message, "200 MB announced.webp"),
    (by_direct_message, "huge"),
    (by_direct_message, "zeros.png"),
    (by_direct_message, "long"),
    (by_direct_message, "auxiliary links.avif"),
    (by_form, "passes.jpg"),
    (by_form, "1x1 GIF"),
    (by_form, "picture.avif cut at 1 tenths"),
]
USED: list[tuple[Way, str]] = [
    (by_command, "sixteen bits.png"),
    (by_command, "a heic called.jpg"),
    (by_mention, "exif that points to itself.jpg"),
    (by_mention, "two hundred frames.gif"),
    (by_mention, "segments.jpg"),
    (by_reply, "an avif called.gif"),
    (by_direct_message, "printer.jpg"),
    (by_form, "palette.png"),
    (by_form, "more than announced.heic"),
]


@pytest.mark.parametrize(("way", "name"), REFUSED, ids=lambda case: getattr(case, "__name__", case))
def test_what_cannot_be_used_is_refused_and_costs_nothing(scene: Scene, way: Way, name: str) -> None:
    """The words name which picture and what to do about it; no gateway hears of it."""
    hostile = files()[name]

    moment = way(scene, attached(hostile.content, hostile.name))

    refused = scene.words(moment.last, WORDS[str(hostile.refusal)], channel=moment.channel)
    assert f"Image {moment.number} " in refused["text"]
    assert scene.calls_since(moment.calls) == []


@pytest.mark.parametrize(("way", "name"), USED, ids=lambda case: getattr(case, "__name__", case))
def test_what_is_only_odd_is_used(scene: Scene, way: Way, name: str) -> None:
    """The gateway is given a picture in a format it takes, with nothing attached to it."""
    hostile = files()[name]

    moment = way(scene, attached(hostile.content, hostile.name))
    scene.pictures(moment.last, channel=moment.channel)

    (call,) = scene.calls_since(moment.calls)
    given = call["images"][-1]
    assert given["format"] in {"png", "jpeg"}
    assert not given["metadata"]
    assert min(given["width"], given["height"]) > 14


def test_a_download_that_never_ends_is_refused(scene: Scene) -> None:
    """It is larger than the platform said, and nobody waits for all of it."""
    if scene.platform not in ENDLESS:
        pytest.skip("this stand-in sends no more than it says")
    scene.sandbox.fault(ENDLESS[scene.platform], "oversize", times=1)

    moment = by_mention(scene, attached(painted((1, 2, 3))))

    assert scene.words(moment.last, WORDS["REF_TOO_BIG"])
    assert scene.calls_since(moment.calls) == []
