"""Reply → one Discord message: escaped, within limits, files grouped by what one request carries; pure."""

import re
from collections.abc import Sequence

from adapters.discord.capabilities import FILES, REQUEST_BYTES, TEXT_LENGTH
from adapters.shared.text import fit
from bot.chat.moment import parts
from bot.chat.reply import Picture, Reply
from bot.chat.text import shorten
from bot.commands.action import encode_action
from bot.values import dataclass

LABEL_LENGTH = 80
BUTTONS = 25
"""In five rows."""
ZERO_WIDTH_SPACE = "\u200b"
"""A zero-width space: a reader does not see it, and a parser stops at it."""
FENCE = "```"
SMALL = "-# "
MARKS = re.compile(r"([\\*_~`|<>\[\]#])")
LINE_MARKS = re.compile(r"(?m)^([^\S\n]*+)(-|\+|\d+(?=\.))(?=[\s.#])")
"""Markup for lists and small print at the beginning of a line."""
SCHEMES = re.compile(r"://")
INVITES = re.compile(r"(?i)\b(discord(?:app)?)\.(?=gg|com|me|new)")
"""Discord shows a card for an invite even without a scheme."""


@dataclass(frozen=True, kw_only=True)
class ButtonPayload:
    label: str
    custom_id: str
    primary: bool


@dataclass(frozen=True, kw_only=True)
class Payload:
    """A message's content. `mention` is the one member whose `<@id>` in it may ping; one that is only named is not pinged."""

    content: str
    buttons: tuple[ButtonPayload, ...] = ()
    mention: int | None = None


def escape(text: str) -> str:
    """Text that Discord shows as it was written: nothing in it formats, pings, links or unfurls."""
    escaped = MARKS.sub(r"\\\1", text)
    escaped = LINE_MARKS.sub(_escape_line_mark, escaped)
    escaped = SCHEMES.sub(r"\\://", escaped)
    escaped = INVITES.sub(r"\1\\.", escaped)
    return escaped.replace("@", f"@{ZERO_WIDTH_SPACE}")


def render(text: str) -> str:
    """The same for a reply's own text, with its moments in each reader's time."""
    return "".join(escape(part) if isinstance(part, str) else f"<t:{part.at}:R>" for part in parts(text))


def code_block(text: str) -> str:
    """A member's text in a code block: nothing in it is parsed, and no backtick can close it."""
    inside = text.replace("`", f"`{ZERO_WIDTH_SPACE}")
    return f"{FENCE}\n{inside}\n{FENCE}"


def to_payload(reply: Reply, *, named: int | None = None) -> Payload:
    """Text and note as far as they fit, then as much of the quote as there is room for. `named`: who asked, without a ping."""
    mention = None if reply.mention is None else int(reply.mention.rpartition(":")[2])
    who = mention if mention is not None else named
    call = "" if who is None else f"<@{who}> "
    head = call + fit(reply.text, TEXT_LENGTH - len(call), render)
    since = "" if reply.since is None else f" <t:{int(reply.since)}:R>"
    note = _note(reply.note, TEXT_LENGTH - len(head) - len(since) - 1)
    note = f"{note}{since}" if note else ""
    quote = _quote(reply.quote, TEXT_LENGTH - len(head) - len(note) - 2)
    content = "\n".join(part for part in (head, quote, note) if part)
    buttons = tuple(
        ButtonPayload(
            label=shorten(button.label, LABEL_LENGTH),
            custom_id=encode_action(button.action),
            primary=button.primary,
        )
        for button in reply.buttons[:BUTTONS]
    )
    return Payload(content=content, buttons=buttons, mention=mention)


def group(pictures: Sequence[Picture]) -> list[list[Picture]]:
    """The pictures in order, in as few requests as the size of one allows; at least one group, perhaps empty."""
    groups: list[list[Picture]] = [[]]
    size = 0
    for picture in pictures:
        if groups[-1] and (size + picture.size_bytes > REQUEST_BYTES or len(groups[-1]) == FILES):
            groups.append([])
            size = 0
        groups[-1].append(picture)
        size += picture.size_bytes
    return groups


def stem(filename: str) -> str:
    """The end of the name of a job's image, without its format: `<job>-<number>`."""
    return "-".join(filename.removeprefix("SPOILER_").partition(".")[0].rsplit("-", 2)[-2:])


def _escape_line_mark(found: re.Match[str]) -> str:
    indent, mark = found.groups()
    # The backslash goes before a number's dot: before a digit it would be shown.
    return f"{indent}{mark}\\" if mark[0].isdigit() else f"{indent}\\{mark}"


def _note(note: str | None, room: int) -> str:
    """Small print; every line of it needs the mark."""
    if not note:
        return ""
    lines = note.splitlines()
    text = fit(note, room - 3 * len(lines), render)
    return "\n".join(f"{SMALL}{line}" for line in text.splitlines() if line.strip())


def _quote(quote: str | None, room: int) -> str:
    return fit(quote, room, code_block) if quote else ""
