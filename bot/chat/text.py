"""Text of a limited length; pure."""

ELLIPSIS = "…"


def shorten(text: str, length: int) -> str:
    """At most `length` characters, a cut marked by an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}{ELLIPSIS}"
