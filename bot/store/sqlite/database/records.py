"""Converts values to rows and back: nested values to JSON text, flat ones to columns."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from bot.catalog.price import PriceSchedule
from bot.chat.capabilities import Way
from bot.commands.command import Attachment, Generate, Origin, PartialRequest
from bot.errors import StoreCode, StoreError, UpstreamKind
from bot.ids import EventId, GatewayName, JobId, MessageId, ModelName, PlatformName, TaskId, UserId
from bot.jobs.call import Call, CallState
from bot.jobs.draft import Draft
from bot.jobs.failure import JobFailure
from bot.jobs.job import Job, JobState
from bot.jobs.memory import LastPicture
from bot.jobs.picture import Layer, PictureRow
from bot.jobs.question import Question, QuestionKind, WorkQuote
from bot.jobs.stores import Claim
from bot.money import Money
from bot.requests.references import Reference
from bot.requests.request import Request
from bot.store.sqlite.database.connection import Parameters

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
CALL_COLUMNS = (
    "number",
    "state",
    "state_since",
    "updated_at",
    "gateway",
    "model",
    "first",
    "wants",
    "attempts",
    "not_before",
    "task",
    "submitted_at",
    "quoted",
    "schedule",
    "billed",
    "billed_references",
    "cost",
    "currency",
    "billed_by",
    "error",
)
"""In the order in which the statements that read a job list the columns of its calls."""


class Record(Generic[T]):
    """The JSON of one type. The members of a union are distinguished by their required fields, which differ for each."""

    def __init__(self, of: Any) -> None:  # noqa: ANN401  # a type, or a generic alias
        self._of = of

    def dump(self, value: T) -> str:
        """ASCII JSON, which preserves any text that a platform can send, even an unpaired surrogate."""
        return json.dumps(value, default=_fields, separators=(",", ":"))

    def load(self, text: str) -> T:
        """Raises StoreError BROKEN for text that is not of the type."""
        with _unreadable():
            loaded: T = _type_adapter(self._of).validate_python(json.loads(text))
            return loaded

    def prepare(self) -> None:
        """Build the validator now instead of at the first `load`."""
        _type_adapter(self._of)


def _fields(value: object) -> dict[str, Any]:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in a record")


@cache
def _type_adapter(of: Any) -> "TypeAdapter[Any]":  # noqa: ANN401  # a type, or a generic alias
    """Build a schema once per process, because it takes milliseconds."""
    from pydantic import TypeAdapter  # noqa: PLC0415  # slow to import, and not needed before a row is read

    return TypeAdapter(of)


@contextmanager
def _unreadable() -> Iterator[None]:
    """Raise StoreError BROKEN for a row that cannot be read. It does not quote the row, which may hold a prompt."""
    try:
        yield
    except (ValueError, LookupError, ArithmeticError, TypeError, RecursionError) as error:
        raise StoreError(StoreCode.BROKEN, detail=f"a row cannot be read: {type(error).__name__}") from None


class Records:
    """The nested types of all rows, and the rows that contain them."""

    def __init__(self) -> None:
        self.origin: Record[Origin] = Record(Origin)
        self.command: Record[Generate] = Record(Generate)
        self.request: Record[Request] = Record(Request)
        self.failure: Record[JobFailure] = Record(JobFailure)
        self.references: Record[tuple[Reference, ...]] = Record(tuple[Reference, ...])
        self.attachments: Record[tuple[Attachment, ...]] = Record(tuple[Attachment, ...])
        self.partial: Record[PartialRequest] = Record(PartialRequest)
        self.form_fields: Record[Mapping[str, str]] = Record(dict[str, str])
        self.positions: Record[tuple[int, ...]] = Record(tuple[int, ...])
        self.deadlines: Record[dict[JobState, float]] = Record(dict[JobState, float])
        self.call_deadlines: Record[dict[CallState, float]] = Record(dict[CallState, float])
        self.schedule: Record[PriceSchedule] = Record(PriceSchedule)
        self.jobs: Record[tuple[JobId, ...]] = Record(tuple[JobId, ...])
        self.claims: Record[tuple[Claim, ...]] = Record(tuple[Claim, ...])
        self.choices: Record[tuple[str, ...]] = Record(tuple[str, ...])
        self.quote: Record[WorkQuote] = Record(WorkQuote)
        self.events: Record[tuple[EventId, ...]] = Record(tuple[EventId, ...])

    def prepare(self) -> None:
        """Build every validator now; safe in a thread."""
        for record in vars(self).values():
            record.prepare()

    @_unreadable()
    def job(self, row: sqlite3.Row) -> Job:
        """Raises StoreError BROKEN."""
        job = Job(
            id=JobId(row["id"]),
            state=JobState(row["state"]),
            epoch=row["epoch"],
            origin=self.origin.load(row["origin"]),
            command=self.command.load(row["command"]),
            created_at=row["created_at"],
            attempts=row["attempts"],
            request=self.request.load(row["request"]) if row["request"] is not None else None,
            calls=tuple(self._call(JobId(row["id"]), columns) for columns in json.loads(row["calls"])),
        )
        return self.moved(job, row)

    def _call(self, job: JobId, columns: Sequence[Any]) -> Call:
        row = dict(zip(CALL_COLUMNS, columns, strict=True))
        schedule = self.schedule.load(row["schedule"]) if row["schedule"] is not None else None
        quoted = Money(micros=row["quoted"], currency=schedule.currency) if schedule is not None else None
        call = Call(
            job=job,
            number=row["number"],
            state=CallState(row["state"]),
            state_since=row["state_since"],
            updated_at=row["updated_at"],
            gateway=GatewayName(row["gateway"]),
            model=ModelName(row["model"]),
            first=row["first"],
            wants=row["wants"],
            quoted=quoted,
            schedule=schedule,
        )
        return self.moved_call(call, row)

    @_unreadable()
    def moved_call(self, call: Call, row: Mapping[str, Any] | sqlite3.Row) -> Call:
        """The call with the present values of its row."""
        return replace(
            call,
            state=CallState(row["state"]),
            state_since=row["state_since"],
            updated_at=row["updated_at"],
            attempts=row["attempts"],
            not_before=row["not_before"],
            task=TaskId(row["task"]) if row["task"] is not None else None,
            submitted_at=row["submitted_at"],
            billed=row["billed"],
            billed_references=row["billed_references"],
            cost=Money(micros=row["cost"], currency=row["currency"]) if row["cost"] is not None else None,
            billed_by=row["billed_by"],
            error=self.failure.load(row["error"]) if row["error"] is not None else None,
        )

    @_unreadable()
    def moved(self, job: Job, row: sqlite3.Row) -> Job:
        """The job with the present values of its row. It shares what never changes, since thousands of jobs may be open."""
        return replace(
            job,
            state=JobState(row["state"]),
            attempts=row["attempts"],
            error=self.failure.load(row["error"]) if row["error"] is not None else None,
            ended_at=row["ended_at"],
            notified=row["told_at"] is not None,
            way=Way(row["way"]) if row["way"] is not None else None,
            progress_message=MessageId(row["progress_message"]) if row["progress_message"] is not None else None,
            posting_since=row["posting_since"],
            deaths=row["deaths"],
            suspect=row["suspect"],
        )

    def draft(self, row: sqlite3.Row) -> Draft:
        return Draft(
            id=JobId(row["id"]),
            user=UserId(row["member"]),
            references=self.attachments.load(row["attachments"]),
            message=MessageId(row["message"]) if row["message"] is not None else None,
            platform=PlatformName(row["platform"]),
            partial=self.partial.load(row["partial"]) if row["partial"] is not None else None,
            expires_at=row["expires_at"],
            verb="imagine" if row["verb"] == "imagine" else "edit",
            fields=self.form_fields.load(row["fields"]),
            uploads=self.attachments.load(row["uploads"]),
        )

    def last_picture(self, row: sqlite3.Row) -> LastPicture:
        return LastPicture(
            place=row["place"],
            user=UserId(row["member"]),
            at=row["at"],
            attachments=self.attachments.load(row["attachments"]) if row["attachments"] is not None else (),
            job=JobId(row["job"]) if row["job"] is not None else None,
        )

    def question(self, row: sqlite3.Row) -> Question:
        return Question(
            id=JobId(row["id"]),
            kind=QuestionKind(row["kind"]),
            asked_of=UserId(row["asked_of"]),
            choices=self.choices.load(row["choices"]),
            expires_at=row["expires_at"],
            job=JobId(row["job"]) if row["job"] is not None else None,
            draft=JobId(row["draft"]) if row["draft"] is not None else None,
            quote=self.quote.load(row["quote"]) if row["quote"] is not None else None,
            place=row["place"],
            answer=row["answer"],
        )


def money_columns(money: Money | None) -> tuple[int | None, str | None]:
    """The columns of an amount, in micro-units, and of its currency."""
    return (None, None) if money is None else (money.micros, money.currency)


@_unreadable()
def picture_of(row: sqlite3.Row) -> PictureRow:
    return PictureRow(
        index=row["position"],
        call=row["call"],
        state=row["state"],
        address=row["address"],
        blob=row["blob"],
        media_type=row["media_type"],
        width=row["width"],
        height=row["height"],
        size_bytes=row["size_bytes"],
        error=UpstreamKind(row["error"]) if row["error"] is not None else None,
        layer=_layer_of(row),
    )


def _layer_of(row: sqlite3.Row) -> Layer | None:
    if row["layer_z"] is None:
        return None
    layer = Layer(z=row["layer_z"], name=row["layer_name"] or "")
    if row["layer_box"] is None:
        return layer
    left, top, right, bottom = map(int, row["layer_box"].split())
    return replace(layer, box=(left, top, right, bottom))


def picture_columns(picture: PictureRow) -> dict[str, str | int | None]:
    layer = picture.layer
    return {
        "position": picture.index,
        "call": picture.call,
        "state": picture.state,
        "address": picture.address,
        "blob": picture.blob,
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "size_bytes": picture.size_bytes,
        "error": picture.error.value if picture.error is not None else None,
        "layer_z": None if layer is None else layer.z,
        "layer_name": None if layer is None else layer.name,
        "layer_box": None if layer is None or layer.box is None else " ".join(map(str, layer.box)),
    }


def reference_of(row: sqlite3.Row) -> Reference:
    return Reference(
        form=row["form"],
        value=row["value"],
        media_type=row["media_type"],
        width=row["width"],
        height=row["height"],
        size_bytes=row["size_bytes"],
        alpha=None if row["alpha"] is None else bool(row["alpha"]),
    )


def reference_columns(job: JobId, position: int, reference: Reference) -> Parameters:
    return {
        "job": job,
        "position": position,
        "form": reference.form,
        "value": reference.value,
        "media_type": reference.media_type,
        "width": reference.width,
        "height": reference.height,
        "size_bytes": reference.size_bytes,
        "alpha": reference.alpha,
    }
