"""One function a command, and the table of them."""

from dataclasses import dataclass
from typing import assert_never

from bot.chat.reply import Reply
from bot.commands.command import Arrival, Generate, Repeat, ShowHelp, ShowModels, ShowQuota, ShowResult
from bot.handlers.answers import Answering
from bot.handlers.generate import Generating


@dataclass(frozen=True, kw_only=True)
class Handlers:
    generating: Generating
    answering: Answering

    async def handle(self, arrival: Arrival) -> Reply | None:
        """Carry out one command; a Reply is its whole answer, None means that messages follow by themselves."""
        match arrival.command:
            case Generate() as command:
                await self.generating.generate(arrival, command)
                return None
            case Repeat() as command:
                await self.generating.repeat(arrival, command)
                return None
            case ShowResult() as command:
                await self.answering.show_result(arrival, command)
                return None
            case ShowQuota() as command:
                return await self.answering.show_quota(arrival, command)
            case ShowModels() as command:
                return await self.answering.show_models(arrival, command)
            case ShowHelp() as command:
                return await self.answering.show_help(arrival, command)
            case _:
                assert_never(arrival.command)
