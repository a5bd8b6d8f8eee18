"""Everything that can be judged before a picture is fetched; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.catalog.profiles import GatewayProfile
from bot.commands.command import Attachment, DraftPictures, Generate, MessagePictures, ReferenceSource, StoredPicture
from bot.config.settings import Defaults
from bot.errors import RefusalCode, RefusedError
from bot.requests.references import UPLOAD_BYTES, UPLOAD_FORMATS, Reference
from bot.requests.request import Ask
from bot.requests.routing import Candidate, rank

UNSEEN = Reference(form="bytes", value="")
"""A reference nobody has looked at yet: it counts, and is not judged otherwise."""


@dataclass(frozen=True, kw_only=True)
class RequestRules:
    """What the operator configured that a request depends on."""

    profiles: tuple[GatewayProfile, ...]
    defaults: Defaults


def ask_of(command: Generate, references: Sequence[Reference]) -> Ask:
    return Ask(
        prompt=command.prompt,
        options=command.options,
        references=tuple(references),
        references_required=command.verb == "edit",
    )


def check(command: Generate, rules: RequestRules) -> tuple[Candidate, ...]:
    """Everything that can be judged before a picture is fetched; raises RefusedError. Pure and instant.

    Pictures of a replied message may be our own, whose originals need no fetching: those are judged later.
    """
    numbers = [_count(source) for source in command.references]
    ranked = rank(ask_of(command, [UNSEEN] * sum(numbers)), rules.profiles, rules.defaults)
    for position, source in enumerate(command.references):
        if isinstance(source, Attachment):
            check_attachment(source, sum(numbers[: position + 1]))
    return ranked


def _count(source: ReferenceSource) -> int:
    """How many references a source brings, as far as that is known before anything is fetched."""
    match source:
        case MessagePictures(attachments=attachments):
            return len(attachments)
        case Attachment() | StoredPicture() | DraftPictures():
            return 1


def check_attachment(attachment: Attachment, number: int) -> None:
    """What the platform itself says of a file is enough to refuse it; the bytes are judged later."""
    claimed = attachment.media_type or ""
    if claimed and not claimed.startswith("image/") and claimed != "application/octet-stream":
        raise RefusedError(
            RefusalCode.REF_BAD_FORMAT,
            number=number,
            found=claimed.partition(";")[0],
            allowed=", ".join(UPLOAD_FORMATS),
        )
    if attachment.size_bytes is not None and attachment.size_bytes > UPLOAD_BYTES:
        raise RefusedError(RefusalCode.REF_TOO_BIG, number=number, limit=UPLOAD_BYTES // (1024 * 1024))
