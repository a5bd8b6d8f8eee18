"""Hypothesis strategies for ordinary, unusual and hostile text."""

from hypothesis import strategies as st

LETTERS = st.characters(exclude_categories=())
"""Any code point, including halves of surrogate pairs and unassigned ones."""
UNUSUAL = (
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


# Composite, so that hypothesis reports them by name: their definitions would fill pages.
@st.composite
def _any_text(draw: st.DrawFn) -> str:
    return "".join(draw(st.lists(st.one_of(st.sampled_from(UNUSUAL), st.text(LETTERS, max_size=12)), max_size=40)))


@st.composite
def _long_text(draw: st.DrawFn) -> str:
    return (draw(_any_text()) * draw(st.integers(1, 400)))[:6000]


ANY_TEXT = _any_text()
LONG_TEXT = _long_text()
"""Long enough to exceed every limit."""
ID_TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1, max_size=20)


def _joined(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


WIRE_TEXT = ANY_TEXT.map(_joined)
"""As JSON transports it: adjacent halves of a surrogate pair become one character, a single half stays."""
