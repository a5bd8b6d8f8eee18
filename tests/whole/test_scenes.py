"""What members do, over the real wire, on every platform."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.whole.running import Running, open_running
from tests.whole.scene import Message, Scene, attached, painted, said

RED, GREEN, BLUE = (200, 30, 30), (30, 200, 30), (30, 30, 200)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A bot of its own: here the gateway draws each picture in the requested size."""
    with open_running("--pace", "0.05") as running:
        yield running


def middle(content: bytes) -> tuple[int, int, int]:
    with Image.open(io.BytesIO(content)) as image:
        pixel: Any = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    return pixel[0], pixel[1], pixel[2]


def near(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))


def test_a_picture_by_command(scene: Scene) -> None:
    """One command, one paid call, one picture, posted as the gateway made it, and a receipt."""
    before, start = len(scene.sandbox.calls()), scene.mark()

    acted = scene.command("imagine", "a red fox in snow --ratio 16:9")
    result = scene.pictures(start)

    assert acted["acknowledged_ms"] < 3000
    picture = result["files"][0]
    assert (picture["width"], picture["height"]) == (2816, 1584)
    assert picture["alt"] is None or "a red fox in snow" in picture["alt"]
    (call,) = scene.calls_since(before)
    assert (call["billed"], call["body"]["prompt"], call["body"]["watermark"]) == (1, "a red fox in snow", False)
    assert scene.words(start, " s: 1 image with Seedream 5.5.")
    assert [button["label"] for button in result["buttons"]] == ["Again"]


def test_a_set_of_four_in_one_message(scene: Scene) -> None:
    """A set is one streamed call and one message, in order."""
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.command("imagine", "the four seasons of a valley --count 4 --model 4.5")
    result = scene.pictures(start, count=4)

    (call,) = scene.calls_since(before)
    assert (call["billed"], call["body"]["stream"]) == (4, True)
    assert [file["name"].rpartition("-")[2][0] for file in result["files"]] == ["1", "2", "3", "4"]
    assert len({file["sha256"] for file in result["files"]}) == 4


def test_an_edit_with_two_pictures(scene: Scene) -> None:
    """References arrive at the gateway in order, with the right pixels and no metadata."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera of the one who asks"
    turned = Image.new("RGB", (400, 200), GREEN)
    out = io.BytesIO()
    turned.save(out, format="JPEG", quality=95, exif=exif)
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.say(
        "@bot put image 1 into image 2",
        files=[attached(painted(RED)), attached(out.getvalue(), "photo.jpg")],
    )
    scene.pictures(start)

    (call,) = scene.calls_since(before)
    first, second = call["images"]
    assert [(image["width"], image["height"]) for image in (first, second)] == [(320, 240), (200, 400)]
    assert not any(image["metadata"] for image in (first, second))
    assert near(middle(scene.sandbox.file(first["sha256"])), RED)
    assert near(middle(scene.sandbox.file(second["sha256"])), GREEN)


def test_a_reply_to_a_picture_is_an_edit(scene: Scene) -> None:
    """The replied picture is the reference, in the bytes the gateway made, with what the member adds behind it."""
    start = scene.mark()
    scene.command("imagine", "a lighthouse at noon")
    first = scene.pictures(start)
    scene.words(start, " s: 1 image with")
    before, again = len(scene.sandbox.calls()), scene.mark()

    scene.follow(first, "make it night", files=[attached(painted(BLUE))])
    second = scene.pictures(again)

    (call,) = scene.calls_since(before)
    assert call["body"]["prompt"] == "make it night"
    assert [image["width"] for image in call["images"]] == [first["files"][0]["width"], 320]
    assert second["files"][0]["sha256"] != first["files"][0]["sha256"]


def test_again_works_for_anybody_and_is_billed_to_them(scene: Scene) -> None:
    """The button asks the same once more."""
    start = scene.mark()
    scene.command("imagine", "a paper boat")
    first = scene.pictures(start)
    before, again = len(scene.sandbox.calls()), scene.mark()

    scene.press(first, "Again", user="bob")
    scene.pictures(again)

    (call,) = scene.calls_since(before)
    assert call["body"]["prompt"] == "a paper boat"


def test_a_message_command_opens_a_form_on_anybodys_picture(scene: Scene) -> None:
    """A picture that was never sent to the bot can be edited from its message's menu."""
    posted = scene.say("look at my cat", user="bob", files=[attached(painted(BLUE))])
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.edit_by_menu(posted["id"], {"prompt": "give it a hat", "count": "2"}, files=[attached(painted(RED))])
    scene.pictures(start, count=2)

    calls = scene.calls_since(before)
    assert [
        near(middle(scene.sandbox.file(image["sha256"])), colour)
        for call in calls
        for image, colour in zip(call["images"], (BLUE, RED), strict=True)
    ] == [True] * 4
    assert [call["billed"] for call in calls] == [1, 1]


