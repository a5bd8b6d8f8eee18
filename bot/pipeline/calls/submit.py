"""A paid call: made once and read to its end, or resumed by a later process; repeated only if nothing was spent."""

import dataclasses
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import assert_never

from bot.catalog.load import shipped
from bot.errors import RefusedError, StoreCode, StoreError, UpstreamError, UpstreamKind
from bot.jobs.billing import call_spend
from bot.jobs.call import Call, CallMove, CallState
from bot.jobs.events import Postponed, Submitted
from bot.jobs.facts import add_names, job_facts, require_request
from bot.jobs.failure import to_failure
from bot.jobs.job import Job
from bot.jobs.picture import PictureRow
from bot.pipeline.calls.collect import Collection, build_collection
from bot.pipeline.calls.job_run import JobRun
from bot.pipeline.calls.missing_model import missing_model
from bot.pipeline.context import MAX_RETRY_DELAY_S, WRITE_RETRY_S, GatewayPort, JobContext
from bot.pipeline.references.reference_transfer import ReferenceTransfer
from bot.pipeline.settle import Settlement
from bot.requests.checks import RequestRules
from bot.requests.request import Request
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started, UpstreamEvent, WireReference
from bot.values import dataclass
from bot.wallet.ledger import BilledBy, Spend

logger = logging.getLogger(__name__)

SUBMIT_TRIES = 4
MAX_SUBMIT_RETRY_S = 30.0
UNREACHED_HINT = "the gateway must reach PUBLIC_URL from the internet; seedream-bot doctor checks it"
PUT_BACK_TRIES = 3
"""While the process stops; otherwise a call is put back as soon as the store works again."""


@dataclasses.dataclass
class _Departure:
    """Whether anything of a paid call can have left this machine."""

    possible: bool = False

    def note(self) -> None:
        self.possible = True


@dataclass(frozen=True, kw_only=True)
class _CallResult:
    """What is known of the paid call after its last event."""

    call: Call
    collection: Collection
    said: Completed = Completed()
    """What the answer says of the bill."""
    failure: UpstreamError | None = None
    unread: UpstreamError | None = None
    """A picture of the answer that cannot be read and may have been charged."""
    announced: int = 0

    @property
    def billed_by(self) -> BilledBy | None:
        return "cost" if self.said.cost is not None else "counts" if self.said.billed is not None else None

    @property
    def doubt(self) -> UpstreamError | None:
        """Why the outcome is uncertain; None if it is certain."""
        if self.failure is not None:
            return None if self.failure.certain else self.failure
        return self.unread if self.said.billed != 0 else None


