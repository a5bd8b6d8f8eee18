"""Checks that need no reference to be fetched; pure."""

from collections.abc import Callable, Sequence

from bot.catalog.health import UnusableModel
from bot.catalog.profiles import GatewayProfile, with_unusable
from bot.clock import Clock, SystemClock
from bot.commands.command import Attachment, DraftPictures, Generate, MessagePictures, ReferenceSource, StoredPicture
from bot.commands.numbering import numbers_seen, prompt_for_gateway
from bot.config.settings import Defaults
from bot.errors import RefusalCode, RefusedError, refuse_together
from bot.requests.references import UPLOAD_BYTES, Reference, refuse_file
from bot.requests.request import RequestSpec
from bot.requests.routing import Candidate, rank
from bot.values import dataclass

SYSTEM_CLOCK = SystemClock()
UNFETCHED = Reference(form="bytes", value="")
"""Stands for a reference that has not been fetched: it is counted, and nothing else of it is checked."""


@dataclass(frozen=True, kw_only=True)
class RequestRules:
    """The parts of the configuration that a request depends on. `unusable`: what gateways say they do not have at the moment."""

    profiles: tuple[GatewayProfile, ...]
    defaults: Defaults
    clock: Clock = SYSTEM_CLOCK
    unusable: Callable[[], Sequence[UnusableModel]] = tuple

    @property
    def current_profiles(self) -> tuple[GatewayProfile, ...]:
        """The configured gateways with what is known of them now."""
        marks = self.unusable()
        return with_unusable(self.profiles, marks) if marks else self.profiles


def candidates(command: Generate, references: Sequence[Reference], rules: RequestRules) -> tuple[Candidate, ...]:
    """The gateways that can carry out a command with these references, the best first. Raises RefusedError."""
    spec = RequestSpec(
        prompt=prompt_for_gateway(command),
        options=command.options,
        references=tuple(references),
        references_required=command.verb == "edit",
        numbers=numbers_seen(command),
        now=rules.clock.now(),
    )
    return rank(spec, rules.current_profiles, rules.defaults)


def check_command(command: Generate, rules: RequestRules) -> tuple[Candidate, ...]:
    """The gateways that can carry out a command, as far as this is known before references are fetched. Raises RefusedError.

    Attachments of a replied message are not checked: if the message is ours, its stored originals are used instead.
    """
    numbers = [_reference_count(source) for source in command.references]
    attachments = [
        (source, sum(numbers[: position + 1]))
        for position, source in enumerate(command.references)
        if isinstance(source, Attachment)
    ]
    faults = [fault for source, number in attachments if (fault := fault_of_attachment(source, number)) is not None]
    # Where others remain to be opened, the intake names these together with what is wrong with those.
    if faults and len(faults) == sum(numbers):
        raise refuse_together(faults)
    return candidates(command, [UNFETCHED] * sum(numbers), rules)


def images_asked(command: Generate, rules: RequestRules) -> int:
    """How many images a command can make, as it would be carried out now: of layers, the most. Raises RefusedError."""
    return check_command(command, rules)[0].request.count


def _reference_count(source: ReferenceSource) -> int:
    """How many references a source contributes, as far as this is known before anything is fetched."""
    match source:
        case MessagePictures(attachments=attachments):
            return len(attachments)
        case Attachment() | StoredPicture() | DraftPictures():
            return 1


def fault_of_attachment(attachment: Attachment, number: int) -> RefusedError | None:
    """The refusal of a file by what the platform says about it; its bytes are checked later."""
    claimed = attachment.media_type or ""
    if claimed and not claimed.startswith("image/") and claimed != "application/octet-stream":
        return refuse_file(claimed, name=attachment.name, number=number)
    if attachment.size_bytes is not None and attachment.size_bytes > UPLOAD_BYTES:
        return RefusedError(RefusalCode.REF_TOO_BIG, number=number, limit=UPLOAD_BYTES // (1024 * 1024))
    return None
