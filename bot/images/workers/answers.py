"""What an image worker is asked, and how it answers; runs in the worker."""

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.images.values import Placed
from bot.images.workers.messages import Message

if TYPE_CHECKING:
    from bot.images.fit import UnfitPicture
    from bot.images.intake import Inspected


class Answers:
    """A picture is inspected in one request and processed in the next: the bot decides in between when a large one may begin."""

    def __init__(self, *, preload: bool) -> None:
        self._inspected: Inspected | None = None
        self._unfit: UnfitPicture | None = None
        if preload:
            # Pillow, which only some workers need.
            import bot.images.compose  # noqa: PLC0415 - as above
            import bot.images.fit  # noqa: PLC0415 - as above
            import bot.images.intake  # noqa: F401, PLC0415 - as above

    def to(self, request: Message) -> Message:
        return ANSWERS[request.head["do"]](self, request)

    def measure(self, request: Message) -> Message:
        from bot.images.measure import measure  # noqa: PLC0415 - this worker may need nothing else

        measured = measure(request.content)
        return Message(head={"media_type": measured.media_type, "width": measured.width, "height": measured.height})

    def inspect_reference(self, request: Message) -> Message:
        from bot.images.intake import inspect  # noqa: PLC0415 - as above

        self._inspected = inspect(request.content, most_bytes=request.head["most_bytes"])
        return Message(head={"pixels": self._inspected.container.pixels})

    def prepare_reference(self, request: Message) -> Message:
        from bot.images.intake import prepare_reference  # noqa: PLC0415 - as above

        inspected, self._inspected = self._inspected, None
        if inspected is None:
            raise ValueError("no reference was inspected")
        prepared = prepare_reference(inspected, plain=request.head.get("plain") is True)
        file = _file(prepared.content, prepared.media_type, prepared.width, prepared.height)
        return Message(head={**file.head, "alpha": prepared.alpha}, content=file.content)

    def inspect_stored(self, request: Message) -> Message:
        """`pixels` is None for a file that fits."""
        from bot.images.fit import inspect_stored  # noqa: PLC0415 - as above

        head, media_types = request.head, frozenset(request.head["media_types"])
        self._unfit = inspect_stored(Path(head["path"]), most_bytes=head["most_bytes"], media_types=media_types)
        return Message(head={"pixels": None if self._unfit is None else self._unfit.container.pixels})

    def fit(self, request: Message) -> Message:
        from bot.images.fit import fit  # noqa: PLC0415 - as above

        unfit, self._unfit = self._unfit, None
        if unfit is None:
            raise ValueError("no stored picture was inspected")
        try:
            fitted = fit(unfit, most_bytes=request.head["most_bytes"], media_types=frozenset(request.head["media_types"]))
        except ValueError as error:
            return Message(head={"impossible": str(error)})
        return _file(fitted.content, fitted.media_type, fitted.width, fitted.height)

    def compose(self, request: Message) -> Message:
        from bot.images.compose import compose  # noqa: PLC0415 - as above

        head = request.head
        layers = [
            Placed(path=Path(path), box=None if box is None else (box[0], box[1], box[2], box[3])) for path, box in head["layers"]
        ]
        try:
            composed = compose(Path(head["base"]), layers, most_bytes=head["most_bytes"])
        except ValueError as error:
            return Message(head={"impossible": str(error)})
        file = _file(composed.content, composed.media_type, composed.width, composed.height)
        return Message(head={**file.head, "left_out": composed.left_out}, content=file.content)


ANSWERS: MappingProxyType[str, Callable[[Answers, Message], Message]] = MappingProxyType(
    {
        "measure": Answers.measure,
        "inspect_reference": Answers.inspect_reference,
        "prepare_reference": Answers.prepare_reference,
        "inspect_stored": Answers.inspect_stored,
        "fit": Answers.fit,
        "compose": Answers.compose,
    }
)


def _file(content: bytes, media_type: str, width: int, height: int) -> Message:
    return Message(head={"media_type": media_type, "width": width, "height": height}, content=content)
