"""Questions to members, on SQLite."""

from bot.errors import RefusalCode, RefusedError
from bot.ids import JobId, UserId
from bot.jobs.question import Question, QuestionAnswer, check_answer
from bot.jobs.stores import QuestionStore
from bot.store.sqlite.database.connection import Parameters, Transaction
from bot.store.sqlite.database.rows import SqliteRows

EXPIRED_MAX_AGE_S = 7 * 24 * 3600.0
"""How long an expired question is kept."""


class SqliteQuestionStore(SqliteRows, QuestionStore):
    """The rows of questions."""

    async def ask(self, question: Question, *, now: float) -> Question:
        """Record a question; one that the member was already asked and has not answered is returned instead."""
        row: Parameters = {
            "kind": question.kind.value,
            "asked_of": question.asked_of,
            "choices": self._records.choices.dump(question.choices),
            "job": question.job,
            "draft": question.draft,
            "quote": self._records.quote.dump(question.quote) if question.quote is not None else None,
            "place": question.place,
            "now": now,
        }

        async def work(transaction: Transaction) -> Question:
            await transaction.rows(self._statements.delete_old_questions, {"before": now - EXPIRED_MAX_AGE_S})
            found = await transaction.row(self._statements.find_open_question, row)
            if found is not None:
                return self._records.question(found)
            await transaction.rows(self._statements.add_question, {**row, "id": question.id, "expires_at": question.expires_at})
            return question

        return await self._database.transaction(work)

    async def question(self, question: JobId) -> Question | None:
        row = await self._database.row(self._statements.load_question, {"question": question})
        return self._records.question(row) if row is not None else None

    async def open_question(self, place: str, user: UserId, *, now: float) -> Question | None:
        """The newest question that the member was asked in a place and can still answer."""
        row = await self._database.row(self._statements.open_question, {"place": place, "asked_of": user, "now": now})
        return self._records.question(row) if row is not None else None

    async def answer(self, answer: QuestionAnswer, *, now: float) -> None:
        """Answer a question that no job answers. Raises RefusedError if it is answered, expired, or another member's."""

        async def work(transaction: Transaction) -> None:
            await self.answer_in(transaction, answer, now=now)

        await self._database.transaction(work)

    async def answer_in(self, transaction: Transaction, answer: QuestionAnswer, *, now: float) -> None:
        """The same in the transaction of what the answer does."""
        row = await transaction.row(self._statements.load_question, {"question": answer.question})
        check_answer(self._records.question(row) if row is not None else None, answer, now=now)
        written: Parameters = {"question": answer.question, "asked_of": answer.user, "answer": answer.choice, "now": now}
        if not await transaction.rows(self._statements.answer_question, written):
            raise RefusedError(RefusalCode.ANSWERED_ALREADY)
