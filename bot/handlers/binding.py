"""The handlers bound to the table of commands: who may is checked, then the command is carried out."""

import logging
from collections.abc import Mapping
from typing import Any

from bot.chat.reply import Reply
from bot.commands.command import Arrival, Command, Generate, Inquiry, Repeat, ShowResult
from bot.commands.table import Answer, Audience, HandlerKey, row_of
from bot.errors import RefusalCode, RefusedError, StoreError
from bot.handlers.handler import Handler
from bot.handlers.lookup import job_of_button
from bot.jobs.facts import job_facts
from bot.jobs.stores import JobStore
from bot.presentation import render
from bot.wording.words import Words

logger = logging.getLogger(__name__)

Bound = Mapping[HandlerKey, Handler[Any]]


class Handlers:
    """Raises ValueError unless every key of the table has its handler."""

    def __init__(self, bound: Bound, jobs: JobStore, words: Words) -> None:
        if set(bound) != set(HandlerKey):
            raise ValueError(f"handlers and their keys differ: {sorted(set(bound) ^ set(HandlerKey))}")
        self._bound = bound
        self._jobs = jobs
        self._words = words

    def check(self, command: Command) -> None:
        """Refuse what can be refused before any work; pure and instant. Raises RefusedError."""
        self._bound[row_of(command).handler].check(command)

    async def handle(self, arrival: Arrival) -> Reply | None:
        """Carry out one command. A Reply is its whole answer; None: messages follow. Raises BotError."""
        row = row_of(arrival.command)
        await self._check_audience(row.audience, arrival)
        reply = await self._bound[row.handler].handle(arrival, arrival.command)
        return await self._reminding(arrival, reply) if reply is not None and row.answer is Answer.REPLY else reply

    async def _check_audience(self, audience: Audience, arrival: Arrival) -> None:
        match audience, arrival.command:
            case (Audience.EVERYONE, _) | (_, Generate() | Inquiry()):
                return
            case Audience.REQUESTER, Repeat(job=job) | ShowResult(job=job):
                if (await job_of_button(self._jobs, job)).origin.user != arrival.origin.user:
                    raise RefusedError(RefusalCode.NOT_YOURS)

    async def _reminding(self, arrival: Arrival, answer: Reply) -> Reply:
        """Every reply also mentions an earlier set that waits for the member; without the store it is given as it is."""
        try:
            waiting = await self._jobs.undelivered(arrival.origin.user)
        except StoreError as error:
            logger.warning("earlier set not looked for", extra={"platform": arrival.origin.platform, "code": error.code})
            return answer
        return render.reminding(answer, job_facts(waiting) if waiting is not None else None, self._words)
