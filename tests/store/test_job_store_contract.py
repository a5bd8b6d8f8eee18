"""What every job store does; the SQLite one and the double in memory run the same cases."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, Literal

import pytest

from bot.commands.command import Attachment
from bot.errors import RefusalCode, RefusedError, StoreCode, StoreError, UpstreamKind
from bot.ids import BlobId, EventId, JobId, MessageId, PlatformName, UserId
from bot.jobs.draft import Draft
from bot.jobs.job import ENDS, Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.requests.references import Reference
from bot.wallet.ledger import Usage
from tests.fakes.jobs import ADA, TODAY, accepted_job, claimed_job, hold, job_in_state, new_job, origin, request
from tests.fakes.stores import AllStores

J0, J1, J2 = JobId("j0"), JobId("j1"), JobId("j2")
DISCORD, SLACK = PlatformName("discord"), PlatformName("slack")
SEEN = Reference(form="bytes", value="ab" * 32, media_type="image/png", width=64, height=48, size_bytes=900)
LINKED = Reference(form="url", value="https://pictures.example/fox.png")
DAY_S = 24 * 60 * 60.0


async def refusal_of(error: StoreCode, call: Coroutine[Any, Any, object]) -> None:
    """The awaited call is refused with this code."""
    with pytest.raises(StoreError) as caught:
        await call
    assert caught.value.store is error


class TestReceive:
    async def test_a_new_event_is_recorded(self, store: AllStores) -> None:
        """A received job has everything its command brought and nothing else."""
        assert await store.receive(new_job(), now=100.5)
        assert await store.load(J0) == Job(
            id=J0,
            state=JobState.RECEIVED,
            epoch=0,
            origin=origin(),
            command=new_job().command,
            created_at=100.5,
            attempts=0,
        )

    async def test_a_known_event_is_the_same_job(self, store: AllStores) -> None:
        """A redelivered event makes no second job."""
        assert await store.receive(new_job("j0", event="press"), now=100.0)
        assert not await store.receive(new_job("j1", event="press"), now=101.0)
        assert await store.load(J1) is None

    async def test_an_event_known_by_another_of_its_ids_is_the_same_job(self, store: AllStores) -> None:
        """A platform may bring one gesture under two ids, and only one of them again."""
        first = replace(new_job("j0"), events=(EventId("message"), EventId("client")))
        twin = replace(new_job("j1"), events=(EventId("other message"), EventId("client")))
        assert await store.receive(first, now=100.0)
        assert not await store.receive(twin, now=101.0)
        assert await store.receive(new_job("j2", event="other message"), now=102.0)

    async def test_references_of_a_repeated_job_are_kept(self, store: AllStores) -> None:
        """References that came with the job stand in order before anything is fetched."""
        await store.receive(new_job(references=(SEEN, LINKED)), now=100.0)
        assert await store.references(J0) == (SEEN, LINKED)

    @pytest.mark.parametrize("kept", [(), (LINKED,), (SEEN, LINKED)])
    async def test_the_request_has_the_last_word_on_references(self, store: AllStores, kept: tuple[Reference, ...]) -> None:
        """Those recorded with the job make room for those the request is sent with, none included."""
        await store.receive(new_job(references=(SEEN,)), now=100.0)
        job = await store.claim(J0, owner="a", now=100.0, lease_s=60.0)
        assert job is not None
        asked = request(references=kept)
        await store.accept(job, request=asked, unit_price=None, currency=None, hold=hold(), now=101.0)
        assert await store.references(J0) == kept

    async def test_a_known_event_leaves_references_alone(self, store: AllStores) -> None:
        """The second delivery of an event writes nothing at all."""
        await store.receive(new_job("j0", event="press", references=(SEEN,)), now=100.0)
        await store.receive(new_job("j1", event="press", references=(LINKED,)), now=100.0)
        assert (await store.references(J0), await store.references(J1)) == ((SEEN,), ())

    async def test_a_job_that_repeats_another_needs_it(self, store: AllStores) -> None:
        """Where the earlier one is gone nothing is recorded: its references may go from the disk at any moment."""
        with pytest.raises(RefusedError) as caught:
            await store.receive(replace(new_job("j1", event="press", references=(SEEN,)), repeats=J0), now=100.0)
        assert caught.value.refusal is RefusalCode.JOB_UNKNOWN
        assert await store.load(J1) is None
        await store.receive(new_job("j0"), now=100.0)
        assert await store.receive(replace(new_job("j1", event="press", references=(SEEN,)), repeats=J0), now=100.0)
        assert await store.references(J1) == (SEEN,)

    async def test_an_unknown_job_is_nothing(self, store: AllStores) -> None:
        """Reading what was never written gives empty answers, not errors."""
        assert await store.load(J0) is None
        assert await store.references(J0) == ()
        assert await store.pictures(J0) == ()


class TestClaim:
    async def test_a_claim_raises_the_epoch(self, store: AllStores) -> None:
        """Every claim is numbered, so that an older one can be told apart."""
        job = await claimed_job(store)
        await store.release(job)
        again = await store.claim(J0, owner="b", now=100.0, lease_s=60.0)
        assert again is not None
        assert (job.epoch, again.epoch) == (1, 2)

    @pytest.mark.parametrize(("now", "free"), [(159.9, False), (160.0, True)])
    async def test_a_held_job_is_free_when_its_lease_is_over(self, store: AllStores, *, now: float, free: bool) -> None:
        """A job with a living lease is nobody else's; with an expired one it is anybody's."""
        await claimed_job(store, now=100.0)
        assert await store.due(now=now, limit=9) == ([J0] if free else [])
        assert (await store.claim(J0, owner="b", now=now, lease_s=60.0) is not None) is free

    @pytest.mark.parametrize(("now", "free"), [(129.9, False), (130.0, True)])
    async def test_a_postponed_job_waits_for_its_time(self, store: AllStores, *, now: float, free: bool) -> None:
        """`not_before` holds for claim and due alike."""
        job = await claimed_job(store)
        await store.postpone(job, not_before=130.0, now=101.0)
        await store.release(job)
        assert await store.due(now=now, limit=9) == ([J0] if free else [])
        assert (await store.claim(J0, owner="b", now=now, lease_s=60.0) is not None) is free

    @pytest.mark.parametrize("state", sorted(ENDS))
    async def test_an_ended_job_is_due_until_it_was_told(self, store: AllStores, state: JobState) -> None:
        """A member who has not read how it ended is still owed that; then it is never claimed again."""
        ended = await job_in_state(store, state)
        await store.release(ended)
        again = await store.claim(J0, owner="b", now=200.0, lease_s=60.0)
        assert again is not None
        assert (again.state, again.notified, again.ended_at is not None) == (state, False, True)
        assert (await store.set_notified(again, now=201.0)).notified
        await store.release(again)
        assert await store.due(now=1e9, limit=9) == []
        assert await store.next_due() is None
        assert await store.claim(J0, owner="b", now=1e9, lease_s=60.0) is None

    async def test_nobody_claims_a_job_that_is_not_there(self, store: AllStores) -> None:
        """An unknown id is no error: its job may have been swept away."""
        assert await store.claim(J0, owner="a", now=100.0, lease_s=60.0) is None

    async def test_due_jobs_come_oldest_first(self, store: AllStores) -> None:
        """Age decides, then the id; no more than asked for."""
        for job, now in (("j2", 100.0), ("j1", 100.0), ("j0", 101.0)):
            await store.receive(new_job(job), now=now)
        assert await store.due(now=200.0, limit=9) == [J1, J2, J0]
        assert await store.due(now=200.0, limit=2) == [J1, J2]

    async def test_next_due_is_the_earliest_of_those_nobody_holds(self, store: AllStores) -> None:
        """A held job does not wake anybody; a postponed one does."""
        for name, not_before in (("j0", 130.0), ("j1", 120.0)):
            job = await claimed_job(store, name)
            await store.postpone(job, not_before=not_before, now=100.0)
            await store.release(job)
        await claimed_job(store, "j2")
        assert await store.next_due() == 120.0

    async def test_renewing_keeps_only_what_is_still_ours(self, store: AllStores) -> None:
        """A lease that somebody else took over is not lengthened."""
        await claimed_job(store, "j0", owner="a")
        await claimed_job(store, "j1", owner="a")
        await store.claim(J1, owner="b", now=160.0, lease_s=10.0)
        await store.renew([J0, J1, J2], owner="a", until=900.0)
        assert await store.due(now=170.0, limit=9) == [J1]

    async def test_renewing_nothing_is_nothing(self, store: AllStores) -> None:
        """An owner without jobs renews none."""
        await claimed_job(store)
        await store.renew([], owner="a", until=900.0)
        assert await store.due(now=160.0, limit=9) == [J0]

    async def test_many_claims_are_given_back_at_once(self, store: AllStores) -> None:
        """Those that somebody else has taken since, and those nobody knows, are left alone."""
        claims = [await claimed_job(store, name, owner="a") for name in ("j0", "j1", "j2")]
        await store.claim(J1, owner="b", now=160.0, lease_s=60.0)
        await store.release_many([(job.id, job.epoch) for job in claims] + [(JobId("unknown"), 1)])
        assert await store.due(now=170.0, limit=9) == [J0, J2]
        with pytest.raises(StoreError):
            await store.move(claims[1], Move(to=JobState.FAILED), now=170.0)

    async def test_giving_nothing_back_is_nothing(self, store: AllStores) -> None:
        """Whoever holds no claim gives none back."""
        await claimed_job(store)
        await store.release_many([])
        assert await store.due(now=101.0, limit=9) == []


class TestAge:
    @pytest.mark.parametrize(("now", "overdue"), [(161.9, False), (162.1, True)])
    async def test_a_job_is_overdue_by_its_own_state(self, store: AllStores, *, now: float, overdue: bool) -> None:
        """Its age is counted from the last move, whoever holds it, and each state has its own patience."""
        job = await job_in_state(store, JobState.RUNNING)
        deadlines = dict.fromkeys(JobState, 5.0) | {JobState.RUNNING: 60.0}
        await store.postpone(job, not_before=9000.0, now=150.0)
        assert await store.overdue(deadlines, now=now, limit=10) == ([job.id] if overdue else [])

    async def test_what_is_over_and_told_grows_no_older(self, store: AllStores) -> None:
        """A job that nobody has to do anything about is never overdue."""
        job = await job_in_state(store, JobState.DONE)
        patience = dict.fromkeys(JobState, 1.0)
        assert await store.overdue(patience, now=9000.0, limit=10) == [job.id]
        await store.set_notified(job, now=110.0)
        assert await store.overdue(patience, now=9000.0, limit=10) == []
        assert await store.seize(job.id, owner="b", now=9000.0, lease_s=60.0) is None

    async def test_the_oldest_are_overdue_first(self, store: AllStores) -> None:
        """And no more of them than were asked for."""
        for number, name in enumerate(("j2", "j0", "j1")):
            await store.receive(new_job(name), now=100.0 + number)
        assert await store.overdue(dict.fromkeys(JobState, 1.0), now=9000.0, limit=2) == [J2, J0]

    async def test_who_seizes_a_job_fences_off_its_holder(self, store: AllStores) -> None:
        """Nothing its former holder writes is kept; the new one goes on."""
        held = await job_in_state(store, JobState.RUNNING)
        seized = await store.seize(held.id, owner="b", now=110.0, lease_s=60.0)
        assert seized is not None
        assert (seized.state, seized.epoch) == (JobState.RUNNING, held.epoch + 1)
        await refusal_of(StoreCode.FENCED, store.move(held, Move(to=JobState.COLLECTING), now=111.0))
        assert (await store.move(seized, Move(to=JobState.COLLECTING), now=111.0)).state is JobState.COLLECTING


class TestFence:
    async def test_every_write_of_an_older_claim_is_refused(self, store: AllStores) -> None:
        """A paused worker that wakes up writes nothing."""
        old = await accepted_job(store)
        new = await store.claim(J0, owner="b", now=200.0, lease_s=60.0)
        assert new is not None
        picture = PictureRow(index=0, state="announced", address="https://gateway.example/0")
        for call in (
            store.release(old),
            store.move(old, Move(to=JobState.SUBMITTING, settle=1), now=200.0),
            store.postpone(old, not_before=300.0, now=200.0),
            store.put_picture(old, picture),
            store.set_progress_message(old, MessageId("m")),
            store.set_posting_since(old, now=200.0),
            store.record_result(old, MessageId("m"), platform=DISCORD, pictures=[0]),
        ):
            await refusal_of(StoreCode.FENCED, call)
        assert await store.load(J0) == new
        assert await store.pictures(J0) == ()
        assert await store.pictures_of_message(DISCORD, MessageId("m")) is None
        assert await store.usage(ADA, TODAY) == Usage(settled=0, held=1)

    async def test_accepting_under_an_older_claim_holds_nothing(self, store: AllStores) -> None:
        """A fenced acceptance leaves no hold behind."""
        old = await claimed_job(store)
        await store.claim(J0, owner="b", now=200.0, lease_s=60.0)
        call = store.accept(old, request=request(), unit_price=None, currency=None, hold=hold(), now=200.0)
        await refusal_of(StoreCode.FENCED, call)
        assert await store.usage(ADA, TODAY) == Usage(settled=0, held=0)

    async def test_a_job_that_was_moved_on_is_not_moved_from_its_old_state(self, store: AllStores) -> None:
        """The same claim cannot leave a state twice: the second is refused and changes nothing."""
        job = await accepted_job(store)
        moved = await store.move(job, Move(to=JobState.SUBMITTING), now=102.0)
        await refusal_of(StoreCode.FENCED, store.move(job, Move(to=JobState.FAILED, settle=0), now=103.0))
        assert await store.load(J0) == moved

    async def test_an_ended_job_can_still_be_shown(self, store: AllStores) -> None:
        """A job read without a claim has the last claim's epoch, and its new message can be remembered."""
        await store.release(await job_in_state(store, JobState.DONE))
        job = await store.load(J0)
        assert job is not None
        await store.record_result(job, MessageId("m"), platform=DISCORD, pictures=[0])
        assert await store.pictures_of_message(DISCORD, MessageId("m")) == (J0, (0,))