def test_a_direct_message(scene: Scene) -> None:
    """In a direct message one just writes."""
    channel = "dm:ada"
    start = scene.mark(channel)

    scene.say("a green dragon reading", channel=channel)

    assert scene.pictures(start, channel=channel)


def test_small_talk_in_a_direct_message_is_answered_in_words(scene: Scene) -> None:
    """A greeting costs nothing, and says where to find help."""
    channel = "dm:bob"
    before, start = len(scene.sandbox.calls()), scene.mark(channel)

    scene.say("hello", user="bob", channel=channel)

    assert "help to see everything else" in said(scene.words(start, "Describe an image", channel=channel))
    assert scene.calls_since(before) == []


def test_a_private_result_is_seen_by_nobody_else(scene: Scene) -> None:
    """--private keeps words and pictures to the member: in place where the platform can, else by direct message."""
    start, direct = scene.mark(), scene.mark("dm:ada")

    scene.command("imagine", "a secret garden --private")
    shown = scene.anywhere([(scene.channel, start), ("dm:ada", direct)])

    assert shown.get("private_to") in {"ada", None}
    assert scene.in_public(start) == []


def test_quota_and_help_are_said_privately(scene: Scene) -> None:
    """Both answer at once, to the one who asked."""
    start = scene.mark()
    quota, help_text = scene.question("quota"), scene.question("help")

    assert "of today's 10,000 images left" in scene.told(quota, start)
    assert "/imagine" in scene.told(help_text, start)


REFUSED: list[tuple[str, str, str]] = [
    ("imagine", "--count 2", "Describe what the image should show."),
    ("imagine", "x" * 5001, "the limit is"),
    ("imagine", "a fox --colour red", "There is no flag"),
    ("imagine", "a fox --count 0", "1 to 15"),
    ("imagine", "a fox --count 99", "1 to 15"),
    ("imagine", "a fox --size 9K", "9K"),
    ("imagine", "a fox --size 100x100", "too small"),
    ("imagine", "a fox --model 4.5 --size 1K", "2K"),
    ("imagine", "a fox --gateway nowhere", "There is no gateway"),
    ("imagine", "a fox --seed 7", "--seed"),
    ("imagine", "a fox {red, blue}", "{"),
]


@pytest.mark.parametrize(("name", "prompt", "words"), REFUSED, ids=[prompt[:24] for _, prompt, _ in REFUSED])
def test_bad_words_are_refused_privately_before_anything_is_spent(scene: Scene, name: str, prompt: str, words: str) -> None:
    """One private sentence that says what works instead; nothing public, no call."""
    before, start = len(scene.sandbox.calls()), scene.mark()

    acted = scene.command(name, prompt)

    assert words in scene.told(acted, start)
    assert scene.calls_since(before) == []
    assert scene.in_public(start) == []


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


BAD_FILES: list[tuple[str, Message, str]] = [
    ("text", attached(b"not a picture", "notes.txt"), "is a text file, not an image"),
    ("text in disguise", attached(b"<html>not a picture</html>", "cat.png"), "not an image I can read"),
    ("cut off", attached(truncated(painted(RED, size=(900, 900))), "cat.png"), "damaged or incomplete"),
    ("tiny", attached(painted(RED, size=(10, 10)), "dot.png"), "too small"),
]


@pytest.mark.parametrize(
    ("file", "words"), [(file, words) for _, file, words in BAD_FILES], ids=[name for name, _, _ in BAD_FILES]
)
def test_bad_pictures_are_refused_to_the_member_alone(scene: Scene, file: Message, words: str) -> None:
    """Whatever is wrong with a file is said with what to do, nothing is spent, nothing public stays."""
    before, start = len(scene.sandbox.calls()), scene.mark()

    acted = scene.command("edit", "make it night", files=[file])

    assert words in scene.told(acted, start)
    assert scene.calls_since(before) == []
    assert scene.in_public(start) == []


NASTY = [
    "@everyone look at <@&{role}> and <@{user}> ``` and `ticks` https://example.com/x [a](https://example.com) **bold**",
    "```" * 400,
    "@here " * 600,
]


@pytest.mark.parametrize("prompt", NASTY, ids=["mentions", "backticks", "long"])
def test_nothing_a_member_writes_pings_or_breaks_a_message(scene: Scene, prompt: str) -> None:
    """Not when it is posted, and not when it is edited."""
    users = scene.sandbox.line[scene.platform]["users"]
    start = scene.mark()

    scene.command("imagine", prompt.replace("{user}", str(users["bob"])).replace("{role}", str(users["cyd"])))
    scene.pictures(start)
    scene.words(start, " s: 1 image with")

    ours = [message for message in scene.sandbox.seen(scene.platform, scene.channel, start) if message["author"] == "bot"]
    assert [message["pings"] for message in ours] == [[] for _ in ours]


