"""Commands that are answered at once: what is left, how to use the bot, a finished set once more."""

import logging
from collections.abc import Mapping, Sequence

from bot.catalog.profiles import GatewayProfile
from bot.chat.chat_platform import ChatPlatform
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Arrival, ShowHelp, ShowModels, ShowQuota, ShowResult
from bot.errors import VARIANT, RefusalCode, RefusedError, StoreError
from bot.ids import PlatformName
from bot.jobs.facts import facts_of
from bot.jobs.stores import JobStore
from bot.pipeline.result_messages import ResultMessages
from bot.presentation import render
from bot.wallet.admission import Admission
from bot.wallet.ledger import QuotaLedger
from bot.wording.words import Words

logger = logging.getLogger(__name__)


class Answering:
    def __init__(
        self,
        *,
        jobs: JobStore,
        ledger: QuotaLedger,
        clock: Clock,
        admission: Admission,
        result_messages: ResultMessages,
        platforms: Mapping[PlatformName, ChatPlatform],
        profiles: Sequence[GatewayProfile],
        words: Words,
    ) -> None:
        self._jobs = jobs
        self._ledger = ledger
        self._clock = clock
        self._admission = admission
        self._result_messages = result_messages
        self._platforms = platforms
        self._profiles = profiles
        self._words = words

    async def show_quota(self, arrival: Arrival, _: ShowQuota) -> Reply:
        hold = self._admission.hold(arrival.origin, images=0, now=self._clock.now())
        usage = await self._ledger.usage(hold.user, hold.window)
        answer = render.quota(
            granted=hold.granted,
            left=max(0, usage.left(hold.granted)),
            held=usage.held,
            zone=self._admission.zone,
            words=self._words,
        )
        return await self._reminding(arrival, answer)

    async def show_models(self, arrival: Arrival, _: ShowModels) -> Reply:
        return await self._reminding(arrival, render.models(self._profiles, self._words))

    async def show_help(self, arrival: Arrival, _: ShowHelp) -> Reply:
        capabilities = self._platforms[arrival.origin.platform].capabilities(arrival.origin)
        return await self._reminding(arrival, render.help_text(capabilities, self._words))

    async def show_result(self, arrival: Arrival, command: ShowResult) -> None:
        """Post a finished set as the answer to a press; only its requester may."""
        job = await self._jobs.load(command.job)
        if job is None:
            raise RefusedError(RefusalCode.JOB_UNKNOWN, value=command.job, **{VARIANT: "pressed"})
        if job.origin.user != arrival.origin.user:
            raise RefusedError(RefusalCode.NOT_YOURS)
        await self._result_messages.show_again(job, arrival.origin)

    async def _reminding(self, arrival: Arrival, answer: Reply) -> Reply:
        """Whatever the member asked, an earlier set that waits for them is spoken of; the answer does not hang on it."""
        try:
            waiting = await self._jobs.undelivered(arrival.origin.user)
        except StoreError as error:
            logger.warning("earlier set not looked for", extra={"platform": arrival.origin.platform, "code": error.code})
            return answer
        return render.reminding(answer, facts_of(waiting) if waiting is not None else None, self._words)
