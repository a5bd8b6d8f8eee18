"""What members mean, with the real bot on both platforms: which picture of a set, whose change, and the last image."""

from collections.abc import Iterator

import pytest

from sandbox.driver import Sandbox
from tests.whole.running import ON_DEMAND, PICTURE_S, PREPARED, Running, open_running, started, stop, wait_until
from tests.whole.scene import PLATFORMS, Message, Scene, attached, painted, said

DIRECT = "dm:ada"
ONE_AT_A_TIME = '[[quota.tier]]\nname = "plenty"\nimages_per_day = 10000\njobs_at_once = 1\njobs_waiting = 100\n'
FRESH = "Start fresh"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with open_running("--pace", "0.02", *PREPARED, "--no-message-limits") as opened:
        yield opened


@pytest.fixture(params=PLATFORMS)
def scene(request: pytest.FixtureRequest, running: Running) -> Scene:
    return Scene(running.sandbox, request.param)


def references(call: Message) -> int:
    """How many pictures a gateway was sent."""
    images = call["body"].get("image") or []
    return 1 if isinstance(images, str) else len(images)


def asked(scene: Scene, after: str | None, words: str, *, channel: str | None = None) -> Message:
    """A question with buttons."""
    return scene.sandbox.wait_for(
        scene.platform,
        channel or scene.channel,
        lambda message: words in said(message) and bool(message["buttons"]),
        after=after,
    )


def made_set(scene: Scene, *, user: str = "ada") -> Message:
    start = scene.mark()
    scene.command("imagine", "four lanterns --count 4 --model 4.5", user=user)
    result = scene.pictures(start, count=4)
    scene.words(start, " s: 4 images with")
    return result


def test_which_one_is_asked_and_answered_by_a_press(scene: Scene) -> None:
    """A change of a set of four names none of them: nothing is made until a number is pressed, and then of that one."""
    result = made_set(scene)
    calls, mark = len(scene.sandbox.calls()), scene.mark()
    scene.follow(result, "make it night")
    question = asked(scene, mark, "Which of the 4 images")
    assert [button["label"] for button in question["buttons"]] == ["1", "2", "3", "4", "All", "Cancel"]
    assert scene.calls_since(calls) == []

    scene.press(question, "3")
    scene.pictures(mark)
    (call,) = scene.calls_since(calls)
    assert (references(call), call["body"]["prompt"]) == (1, "make it night")
    left = [message for message in scene.sandbox.seen(scene.platform, scene.channel, mark) if "Which of" in said(message)]
    assert left == []


def test_a_picture_that_is_named_is_not_asked_about(scene: Scene) -> None:
    """`number 3` is the third of them, and nobody is asked."""
    result = made_set(scene)
    calls, mark = len(scene.sandbox.calls()), scene.mark()
    scene.follow(result, "make only number 3 red")
    scene.pictures(mark)
    (call,) = scene.calls_since(calls)
    assert (references(call), call["body"]["prompt"]) == (1, "make only number 3 red")


def test_the_answer_about_a_private_request_is_seen_by_nobody_else(scene: Scene) -> None:
    """Neither its progress nor its result; whoever asked finds it where private results are."""
    result = made_set(scene)
    mark, direct = scene.mark(), scene.mark(DIRECT)
    scene.follow(result, "make it night --private")
    scene.press(asked(scene, mark, "Which of the 4 images"), "3")
    scene.anywhere([(scene.channel, mark), (DIRECT, direct)])
    assert [said(message) for message in scene.in_public(mark)] == []


def test_cancel_makes_nothing(scene: Scene) -> None:
    """The question goes, and who asked reads that nothing was made."""
    result = made_set(scene)
    calls, mark = len(scene.sandbox.calls()), scene.mark()
    scene.follow(result, "make it night")
    answer = scene.press(asked(scene, mark, "Which of the 4 images"), "Cancel")
    if not any("Nothing was generated" in said(message) for message in answer["private"]):
        # Where the platform can, the word takes the place of the question.
        scene.words(mark, "Nothing was generated")
    assert scene.calls_since(calls) == []


