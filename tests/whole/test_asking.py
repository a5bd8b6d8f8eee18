"""Buttons and forms over the real wire: what is missing of a set, and clicks that come twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sandbox.driver import Sandbox
from tests.whole.running import PLENTY, PREPARED, Running
from tests.whole.scene import PLATFORMS, Message, Scene, attached, painted

AT_ONCE = 2
PAINTED = " s: 1 image with"


def at_once(act: Callable[[], Message]) -> list[Message]:
    """The same deed twice in one moment."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [done.result() for done in [pool.submit(act) for _ in range(AT_ONCE)]]


def came_of(scene: Scene, before: int, after: str | None) -> tuple[int, int]:
    """Paid calls and results, once nothing is being waited for and a later picture has come."""
    scene.words(after, PAINTED)
    mark = scene.mark()
    scene.command("imagine", "whatever comes later")
    scene.words(mark, PAINTED)
    scene.sandbox.wait_for(scene.platform, scene.channel, lambda _: not waits(scene, after), after=after)
    results = [message for message in scene.in_public(after) if message["files"]]
    return len(scene.calls_since(before)) - 1, len(results) - 1


def waits(scene: Scene, after: str | None) -> list[Message]:
    """Answers that are still being waited for."""
    return [message for message in scene.sandbox.seen(scene.platform, scene.channel, after) if message.get("loading")]


def test_the_missing_ones_are_asked_for_by_a_button(scene: Scene) -> None:
    """Two of four came; a press is one call for two more, with the same references, and brings them."""
    start = scene.mark()
    scene.say(
        "@bot forbidden-output 3 forbidden-output 4 of a set --count 4 --model 4.5", files=[attached(painted((30, 30, 200)))]
    )
    short = scene.pictures(start, count=2)
    scene.words(start, "2 of 4 images with")
    before, again = len(scene.sandbox.calls()), scene.mark()

    scene.press(short, "Generate the 2 missing images", user="bob")
    rest = scene.pictures(again, count=2)
    scene.words(again, " s: 2 images with")

    (call,) = scene.calls_since(before)
    assert (call["billed"], call["body"]["sequential_image_generation_options"]) == (2, {"max_images": 2})
    assert [image["width"] for image in call["images"]] == [320]
    assert [[button["label"] for button in shown["buttons"]] for shown in (short, rest)] == [
        ["Again", "Generate the 2 missing images"],
        ["Again"],
    ]


def test_what_was_cut_off_may_cost_again(scene: Scene) -> None:
    """Nobody knows what the rest cost, and the button says so before it is pressed."""
    gateway = next(iter(scene.sandbox.line["gateways"]))
    scene.sandbox.fault(f"{gateway}.submit", "cut", times=1)
    start = scene.mark()
    scene.command("imagine", "three shots of a ferry --count 3 --model 4.5")
    short = scene.pictures(start)
    before, again = len(scene.sandbox.calls()), scene.mark()

    scene.press(short, "Generate the 2 missing images (may cost again)")
    scene.pictures(again, count=2)

    assert [call["billed"] for call in scene.calls_since(before)] == [2]


def test_a_button_pressed_twice_at_once(scene: Scene) -> None:
    """One job, one paid call, one result, and nothing that goes on waiting."""
    start = scene.mark()
    scene.command("imagine", "a paper lantern")
    first = scene.pictures(start)
    scene.words(start, PAINTED)
    before, again = len(scene.sandbox.calls()), scene.mark()

    acts = at_once(partial(scene.press, first, "Again"))

    assert all(act["acknowledged_ms"] < 3000 for act in acts)
    assert came_of(scene, before, again) == (1, 1)


def test_a_form_that_stays_open_is_sent_again(running: Running) -> None:
    """While nobody has acknowledged it the form can be sent once more: it counts once, and the member is told."""
    scene = Scene(running.sandbox, PLATFORMS[0])
    posted = scene.say("look at my kite", user="bob", files=[attached(painted((30, 200, 30)))])
    ways = scene.ways()
    form = ways.open_menu(posted["id"])
    before, start = len(scene.sandbox.calls()), scene.mark()
    scene.sandbox.fault("discord.rest:POST /interactions/*", "slow:1", times=2)

    at_once(partial(ways.submit, form, {"prompt": "give it a tail"}, []))

    assert "You pressed this twice." in scene.told({"private": []}, start)
    assert came_of(scene, before, start) == (1, 1)


def test_two_clicks_that_two_processes_hear() -> None:
    """During a deploy neither knows of the other's click, and still it is one job, one call, one result."""
    with Sandbox.start("--pace", "0.05", *PREPARED) as sandbox:
        bots = [sandbox.start_bot(config_extra=PLENTY) for _ in range(AT_ONCE)]
        for platform in PLATFORMS:
            for bot in bots:
                bot.wait_ready(platform)
        for scene in (Scene(sandbox, platform) for platform in PLATFORMS):
            start = scene.mark()
            scene.command("imagine", "a single tree")
            first = scene.pictures(start)
            scene.words(start, PAINTED)
            before, again = len(sandbox.calls()), scene.mark()

            at_once(partial(scene.press, first, "Again"))

            assert came_of(scene, before, again) == (1, 1)
        assert [bot.stop() for bot in bots] == [0, 0]
