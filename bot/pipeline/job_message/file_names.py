"""Names of a job's files: words of the prompt, then the job and the number, by which they are found again; pure."""

import re
import unicodedata

from bot.ids import JobId

LONGEST_WORDS = 40
READ = 400
"""Characters of a prompt that are read for them."""
WORD = re.compile(r"[a-z0-9]+")


def file_name(prompt: str, job: JobId, number: int | str) -> str:
    """`a-red-fox-in-snow-<job>-<number>`, in ASCII; only the end where the prompt has no such words."""
    words = _words(prompt)
    return f"{words}-{job}-{number}" if words else f"{job}-{number}"


def layer_file_name(name: str, job: JobId, number: int, *, place: int, of: int) -> str:
    """`02-red-hat-<job>-3`: sorted by its place among `of`, the rearmost being 0; whatever its name is, it is that of a file."""
    digits = len(str(max(10, of - 1)))
    words = _words(name) or ("base" if place == 0 else "layer")
    return f"{place:0{digits}}-{words}-{job}-{number}"


def _words(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text[:READ]).encode("ascii", "ignore").decode().lower()
    words = ""
    for word in WORD.findall(plain):
        longer = f"{words}-{word}" if words else word
        if len(longer) > LONGEST_WORDS:
            break
        words = longer
    return words