def test_a_strangers_short_reply(running: Running) -> None:
    """On Discord a reply needs no mention: bob is asked whether it is a change, only he can answer, and talk is ignored.

    He alone reads the price, before the last yes.
    """
    scene = Scene(running.sandbox, "discord")
    start = scene.mark()
    scene.command("imagine", "a lantern")
    result = scene.pictures(start)
    scene.words(start, " s: 1 image with")
    calls, mark = len(scene.sandbox.calls()), scene.mark()
    for talk in ("lol", "🔥", "wow, lovely"):
        scene.follow(result, talk, user="bob")
    scene.follow(result, "looks like my uncle", user="bob")
    question = asked(scene, mark, "someone else's")
    assert [button["label"] for button in question["buttons"]] == ["Generate 1 image", "Cancel"]

    refused = scene.press(question, "Generate 1 image", user="ada")
    assert "Only the member who asked" in scene.told(refused, mark)
    assert scene.calls_since(calls) == []
    scene.press(question, "Generate 1 image", user="bob")
    priced = asked(scene, mark, "costs at most")
    assert (priced["private_to"], [button["label"] for button in priced["buttons"]]) == ("bob", ["Generate 1 image", "Cancel"])
    assert scene.calls_since(calls) == []
    scene.press(priced, "Generate 1 image", user="bob")
    scene.pictures(mark)
    (call,) = scene.calls_since(calls)
    assert (references(call), call["body"]["prompt"]) == (1, "looks like my uncle")


def test_a_picture_and_then_the_words(scene: Scene) -> None:
    """In direct messages: a picture alone costs nothing and is asked about; the next words are used with it."""
    calls, mark = len(scene.sandbox.calls()), scene.mark(DIRECT)
    scene.say("", files=[attached(painted((200, 40, 40)), "cat.png")], channel=DIRECT)
    scene.words(mark, "What should I change?", channel=DIRECT)
    assert scene.calls_since(calls) == []
    scene.say("make it winter", channel=DIRECT)
    scene.pictures(mark, channel=DIRECT)
    (call,) = scene.calls_since(calls)
    assert (references(call), call["body"]["prompt"]) == (1, "make it winter")


def test_words_after_an_image(scene: Scene) -> None:
    """What points back edits the last image; a complete scene is new; in doubt the member is asked."""
    calls, mark = len(scene.sandbox.calls()), scene.mark(DIRECT)
    for text, wanted in [("a lighthouse", 0), ("and now at night", 1), ("a red fox in snow", 0)]:
        scene.say(text, channel=DIRECT)
        scene.pictures(mark, channel=DIRECT)
        scene.words(mark, " s: 1 image with", channel=DIRECT)
        assert references(scene.calls_since(calls)[-1]) == wanted
        mark = scene.mark(DIRECT)
    scene.say("winter", channel=DIRECT)
    question = asked(scene, mark, "edit your last image", channel=DIRECT)
    assert len(scene.calls_since(calls)) == 3
    scene.press(question, "Edit the last image", channel=DIRECT)
    scene.pictures(mark, channel=DIRECT)
    assert [references(call) for call in scene.calls_since(calls)] == [0, 1, 0, 1]


def test_after_an_edit_that_was_refused(scene: Scene) -> None:
    """What points back means what that edit was made of, an image of ours or the member's own file; after a new image, the last."""
    calls, mark = len(scene.sandbox.calls()), scene.mark(DIRECT)
    scene.say("a lighthouse", channel=DIRECT)
    scene.pictures(mark, channel=DIRECT)
    scene.words(mark, " s: 1 image with", channel=DIRECT)
    cat = attached(painted((200, 40, 40)), "cat.png")
    refused = [("make it forbidden-text", []), ("make it forbidden-text, too", [cat]), ("a forbidden-text fox in snow", [])]
    for text, files in refused:
        mark = scene.mark(DIRECT)
        scene.say(text, channel=DIRECT, files=files)
        scene.words(mark, "The content filter", channel=DIRECT)
        mark = scene.mark(DIRECT)
        scene.say("make it darker", channel=DIRECT)
        scene.pictures(mark, channel=DIRECT)
        scene.words(mark, " s: 1 image with", channel=DIRECT)
    made = [call for call in scene.calls_since(calls) if "forbidden" not in call["body"]["prompt"]]
    assert [(call["body"]["prompt"], references(call)) for call in made] == [
        ("a lighthouse", 0),
        *[("make it darker", 1)] * len(refused),
    ]


