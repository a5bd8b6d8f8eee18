"""How the last call of each gateway went."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing

from bot.clock import Clock
from bot.errors import CONTENT_KINDS, UpstreamError, UpstreamKind
from bot.ids import GatewayName, TaskId
from bot.requests.request import Request
from bot.upstream.contract import Completed, PictureReady, StoredFile, Upstream, UpstreamEvent, WireReference
from bot.values import dataclass

K = UpstreamKind
ANSWERED = CONTENT_KINDS | {K.REQUEST, K.REFERENCE, K.REFERENCE_DOWNLOAD, K.TOO_LARGE, K.MODEL}
"""Failures of one request: the gateway works, and accepted the key."""
ELSEWHERE = frozenset({K.DOWNLOAD, K.TASK_LOST, K.INTERNAL})
"""Failures that say nothing about the gateway."""


@dataclass(frozen=True, kw_only=True)
class GatewayFailure:
    kind: UpstreamKind
    at: float


class GatewayOutcomes:
    """The failure of each gateway's last call; None after a call that worked, and before the first one."""

    def __init__(self, gateways: Iterable[GatewayName], clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[GatewayName, GatewayFailure | None] = dict.fromkeys(gateways)

    @property
    def failures(self) -> Mapping[GatewayName, GatewayFailure | None]:
        return self._failures

    def worked(self, gateway: GatewayName) -> None:
        self._failures[gateway] = None

    def failed(self, gateway: GatewayName, kind: UpstreamKind) -> None:
        if kind in ANSWERED:
            self.worked(gateway)
        elif kind not in ELSEWHERE:
            self._failures[gateway] = GatewayFailure(kind=kind, at=self._clock.monotonic())


class ObservedUpstream(Upstream):
    """An upstream whose outcomes are recorded."""

    def __init__(self, upstream: Upstream, gateway: GatewayName, outcomes: GatewayOutcomes) -> None:
        self._upstream = upstream
        self._gateway = gateway
        self._outcomes = outcomes

    def submit(
        self, request: Request, references: Sequence[WireReference], *, on_sending: Callable[[], None]
    ) -> AsyncGenerator[UpstreamEvent]:
        return self._observe(self._upstream.submit(request, references, on_sending=on_sending))

    def can_resume(self, request: Request) -> bool:
        return self._upstream.can_resume(request)

    def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent]:
        return self._observe(self._upstream.resume(request, task))

    async def upload(self, file: StoredFile) -> str:
        try:
            return await self._upstream.upload(file)
        except UpstreamError as error:
            self._outcomes.failed(self._gateway, error.kind)
            raise

    async def close(self) -> None:
        await self._upstream.close()

    async def _observe(self, stream: AsyncGenerator[UpstreamEvent]) -> AsyncGenerator[UpstreamEvent]:
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    if isinstance(event, PictureReady | Completed):
                        self._outcomes.worked(self._gateway)
                    yield event
        except UpstreamError as error:
            self._outcomes.failed(self._gateway, error.kind)
            raise
