"""Contract of the memory of last pictures: a few for each member and place, the newest first, for a day at most."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands.command import Attachment, Generate, MessagePictures, Options, PartialRequest, StoredPicture
from bot.errors import StoreError
from bot.ids import JobId, MessageId, PlatformName, UserId
from bot.jobs.draft import Draft
from bot.jobs.memory import KEPT_S, MOST_KEPT, LastPicture
from bot.store import DATABASE, open_store
from bot.store.sqlite.database.connection import open_database
from bot.store.sqlite.database.migrations import load_migrations, migrate
from tests.fakes.jobs import ADA, new_job
from tests.fakes.stores import AllStores

BOB = UserId("discord:bob")
HERE, THERE = "a direct message", "a thread"
CAT = Attachment(address="https://files.example/cat.png?sign=1", name="cat.png", media_type="image/png", width=3, height=2)
FILES = LastPicture(place=HERE, user=ADA, at=100.0, attachments=(CAT,))


async def receive(store: AllStores, job: str, *, at: float, event: str | None = None, place: str | None = HERE) -> None:
    received = new_job(job, event=event)
    await store.receive(replace(received, place=place, origin=replace(received.origin, received_at=at)), now=at + 5.0)


def of_job(job: str, *, at: float) -> LastPicture:
    return LastPicture(place=HERE, user=ADA, at=at, job=JobId(job))


async def test_files_are_read_as_they_were_noted(store: AllStores) -> None:
    """Only for their member, in their place, and once however often their message is delivered."""
    await store.remember(FILES)
    await store.remember(FILES)
    assert await store.last_pictures(HERE, ADA) == (FILES,)
    assert await store.last_pictures(HERE, BOB) == ()
    assert await store.last_pictures(THERE, ADA) == ()


async def test_a_job_is_noted_as_it_is_recorded(store: AllStores) -> None:
    """With its place and the time of the member's message; a job without a place, and a redelivered event, note nothing."""
    await receive(store, "j0", at=100.0, place=None)
    assert await store.last_pictures(HERE, ADA) == ()
    await receive(store, "j1", at=101.0)
    await receive(store, "j2", at=102.0, event="event of j1")
    assert await store.last_pictures(HERE, ADA) == (of_job("j1", at=101.0),)


async def test_the_newest_message_is_first(store: AllStores) -> None:
    """Files after a job, a job after files; what is older and comes late is behind them. Of the same moment, the later one."""
    await receive(store, "j1", at=101.0)
    await store.remember(FILES)
    newer = replace(FILES, at=102.0)
    await store.remember(newer)
    await receive(store, "j2", at=102.0)
    assert await store.last_pictures(HERE, ADA) == (of_job("j2", at=102.0), newer, of_job("j1", at=101.0), FILES)


async def test_a_job_that_is_taken_back_leaves_what_was_before(store: AllStores) -> None:
    """Its commit took too long, so that its event will be delivered again."""
    await store.remember(FILES)
    late, received = iter((False, True)), new_job("j1")
    with pytest.raises(StoreError):
        await store.receive(replace(received, place=HERE), now=101.0, too_late=lambda: next(late))
    assert await store.last_pictures(HERE, ADA) == (FILES,)


async def test_so_many_are_kept(store: AllStores) -> None:
    """Of each member in each place."""
    await store.remember(replace(FILES, user=BOB))
    for number in range(MOST_KEPT + 2):
        await store.remember(replace(FILES, at=101.0 + number))
    kept = await store.last_pictures(HERE, ADA)
    assert [last.at for last in kept] == [101.0 + number for number in range(MOST_KEPT + 1, 1, -1)]
    assert len(await store.last_pictures(HERE, BOB)) == 1


async def test_old_ones_are_swept(store: AllStores) -> None:
    """Whoever notes something later, in any place."""
    await store.remember(FILES)
    await store.remember(replace(FILES, user=BOB, at=101.0 + KEPT_S))
    assert await store.last_pictures(HERE, ADA) == ()
    await receive(store, "j1", at=102.0 + 2 * KEPT_S, place=THERE)
    assert await store.last_pictures(HERE, BOB) == ()


async def test_what_the_previous_schema_remembered(tmp_path: Path) -> None:
    """Files and jobs are still remembered."""
    migrations = load_migrations()
    adding = next(one.number for one in migrations if any("recent_picture" in statement for statement in one.statements))
    async with open_database(tmp_path / DATABASE) as database:
        await migrate(database, migrations[: adding - 1])
        columns = "id, state, member, origin, command, created_at, updated_at"
        values = "'j1', 'received', 'discord:ada', '{}', '{}', 1.0, 1.0"
        await database.write(f"INSERT INTO job ({columns}) VALUES ({values})", {})
        rows = f"('{HERE}', 'discord:ada', 101.0, NULL, 'j1'), ('{THERE}', 'discord:ada', 100.0, '[]', NULL)"
        await database.write(f"INSERT INTO last_picture (place, member, at, attachments, job) VALUES {rows}", {})
    async with open_store(tmp_path) as opened:
        assert await opened.memory.last_pictures(HERE, ADA) == (of_job("j1", at=101.0),)
        assert await opened.memory.last_pictures(THERE, ADA) == (LastPicture(place=THERE, user=ADA, at=100.0),)


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
        assert await opened.memory.last_pictures(HERE, ADA) == ()