async def closed(store: AllStores, job: str, *, images: int, settle: int, limit: int | None, **more: Any) -> int:
    """What of a job's hold became final at its end."""
    submitted = await store.move(await accepted_job(store, job, images=images, **more), Move(to=JobState.SUBMITTING), now=102.0)
    await store.move(submitted, Move(to=JobState.UNCERTAIN, settle=settle, uncertain_limit=limit), now=103.0)
    return await store.settled(JobId(job))


class TestHolds:
    async def test_an_open_hold_has_settled_nothing(self, store: AllStores) -> None:
        """Nor has a job that never held anything."""
        await accepted_job(store, images=3)
        assert (await store.settled(J0), await store.settled(J1)) == (0, 0)
        assert await store.usage(ADA, TODAY) == Usage(settled=0, held=3)

    @pytest.mark.parametrize(
        ("settle", "limit", "settled"),
        [(0, None, 0), (3, None, 3), (9, None, 4), (0, 4, 0), (0, 3, 1), (0, 0, 4), (1, 2, 2), (1, 9, 1), (4, 0, 4), (9, 3, 4)],
    )
    async def test_the_rest_is_given_back(self, store: AllStores, settle: int, limit: int | None, settled: int) -> None:
        """All of it where it is certain that it cost nothing, else as far as the limit goes."""
        assert await closed(store, "j0", images=4, settle=settle, limit=limit) == settled
        assert await store.usage(ADA, TODAY) == Usage(settled=settled, held=0)

    async def test_the_limit_is_the_members_in_a_window(self, store: AllStores) -> None:
        """What was given back in doubt before counts, what was certain does not, and neither does anybody else's."""
        assert await closed(store, "j0", images=3, settle=0, limit=None) == 0
        assert await closed(store, "j1", images=3, settle=1, limit=5) == 1
        assert await closed(store, "j2", images=6, settle=0, limit=5) == 3
        assert await closed(store, "j3", images=2, settle=0, limit=5) == 2
        assert await closed(store, "j4", images=3, settle=0, limit=5, user=UserId("discord:bob")) == 0
        assert await closed(store, "j5", images=3, settle=0, limit=5, window="day:2026-11-21") == 0
        assert await store.usage(ADA, TODAY) == Usage(settled=6, held=0)

    async def test_a_hold_is_closed_once(self, store: AllStores) -> None:
        """Whatever a later move says of it."""
        job = await accepted_job(store, images=4)
        for state in (JobState.SUBMITTING, JobState.COLLECTING):
            job = await store.move(job, Move(to=state), now=102.0)
        job = await store.move(job, Move(to=JobState.DELIVERING, settle=1, uncertain_limit=1), now=103.0)
        await store.move(job, Move(to=JobState.DONE, settle=0, uncertain_limit=9), now=104.0)
        assert await store.settled(J0) == 3


