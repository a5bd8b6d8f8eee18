"""`/models`: the available models with their sizes and prices."""

from bot.chat.reply import Reply
from bot.clock import Clock, SystemClock
from bot.commands.command import Arrival, Inquiry
from bot.handlers.handler import Handler
from bot.presentation.models_reply import models_reply
from bot.requests.checks import RequestRules
from bot.wording.words import Words

SYSTEM_CLOCK = SystemClock()


class ModelsHandler(Handler[Inquiry]):
    def __init__(self, rules: RequestRules, words: Words, clock: Clock = SYSTEM_CLOCK) -> None:
        self._rules = rules
        self._clock = clock
        self._words = words

    async def handle(self, arrival: Arrival, command: Inquiry) -> Reply:
        del arrival, command
        return models_reply(self._rules.current_profiles, self._words, now=self._clock.now())
