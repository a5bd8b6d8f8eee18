"""Opaque named ids: only the code that creates an id interprets it."""

import secrets
from typing import NewType

PlatformName = NewType("PlatformName", str)
"""`discord`, `slack`: a key to look up a platform, never to branch on."""
WorkspaceId = NewType("WorkspaceId", str)
MessageId = NewType("MessageId", str)
UserId = NewType("UserId", str)
"""A member on one platform, with the platform's name in front: `discord:81384788765712384`."""
EventId = NewType("EventId", str)
"""One action of a member. A platform that delivers it twice uses the same id."""
JobId = NewType("JobId", str)
GatewayName = NewType("GatewayName", str)
"""The operator's name for one `[[gateway]]`."""
ModelName = NewType("ModelName", str)
"""The catalog's name of a model (`4.5`), not the gateway's id for it."""
TaskId = NewType("TaskId", str)
"""A gateway's id for work it has accepted."""
BlobId = NewType("BlobId", str)
"""The SHA-256 of bytes on our disk, in hex."""


def message_event(platform: PlatformName, message: MessageId) -> EventId:
    """The id of the event that a member's message represents."""
    return EventId(f"{platform}:{message}")


CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
JOB_ID_LENGTH = 12


def new_job_id() -> JobId:
    """60 random bits in Crockford's base 32, lower case: short enough for a nonce, long enough to be unique."""
    drawn = secrets.randbits(5 * JOB_ID_LENGTH)
    return JobId("".join(CROCKFORD[drawn >> 5 * place & 31] for place in range(JOB_ID_LENGTH)))


def parse_job_id(text: str) -> JobId | None:
    """Read a job id that a person typed: case does not matter, `o` means zero, `i` and `l` mean one."""
    spelled = text.strip().lower().translate(str.maketrans("oil", "011"))
    if len(spelled) != JOB_ID_LENGTH or any(letter not in CROCKFORD for letter in spelled):
        return None
    return JobId(spelled)