class TestPictures:
    @pytest.mark.parametrize("state", ["announced", "stored", "missing"])
    async def test_a_picture_comes_back_as_it_was_put(
        self,
        store: AllStores,
        state: Literal["announced", "stored", "missing"],
    ) -> None:
        """Every column survives, the empty ones too."""
        picture = PictureRow(
            index=2,
            state=state,
            address="https://gateway.example/2" if state == "announced" else None,
            blob=BlobId("cd" * 32) if state == "stored" else None,
            media_type="image/jpeg" if state == "stored" else None,
            width=2048 if state == "stored" else None,
            height=1024 if state == "stored" else None,
            size_bytes=123_456 if state == "stored" else None,
            error=UpstreamKind.POLICY_OUTPUT if state == "missing" else None,
        )
        await store.put_picture(await accepted_job(store), picture)
        assert await store.pictures(J0) == (picture,)

    async def test_pictures_stand_in_order_and_the_last_word_counts(self, store: AllStores) -> None:
        """They arrive in any order; a stored one replaces its announcement, address and all."""
        job = await accepted_job(store)
        for index in (2, 0, 1):
            await store.put_picture(job, PictureRow(index=index, state="announced", address=f"https://g.example/{index}"))
        await store.put_picture(job, PictureRow(index=1, state="stored", blob=BlobId("ef" * 32)))
        rows = await store.pictures(J0)
        assert [row.index for row in rows] == [0, 1, 2]
        assert rows[1] == PictureRow(index=1, state="stored", blob=BlobId("ef" * 32))


