"""*Again* and *Generate the missing images*: repeats a request for the member who pressed the button, from that member's quota."""

from collections.abc import Mapping
from dataclasses import replace

from bot.chat.chat_platform import ChatPlatform
from bot.commands.command import Arrival, Generate, Repeat
from bot.errors import RefusalCode, RefusedError
from bot.handlers.handler import Handler
from bot.handlers.lookup import job_of_button, unknown_job_error
from bot.handlers.recorder import JobRecorder
from bot.ids import PlatformName
from bot.jobs.facts import count_missing
from bot.jobs.job import Job
from bot.jobs.permission import may_use
from bot.jobs.stores import JobStore, PictureStore
from bot.requests.checks import RequestRules, check_command


class RepeatHandler(Handler[Repeat]):
    def __init__(
        self,
        jobs: JobStore,
        pictures: PictureStore,
        recorder: JobRecorder,
        rules: RequestRules,
        platforms: Mapping[PlatformName, ChatPlatform],
    ) -> None:
        self._jobs = jobs
        self._pictures = pictures
        self._recorder = recorder
        self._rules = rules
        self._platforms = platforms

    async def handle(self, arrival: Arrival, command: Repeat) -> None:
        """Record a new job with the references of the earlier one. Raises RefusedError, StoreError."""
        earlier = await job_of_button(self._jobs, command.job)
        if not may_use(earlier, arrival.origin, self._platforms[arrival.origin.platform]):
            raise unknown_job_error(command.job)
        repeated = await self._missing(earlier) if command.missing else earlier.command
        check_command(repeated, self._rules)
        references = await self._jobs.references(earlier.id)
        await self._recorder.record(arrival, repeated, references=references, repeats=earlier.id)

    async def _missing(self, earlier: Job) -> Generate:
        """The same command for only the missing pictures. Raises RefusedError if none is missing."""
        missing = count_missing(earlier, await self._pictures.pictures(earlier.id))
        if not missing:
            raise RefusedError(RefusalCode.NOTHING_MISSING)
        return replace(earlier.command, options=replace(earlier.command.options, count=missing))