def test_a_prompt_of_four_thousand_characters_works(scene: Scene) -> None:
    """It reaches the gateway whole and is shown shortened."""
    prompt = ("a very long story about a fox " * 140)[:4000].strip()
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.command("imagine", prompt)
    scene.pictures(start)

    assert scene.calls_since(before)[0]["body"]["prompt"] == prompt


def test_eleven_references_are_more_than_a_set_of_five_has_room_for(scene: Scene) -> None:
    """Ten attached and one by flag are counted together, before anything is spent."""
    start = scene.mark()
    scene.command("imagine", "a stone")
    result = scene.pictures(start)
    job = result["files"][0]["name"].split("-")[-2]
    before = len(scene.sandbox.calls())
    ten = [attached(painted((index * 20, 0, 0), size=(40, 40)), f"{index}.png") for index in range(10)]

    acted = scene.command("edit", f"merge them --ref {job}#1 --count 5 --model 4.5", files=ten)

    assert "11 reference images and 5 new ones" in scene.told(acted, start)
    assert scene.calls_since(before) == []


def test_refused_by_the_content_rules(scene: Scene) -> None:
    """The gateway's refusal is told in words, and its own words are not repeated."""
    start = scene.mark()

    scene.command("imagine", "forbidden-text")

    assert "The content filter rejected the prompt." in scene.words(start, "content filter")["text"]


def test_one_picture_of_a_set_is_withheld(scene: Scene) -> None:
    """The others are delivered, and the receipt names the one that did not come."""
    start = scene.mark()

    scene.command("imagine", "forbidden-output 2 of a set --count 3 --model 4.5")
    result = scene.pictures(start, count=2)

    assert [file["name"].rpartition("-")[2][0] for file in result["files"]] == ["1", "3"]
    assert "Image 2" in said(scene.words(start, "2 of 3 images with"))


FAULTS: list[tuple[str, str, str]] = [
    ("submit", "reset-after", "I cannot tell whether it generated anything"),
    ("submit", "500", "I cannot tell whether it generated anything"),
    ("submit", "html", "I cannot tell whether it generated anything"),
    ("submit", "429-quota", "allowance"),
    ("submit", "error:401:AuthenticationError", "rejected the bot's key"),
]


@pytest.mark.parametrize(("place", "what", "words"), FAULTS, ids=[f"{place} {what}" for place, what, _ in FAULTS])
def test_every_fault_of_the_gateway_has_an_end_and_no_second_call(scene: Scene, place: str, what: str, words: str) -> None:
    """The member reads what it means; nothing is asked twice."""
    gateway = next(iter(scene.sandbox.line["gateways"]))
    scene.sandbox.fault(f"{gateway}.{place}", what, times=1)
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.command("imagine", "a brave little boat")

    assert scene.words(start, words)
    assert len(scene.calls_since(before)) <= 1


@pytest.mark.parametrize("what", ["404", "500", "html", "truncated", "reset-before"])
def test_a_result_that_cannot_be_fetched_at_once_is_fetched_later(scene: Scene, what: str) -> None:
    """The gateway's address is asked again, the gateway is not paid again."""
    gateway = next(iter(scene.sandbox.line["gateways"]))
    scene.sandbox.fault(f"{gateway}.result", what, times=1)
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.command("imagine", "a patient snail")

    assert scene.pictures(start)
    assert len(scene.calls_since(before)) == 1


def test_a_cut_stream_delivers_what_came(scene: Scene) -> None:
    """One of three arrived: it is posted, and nobody pretends that all is well."""
    gateway = next(iter(scene.sandbox.line["gateways"]))
    scene.sandbox.fault(f"{gateway}.submit", "cut", times=1)
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.command("imagine", "three shots of a bridge --count 3 --model 4.5")
    scene.pictures(start, count=1)

    assert "ended before its answer was complete" in said(scene.words(start, "1 of 3 images with"))
    assert len(scene.calls_since(before)) == 1


def test_progress_is_one_message_written_over(scene: Scene) -> None:
    """A job leaves one message: its result, whether its progress became that or has gone."""
    start = scene.mark()

    scene.command("imagine", "a quiet pond")
    (result,) = scene.settled(start)

    assert " s: 1 image with" in said(result)


def test_the_log_holds_no_secret_and_no_address(scene: Scene, running: Running) -> None:
    """Keys, tokens and signed addresses stay out of what an operator may paste somewhere."""
    secrets = [value for name, value in scene.sandbox.env.items() if name.endswith(("_TOKEN", "_KEY", "_SECRET"))]

    assert not any(secret in running.bot.text for secret in secrets)
    assert "X-Tos-Signature" not in running.bot.text


def test_the_database_and_the_pictures_are_the_owners_alone(scene: Scene) -> None:
    """Nobody else on the machine reads prompts and pictures."""
    data = Path(scene.sandbox.env["DATA_DIR"])

    assert oct(data.stat().st_mode)[-3:] == "700"
    assert oct((data / "seedream-bot.db").stat().st_mode)[-3:] == "600"
