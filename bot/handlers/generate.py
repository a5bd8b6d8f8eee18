"""`/imagine`, `/edit` and requests in ordinary messages: record a new job."""

from bot.commands.command import Arrival, Generate
from bot.commands.grammar import check_addresses
from bot.errors import RefusalCode, RefusedError
from bot.handlers.handler import Handler
from bot.handlers.recorder import JobRecorder
from bot.requests.checks import RequestRules, images_asked
from bot.wording.lexicon import lexicon


class GenerateHandler(Handler[Generate]):
    def __init__(self, recorder: JobRecorder, rules: RequestRules) -> None:
        self._recorder = recorder
        self._rules = rules

    def check(self, command: Generate) -> None:
        """Raises RefusedError."""
        self._images(command)

    async def handle(self, arrival: Arrival, command: Generate) -> None:
        """Record the job. Raises RefusedError, StoreError."""
        await self._recorder.record(arrival, command, images=self._images(command))

    def _images(self, command: Generate) -> int:
        """How many it can make. Raises RefusedError."""
        if command.options.gateway is not None and not self._rules.defaults.show_gateways:
            # Who must not know the gateways cannot choose one.
            raise RefusedError(RefusalCode.UNKNOWN_FLAG, value="--gateway")
        check_addresses(command.prompt, lexicon())
        return images_asked(command, self._rules)
