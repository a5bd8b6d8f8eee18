"""Asks the member something before a request is complete: the draft holds the rest of it."""

from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.action import NEW
from bot.commands.command import Arrival, Ask, RememberPictures
from bot.commands.grammar import check_addresses
from bot.commands.understanding import complete
from bot.errors import refuse_together
from bot.handlers.handler import Handler
from bot.ids import new_job_id
from bot.jobs.draft import Draft
from bot.jobs.memory import LastPicture, PictureMemory
from bot.jobs.question import draft_question
from bot.jobs.stores import DraftStore, QuestionStore
from bot.presentation import questions as rendering
from bot.requests.checks import RequestRules, fault_of_attachment, images_asked
from bot.wording.lexicon import lexicon
from bot.wording.words import Words


class AskHandler(Handler[Ask]):
    def __init__(self, drafts: DraftStore, questions: QuestionStore, rules: RequestRules, clock: Clock, words: Words) -> None:
        self._drafts = drafts
        self._questions = questions
        self._rules = rules
        self._clock = clock
        self._words = words

    def check(self, command: Ask) -> None:
        """Nobody is asked about a request that is refused in any case. Raises RefusedError."""
        self._images(command)

    def _images(self, command: Ask) -> int:
        """How many the request can make with the first choice. Raises RefusedError."""
        check_addresses(command.partial.request.prompt, lexicon())
        choice = NEW if NEW in command.choices else command.choices[0]
        return images_asked(complete(command.partial, command.choices, choice), self._rules)

    async def handle(self, arrival: Arrival, command: Ask) -> Reply:
        """Raises RefusedError, StoreError."""
        images = self._images(command)
        now, user, draft = self._clock.now(), arrival.origin.user, new_job_id()
        question = draft_question(
            new_job_id(),
            asked_of=user,
            draft=draft,
            doubt=command.doubt,
            choices=command.choices,
            images=images,
            place=arrival.origin.conversation,
            now=now,
        )
        kept = Draft(
            id=draft,
            user=user,
            references=(),
            message=None,
            platform=arrival.origin.platform,
            partial=command.partial,
            expires_at=question.expires_at,
        )
        await self._drafts.save_draft(kept, now=now)
        return rendering.question(
            await self._questions.ask(question, now=now),
            self._words,
            private=command.partial.request.is_private,
            layers=command.partial.request.options.layers is True,
            missing=command.missing,
        )


class RememberHandler(Handler[RememberPictures]):
    def __init__(self, memory: PictureMemory, words: Words) -> None:
        self._memory = memory
        self._words = words

    def check(self, command: RememberPictures) -> None:
        """Raises RefusedError for a file that is no picture."""
        checked = [fault_of_attachment(picture, number) for number, picture in enumerate(command.pictures, start=1)]
        if faults := [fault for fault in checked if fault is not None]:
            raise refuse_together(faults)

    async def handle(self, arrival: Arrival, command: RememberPictures) -> Reply:
        """Nothing is fetched or paid. Raises RefusedError, StoreError."""
        self.check(command)
        origin = arrival.origin
        if origin.place is not None:
            last = LastPicture(place=origin.place, user=origin.user, at=origin.received_at, attachments=command.pictures)
            await self._memory.remember(last)
        return rendering.what_to_change(len(command.pictures), self._words)