class TestMessages:
    async def test_the_progress_message_is_remembered(self, store: AllStores) -> None:
        """A later process edits the same message."""
        await store.set_progress_message(await accepted_job(store), MessageId("m-1"))
        job = await store.load(J0)
        assert job is not None
        assert job.progress_message == "m-1"

    async def test_posting_begins_once(self, store: AllStores) -> None:
        """The first try's time stays, so that the ways' deadlines count from it."""
        job = await store.set_posting_since(await accepted_job(store), now=110.0)
        assert job.posting_since == 110.0
        assert (await store.set_posting_since(job, now=120.0)).posting_since == 110.0

    async def test_the_move_can_begin_the_posting(self, store: AllStores) -> None:
        """At the time of the move, unless it had begun before."""
        job = await job_in_state(store, JobState.COLLECTING)
        moved = await store.move(job, Move(to=JobState.DELIVERING, begins_posting=True), now=110.0)
        assert (moved.posting_since, await store.load(J0)) == (110.0, moved)

    @pytest.mark.parametrize("begins", [True, False])
    async def test_a_posting_that_had_begun_keeps_its_time(self, store: AllStores, begins: bool) -> None:
        """Whatever the move says of it."""
        job = await store.set_posting_since(await job_in_state(store, JobState.COLLECTING), now=105.0)
        moved = await store.move(job, Move(to=JobState.DELIVERING, begins_posting=begins), now=110.0)
        assert moved.posting_since == 105.0

    async def test_a_message_leads_to_its_pictures(self, store: AllStores) -> None:
        """In their order on the message, and for that platform alone."""
        job = await accepted_job(store)
        await store.record_result(job, MessageId("m"), platform=DISCORD, pictures=[3, 0, 1])
        assert await store.pictures_of_message(DISCORD, MessageId("m")) == (J0, (3, 0, 1))
        assert await store.pictures_of_message(SLACK, MessageId("m")) is None

    async def test_what_stands_in_any_message_is_posted(self, store: AllStores) -> None:
        """A delivery that was interrupted goes on with the pictures nobody has seen."""
        job, other = await accepted_job(store), await accepted_job(store, "j1")
        assert await store.posted_pictures(J0) == frozenset()
        await store.record_result(job, MessageId("m"), platform=DISCORD, pictures=[0, 1])
        await store.record_result(job, MessageId("n"), platform=DISCORD, pictures=[1, 3])
        await store.record_result(other, MessageId("o"), platform=DISCORD, pictures=[2])
        assert await store.posted_pictures(J0) == frozenset({0, 1, 3})

    async def test_a_message_that_grew_is_recorded_again(self, store: AllStores) -> None:
        """A set that needed two requests stands on one message."""
        job = await accepted_job(store)
        for pictures in ([0], [0, 1]):
            await store.record_result(job, MessageId("m"), platform=DISCORD, pictures=pictures)
        assert await store.pictures_of_message(DISCORD, MessageId("m")) == (J0, (0, 1))


