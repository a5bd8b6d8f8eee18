"""Drafts on SQLite: the pictures that forms were opened with, and what questions are about."""

from bot.ids import JobId
from bot.jobs.draft import MOST_DRAFTS, Draft
from bot.jobs.stores import DraftStore
from bot.store.sqlite.database.connection import Parameters, Transaction
from bot.store.sqlite.database.rows import SqliteRows

DRAFT_MAX_AGE_S = 24 * 60 * 60.0
"""How long a form can be open."""


class SqliteDraftStore(SqliteRows, DraftStore):
    """The rows of drafts."""

    async def save_draft(self, draft: Draft, *, now: float) -> None:
        """Store a draft; delete those whose forms are too old to be submitted, and all but the member's newest MOST_DRAFTS."""
        row: Parameters = {
            "id": draft.id,
            "member": draft.user,
            "attachments": self._records.attachments.dump(draft.references),
            "message": draft.message,
            "platform": draft.platform,
            "partial": self._records.partial.dump(draft.partial) if draft.partial is not None else None,
            "expires_at": draft.expires_at,
            "verb": draft.verb,
            "fields": self._records.form_fields.dump(draft.fields),
            "uploads": self._records.attachments.dump(draft.uploads),
            "now": now,
        }

        async def work(transaction: Transaction) -> None:
            await transaction.rows(self._statements.delete_old_drafts, {"before": now - DRAFT_MAX_AGE_S, "now": now})
            await transaction.rows(self._statements.save_draft, row)
            await transaction.rows(self._statements.delete_surplus_drafts, {"member": draft.user, "most": MOST_DRAFTS})

        await self._database.transaction(work)

    async def draft(self, draft: JobId) -> Draft | None:
        row = await self._database.row(self._statements.load_draft, {"draft": draft})
        return self._records.draft(row) if row is not None else None