@pytest.fixture(scope="module")
def slow() -> Iterator[Sandbox]:
    with Sandbox.start(*ON_DEMAND, *PREPARED, "--no-message-limits") as opened:
        yield opened


@pytest.mark.parametrize("platform", PLATFORMS)
def test_start_fresh(slow: Sandbox, platform: str) -> None:
    """Before the call it cancels for free and makes a new image of the same words; after it, it says that it is too late."""
    scene, bot = Scene(slow, platform), started(slow, ONE_AT_A_TIME)
    start = scene.mark(DIRECT)
    calls = len(slow.calls())
    scene.say("a lighthouse", channel=DIRECT)
    running_calls(scene, calls, 1)
    slow.advance(PICTURE_S)
    scene.pictures(start, channel=DIRECT)
    scene.words(start, " s: 1 image with", channel=DIRECT)

    scene.command("imagine", "something else")
    running_calls(scene, calls, 2)
    mark = scene.mark(DIRECT)
    scene.say("and now at night", channel=DIRECT)
    waiting = asked(scene, mark, "Editing your last image", channel=DIRECT)
    scene.press(waiting, FRESH, channel=DIRECT)
    stopped = scene.words(mark, "Stopped before anything was charged", channel=DIRECT)
    assert (stopped["id"], stopped["buttons"]) == (waiting["id"], [])
    slow.advance(PICTURE_S)
    running_calls(scene, calls, 3)
    slow.advance(PICTURE_S)
    scene.pictures(mark, channel=DIRECT)
    scene.words(mark, " s: 1 image with", channel=DIRECT)
    fresh = scene.calls_since(calls)[-1]
    assert (references(fresh), fresh["body"]["prompt"]) == (0, "and now at night")

    mark = scene.mark(DIRECT)
    scene.say("make it winter", channel=DIRECT)
    running_calls(scene, calls, 4)
    late = asked(scene, mark, "Editing your last image", channel=DIRECT)
    told = scene.press(late, FRESH, channel=DIRECT)
    assert said(told["private"][0]) if told["private"] else scene.words(mark, "already being made", channel=DIRECT)
    slow.advance(PICTURE_S)
    scene.pictures(mark, channel=DIRECT)
    assert [references(call) for call in scene.calls_since(calls)] == [0, 0, 0, 1]
    stop(bot)


def running_calls(scene: Scene, before: int, count: int) -> None:
    """Wait until a gateway has so many calls more than before."""
    wait_until(lambda: len(scene.calls_since(before)) == count)


def test_a_number_in_a_scene_buys_no_edit(scene: Scene) -> None:
    """After a set, a scene with a number of its own is new, and `all red` is asked about, with a button for all of them."""
    start = scene.mark(DIRECT)
    scene.say("four lanterns --count 4 --model 4.5", channel=DIRECT)
    scene.pictures(start, count=4, channel=DIRECT)
    scene.words(start, " s: 4 images with", channel=DIRECT)

    calls, mark = len(scene.sandbox.calls()), scene.mark(DIRECT)
    scene.say("all red", channel=DIRECT)
    question = asked(scene, mark, "one of your last 4 images", channel=DIRECT)
    assert [button["label"] for button in question["buttons"]] == ["1", "2", "3", "4", "All", "New image", "Cancel"]
    assert scene.calls_since(calls) == []
    direct = Scene(scene.sandbox, scene.platform, DIRECT)
    direct.press(question, "All")
    scene.pictures(mark, channel=DIRECT)
    assert [references(call) for call in scene.calls_since(calls)] == [4]

    calls, mark = len(scene.sandbox.calls()), scene.mark(DIRECT)
    scene.say("a birthday cake with number 1", channel=DIRECT)
    scene.pictures(mark, channel=DIRECT)
    assert [references(call) for call in scene.calls_since(calls)] == [0]
