"""What members type and choose reaches the gateway as they meant it, or is refused before it costs anything."""

from functools import partial

import pytest

from tests.whole.running import Running
from tests.whole.scene import PLATFORMS, Scene, attached, painted

REOPEN = "Change and try again"
# What is typed, the prompt and the size of the paid call.
TYPED: list[tuple[str, str, str]] = [
    ('{"subject": "a red fox", "style": "photo"}', '{"subject": "a red fox", "style": "photo"}', "2K"),
    ("a poster:\n-search lights\n-open late", "a poster:\n-search lights\n-open late", "2K"),
    ("a palette {#ff0000, #00ff00} --\u200bar 16:9.", "a palette {#ff0000, #00ff00}", "2816x1584"),
    ("a fox (--ratio portrait), in snow", "a fox, in snow", "1584x2816"),
    ("a family 👩\u200d🚀 —size 4K", "a family 👩\u200d🚀", "4K"),
    ("a poster that says https://example.com --ar 1.5", "a poster that says https://example.com", "2496x1664"),
]
# What is typed, and what the member is told.
REFUSED: list[tuple[str, str]] = [
    (
        "a poster:\n-private beach\n-search lights",
        "“-private” may be a flag or a part of your prompt, so nothing was generated. Try --private.",
    ),
    ("a fox --hd", 'There is no flag --hd. Put it in "double quotes" if it belongs to the prompt.'),
    ("a fox --repeat 3", "This bot does not have --repeat yet."),
    ("a {red, blue} fox", "would start several requests, which is not possible yet."),
    ("a fox --count four", "Try --count 4."),
    ("a fox --ratio banana", "Write width and height like 16:9, or a word like portrait."),
    ("a fox --gateway foo", "There is no gateway “foo”."),
    ("a mug --background transparent --format jpeg", "contradict each other. Keep one of them. Try --format png."),
    ("a mug --background pink", "“pink” is not a valid value for --background: use --background transparent|opaque."),
    ("a fox --size 3K --model 5.5", "has no size 3K; it has 1K, 1.5K, 2K. Try --size 2K."),
    ("the dog --layers", "Which image should I take apart? Attach it, or reply to it."),
    ("a hat --point 50,50", "In which image is that place? Attach it, or reply to it."),
    ("a hat --region 10,10,150,50", "--region 10,10,150,50 is outside of the image."),
    (
        "make it night https://cdn.example.com/attachments/1/cat.png?ex=1",
        "Attach the image itself, or reply to a message that shows it.",
    ),
]


@pytest.mark.parametrize(("text", "prompt", "size"), TYPED)
def test_a_typed_request_is_what_was_meant(scene: Scene, text: str, prompt: str, size: str) -> None:
    """By command and by mention, the same words give the same call."""
    for say in (partial(scene.command, "imagine", text), partial(scene.say, f"@bot {text}")):
        before, start = len(scene.sandbox.calls()), scene.mark()
        say()
        scene.pictures(start)
        (call,) = scene.calls_since(before)
        assert (call["body"]["prompt"], call["body"]["size"]) == (prompt, size)


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_is_in_doubt_is_refused_and_costs_nothing(scene: Scene, text: str, words: str) -> None:
    """The sentence says what to do, and nothing is called."""
    before, start = len(scene.sandbox.calls()), scene.mark()

    told = scene.told(scene.command("imagine", text), start)

    assert words in " ".join(told.split())
    assert scene.calls_since(before) == []


def test_a_form_is_chosen_from(scene: Scene) -> None:
    """Size, ratio, model and number are chosen, and reach the call."""
    posted = scene.say("my kite", files=[attached(painted((30, 200, 30)))])
    ways, before, start = scene.ways(), len(scene.sandbox.calls()), scene.mark()

    ways.submit(ways.open_menu(posted["id"]), {"prompt": "give it a tail", "model": "4.5", **ways.shape("4K", "16:9")}, [])
    scene.pictures(start)

    (call,) = scene.calls_since(before)
    assert (call["body"]["model"], call["body"]["size"], len(call["images"])) == ("seedream-4-5-251128", "5504x3040", 1)


def test_a_refused_form_keeps_what_was_typed(scene: Scene) -> None:
    """At its field, or behind a button that opens it again: words, choices and pictures are still there."""
    posted = scene.say("my kite", files=[attached(painted((30, 200, 30)))])
    ways, start = scene.ways(), scene.mark()
    opened = ways.open_menu(posted["id"])
    # Nobody fills in a form before its pictures are stored: what is recorded after them has come.
    scene.command("imagine", "something else")
    scene.pictures(start)
    before, start = len(scene.sandbox.calls()), scene.mark()
    files = [attached(painted((200, 30, 30)), "tail.png")]

    refused = ways.submit(opened, {"prompt": "give it a tail", "model": "4.5", **ways.shape("1K", "1:1")}, files)
    told = scene.told(refused, start)
    assert "Set “" in told
    assert "--" not in told
    if not refused.get("errors"):
        (answer,) = [message for message in scene.sandbox.seen(scene.platform, scene.channel, start) if message.get("private_to")]
        opened = scene.press(answer, REOPEN)
        files = []
    ways.submit(opened, {"prompt": "give it a red tail", "model": "4.5", **ways.shape("2K", "1:1")}, files)
    scene.pictures(start)

    (call,) = scene.calls_since(before)
    assert (call["body"]["prompt"], call["body"]["size"], len(call["images"])) == ("give it a red tail", "2048x2048", 2)


def test_an_option_keeps_its_number(running: Running) -> None:
    """The third picture alone is image 3 to the member, in the receipt too, and the gateway's first."""
    scene = Scene(running.sandbox, PLATFORMS[0])
    before, start = len(scene.sandbox.calls()), scene.mark()

    options = {"prompt": "put a hat on image 3", "image3": "file:1"}
    scene.ways().do("command", name="edit", options=options, files=[attached(painted((30, 200, 30)))])
    scene.pictures(start)
    scene.words(start, "Based on image 3.")

    (call,) = scene.calls_since(before)
    assert (call["body"]["prompt"], len(call["images"])) == ("put a hat on image 1", 1)


def test_the_help_is_short_and_in_sections(scene: Scene) -> None:
    """Its first example can be typed as it stands."""
    start = scene.mark()
    told = scene.told(scene.question("help"), start)
    assert [title for title in ("New image", "Edit an image", "Flags") if title not in told] == []
    assert len(told.splitlines()) < 40
