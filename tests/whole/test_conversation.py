"""What newcomers say to the bot, over the real wire on both platforms: small talk, *again*, `undo`, and answers in words."""

from collections.abc import Iterator

import pytest

from sandbox.driver import Sandbox
from tests.whole.running import ON_DEMAND, PICTURE_S, PREPARED, Running, open_running, started, stop
from tests.whole.scene import PLATFORMS, Message, Scene, said
from tests.whole.test_meaning import DIRECT, ONE_AT_A_TIME, asked, made_set, references, running_calls


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with open_running("--pace", "0.02", *PREPARED, "--no-message-limits") as opened:
        yield opened


@pytest.fixture(params=PLATFORMS)
def scene(request: pytest.FixtureRequest, running: Running) -> Scene:
    return Scene(running.sandbox, request.param)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("hello", "Describe an image, for example"),
        ("what can you do?", "I make and edit images"),
        ("who are you?", "I make and edit images"),
        ("how does this work?", "Describe an image, as in"),
        ("can you help me?", "Describe an image, as in"),
        ("are you there?", "I am here and ready"),
        ("undo the last one", "I cannot take images back"),
        ("delete that", "I cannot take images back"),
        ("cancel", "nothing here that I can cancel"),
        ("again", "I have no earlier request of yours here"),
        ("another one", "I have no earlier request of yours here"),
        ("qouta", "There is no command “qouta”. Did you mean “quota”?"),
        ("/qouta", "There is no command “/qouta”. Did you mean “quota”?"),
        ("both", "Say what should change, too"),
    ],
)
def test_small_talk_is_answered_in_words(scene: Scene, text: str, answer: str) -> None:
    """In a channel nothing is remembered, and nothing of it is bought as a prompt."""
    calls, mark = len(scene.sandbox.calls()), scene.mark()
    scene.say(f"@bot {text}", user="bob")
    reply = scene.words(mark, answer)
    assert (reply["files"], reply["buttons"], scene.calls_since(calls)) == ([], [], [])


def test_a_scene_stays_a_prompt(scene: Scene) -> None:
    """Whatever words it begins with."""
    for prompt in ("who are you? neon sign", "another one bites the dust, album cover"):
        calls, mark = len(scene.sandbox.calls()), scene.mark()
        scene.say(f"@bot {prompt}")
        scene.pictures(mark)
        assert [call["body"]["prompt"] for call in scene.calls_since(calls)] == [prompt]


def made(scene: Scene, after: str | None, calls: int, *, count: int = 1, channel: str | None = None) -> Message:
    """The one paid call since, once its result stands."""
    scene.pictures(after, count=count, channel=channel)
    scene.words(after, f" s: {count} image", channel=channel)
    (call,) = scene.calls_since(calls)
    return call


def test_another_one(scene: Scene) -> None:
    """In direct messages it is the last set once more, whatever came between; in a channel, the set replied to."""
    calls, mark = len(scene.sandbox.calls()), scene.mark(DIRECT)
    scene.say("two owls --count 2 --model 4.5", channel=DIRECT)
    first = made(scene, mark, calls, count=2, channel=DIRECT)
    for text in ("another one", "thanks! once more please"):
        calls, mark = len(scene.sandbox.calls()), scene.mark(DIRECT)
        scene.say(text, channel=DIRECT)
        assert made(scene, mark, calls, count=2, channel=DIRECT)["body"] == first["body"]

    result = made_set(scene)
    calls, mark = len(scene.sandbox.calls()), scene.mark()
    scene.follow(result, "again")
    assert made(scene, mark, calls, count=4)["body"]["prompt"] == "four lanterns"


@pytest.mark.parametrize(
    ("text", "count", "receipt"),
    [
        ("the second one", 1, "Based on image 2."),
        ("the last two", 2, "Based on images 3 and 4."),
        ("all of them", 4, "Based on images 1 to 4."),
    ],
)
def test_which_one_is_answered_in_words(scene: Scene, text: str, count: int, receipt: str) -> None:
    """As by a button: that request is made, and its receipt names the numbers that were chosen."""
    result = made_set(scene)
    calls, mark = len(scene.sandbox.calls()), scene.mark()
    scene.follow(result, "make it night")
    asked(scene, mark, "Which of the 4 images")
    scene.follow(result, text)
    done = scene.words(mark, receipt)
    (call,) = scene.calls_since(calls)
    assert (references(call), call["body"]["prompt"], len(done["files"])) == (count, "make it night", 1)


def test_a_number_that_there_is_not(scene: Scene) -> None:
    """It is told with the question and with the answer; then a right answer still counts."""
    result = made_set(scene)
    calls, mark = len(scene.sandbox.calls()), scene.mark()
    scene.follow(result, "make number 7 red")
    question = asked(scene, mark, "Which of the 4 images")
    assert "There is no image 7; this set has 4." in said(question)
    scene.follow(result, "number 9")
    scene.words(mark, "There is no image 9; this set has 4.")
    assert scene.calls_since(calls) == []
    scene.follow(result, "number 3")
    scene.words(mark, "Based on image 3.")
    assert [references(call) for call in scene.calls_since(calls)] == [1]


