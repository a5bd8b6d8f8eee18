"""What members read of sets, layers, marked places, and a model that stands in for another."""

from typing import Literal

import pytest

from bot.chat.moment import plain
from bot.ids import GatewayName, JobId, ModelName, UserId
from bot.jobs.events import Accepted, Delivered, JobFacts, PictureArrived, Receipt, RunningEvent, Submitted
from bot.money import parse_money
from bot.presentation import render
from bot.requests.request import Substitution
from bot.wording.words import Disclosure, Words
from tests.fakes.platform import CAPABILITIES

LITE = ModelName("5.0-lite")
INSTEAD = Substitution(instead_of=ModelName("5.5"), price=parse_money("0.035 USD"))


def facts(
    *, count: int = 1, places: str = "", layers: bool = False, related: bool = False, instead: Substitution | None = None
) -> JobFacts:
    return JobFacts(
        job=JobId("0123456789ab"),
        user=UserId("discord:1"),
        prompt="a fox",
        count=count,
        references=0,
        private=False,
        places=places,
        layers=layers,
        related=related,
        instead=instead,
    )


def result_of(known: JobFacts, *, delivered: int = 1, words: Words | None = None) -> tuple[str, str]:
    """The text, and the first line of the note."""
    receipt = Receipt(
        model=LITE,
        gateway=GatewayName("ark"),
        seconds=12.0,
        delivered=delivered,
        withheld=(),
        cost=None,
        estimated=False,
        left_today=None,
        size="2048x2048",
    )
    event = Delivered(facts=known, receipt=receipt)
    part = render.SetPart(total=delivered, receipt=event.receipt)
    reply = render.result(known, [], words or Words(), part=part, mention=False, capabilities=CAPABILITIES)
    return reply.text, (reply.note or "").partition("\n")[0]


def test_one_image_is_no_set() -> None:
    assert result_of(facts()) == ("Done in 12 s: 1 image with Seedream 5.0-lite.", "Size: 2048x2048.")


@pytest.mark.parametrize(("related", "said"), [(True, "One related set."), (False, "Independent images.")])
def test_sets(related: bool, said: str) -> None:
    """The receipt says whether the images were made together."""
    text, note = result_of(facts(count=4, related=related), delivered=4)

    assert (text, note) == ("Done in 12 s: 4 images with Seedream 5.0-lite.", f"Size: 2048x2048. {said}")


def test_layers() -> None:
    """Fewer than there could be are not a short set, and each has a size of its own."""
    known = facts(count=17, layers=True)

    assert result_of(known, delivered=6) == (
        "Done in 12 s: 6 layers with Seedream 5.0-lite, the base first.",
        "ID 0123456789ab, images #1, #2 …",
    )
    assert result_of(known)[0] == "Done in 12 s: only the base, with Seedream 5.0-lite."
    queued = render.progress(Accepted(facts=known, model=LITE, gateway=GatewayName("ark")), CAPABILITIES, Words())
    working = render.progress(Submitted(facts=known, model=LITE, gateway=GatewayName("ark")), CAPABILITIES, Words())
    assert (plain(queued.text), plain(working.text)) == (
        "Queued: layers of your image with Seedream 5.0-lite.",
        "Taking your image apart with Seedream 5.0-lite…",
    )


# How far a job of layers has come, and what is said: never of how many, for nobody knows.
PROGRESS: list[tuple[RunningEvent, str]] = [
    (
        Accepted(facts=facts(count=17, layers=True), model=LITE, gateway=GatewayName("ark"), place=2),
        "Queued: layers of your image with Seedream 5.0-lite. It is number 2 in line.",
    ),
    (PictureArrived(facts=facts(count=17, layers=True), arrived=1), "1 layer so far…"),
    (PictureArrived(facts=facts(count=17, layers=True), arrived=3), "3 layers so far…"),
]


@pytest.mark.parametrize(("event", "said"), PROGRESS)
def test_the_progress_of_layers(event: RunningEvent, said: str) -> None:
    assert plain(render.progress(event, CAPABILITIES, Words()).text) == said


def test_places() -> None:
    """What was added to the prompt is said as it was typed."""
    _, note = result_of(facts(places="--region 10,10,50,50 --point 2:30,60"))

    assert note == "Size: 2048x2048. Pointed out to the model: --region 10,10,50,50 --point 2:30,60."


# Why another model was taken, who reads prices, and what is said.
SAID: list[tuple[Substitution, Literal["public", "off"], str]] = [
    (INSTEAD, "public", "Seedream 5.0-lite instead of 5.5, which cannot do this; up to 0.035 USD."),
    (INSTEAD, "off", "Seedream 5.0-lite instead of 5.5, which cannot do this."),
    (
        Substitution(instead_of=ModelName("4.5"), withdrawn=True),
        "public",
        "Seedream 5.0-lite instead of 4.5, which is no longer sold; price unknown.",
    ),
    (
        Substitution(instead_of=ModelName("4.5"), missing_at=GatewayName("cn"), price=parse_money("0.035 USD")),
        "public",
        "Seedream 5.0-lite instead of 4.5, which cn does not have at the moment; up to 0.035 USD.",
    ),
    (
        Substitution(instead_of=LITE, missing_at=GatewayName("cn"), price=parse_money("0.9 USD")),
        "public",
        "Made elsewhere, because cn does not have Seedream 5.0-lite at the moment; up to 0.90 USD.",
    ),
    (
        Substitution(instead_of=LITE, missing_at=GatewayName("cn")),
        "off",
        "Made elsewhere, because cn does not have Seedream 5.0-lite at the moment.",
    ),
]


@pytest.mark.parametrize(("instead", "costs", "said"), SAID)
def test_another_model(instead: Substitution, costs: Literal["public", "off"], said: str) -> None:
    """The price stands in the same line, while the image is made and afterwards."""
    words, known = Words(disclosure=Disclosure(costs=costs)), facts(instead=instead)
    working = render.progress(Submitted(facts=known, model=LITE, gateway=GatewayName("ark")), CAPABILITIES, words)

    assert result_of(known, words=words)[1] == f"Size: 2048x2048. {said}"
    assert plain(working.text).splitlines()[-1] == said
