"""What a hostile member sends: lines that are slow to read, and pictures that are slow to decode."""

import base64
import io
from functools import cache
from itertools import cycle, islice

from PIL import Image

from bench.platforms import Platform
from sandbox.contracts import JsonObject

LINES = (
    ("", "“"),
    ("{", ","),
    ("a fox", "\n"),
    ("a", " "),
    ("--model ", "\u0323\u0301"),
    ("", "--count 1 "),
    ("--", "ab"),
    ("", "<a>"),
)
"""A beginning, and what is repeated after it as often as the platform lets a member write."""
COPIES = 10
SIDE = 5000
"""Of a progressive JPEG within every limit: small as a file, half a second to decode."""


def line_acts(platform: Platform, line: JsonObject, count: int) -> list[JsonObject]:
    """Every line in a command, then every line in a message that is not for the bot, and so on."""
    acts = platform.acts(line, count, "")
    for number, (act, (beginning, repeated)) in enumerate(zip(acts, islice(cycle(LINES), count), strict=True)):
        if number // len(LINES) % 2:
            act.update(kind="message", text=_line(beginning, repeated, platform.message_characters))
        else:
            act.update(platform.command_fields(_line(beginning, repeated, platform.command_characters)))
    return acts


def file_acts(platform: Platform, line: JsonObject, count: int) -> list[JsonObject]:
    """Messages that ask for an edit of ten copies of one picture."""
    files = [{"name": f"{number}.jpg", "base64": _picture()} for number in range(COPIES)]
    acts = platform.acts(line, count, "")
    for act in acts:
        act.update(kind="message", text="@bot make it night", files=files)
    return acts


def _line(beginning: str, repeated: str, length: int) -> str:
    # A platform does not send a message that ends in spaces as it was written.
    return (beginning + repeated * length)[: length - 1] + "b"


@cache
def _picture() -> str:
    out = io.BytesIO()
    Image.effect_noise((SIDE // 10, SIDE // 10), 20).resize((SIDE, SIDE)).convert("RGB").save(
        out, "JPEG", progressive=True, quality=5
    )
    return base64.b64encode(out.getvalue()).decode("ascii")
