"""`/quota`: how many pictures a member has left."""

from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Arrival, Inquiry
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.handlers.handler import Handler
from bot.presentation import render
from bot.wallet.admission import Admission
from bot.wallet.ledger import QuotaLedger
from bot.wording.words import Words


class QuotaHandler(Handler[Inquiry]):
    def __init__(self, ledger: QuotaLedger, admission: Admission, clock: Clock, words: Words) -> None:
        self._ledger = ledger
        self._admission = admission
        self._clock = clock
        self._words = words

    async def handle(self, arrival: Arrival, command: Inquiry) -> Reply:
        """Raises StoreError, RefusedError for a member who is granted nothing."""
        del command
        hold = self._admission.hold(arrival.origin, images=0, now=self._clock.now())
        if not hold.granted:
            raise RefusedError(RefusalCode.NO_ACCESS, **{VARIANT: "member"})
        usage = await self._ledger.usage(hold.user, hold.window)
        return render.quota(
            granted=hold.granted,
            left=max(0, usage.left(hold.granted)),
            held=usage.held,
            renews_at=hold.renews_at,
            words=self._words,
        )
