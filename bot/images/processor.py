"""Opens foreign files only in image workers, of which only one works on a large picture at a time.

This bounds memory to 1 GiB for any input: 768 MiB for a large picture (`MOST_DECODING_BYTES`; a format that needs more
memory per pixel is allowed fewer pixels) and a quarter of that for a small one, not counting the files themselves and 30 MB
for each of the three processes.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

from bot.errors import VARIANT, RefusalCode, RefusedError, UpstreamError, UpstreamKind
from bot.images.formats.table import FORMATS, recognise
from bot.images.values import Composed, Encoded, Measured, Placed, PreparedReference
from bot.images.workers.messages import Message
from bot.images.workers.pool import DEFAULT_LIMITS, Worker, WorkerLimits, WorkerPool
from bot.images.workers.process import WorkerDiedError, WorkerNotStartedError
from bot.requests.references import UPLOAD_BYTES

logger = logging.getLogger(__name__)

DECODERS = 2
MEASURERS = 1
"""Measuring decodes nothing, so it need not queue behind two long encodings; it needs no Pillow either."""
TRIES = 2
"""A file whose worker dies is opened once more, in another process: the first may have died of something else."""
LARGE_PIXELS = 12_000_000
"""A decoded picture takes four bytes per pixel, and transposing or converting it the same again."""
REFUSAL_PARAMETERS = ("found", "limit", "allowed", VARIANT)
"""What a worker may say about a refusal."""
VARIANTS = frozenset({"kind", "text", "audio", "video", "pdf"})
MEDIA_TYPES = frozenset(row.media_type for row in FORMATS)

Result = TypeVar("Result")


class ImageProcessor:
    """Runs every operation in another process. If a caller is cancelled, that process is killed."""

    def __init__(self, *, limits: WorkerLimits = DEFAULT_LIMITS) -> None:
        self._decoders = WorkerPool(DECODERS, "decode", limits=limits)
        self._measurers = WorkerPool(MEASURERS, limits=limits)
        self._large = asyncio.Semaphore()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._decoders.close()
        await self._measurers.close()

    def expect_result(self) -> None:
        """Start what `measure` needs, so that the first result does not wait for it."""
        self._measurers.prewarm()

    async def prepare_reference(
        self, content: bytes, *, most_bytes: int = UPLOAD_BYTES, plain: bool = False
    ) -> PreparedReference:
        """Check and clean a member's file; `plain`: as PNG or JPEG. Raises RefusedError (REF_*), WorkerNotStartedError."""

        async def prepare(worker: Worker) -> PreparedReference:
            request = Message(head={"do": "inspect_reference", "most_bytes": most_bytes}, content=content)
            async with self._one_large_at_a_time(worker, _pixels(await worker.ask(request))):
                answer = await worker.ask(Message(head={"do": "prepare_reference", "plain": plain}))
            return PreparedReference(content=answer.content, **_facts(answer), alpha=answer.head.get("alpha") is True)

        try:
            return await _open(self._decoders, prepare)
        except WorkerDiedError as error:
            code = RefusalCode.REF_TOO_COMPLEX if error.out_of_time else RefusalCode.REF_UNREADABLE
            raise RefusedError(code) from error

    async def measure(self, content: bytes) -> Measured:
        """The type and dimensions of a downloaded result; the type alone if it kills its workers. Raises UpstreamError (DOWNLOAD)."""

        async def measure(worker: Worker) -> Measured:
            return Measured(**_facts(await worker.ask(Message(head={"do": "measure"}, content=content))))

        try:
            return await _open(self._measurers, measure)
        except (WorkerDiedError, WorkerNotStartedError) as error:
            unopened = identify(content)
            if unopened is None:
                raise _download_error("not a picture") from error
            return unopened

    async def fit(self, path: Path, *, most_bytes: int, media_types: frozenset[str]) -> Encoded | None:
        """A stored result within a platform's limits; None if it needs no change. Raises UpstreamError, ValueError."""
        limits = {"most_bytes": most_bytes, "media_types": sorted(media_types)}

        async def fit(worker: Worker) -> Encoded | None:
            found = await worker.ask(Message(head={"do": "inspect_stored", "path": str(path), **limits}))
            if found.head.get("pixels", 0) is None:
                return None
            async with self._one_large_at_a_time(worker, _pixels(found)):
                answer = await worker.ask(Message(head={"do": "fit", **limits}))
            return Encoded(content=answer.content, **_facts(answer))

        try:
            return await _open(self._decoders, fit)
        except (WorkerDiedError, WorkerNotStartedError) as error:
            raise _download_error(f"stored picture: {error!r}") from error

    async def compose(self, base: Path, layers: Sequence[Placed], *, pixels: int, most_bytes: int) -> Composed:
        """Stored layers on their base, as a PNG; `pixels`: of the largest file. Raises UpstreamError, ValueError."""
        places = [(str(layer.path), layer.box) for layer in layers]
        request = Message(head={"do": "compose", "base": str(base), "layers": places, "most_bytes": most_bytes})

        async def compose(worker: Worker) -> Composed:
            async with self._one_large_at_a_time(worker, pixels):
                answer = await worker.ask(request)
            facts, left_out = _facts(answer), answer.head.get("left_out")
            if not isinstance(left_out, list) or not all(
                type(number) is int and number in range(len(layers)) for number in left_out
            ):
                _reject(answer)
            return Composed(content=answer.content, **facts, left_out=tuple(left_out))

        try:
            return await _open(self._decoders, compose)
        except (WorkerDiedError, WorkerNotStartedError, RefusedError) as error:
            raise _download_error(f"layers: {error!r}") from error

    @asynccontextmanager
    async def _one_large_at_a_time(self, worker: Worker, pixels: int) -> AsyncIterator[None]:
        if pixels <= LARGE_PIXELS:
            yield
            return
        worker.retired = True
        async with self._large:
            yield


