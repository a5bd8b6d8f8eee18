"""Text as people, phones and attackers write it, for hypothesis."""

from hypothesis import strategies as st

LETTERS = st.characters(exclude_categories=())
"""Any code point there is, halves of surrogate pairs and the unassigned included."""
NASTY = (
    "@everyone",
    "@here",
    "<@81384788765712384>",
    "<@!1>",
    "<@&123>",
    "<#5>",
    "</imagine:7>",
    "<:fox:1>",
    "<!channel>",
    "<!here|here>",
    "<@U012AB3CD>",
    "<https://example.com|click>",
    "```",
    "`",
    "~~~",
    "||",
    "**",
    "__",
    "\\",
    "\\`",
    "[a](https://example.com)",
    "discord.gg/abc",
    "\n- ",
    "\n-# ",
    "\n> ",
    "\n1. ",
    "# ",
    "&lt;",
    "&amp;",
    "\0",
    "\x1b[31m",
    "\r\n",
    "\u202e",
    "\u2066",
    "\u2069",
    "\u200b",
    "\u200d",
    "\ufeff",
    "\ufffc",
    "e\u0301\u0323\u0489" * 30,
    "שלום",
    "مرحبا",
    "狐",
    "👩‍👩‍👧‍👦",
    "\ud83d",
    "\udc4d",
    "—count",
    "--count",
    "--count 4",
    "--ratio=16:9",
    "--ref 0123456789ab#2",
    "--no-watermark",
    "--colour",
    "–",
    '"',
    "“",
    "”",
    "{a, b}",
    "{ $model }",
    " ",
    "\u3000",
    "\t",
)


# Composite, so that hypothesis names them by name: written out, each would be pages long.
@st.composite
def _any_text(draw: st.DrawFn) -> str:
    return "".join(draw(st.lists(st.one_of(st.sampled_from(NASTY), st.text(LETTERS, max_size=12)), max_size=40)))


@st.composite
def _long_text(draw: st.DrawFn) -> str:
    return (draw(_any_text()) * draw(st.integers(1, 400)))[:6000]


ANY_TEXT = _any_text()
LONG_TEXT = _long_text()
"""Long enough for every limit."""
ID_TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1, max_size=20)


def _joined(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


WIRE_TEXT = ANY_TEXT.map(_joined)
"""As JSON carries it: two halves that meet are a whole, one alone stays a half."""
