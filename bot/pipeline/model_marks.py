"""Which models gateways do not have at the moment, as this process knows it: what it met itself, and what others recorded."""

import logging
from collections.abc import Sequence

from bot.catalog.health import UnusableModel, unusable
from bot.clock import Clock
from bot.errors import StoreError
from bot.ids import GatewayName, ModelName
from bot.jobs.stores import GatewayHealthStore

logger = logging.getLogger(__name__)

POLL_S = 15.0
"""How soon a process knows at the latest what another one met; a request is routed by a fresh look."""


class ModelMarks:
    def __init__(self, store: GatewayHealthStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._recorded: tuple[UnusableModel, ...] = ()
        self._unrecorded: dict[tuple[GatewayName, ModelName], UnusableModel] = {}

    def known(self) -> Sequence[UnusableModel]:
        """The marks that hold, as of the last look."""
        now = self._clock.now()
        marks = {(mark.gateway, mark.model): mark for mark in (*self._unrecorded.values(), *self._recorded) if mark.holds(now)}
        return list(marks.values())

    def find(self, gateway: GatewayName, model: ModelName) -> UnusableModel | None:
        return next((mark for mark in self.known() if (mark.gateway, mark.model) == (gateway, model)), None)

    def note(self, gateway: GatewayName, model: ModelName, *, answer: str) -> UnusableModel:
        """The gateway said that it does not have the model: from now on this process does not ask it. `record` follows."""
        mark = unusable(gateway, model, answer=answer, now=self._clock.now())
        self._unrecorded[gateway, model] = mark
        return mark

    async def record(self, mark: UnusableModel) -> None:
        """Tell the other processes, and the operator where nobody has. Without a database this process alone knows it."""
        try:
            is_new = await self._store.mark_unusable(mark)
            await self.refresh()
        except StoreError as error:
            logger.warning("mark not recorded", extra={"gateway": mark.gateway, "model": mark.model, "code": error.code})
            return
        if self._unrecorded.get((mark.gateway, mark.model)) == mark:
            del self._unrecorded[mark.gateway, mark.model]
        if is_new:
            fields = {"gateway": mark.gateway, "model": mark.model, "reason": mark.reason, "until": mark.until_text}
            logger.warning("model unusable", extra=fields)

    async def clear(self, gateway: GatewayName, model: ModelName) -> None:
        """A call worked: the gateway has the model after all."""
        if self.find(gateway, model) is None:
            return
        self._unrecorded.pop((gateway, model), None)
        try:
            cleared = await self._store.clear_unusable(gateway, model)
            await self.refresh()
        except StoreError as error:
            logger.warning("mark not cleared", extra={"gateway": gateway, "model": model, "code": error.code})
            return
        if cleared:
            logger.info("model usable again", extra={"gateway": gateway, "model": model})

    async def refresh(self) -> None:
        """Read what any process recorded. Raises StoreError."""
        self._recorded = await self._store.unusable_models(now=self._clock.now())

    async def run(self) -> None:
        """Look from time to time, until cancelled."""
        while True:
            await self._clock.sleep(POLL_S)
            try:
                await self.refresh()
            except StoreError as error:
                logger.debug("marks not read", extra={"code": error.code})
