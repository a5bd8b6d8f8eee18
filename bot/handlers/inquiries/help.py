"""`/help`, also the answer to messages that cannot be interpreted otherwise."""

from collections.abc import Mapping

from bot.chat.chat_platform import ChatPlatform
from bot.chat.reply import Reply
from bot.clock import Clock, SystemClock
from bot.commands.command import Arrival, Inquiry
from bot.handlers.handler import Handler
from bot.ids import PlatformName
from bot.presentation.help import help_text, with_slip
from bot.presentation.offers import offers_of
from bot.requests.checks import RequestRules
from bot.wording.words import Words

SYSTEM_CLOCK = SystemClock()


class HelpHandler(Handler[Inquiry]):
    def __init__(
        self, platforms: Mapping[PlatformName, ChatPlatform], rules: RequestRules, words: Words, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._platforms = platforms
        self._clock = clock
        self._rules = rules
        self._words = words

    async def handle(self, arrival: Arrival, command: Inquiry) -> Reply:
        capabilities = self._platforms[arrival.origin.platform].capabilities(arrival.origin)
        text = help_text(capabilities, offers_of(self._rules.current_profiles, now=self._clock.now()), self._words)
        return text if command.slip is None else with_slip(text, command.slip, command.nearest, self._words)