def identify(content: bytes) -> Measured | None:
    """What the first bytes of a file say about its kind, without opening it; None if it is no picture of ours."""
    picture_format = recognise(content)
    return None if picture_format is None else Measured(media_type=picture_format.media_type, width=None, height=None)


async def _open(pool: WorkerPool, work: Callable[[Worker], Awaitable[Result]]) -> Result:
    """Let a worker open a file; another one, if the first dies. Raises WorkerDiedError, WorkerNotStartedError."""
    for number in range(1, TRIES + 1):
        try:
            async with pool.lease() as worker:
                return await work(worker)
        except WorkerDiedError as error:
            why = "out of time" if error.out_of_time else f"ended with {error.exit_code}"
            logger.warning("an image worker %s", why, extra={"detail": str(error), "tries": number})
            # More time would be spent in vain.
            if error.out_of_time or number == TRIES:
                raise
    raise AssertionError("every try was made")


def _pixels(answer: Message) -> int:
    _raise_error(answer)
    pixels = answer.head.get("pixels")
    return pixels if isinstance(pixels, int) else _reject(answer)


def _facts(answer: Message) -> dict[str, Any]:
    """The checked facts of a picture: a hostile file may have taken its worker over."""
    _raise_error(answer)
    media_type, width, height = (answer.head.get(name) for name in ("media_type", "width", "height"))
    if media_type not in MEDIA_TYPES or not isinstance(width, int) or not isinstance(height, int) or min(width, height) < 1:
        _reject(answer)
    return {"media_type": media_type, "width": width, "height": height}


def _reject(answer: Message) -> NoReturn:
    logger.error("an image worker answered something else", extra={"detail": str(answer.head)[:1000]})
    raise WorkerDiedError(None)


def _raise_error(answer: Message) -> None:
    """Raise what the worker raised."""
    match answer.head:
        case {"refused": str(code), "parameters": Mapping() as parameters} if code in set(RefusalCode):
            found = {name: parameters.get(name) for name in REFUSAL_PARAMETERS}
            known = {name: value for name, value in found.items() if isinstance(value, str | int | float)}
            if known.get(VARIANT) not in VARIANTS:
                known.pop(VARIANT, None)
            raise RefusedError(RefusalCode(code), nearest=None, **known)
        case {"failed": str(detail), "retryable": bool(retryable)}:
            raise _download_error(detail, retryable=retryable)
        case {"impossible": str(why)}:
            raise ValueError(why)
        case {"unexpected": str(traceback)}:
            logger.error("an image worker failed", extra={"detail": traceback})
            raise WorkerDiedError(None)
        case _:
            pass


def _download_error(detail: str, *, retryable: bool = False) -> UpstreamError:
    return UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=retryable, detail=detail)
