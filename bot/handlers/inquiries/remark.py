"""Small talk, and what the bot cannot do: a short answer in words."""

from collections.abc import Mapping

from bot.chat.chat_platform import ChatPlatform
from bot.chat.reply import Reply
from bot.commands.command import Arrival, Remark
from bot.handlers.handler import Handler
from bot.ids import PlatformName
from bot.presentation.remarks import remark
from bot.wording.words import Words


class RemarkHandler(Handler[Remark]):
    def __init__(self, platforms: Mapping[PlatformName, ChatPlatform], words: Words) -> None:
        self._platforms = platforms
        self._words = words

    async def handle(self, arrival: Arrival, command: Remark) -> Reply:
        return remark(command.topic, self._platforms[arrival.origin.platform].capabilities(arrival.origin), self._words)
