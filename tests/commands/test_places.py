"""The flags of single models: backgrounds, layers, places of references, independent pictures."""

from typing import Any

import pytest

from bot.commands.action import Action, ActionKind
from bot.commands.command import Generate, Options
from bot.commands.form import FormSubmission
from bot.commands.grammar import parse
from bot.commands.interpretation import interpret_form
from bot.commands.message import Heard
from bot.commands.understanding import understand
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId
from tests.commands.messages import ADA, M0, REPLIED, SINGLE, context, message

# A text, the prompt in it, and the options that are set.
READ: list[tuple[str, str, dict[str, Any]]] = [
    ("a mug --background transparent", "a mug", {"background": "transparent"}),
    ("a mug --background=opaque, please", "a mug, please", {"background": "opaque"}),
    ("a mug —background transparent", "a mug", {"background": "transparent"}),
    ("a mug -background opaque", "a mug", {"background": "opaque"}),
    ("--layers", "", {"layers": True}),
    ("the dog --layers", "the dog", {"layers": True}),
    ("the dog —layers", "the dog", {"layers": True}),
    ("the dog —layers --size 2K", "the dog", {"layers": True, "size": "2K"}),
    ("--layers=no the dog", "the dog", {"layers": False}),
    ("make it red --region 10,10,50,50", "make it red", {"region": "10,10,50,50"}),
    ("make it red --region 10%, 10%, 50.5%, 50%", "make it red", {"region": "10,10,50.5,50"}),
    ("make it red --region 10，10，50，50", "make it red", {"region": "10,10,50,50"}),
    ("make it red --region 2:10,10,50,50 now", "make it red now", {"region": "2:10,10,50,50"}),
    ("--region 10,10,50,50 --region 2: 5, 5, 9, 9 swap", "swap", {"region": "10,10,50,50 2:5,5,9,9"}),
    ("--region 10,10,50,50 --region 10,10,50,50 swap", "swap", {"region": "10,10,50,50"}),
    ("a hat here --point 30,60.", "a hat here", {"point": "30,60"}),
    ("--point 30,60 2 cats", "2 cats", {"point": "30,60"}),
    ("--point -5,120 a hat", "a hat", {"point": "-5,120"}),
    ("--point 30,60 --region 1,2,3,4 a hat", "a hat", {"point": "30,60", "region": "1,2,3,4"}),
    ("4 dogs --count 4 --separate", "4 dogs", {"count": 4, "separate": True}),
    ("4 dogs --count 4 --no-separate", "4 dogs", {"count": 4, "separate": False}),
    ("a fox --seed 7 --guidance 2.5", "a fox", {"seed": 7, "guidance": 2.5}),
    # Running text with a dash.
    ("a portrait —background in soft blue", "a portrait —background in soft blue", {}),
    ("a cake —layers of cream and jam", "a cake —layers of cream and jam", {}),
    ("a cake —layers of cream— on a plate", "a cake —layers of cream— on a plate", {}),
    ("two houses —separate but close", "two houses —separate but close", {}),
    ("a map —region by region", "a map —region by region", {}),
    ("a cross-section -layers of earth", "a cross-section -layers of earth", {}),
    ("a compass -point north", "a compass -point north", {}),
]


@pytest.mark.parametrize(("text", "prompt", "options"), READ)
def test_flags(text: str, prompt: str, options: dict[str, Any]) -> None:
    """Two hyphens make a flag; their names are ordinary words, so one dash does so only where nothing else can be meant."""
    command = parse(text, verb="imagine")

    assert (command.prompt, command.options) == (prompt, Options(**options))


# A text, the flag that is refused, and the kind of the refusal.
REFUSED: list[tuple[str, str, str]] = [
    ("a fox --region", "--region", "missing"),
    ("a fox --region here", "--region", "place"),
    ("a fox --region 10,10", "--region", "place"),
    ("a fox --region 10,10,50,50,60", "--region", "place"),
    ("a fox --point 10", "--point", "place"),
    ("a fox --point 10,20,30", "--point", "place"),
    ("a fox --point 10;20", "--point", "place"),
    ("a fox --point " + "1," * 200, "--point", "place"),
    ("a fox --background", "--background", "missing"),
]


@pytest.mark.parametrize(("text", "flag", "variant"), REFUSED)
def test_what_is_no_place(text: str, flag: str, variant: str) -> None:
    with pytest.raises(RefusedError) as caught:
        parse(text, verb="imagine")

    parameters = caught.value.parameters
    assert (caught.value.refusal, parameters["flag"], parameters.get(VARIANT)) == (RefusalCode.BAD_VALUE, flag, variant)


def test_typed_places_and_those_of_the_text_add_up() -> None:
    """Every place counts, wherever it is said; of other options there is one value."""
    command = parse("--region 5,5,9,9 swap", verb="edit", options=Options(region="10,10,50,50"))

    assert command.options.region == "10,10,50,50 5,5,9,9"

    with pytest.raises(RefusedError) as caught:
        parse("a mug --background opaque", verb="imagine", options=Options(background="transparent"))
    assert caught.value.refusal is RefusalCode.OPTION_CONFLICT


@pytest.mark.parametrize("heard", [Heard.REPLY, Heard.MENTION, Heard.DIRECT])
@pytest.mark.parametrize(("text", "prompt"), [("--layers", ""), ("--layers the dog", "the dog")])
def test_layers_of_a_picture_that_is_replied_to(heard: Heard, text: str, prompt: str) -> None:
    """They need no words."""
    command = understand(message(text, heard, REPLIED), ADA, context({M0: SINGLE}))

    assert isinstance(command, Generate)
    assert (command.verb, command.prompt, command.options, len(command.references)) == ("edit", prompt, Options(layers=True), 1)


@pytest.mark.parametrize(("chosen", "background"), [("transparent", "transparent"), ("default", None)])
def test_the_background_of_a_form(chosen: str, background: str | None) -> None:
    action = Action(kind=ActionKind.NEW_FORM, job=JobId("0123456789ab"))
    form = FormSubmission(action=action, fields={"prompt": "a mug", "background": chosen})

    command = interpret_form(form)

    assert isinstance(command, Generate)
    assert command.options == Options(background=background)
