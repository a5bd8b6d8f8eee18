"""The client of every gateway: it speaks the gateway's dialect in the mode that a request asks for."""

import secrets
import ssl
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from bot.catalog.profiles import GatewayProfile
from bot.clock import Clock, SystemClock
from bot.config.settings import GatewaySettings
from bot.config.tls import trust
from bot.errors import CONTENT_KINDS, UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.requests.request import Request
from bot.upstream.callbacks import Callbacks
from bot.upstream.contract import Started, StoredFile, Upstream, UpstreamEvent, WireReference
from bot.upstream.decoding.failures import DecodeContext
from bot.upstream.dialect import Dialect
from bot.upstream.dialects.table import WIRE_FORMATS
from bot.upstream.modes.connection import GatewayConnection
from bot.upstream.modes.stream import listen
from bot.upstream.modes.synchronous import receive
from bot.upstream.modes.tasks import TaskClient
from bot.upstream.transport.http_client import DEFAULT_TIMEOUTS, GatewayClient, Timeouts
from bot.upstream.transport.spool import Spools

K = UpstreamKind
TRANSIENT = frozenset({K.RATE, K.OVERLOAD, K.UNREACHABLE, K.AMBIGUOUS, K.TIMEOUT, K.UPSTREAM, K.UNKNOWN})
"""After these an upload may succeed later."""
UPLOAD_ANSWER_BYTES = 1_000_000


class GatewayUpstream(Upstream):
    """One configured gateway. `dialect_name` is the name that requests for this dialect carry."""

    def __init__(self, connection: GatewayConnection, dialect: Dialect, *, dialect_name: str) -> None:
        self._connection = connection
        self._dialect = dialect
        self._dialect_name = dialect_name
        self._tasks = None if dialect.tasks is None else TaskClient(connection, dialect.tasks, dialect.faults)

    async def submit(
        self,
        request: Request,
        references: Sequence[WireReference],
        *,
        on_sending: Callable[[], None],
    ) -> AsyncGenerator[UpstreamEvent]:
        if request.dialect != self._dialect_name:
            # The operator changed the dialect after the request was built: its model, size and options are the other's.
            detail = f"the gateway speaks {self._dialect_name} now, the request is for {request.dialect}"
            raise UpstreamError(K.UNREACHABLE, certain=True, detail=detail)
        has_task, second = False, request.second_model_id
        try:
            async with aclosing(self._call(request, references, on_sending)) as events:
                async for event in events:
                    has_task = has_task or (isinstance(event, Started) and event.task is not None)
                    yield event
        except UpstreamError as error:
            # A job keeps the id of its first task only: after a restart a second one could not be found.
            if second is None or has_task or error.kind is not K.MODEL or not error.certain:
                raise
        else:
            return
        async with aclosing(self._call(replace(request, model_id=second), references, on_sending)) as events:
            async for event in events:
                yield event

    def _call(
        self, request: Request, references: Sequence[WireReference], on_sending: Callable[[], None]
    ) -> AsyncGenerator[UpstreamEvent]:
        """The paid call, once, with the request's own model id."""
        files = {secrets.token_hex(16): reference for reference in references if isinstance(reference, StoredFile)}
        names = iter(files)
        texts = [
            reference if isinstance(reference, str) else f"data:{reference.media_type};base64,{next(names)}"
            for reference in references
        ]
        encoded = self._dialect.encode_paid_call(request, texts)
        call = replace(encoded, files={name: file.path for name, file in files.items()}, on_sending=on_sending)
        if request.mode == "stream":
            return listen(self._connection, self._dialect, call, request)
        if self._tasks is not None:
            # In synchronous mode too: the answer may give a task's id instead of the pictures.
            return self._tasks.submit(call, request)
        return receive(self._connection, self._dialect, call, request)

    def can_resume(self, request: Request) -> bool:
        return self._tasks is not None and request.dialect == self._dialect_name

    async def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent]:
        if self._tasks is None or request.dialect != self._dialect_name:
            detail = f"the gateway speaks {self._dialect_name} now, the task is of {request.dialect}"
            raise UpstreamError(K.TASK_LOST, certain=False, detail=detail)
        async with aclosing(self._tasks.follow(task, request)) as events:
            async for event in events:
                yield event

    async def upload(self, file: StoredFile) -> str:
        upload, service = self._dialect.upload, self._connection.uploads
        if upload is None:
            raise UpstreamError(K.REFERENCE, certain=True, detail=f"{self._dialect_name} has no upload service")
        if service is None:
            raise UpstreamError(K.REFERENCE, certain=True, detail="no upload service is configured")
        encoded = upload.encode(file, boundary=secrets.token_hex(24))
        try:
            async with service.send(encoded, most_bytes=UPLOAD_ANSWER_BYTES) as answer:
                return upload.decode(
                    answer, DecodeContext(faults=self._dialect.faults, secrets=service.secrets, now=self._connection.clock.now())
                )
        except UpstreamError as error:
            raise _before_the_call(error) from error

    async def close(self) -> None:
        await self._connection.close()


def _before_the_call(error: UpstreamError) -> UpstreamError:
    """An upload's failure: whatever happened to the file, nothing has been paid for yet."""
    kind = K.REFERENCE if error.kind in CONTENT_KINDS else error.kind
    return UpstreamError(
        kind,
        certain=True,
        retryable=error.kind in TRANSIENT,
        retry_after_s=error.retry_after_s,
        detail=f"upload: {error.detail}",
    )


def open_upstream(
    settings: GatewaySettings,
    profile: GatewayProfile,
    *,
    verify: ssl.SSLContext | None = None,
    clock: Clock | None = None,
    callbacks: Callbacks | None = None,
    timeouts: Timeouts = DEFAULT_TIMEOUTS,
    spools: Spools | None = None,
) -> GatewayUpstream:
    """The client of one configured gateway; the caller closes it. `spools` bounds the memory of all answers. Raises ConfigurationError."""
    answer_s = settings.limits.answer_s
    applied = timeouts if answer_s is None else replace(timeouts, read_s=answer_s, total_s=max(answer_s, timeouts.total_s))
    connect = partial(
        GatewayClient,
        name=settings.name,
        api_key=settings.api_key,
        verify=trust(None) if verify is None else verify,
        proxy=settings.proxy,
        timeouts=applied,
        spools=spools,
    )
    connection = GatewayConnection(
        gateway=connect(base_url=profile.base_url),
        clock=SystemClock() if clock is None else clock,
        polls=profile.dialect.polls,
        uploads=None if profile.upload_url is None else connect(base_url=profile.upload_url),
        callbacks=callbacks,
    )
    name = profile.dialect.name
    return GatewayUpstream(connection, WIRE_FORMATS[name], dialect_name=name)
