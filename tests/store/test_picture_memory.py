"""Contract of the memory of last pictures: one for each member and place, the newest, for a day at most."""

from dataclasses import replace
from pathlib import Path

from bot.commands.command import Attachment, Generate, MessagePictures, Options, PartialRequest, StoredPicture
from bot.ids import JobId, MessageId, PlatformName, UserId
from bot.jobs.draft import Draft
from bot.jobs.memory import KEPT_S, LastPicture
from bot.store import DATABASE, open_store
from bot.store.sqlite.database.connection import open_database
from bot.store.sqlite.database.migrations import load_migrations, migrate
from tests.fakes.jobs import ADA, new_job
from tests.fakes.stores import AllStores

BOB = UserId("discord:bob")
HERE, THERE = "a direct message", "a thread"
CAT = Attachment(address="https://files.example/cat.png?sign=1", name="cat.png", media_type="image/png", width=3, height=2)
FILES = LastPicture(place=HERE, user=ADA, at=100.0, attachments=(CAT,))


async def test_files_are_read_as_they_were_noted(store: AllStores) -> None:
    """Only for their member, in their place."""
    await store.remember(FILES)
    assert await store.last_picture(HERE, ADA) == FILES
    assert await store.last_picture(HERE, BOB) is None
    assert await store.last_picture(THERE, ADA) is None


async def test_a_job_is_noted_as_it_is_recorded(store: AllStores) -> None:
    """With its place; a job without one, and a redelivered event, note nothing."""
    await store.receive(new_job("j0"), now=100.0)
    assert await store.last_picture(HERE, ADA) is None
    await store.receive(replace(new_job("j1"), place=HERE), now=101.0)
    await store.receive(replace(new_job("j2", event="event of j1"), place=HERE), now=102.0)
    assert await store.last_picture(HERE, ADA) == LastPicture(place=HERE, user=ADA, at=101.0, job=JobId("j1"))


async def test_the_newest_counts(store: AllStores) -> None:
    """Files after a job, a job after files, and never what is older."""
    await store.receive(replace(new_job("j1"), place=HERE), now=101.0)
    await store.remember(FILES)
    last = await store.last_picture(HERE, ADA)
    assert last is not None
    assert last.job == "j1"
    await store.remember(replace(FILES, at=102.0))
    assert await store.last_picture(HERE, ADA) == replace(FILES, at=102.0)
    await store.receive(replace(new_job("j2"), place=HERE), now=103.0)
    assert await store.last_picture(HERE, ADA) == LastPicture(place=HERE, user=ADA, at=103.0, job=JobId("j2"))


async def test_old_ones_are_swept(store: AllStores) -> None:
    """Whoever notes something later, in any place."""
    await store.remember(FILES)
    await store.remember(replace(FILES, user=BOB, at=101.0 + KEPT_S))
    assert await store.last_picture(HERE, ADA) is None
    await store.receive(replace(new_job("j1"), place=THERE), now=102.0 + 2 * KEPT_S)
    assert await store.last_picture(HERE, BOB) is None


async def test_a_partial_request_is_kept_until_its_question_expires(store: AllStores) -> None:
    """Everything of it is read back; a form that was opened before it stays."""
    candidates = (
        StoredPicture(job=JobId("j9"), number=3),
        CAT,
        MessagePictures(message=MessageId("m1"), attachments=(CAT,)),
    )
    request = Generate(verb="edit", prompt="make it night", options=Options(count=2), references=(CAT,))
    partial = PartialRequest(request=request, candidates=candidates, position=1)
    form = Draft(id=JobId("form"), user=ADA, references=(CAT,), message=None, platform=PlatformName("discord"))
    asked = Draft(
        id=JobId("asked"),
        user=ADA,
        references=(),
        message=None,
        platform=PlatformName("discord"),
        partial=partial,
        expires_at=200.0,
    )
    await store.save_draft(form, now=100.0)
    await store.save_draft(asked, now=100.0)
    assert await store.draft(asked.id) == asked
    await store.save_draft(replace(form, id=JobId("later")), now=200.0)
    assert (await store.draft(asked.id), await store.draft(form.id)) == (None, form)


async def test_a_form_of_the_previous_schema_is_still_open(tmp_path: Path) -> None:
    """A draft from before questions could hang on one has no request, and no expiry."""
    migrations = load_migrations()
    adding = next(one.number for one in migrations if any("ADD COLUMN partial" in statement for statement in one.statements))
    async with open_database(tmp_path / DATABASE) as database:
        await migrate(database, migrations[: adding - 1])
        columns = "id, member, attachments, message, platform, saved_at"
        await database.write(f"INSERT INTO draft ({columns}) VALUES ('form', 'discord:ada', '[]', 'm1', 'discord', 100.0)", {})
    async with open_store(tmp_path) as opened:
        form = await opened.drafts.draft(JobId("form"))
        assert form == Draft(id=JobId("form"), user=ADA, references=(), message=MessageId("m1"), platform=PlatformName("discord"))
        assert await opened.memory.last_picture(HERE, ADA) is None