class SubmitCall:
    def __init__(
        self, context: JobContext, settlement: Settlement, reference_transfer: ReferenceTransfer, rules: RequestRules
    ) -> None:
        self._context = context
        self._settlement = settlement
        self._rules = rules
        self._reference_transfer = reference_transfer

    async def make(self, run: JobRun, call: Call, port: GatewayPort) -> None:
        """Make a planned call that has a slot, and read its answer. The slot is passed on when the gateway has finished."""
        if self._context.stopping():
            return
        request = call_request(run.job, call)
        try:
            references = await run.references(call.gateway, lambda: self._reference_transfer.wire_forms(request, port.upstream))
        except RefusedError as error:
            run.take(await self._settlement.fail_call(run.job, call, error), call.number)
            return
        except UpstreamError as error:
            await self._retry_or_fail(run, call, error)
            return
        if self._context.marks.find(call.gateway, call.model) is not None:
            await self.end_unmade(run, call)
            return
        result = await self._call(run, call, port, request, references)
        run.release(call.number)
        await self._after_call(run, result)

    async def end_unmade(self, run: JobRun, call: Call) -> None:
        """End a planned call for a model that the gateway does not have at the moment, as another call has met."""
        missing = UpstreamError(UpstreamKind.MODEL, certain=True)
        told = await missing_model(run.job, call, self._context, self._rules)
        run.take(await self._settlement.fail_call(run.job, call, missing, told=told), call.number)

    async def _call(
        self, run: JobRun, call: Call, port: GatewayPort, request: Request, references: Sequence[WireReference]
    ) -> _CallResult:
        """Record that the paid call is made, and make it.

        What keeps it from leaving this machine, a stop or an error, puts the call back: only after a crash is that unknown.
        """
        context, departure = self._context, _Departure()
        try:
            move = CallMove(to=CallState.SUBMITTING)
            moved = await context.calls.move_call(run.job, call, move, now=context.clock.now())
            submitting = run.take(moved, call.number)
            if not run.arrived:
                event = Submitted(facts=job_facts(run.job), model=call.model, gateway=call.gateway)
                context.progress_messages.show(run.job, event)
            events = port.upstream.submit(request, references, on_sending=departure.note)
            result = await self._consume(run, submitting, port, events)
        except BaseException:
            if not departure.possible:
                await self._put_back(run, replace(call, state=CallState.SUBMITTING))
            raise
        if departure.possible or result.failure is None or result.failure.certain:
            return result
        return replace(result, failure=_not_sent(result.failure))

    async def _put_back(self, run: JobRun, call: Call) -> None:
        """Move a call of which nothing was sent back to `planned`, free of charge, if it ever left that state."""
        tries = PUT_BACK_TRIES
        while True:
            try:
                move = CallMove(to=CallState.PLANNED)
                moved = await self._context.calls.move_call(run.job, call, move, now=self._context.clock.now())
                run.take(moved, call.number)
            except StoreError as error:
                if error.store is StoreCode.FENCED:
                    # It was never moved: the error came before the commit.
                    return
                tries -= int(self._context.stopping())
                if not error.retryable or not tries:
                    fields = {"job": call.job, "call": call.number, "code": error.code, "detail": error.detail}
                    logger.warning("not put back", extra=fields)
                    return
                await self._context.clock.sleep(WRITE_RETRY_S)
            else:
                return

    async def _consume(
        self, run: JobRun, call: Call, port: GatewayPort, stream: AsyncGenerator[UpstreamEvent, None]
    ) -> _CallResult:
        """Read the events of a paid call or of a resumed task. Each is written as it arrives, and all before the call moves on."""
        rows = await self._context.pictures.pictures(call.job)
        stored = frozenset(row.index for row in rows if row.call == call.number and row.state == "stored")
        collection = build_collection(run, call, port, self._context)
        said, announced, beyond, failure, unread = Completed(), len(stored), 0, None, None
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    match event:
                        case Started():
                            call = await self._record_start(run, call, event)
                        case PictureReady(index=index) if collection.place(index) in stored:
                            continue
                        case PictureReady(index=index) if collection.place(index) is None:
                            beyond += 1
                        case PictureReady(index=index, address=address, data=data, size=size, layer=layer):
                            announced += 1
                            await collection.add(index, address=address, data=data, size=size, layer=layer)
                        case PictureMissing(index=index, error=error):
                            unread = unread if error.certain else error
                            await collection.record_missing(index, error.kind)
                        case Completed(billed=billed, surplus=uncollected):
                            surplus = uncollected + beyond
                            uncounted = billed is None and surplus > 0
                            said = replace(event, billed=announced + surplus) if uncounted else event
                            _log_surplus(call, surplus)
                        case _:
                            assert_never(event)
        except UpstreamError as error:
            failure = error
        except BaseException:
            await collection.cancel()
            raise
        return _CallResult(call=call, collection=collection, said=said, failure=failure, unread=unread, announced=announced)

    async def _record_start(self, run: JobRun, call: Call, started: Started) -> Call:
        fields = {"job": call.job, "call": call.number, "gateway": call.gateway, "trace_id": started.trace}
        logger.info("begun", extra=fields)
        if call.state is CallState.RUNNING:
            return call
        move = CallMove(to=CallState.RUNNING, task=started.task)
        return run.take(await self._context.move_call_persistently(run.job, call, move), call.number)

    async def _after_call(self, run: JobRun, result: _CallResult) -> None:
        call, failure, said = result.call, result.failure, result.said
        answered = replace(
            call, billed=said.billed, billed_references=said.references, cost=said.cost, billed_by=result.billed_by
        )
        if failure is None or result.announced:
            doubt = None if result.doubt is None else to_failure(add_names(result.doubt, call))
            await self._end_or_collect(run, replace(answered, error=doubt), result.collection)
            if failure is None:
                await self._context.marks.clear(call.gateway, call.model)
            return
        await result.collection.wait()
        _log_upstream(run.job, call, failure)
        if not failure.certain:
            seen = replace(answered, error=to_failure(add_names(failure, call)))
            await self._finish(run, seen, await self._context.pictures.pictures(call.job))
        elif failure.retryable and call.state is CallState.SUBMITTING and call.attempts + 1 < SUBMIT_TRIES:
            await self._retry_later(run, call, failure)
        else:
            is_charged = bool(said.billed) or said.cost is not None
            spend = call_spend(require_request(run.job), answered, (), doubtful=False) if is_charged else None
            if failure.missing_model:
                await self._end_missing(run, call, failure, spend)
                return
            run.take(await self._settlement.fail_call(run.job, call, failure, spend=spend), call.number)

    async def _end_missing(self, run: JobRun, call: Call, failure: UpstreamError, spend: Spend | None) -> None:
        """The gateway does not have the model: the calls that are still planned are not made, here and elsewhere."""
        mark = self._context.marks.note(call.gateway, call.model, answer=failure.detail)
        told = await missing_model(run.job, call, self._context, self._rules)
        run.take(await self._settlement.fail_call(run.job, call, failure, spend=spend, told=told), call.number)
        await self._context.marks.record(mark)

    async def _end_or_collect(self, run: JobRun, answered: Call, collection: Collection) -> None:
        """Record what an answer says while its pictures are still on their way, and end the call once all are here."""
        try:
            if await collection.written():
                # From now on a crash leaves nothing uncertain.
                answered = await self._collecting(run, answered)
            await collection.wait()
        except BaseException:
            await collection.cancel()
            raise
        rows = await self._context.pictures.pictures(answered.job)
        if not any(row.state == "announced" for row in rows if row.call == answered.number):
            await self._finish(run, answered, rows)
        elif answered.state is not CallState.COLLECTING:
            await self._collecting(run, answered)

    async def _collecting(self, run: JobRun, answered: Call) -> Call:
        move = CallMove(
            to=CallState.COLLECTING,
            attempts=0,
            billed=answered.billed,
            billed_references=answered.billed_references,
            cost=answered.cost,
            billed_by=answered.billed_by,
            error=answered.error,
        )
        return run.take(await self._context.move_call_persistently(run.job, answered, move), answered.number)

    async def _finish(self, run: JobRun, answered: Call, rows: Sequence[PictureRow]) -> None:
        run.take(await self._settlement.finish_call(run.job, answered, rows), answered.number)

    async def resume(self, run: JobRun, call: Call, port: GatewayPort | None) -> None:
        """Continue a paid call that an earlier process left: resume its task, or end the call; nothing is paid for again."""
        request = call_request(run.job, call)
        if call.task is not None and port is not None and port.upstream.can_resume(request):
            await self._after_call(run, await self._consume(run, call, port, port.upstream.resume(request, call.task)))
        else:
            run.take(await self._settlement.abandon_call(run.job, call), call.number)

    async def _retry_or_fail(self, run: JobRun, call: Call, failure: UpstreamError) -> None:
        """Handle a reference that could not be transferred: the paid call has not been made."""
        _log_upstream(run.job, call, failure)
        if failure.retryable and call.attempts + 1 < SUBMIT_TRIES:
            now = self._context.clock.now()
            not_before = now + self._context.retry_delay(call.attempts, MAX_RETRY_DELAY_S)
            run.take(await self._context.calls.postpone_call(run.job, call, not_before=not_before, now=now), call.number)
        else:
            run.take(await self._settlement.fail_call(run.job, call, failure), call.number)

    async def _retry_later(self, run: JobRun, call: Call, failure: UpstreamError) -> None:
        """Move the call back to `planned`, due later: it must not wait in `submitting`."""
        delay_s = failure.retry_after_s or self._context.retry_delay(call.attempts, MAX_SUBMIT_RETRY_S)
        not_before = self._context.clock.now() + delay_s
        # Persistently: found in `submitting` by another process, it would be uncertain.
        move = CallMove(to=CallState.PLANNED, not_before=not_before, attempts=call.attempts + 1)
        run.take(await self._context.move_call_persistently(run.job, call, move), call.number)
        if run.arrived or len(run.job.open_calls) > 1:
            # Its siblings go on: the message says so.
            return
        event = Postponed(
            facts=job_facts(run.job),
            model=call.model,
            gateway=call.gateway,
            kind=failure.kind,
            seconds=delay_s,
        )
        self._context.progress_messages.show(run.job, event)


