"""A slash command typed into an ordinary message; pure."""

import re
from typing import Literal

TYPED_COMMAND = re.compile(r"\s*+/(?P<verb>imagine|edit)\b", re.IGNORECASE)


def typed_command(text: str) -> tuple[Literal["imagine", "edit"] | None, str]:
    """The verb that a text begins with, and the rest; None and the whole text if there is none."""
    typed = TYPED_COMMAND.match(text)
    if typed is None:
        return None, text
    return "edit" if typed["verb"].lower() == "edit" else "imagine", text[typed.end() :]