def test_edit_new_and_never_mind_in_words(scene: Scene) -> None:
    """In direct messages, where the question is whether the last image is meant."""
    mark, calls = scene.mark(DIRECT), len(scene.sandbox.calls())
    scene.say("a windmill", channel=DIRECT)
    made(scene, mark, calls, channel=DIRECT)
    for text, wanted in (("edit it", 1), ("new", 0)):
        calls, mark = len(scene.sandbox.calls()), scene.mark(DIRECT)
        scene.say("winter", channel=DIRECT)
        asked(scene, mark, "edit your last image", channel=DIRECT)
        scene.say(text, channel=DIRECT)
        assert references(made(scene, mark, calls, channel=DIRECT)) == wanted
    calls, mark = len(scene.sandbox.calls()), scene.mark(DIRECT)
    scene.say("winter", channel=DIRECT)
    asked(scene, mark, "edit your last image", channel=DIRECT)
    scene.say("yes", channel=DIRECT)
    scene.words(mark, "Please answer “edit”", channel=DIRECT)
    scene.say("never mind", channel=DIRECT)
    scene.words(mark, "Nothing was generated", channel=DIRECT)
    assert scene.calls_since(calls) == []


def test_a_question_in_a_channel_goes_when_it_is_answered_in_words(running: Running) -> None:
    """On Discord all can see it; and a reply to it needs no mention."""
    scene = Scene(running.sandbox, "discord")
    result, mark = made_set(scene), scene.mark()
    scene.follow(result, "make it night")
    question = asked(scene, mark, "Which of the 4 images")
    scene.ways().do("reply", message=question["id"], text="number 2")
    scene.words(mark, "Based on image 2.")
    seen = scene.sandbox.seen(scene.platform, scene.channel, mark)
    assert [message for message in seen if "Which of" in said(message)] == []


def test_an_unknown_command_is_named(running: Running) -> None:
    """On Slack, whose own command takes a word; the help follows."""
    scene = Scene(running.sandbox, "slack")
    told = scene.told(scene.question("qouta"), scene.mark())
    assert told.startswith("There is no command “qouta”. Did you mean “quota”?")
    assert "/imagine a red fox" in told


@pytest.fixture(scope="module")
def slow() -> Iterator[Sandbox]:
    with Sandbox.start(*ON_DEMAND, *PREPARED, "--no-message-limits") as opened:
        yield opened


@pytest.mark.parametrize("platform", PLATFORMS)
def test_cancel(slow: Sandbox, platform: str) -> None:
    """Before the call it ends the request for free; after it, it says that the image costs already and will come."""
    scene, bot = Scene(slow, platform), started(slow, ONE_AT_A_TIME)
    calls, start = len(slow.calls()), scene.mark(DIRECT)
    scene.say("a lighthouse", channel=DIRECT)
    running_calls(scene, calls, 1)
    mark = scene.mark(DIRECT)
    scene.say("a red fox in snow", channel=DIRECT)
    scene.words(mark, "Queued", channel=DIRECT)
    scene.say("cancel", channel=DIRECT)
    scene.words(mark, "Stopped before anything was charged.", channel=DIRECT)
    slow.advance(PICTURE_S)
    scene.pictures(start, channel=DIRECT)
    scene.words(start, " s: 1 image with", channel=DIRECT)

    mark = scene.mark(DIRECT)
    scene.say("a windmill", channel=DIRECT)
    running_calls(scene, calls, 2)
    scene.say("stop", channel=DIRECT)
    scene.words(mark, "so it cannot be cancelled. It will be here soon.", channel=DIRECT)
    slow.advance(PICTURE_S)
    scene.pictures(mark, channel=DIRECT)
    scene.words(mark, " s: 1 image with", channel=DIRECT)
    assert [call["body"]["prompt"] for call in scene.calls_since(calls)] == ["a lighthouse", "a windmill"]
    stop(bot)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_cancel_after_the_first_of_many_calls(slow: Sandbox, platform: str) -> None:
    """It is told what still comes; the rest is never made, and the receipt says so."""
    scene, bot = Scene(slow, platform), started(slow, ONE_AT_A_TIME)
    calls, start = len(slow.calls()), scene.mark(DIRECT)
    # A gateway has eight calls at once.
    scene.say("a lighthouse --count 10 --separate", channel=DIRECT)
    running_calls(scene, calls, 8)
    scene.say("stop", channel=DIRECT)
    scene.words(start, "8 of 10 images are already being made and will come.", channel=DIRECT)
    slow.advance(PICTURE_S)
    scene.pictures(start, count=8, channel=DIRECT)
    scene.words(start, "You stopped 2 more, free of charge.", channel=DIRECT)
    assert len(scene.calls_since(calls)) == 8
    stop(bot)
