"""Names of a job's files: words of the prompt, then the job and the number, by which they are found again; pure."""

import re
import unicodedata

from bot.ids import JobId

LONGEST_WORDS = 40
READ = 400
"""Characters of a prompt that are read for them."""
WORD = re.compile(r"[a-z0-9]+")


def file_name(prompt: str, job: JobId, number: int) -> str:
    """`a-red-fox-in-snow-<job>-<number>`, in ASCII; only the end where the prompt has no such words."""
    plain = unicodedata.normalize("NFKD", prompt[:READ]).encode("ascii", "ignore").decode().lower()
    words = ""
    for word in WORD.findall(plain):
        longer = f"{words}-{word}" if words else word
        if len(longer) > LONGEST_WORDS:
            break
        words = longer
    return f"{words}-{job}-{number}" if words else f"{job}-{number}"