class TestDrafts:
    async def test_a_draft_comes_back_until_a_day_has_passed(self, store: AllStores) -> None:
        """Old drafts are forgotten when a new one is saved."""
        draft = Draft(
            id=J0,
            user=ADA,
            references=(Attachment(address="https://platform.example/a", name="a.png", width=3),),
            message=MessageId("m"),
            platform=DISCORD,
        )
        bare = Draft(id=J1, user=ADA, references=(), message=None, platform=DISCORD)
        await store.save_draft(draft, now=100.0)
        await store.save_draft(bare, now=100.0 + DAY_S)
        assert (await store.draft(J0), await store.draft(J1)) == (draft, bare)
        await store.save_draft(bare, now=100.1 + DAY_S)
        assert await store.draft(J0) is None


class TestEvents:
    async def test_an_event_finds_its_job(self, store: AllStores) -> None:
        """By whichever of its ids it is asked for; what became nothing finds nothing."""
        await store.receive(new_job("j0", event="press"), now=100.0)
        assert await store.job_of_event(EventId("press")) == J0
        assert await store.job_of_event(EventId("other")) is None

    async def test_what_is_too_late_is_not_recorded(self, store: AllStores) -> None:
        """Nobody waits for it any more: it counts as busy, and may be tried again."""
        with pytest.raises(StoreError) as raised:
            await store.receive(new_job("j0", event="press"), now=100.0, too_late=lambda: True)
        assert raised.value.store is StoreCode.BUSY
        assert await store.receive(new_job("j0", event="press"), now=100.0)