def call_request(job: Job, call: Call) -> Request:
    """The request as one call makes it: for its own number of pictures."""
    request = require_request(job)
    return request if request.count == call.wants else replace(request, count=call.wants)


def _not_sent(error: UpstreamError) -> UpstreamError:
    """The same failure of a call that never left this machine: nothing was spent, whatever its kind."""
    detail = f"nothing was sent: {error.detail}"
    return UpstreamError(UpstreamKind.UNREACHABLE, certain=True, retryable=True, detail=detail)


def _log_upstream(job: Job, call: Call, error: UpstreamError) -> None:
    fields = {"job": job.id, "call": call.number, "gateway": call.gateway, "code": error.code}
    signed = error.kind is UpstreamKind.REFERENCE_DOWNLOAD and _is_signed(require_request(job))
    hint = {"hint": UNREACHED_HINT} if signed else {}
    logger.warning("upstream failed", extra={**fields, "certain": error.certain, "detail": error.detail, **hint})


def _is_signed(request: Request) -> bool:
    """Whether the gateway downloads references from our own address."""
    return shipped().dialects[request.dialect].references.bytes_as == "signed"


def _log_surplus(call: Call, surplus: int) -> None:
    if surplus:
        fields = {"job": call.job, "call": call.number, "gateway": call.gateway, "asked": call.wants, "surplus": surplus}
        logger.warning("more pictures than asked for", extra=fields)
