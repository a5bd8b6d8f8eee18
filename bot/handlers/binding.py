"""Finds the handler of a command in the table of commands, checks who may use it, and runs it."""

import logging
from collections.abc import Mapping
from typing import Any

from bot.chat.chat_platform import ChatPlatform
from bot.chat.reply import Reply
from bot.commands.command import (
    AnswerQuestion,
    Arrival,
    Ask,
    CancelJob,
    CancelQuestion,
    Command,
    Generate,
    Inquiry,
    Remark,
    RememberPictures,
    Repeat,
    ShowResult,
    StartFresh,
)
from bot.commands.table import Answer, Audience, HandlerKey, row_of
from bot.errors import RefusalCode, RefusedError, StoreError
from bot.handlers.handler import Handler
from bot.handlers.lookup import job_of_button
from bot.ids import PlatformName
from bot.jobs.facts import job_facts
from bot.jobs.stores import JobStore
from bot.presentation import render
from bot.wallet.access import Access
from bot.wording.words import Words

logger = logging.getLogger(__name__)

HandlersByKey = Mapping[HandlerKey, Handler[Any]]


class Handlers:
    """Raises ValueError unless there is a handler for every key of the table."""

    def __init__(
        self,
        by_key: HandlersByKey,
        jobs: JobStore,
        access: Access,
        words: Words,
        *,
        platforms: Mapping[PlatformName, ChatPlatform],
    ) -> None:
        if set(by_key) != set(HandlerKey):
            raise ValueError(f"handlers and their keys differ: {sorted(set(by_key) ^ set(HandlerKey))}")
        self._handlers = by_key
        self._jobs = jobs
        self.access = access
        self._words = words
        self._platforms = platforms

    def check(self, command: Command) -> None:
        """Refuse a command that can be refused without any work; pure. Raises RefusedError."""
        self._handlers[row_of(command).handler].check(command)

    async def handle(self, arrival: Arrival) -> Reply | None:
        """Carry out a command. A Reply is shown now, to the member alone; messages about a job follow. Raises BotError."""
        await self.access.check(arrival.origin)
        row = row_of(arrival.command)
        await self._check_audience(row.audience, arrival)
        reply = await self._handlers[row.handler].handle(arrival, arrival.command)
        if reply is None:
            return self._elsewhere(arrival)
        if row.answer is not Answer.REPLY or isinstance(arrival.command, Ask | RememberPictures):
            return reply
        return await self._with_reminder(arrival, reply)

    def _elsewhere(self, arrival: Arrival) -> Reply | None:
        """What the member reads at the place of a command whose messages go elsewhere; else nothing."""
        capabilities = self._platforms[arrival.origin.platform].capabilities(arrival.origin)
        return render.elsewhere(self._words) if capabilities.redirected else None

    async def _check_audience(self, audience: Audience, arrival: Arrival) -> None:
        match audience, arrival.command:
            case (Audience.EVERYONE, _) | (
                _,
                Generate() | Inquiry() | Remark() | Ask() | RememberPictures() | AnswerQuestion() | CancelQuestion(),
            ):
                return
            case Audience.REQUESTER, Repeat(job=job) | ShowResult(job=job) | StartFresh(job=job) | CancelJob(job=job):
                if (await job_of_button(self._jobs, job)).origin.user != arrival.origin.user:
                    raise RefusedError(RefusalCode.NOT_YOURS)

    async def _with_reminder(self, arrival: Arrival, answer: Reply) -> Reply:
        """Add a reminder of an undelivered set to the answer, unless the store fails."""
        try:
            waiting = await self._jobs.undelivered(arrival.origin.user)
        except StoreError as error:
            logger.warning("earlier set not looked for", extra={"platform": arrival.origin.platform, "code": error.code})
            return answer
        return render.with_reminder(answer, job_facts(waiting) if waiting is not None else None, self._words)
