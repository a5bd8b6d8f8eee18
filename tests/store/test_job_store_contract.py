"""Contract of the store ports; the stores on SQLite and the double in memory pass the same tests."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, Literal

import pytest

from bot.chat.capabilities import Way
from bot.commands.command import Attachment
from bot.errors import RefusalCode, RefusedError, StoreCode, StoreError, UpstreamKind
from bot.ids import BlobId, EventId, JobId, MessageId, PlatformName, UserId
from bot.jobs.call import CallMove, CallState
from bot.jobs.draft import MOST_DRAFTS, Draft
from bot.jobs.job import ENDS, Job, JobState, Move
from bot.jobs.picture import Layer, PictureRow
from bot.requests.references import Reference
from bot.wallet.ledger import Demand, Usage
from tests.fakes.jobs import ADA, TODAY, accepted_job, claimed_job, hold, job_in_state, new_job, origin, request, take_steps
from tests.fakes.stores import AllStores

J0, J1, J2 = JobId("j0"), JobId("j1"), JobId("j2")
DISCORD, SLACK = PlatformName("discord"), PlatformName("slack")
SEEN = Reference(form="bytes", value="ab" * 32, media_type="image/png", width=64, height=48, size_bytes=900, alpha=True)
LINKED = Reference(form="url", value="https://pictures.example/fox.png")
DAY_S = 24 * 60 * 60.0
BOB = UserId("discord:bob")


async def assert_refused(error: StoreCode, call: Coroutine[Any, Any, object]) -> None:
    """The call raises StoreError with this code."""
    with pytest.raises(StoreError) as caught:
        await call
    assert caught.value.store is error


class TestReceive:
    async def test_a_new_event_is_recorded(self, store: AllStores) -> None:
        """A received job has its command and origin, and no other values."""
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

    async def test_a_known_event_creates_no_job(self, store: AllStores) -> None:
        """An event that is delivered twice creates one job."""
        assert await store.receive(new_job("j0", event="press"), now=100.0)
        assert not await store.receive(new_job("j1", event="press"), now=101.0)
        assert await store.load(J1) is None

    async def test_an_event_known_by_any_of_its_ids_creates_no_job(self, store: AllStores) -> None:
        """A platform may deliver one action under two ids and repeat only one of them."""
        first = replace(new_job("j0"), events=(EventId("message"), EventId("client")))
        twin = replace(new_job("j1"), events=(EventId("other message"), EventId("client")))
        assert await store.receive(first, now=100.0)
        assert not await store.receive(twin, now=101.0)
        assert await store.receive(new_job("j2", event="other message"), now=102.0)

    async def test_references_of_a_repeated_job_are_stored(self, store: AllStores) -> None:
        """References that are received with a job are stored in order."""
        await store.receive(new_job(references=(SEEN, LINKED)), now=100.0)
        assert await store.references(J0) == (SEEN, LINKED)

    @pytest.mark.parametrize("references", [(), (LINKED,), (SEEN, LINKED)])
    async def test_the_references_of_the_request_replace_those_received(
        self, store: AllStores, references: tuple[Reference, ...]
    ) -> None:
        """Accepting a job replaces its references with those of the request, even if that has none."""
        await store.receive(new_job(references=(SEEN,)), now=100.0)
        job = await store.claim(J0, owner="a", now=100.0, lease_s=60.0)
        assert job is not None
        accepted = request(references=references)
        await store.accept(job, request=accepted, quote=None, hold=hold(), now=101.0)
        assert await store.references(J0) == references

    async def test_a_known_event_leaves_references_alone(self, store: AllStores) -> None:
        """The second delivery of an event writes nothing."""
        await store.receive(new_job("j0", event="press", references=(SEEN,)), now=100.0)
        await store.receive(new_job("j1", event="press", references=(LINKED,)), now=100.0)
        assert (await store.references(J0), await store.references(J1)) == ((SEEN,), ())

    async def test_a_job_that_repeats_another_needs_it(self, store: AllStores) -> None:
        """A job that repeats a deleted job is refused, because the files of its references may be deleted at any time."""
        with pytest.raises(RefusedError) as caught:
            await store.receive(replace(new_job("j1", event="press", references=(SEEN,)), repeats=J0), now=100.0)
        assert caught.value.refusal is RefusalCode.JOB_UNKNOWN
        assert await store.load(J1) is None
        await store.receive(new_job("j0"), now=100.0)
        assert await store.receive(replace(new_job("j1", event="press", references=(SEEN,)), repeats=J0), now=100.0)
        assert await store.references(J1) == (SEEN,)

    async def test_a_member_who_has_too_little_left_records_no_job(self, store: AllStores) -> None:
        """What others hold does not matter, and a refusal leaves nothing behind, not even the event."""
        await accepted_job(store, "j0", images=4, granted=6)
        await accepted_job(store, "other", images=4, granted=6, user=BOB)
        demand = Demand(hold=hold(3, granted=6), open_jobs=9)
        with pytest.raises(RefusedError) as caught:
            await store.receive(replace(new_job("j1", event="press"), demand=demand), now=100.0)
        assert (caught.value.refusal, caught.value.parameters["left"]) == (RefusalCode.QUOTA_EXCEEDED, 2)
        assert await store.load(J1) is None
        fits = replace(demand, hold=hold(2, granted=6))
        assert await store.receive(replace(new_job("j1", event="press"), demand=fits), now=100.0)
        assert await store.usage(ADA, TODAY) == Usage(settled=0, held=4)

    async def test_a_member_has_so_many_open_jobs(self, store: AllStores) -> None:
        """Those of others and those that have ended do not count; a redelivered event is no job too many."""
        ended = await claimed_job(store, "ended")
        await store.move(ended, Move(to=JobState.FAILED), now=101.0)
        await store.receive(new_job("other", user=BOB), now=100.0)
        demand = Demand(hold=hold(), open_jobs=2)
        for job in ("j0", "j1"):
            assert await store.receive(replace(new_job(job), demand=demand), now=102.0)
        with pytest.raises(RefusedError) as caught:
            await store.receive(replace(new_job("j2"), demand=demand), now=102.0)
        assert (caught.value.refusal, caught.value.parameters) == (RefusalCode.JOBS_OPEN, {"value": 2, "limit": 2})
        assert await store.load(J2) is None
        assert not await store.receive(replace(new_job("j1"), demand=demand), now=103.0)

    async def test_an_unknown_job_has_no_values(self, store: AllStores) -> None:
        """Reading a job that does not exist gives empty results, not errors."""
        assert await store.load(J0) is None
        assert await store.references(J0) == ()
        assert await store.pictures(J0) == ()


class TestClaim:
    async def test_a_claim_raises_the_epoch(self, store: AllStores) -> None:
        """Each claim of a job has a higher epoch than the one before."""
        job = await claimed_job(store)
        await store.release(job)
        again = await store.claim(J0, owner="b", now=100.0, lease_s=60.0)
        assert again is not None
        assert (job.epoch, again.epoch) == (1, 2)

    @pytest.mark.parametrize(("now", "due"), [(159.9, False), (160.0, True)])
    async def test_a_claimed_job_is_due_when_its_lease_expires(self, store: AllStores, *, now: float, due: bool) -> None:
        """A job can be claimed again once the lease of the earlier claim has expired, and not before."""
        await claimed_job(store, now=100.0)
        assert await store.due(now=now, limit=9) == ([J0] if due else [])
        assert (await store.claim(J0, owner="b", now=now, lease_s=60.0) is not None) is due

    @pytest.mark.parametrize(("now", "due"), [(129.9, False), (130.0, True)])
    async def test_a_postponed_job_is_due_at_its_time(self, store: AllStores, *, now: float, due: bool) -> None:
        """`not_before` applies to `claim` and `due` alike."""
        job = await claimed_job(store)
        await store.postpone(job, not_before=130.0, now=101.0)
        await store.release(job)
        assert await store.due(now=now, limit=9) == ([J0] if due else [])
        assert (await store.claim(J0, owner="b", now=now, lease_s=60.0) is not None) is due

    @pytest.mark.parametrize("state", sorted(ENDS))
    async def test_an_ended_job_is_due_until_it_is_notified(self, store: AllStores, state: JobState) -> None:
        """An ended job can be claimed until its member was notified, and never after that."""
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

    async def test_an_unknown_job_cannot_be_claimed(self, store: AllStores) -> None:
        """Claiming an unknown job returns None: it may have been deleted."""
        assert await store.claim(J0, owner="a", now=100.0, lease_s=60.0) is None

    async def test_due_jobs_come_oldest_first(self, store: AllStores) -> None:
        """Due jobs are ordered by age and then by id, up to the limit."""
        for job, now in (("j2", 100.0), ("j1", 100.0), ("j0", 101.0)):
            await store.receive(new_job(job), now=now)
        assert await store.due(now=200.0, limit=9) == [J1, J2, J0]
        assert await store.due(now=200.0, limit=2) == [J1, J2]

    async def test_next_due_ignores_claimed_jobs(self, store: AllStores) -> None:
        """`next_due` is the earliest time of the jobs that have no owner."""
        for name, not_before in (("j0", 130.0), ("j1", 120.0)):
            job = await claimed_job(store, name)
            await store.postpone(job, not_before=not_before, now=100.0)
            await store.release(job)
        await claimed_job(store, "j2")
        assert await store.next_due() == 120.0

    async def test_renewing_extends_only_leases_of_the_owner(self, store: AllStores) -> None:
        """Renewing does not extend the lease of a job that another owner has claimed since."""
        await claimed_job(store, "j0", owner="a")
        await claimed_job(store, "j1", owner="a")
        await store.claim(J1, owner="b", now=160.0, lease_s=10.0)
        await store.renew([J0, J1, J2], owner="a", until=900.0)
        assert await store.due(now=170.0, limit=9) == [J1]

    async def test_renewing_no_jobs_has_no_effect(self, store: AllStores) -> None:
        """Renewing an empty list of jobs extends no lease."""
        await claimed_job(store)
        await store.renew([], owner="a", until=900.0)
        assert await store.due(now=160.0, limit=9) == [J0]

    async def test_many_claims_are_released_at_once(self, store: AllStores) -> None:
        """`release_many` leaves alone claims that another owner has taken over and unknown jobs."""
        claims = [await claimed_job(store, name, owner="a") for name in ("j0", "j1", "j2")]
        await store.claim(J1, owner="b", now=160.0, lease_s=60.0)
        await store.release_many([(job.id, job.epoch) for job in claims] + [(JobId("unknown"), 1)])
        assert await store.due(now=170.0, limit=9) == [J0, J2]
        with pytest.raises(StoreError):
            await store.move(claims[1], Move(to=JobState.FAILED), now=170.0)

    async def test_releasing_no_claims_has_no_effect(self, store: AllStores) -> None:
        """Releasing an empty list of claims releases none."""
        await claimed_job(store)
        await store.release_many([])
        assert await store.due(now=101.0, limit=9) == []


class TestDeadlines:
    @pytest.mark.parametrize(("now", "overdue"), [(161.9, False), (162.1, True)])
    async def test_a_job_is_overdue_by_the_deadline_of_its_state(self, store: AllStores, *, now: float, overdue: bool) -> None:
        """A job is overdue when it has been in its state, since its last move, for longer than the deadline of that state."""
        job = await job_in_state(store, JobState.RUNNING)
        deadlines = dict.fromkeys(JobState, 5.0) | {JobState.RUNNING: 60.0}
        await store.postpone(job, not_before=9000.0, now=150.0)
        assert await store.overdue(deadlines, {}, now=now, limit=10) == ([job.id] if overdue else [])

    async def test_a_notified_job_is_never_overdue(self, store: AllStores) -> None:
        """An ended job can be overdue and seized until its member was notified."""
        job = await job_in_state(store, JobState.DONE)
        deadlines = dict.fromkeys(JobState, 1.0)
        assert await store.overdue(deadlines, {}, now=9000.0, limit=10) == [job.id]
        await store.set_notified(job, now=110.0)
        assert await store.overdue(deadlines, {}, now=9000.0, limit=10) == []
        assert await store.seize(job.id, owner="b", now=9000.0, lease_s=60.0) is None

    async def test_the_oldest_are_overdue_first(self, store: AllStores) -> None:
        """Overdue jobs are ordered by age, up to the limit."""
        for number, name in enumerate(("j2", "j0", "j1")):
            await store.receive(new_job(name), now=100.0 + number)
        assert await store.overdue(dict.fromkeys(JobState, 1.0), {}, now=9000.0, limit=2) == [J2, J0]

    async def test_seizing_a_job_fences_its_former_owner(self, store: AllStores) -> None:
        """After a job is seized, writes of its former owner are refused and those of the new one succeed."""
        held = await job_in_state(store, JobState.RUNNING)
        seized = await store.seize(held.id, owner="b", now=110.0, lease_s=60.0)
        assert seized is not None
        assert (seized.state, seized.epoch) == (JobState.RUNNING, held.epoch + 1)
        for steps in (CallState.COLLECTING, JobState.DELIVERING):
            await assert_refused(StoreCode.FENCED, take_steps(store, held, steps))
        assert (await take_steps(store, seized, CallState.COLLECTING)).call(1).state is CallState.COLLECTING


class TestFence:
    async def test_writes_of_an_older_claim_are_refused(self, store: AllStores) -> None:
        """A worker whose claim was taken over cannot write anything."""
        old = await accepted_job(store)
        new = await store.claim(J0, owner="b", now=200.0, lease_s=60.0)
        assert new is not None
        picture = PictureRow(index=0, state="announced", address="https://gateway.example/0")
        for call in (
            store.release(old),
            store.move(old, Move(to=JobState.FAILED, settle=1), now=200.0),
            store.postpone(old, not_before=300.0, now=200.0),
            store.move_call(old, old.call(1), CallMove(to=CallState.SUBMITTING), now=200.0),
            store.postpone_call(old, old.call(1), not_before=300.0, now=200.0),
            store.defer(old, now=200.0),
            store.put_picture(old, picture),
            store.set_progress_message(old, MessageId("m")),
            store.set_posting_since(old, now=200.0),
            store.record_result(old, MessageId("m"), platform=DISCORD, pictures=[0]),
        ):
            await assert_refused(StoreCode.FENCED, call)
        assert await store.load(J0) == new
        assert await store.pictures(J0) == ()
        assert await store.pictures_of_message(DISCORD, MessageId("m")) is None
        assert await store.usage(ADA, TODAY) == Usage(settled=0, held=1)

    async def test_accepting_under_an_older_claim_holds_nothing(self, store: AllStores) -> None:
        """Accepting a job under an older claim is refused and leaves no hold."""
        old = await claimed_job(store)
        await store.claim(J0, owner="b", now=200.0, lease_s=60.0)
        call = store.accept(old, request=request(), quote=None, hold=hold(), now=200.0)
        await assert_refused(StoreCode.FENCED, call)
        assert await store.usage(ADA, TODAY) == Usage(settled=0, held=0)

    async def test_a_move_from_an_earlier_state_is_refused(self, store: AllStores) -> None:
        """A second move from the same state, under the same claim, is refused and changes nothing."""
        job = await accepted_job(store)
        moved = await take_steps(store, job, CallState.SUBMITTING)
        await assert_refused(StoreCode.FENCED, store.move(job, Move(to=JobState.FAILED, settle=0), now=103.0))
        await assert_refused(StoreCode.FENCED, take_steps(store, job, CallState.SUBMITTING))
        assert await store.load(J0) == moved

    async def test_a_message_of_an_ended_job_can_be_recorded(self, store: AllStores) -> None:
        """A job that was read without a claim has the epoch of its last claim, so a new message can be recorded for it."""
        await store.release(await job_in_state(store, JobState.DONE))
        job = await store.load(J0)
        assert job is not None
        await store.record_result(job, MessageId("m"), platform=DISCORD, pictures=[0])
        assert await store.pictures_of_message(DISCORD, MessageId("m")) == (J0, (0,))


async def close_hold(store: AllStores, job: str, *, images: int, settle: int, limit: int | None, **more: Any) -> int:
    """End a job and return how many images of its hold became final."""
    submitted = await take_steps(store, await accepted_job(store, job, images=images, **more), CallState.SUBMITTING)
    doubtful = 0 if limit is None else images
    move = Move(to=JobState.UNCERTAIN, settle=settle, doubtful=doubtful, uncertain_limit=limit or 0)
    await store.move(submitted, move, now=103.0)
    return await store.settled(JobId(job))


class TestHolds:
    async def test_an_open_hold_has_no_settled_images(self, store: AllStores) -> None:
        """A job with an open hold, or without any, has no settled images."""
        await accepted_job(store, images=3)
        assert (await store.settled(J0), await store.settled(J1)) == (0, 0)
        assert await store.usage(ADA, TODAY) == Usage(settled=0, held=3)

    @pytest.mark.parametrize(
        ("settle", "limit", "settled"),
        [(0, None, 0), (3, None, 3), (9, None, 4), (0, 4, 0), (0, 3, 1), (0, 0, 4), (1, 2, 2), (1, 9, 1), (4, 0, 4), (9, 3, 4)],
    )
    async def test_the_rest_of_a_hold_is_released(self, store: AllStores, settle: int, limit: int | None, settled: int) -> None:
        """The rest of a hold is released completely if it was certainly not charged, and otherwise up to the limit."""
        assert await close_hold(store, "j0", images=4, settle=settle, limit=limit) == settled
        assert await store.usage(ADA, TODAY) == Usage(settled=settled, held=0)

    async def test_the_limit_applies_to_a_member_and_a_window(self, store: AllStores) -> None:
        """Only uncertain releases of the same member in the same window count towards the limit."""
        assert await close_hold(store, "j0", images=3, settle=0, limit=None) == 0
        assert await close_hold(store, "j1", images=3, settle=1, limit=5) == 1
        assert await close_hold(store, "j2", images=6, settle=0, limit=5) == 3
        assert await close_hold(store, "j3", images=2, settle=0, limit=5) == 2
        assert await close_hold(store, "j4", images=3, settle=0, limit=5, user=UserId("discord:bob")) == 0
        assert await close_hold(store, "j5", images=3, settle=0, limit=5, window="day:2026-11-21") == 0
        assert await store.usage(ADA, TODAY) == Usage(settled=6, held=0)

    async def test_a_hold_is_closed_once(self, store: AllStores) -> None:
        """A later move cannot change a hold that is closed."""
        job = await accepted_job(store, images=4)
        job = await take_steps(store, job, CallState.SUBMITTING)
        job = await store.move(job, Move(to=JobState.DELIVERING, settle=1, doubtful=3, uncertain_limit=1), now=103.0)
        await store.move(job, Move(to=JobState.DONE, settle=0, doubtful=3, uncertain_limit=9), now=104.0)
        assert await store.settled(J0) == 3


class TestPictures:
    @pytest.mark.parametrize("state", ["announced", "stored", "missing"])
    async def test_a_picture_is_read_as_it_was_written(
        self,
        store: AllStores,
        state: Literal["announced", "stored", "missing"],
    ) -> None:
        """All columns of a picture are stored, including empty ones."""
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

    @pytest.mark.parametrize(
        "layer", [None, Layer(z=0), Layer(z=3, name="rote Mütze\n☃", box=(0, 17, 2048, 100_000)), Layer(z=9, name="x")]
    )
    async def test_the_place_of_a_layer_is_stored(self, store: AllStores, layer: Layer | None) -> None:
        """It stays while the picture is downloaded."""
        job = await accepted_job(store)
        announced = PictureRow(index=0, state="announced", address="https://gateway.example/0", layer=layer)
        for picture in (announced, replace(announced, state="stored", address=None, blob=BlobId("cd" * 32))):
            await store.put_picture(job, picture)
            assert await store.pictures(J0) == (picture,)

    async def test_pictures_are_ordered_and_replaced_by_index(self, store: AllStores) -> None:
        """Pictures are read in order of their index, and a stored picture replaces its announcement with its address."""
        job = await accepted_job(store)
        for index in (2, 0, 1):
            await store.put_picture(job, PictureRow(index=index, state="announced", address=f"https://g.example/{index}"))
        await store.put_picture(job, PictureRow(index=1, state="stored", blob=BlobId("ef" * 32)))
        rows = await store.pictures(J0)
        assert [row.index for row in rows] == [0, 1, 2]
        assert rows[1] == PictureRow(index=1, state="stored", blob=BlobId("ef" * 32))


class TestMessages:
    async def test_the_progress_message_is_stored(self, store: AllStores) -> None:
        """The id of the progress message is stored with the job, so that a later process can edit it."""
        await store.set_progress_message(await accepted_job(store), MessageId("m-1"))
        job = await store.load(J0)
        assert job is not None
        assert job.progress_message == "m-1"

    async def test_the_time_of_the_first_posting_is_kept(self, store: AllStores) -> None:
        """`posting_since` keeps the time of the first attempt."""
        job = await store.set_posting_since(await accepted_job(store), now=110.0)
        assert job.posting_since == 110.0
        assert (await store.set_posting_since(job, now=120.0)).posting_since == 110.0

    async def test_a_move_can_set_the_time_of_the_posting(self, store: AllStores) -> None:
        """A move with `begins_posting` sets `posting_since` to its own time."""
        job = await job_in_state(store, CallState.COLLECTING)
        moved = await store.move(job, Move(to=JobState.DELIVERING, begins_posting=True), now=110.0)
        assert (moved.posting_since, await store.load(J0)) == (110.0, moved)

    @pytest.mark.parametrize("begins", [True, False])
    async def test_a_move_keeps_an_earlier_time_of_the_posting(self, store: AllStores, begins: bool) -> None:
        """A move never changes `posting_since` once it is set."""
        job = await store.set_posting_since(await job_in_state(store, CallState.COLLECTING), now=105.0)
        moved = await store.move(job, Move(to=JobState.DELIVERING, begins_posting=begins), now=110.0)
        assert moved.posting_since == 105.0

    async def test_a_message_is_found_with_its_pictures(self, store: AllStores) -> None:
        """The pictures of a message are returned in their order, and only for its own platform."""
        job = await accepted_job(store)
        await store.record_result(job, MessageId("m"), platform=DISCORD, pictures=[3, 0, 1])
        assert await store.pictures_of_message(DISCORD, MessageId("m")) == (J0, (3, 0, 1))
        assert await store.pictures_of_message(SLACK, MessageId("m")) is None

    async def test_pictures_in_any_message_are_posted(self, store: AllStores) -> None:
        """`posted_pictures` is the union of the pictures in all messages of the job."""
        job, other = await accepted_job(store), await accepted_job(store, "j1")
        assert await store.posted_pictures(J0) == {}
        await store.record_result(job, MessageId("m"), platform=DISCORD, pictures=[0, 1])
        await store.record_result(job, MessageId("n"), platform=DISCORD, pictures=[1, 3], way=Way.DIRECT)
        await store.record_result(other, MessageId("o"), platform=DISCORD, pictures=[2])
        assert await store.posted_pictures(J0) == {0: None, 1: Way.DIRECT, 3: Way.DIRECT}

    async def test_a_message_can_be_recorded_again(self, store: AllStores) -> None:
        """Recording a message again replaces its pictures."""
        job = await accepted_job(store)
        for pictures in ([0], [0, 1]):
            await store.record_result(job, MessageId("m"), platform=DISCORD, pictures=pictures)
        assert await store.pictures_of_message(DISCORD, MessageId("m")) == (J0, (0, 1))


class TestDrafts:
    async def test_a_draft_is_kept_for_a_day(self, store: AllStores) -> None:
        """Drafts older than a day are deleted when another one is saved."""
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

    async def test_what_was_filled_into_a_form_is_kept(self, store: AllStores) -> None:
        """Its verb, its fields in any script, and the files that were added to it."""
        draft = Draft(
            id=J0,
            user=ADA,
            references=(),
            message=MessageId("m"),
            platform=DISCORD,
            verb="imagine",
            fields={"prompt": "狐狸\n\ud83d", "shape": "4K 16:9"},
            uploads=(Attachment(address="https://platform.example/b", name="b.png"),),
        )
        await store.save_draft(draft, now=100.0)
        assert await store.draft(J0) == draft

    async def test_a_member_has_so_many_drafts(self, store: AllStores) -> None:
        """Beyond that the oldest is deleted; those of others are kept."""
        drafts = [
            Draft(id=JobId(f"d{number}"), user=BOB if number == 0 else ADA, references=(), message=None, platform=DISCORD)
            for number in range(MOST_DRAFTS + 3)
        ]
        for number, draft in enumerate(drafts):
            await store.save_draft(draft, now=100.0 + number)
        assert [draft.id for draft in drafts if await store.draft(draft.id) is None] == ["d1", "d2"]


class TestEvents:
    async def test_an_event_finds_its_job(self, store: AllStores) -> None:
        """An event leads to the job it created; an unknown event leads to none."""
        await store.receive(new_job("j0", event="press"), now=100.0)
        assert await store.job_of_event(EventId("press")) == J0
        assert await store.job_of_event(EventId("other")) is None

    async def test_a_job_that_is_too_late_is_not_recorded(self, store: AllStores) -> None:
        """If it is too late once the transaction has begun, nothing is recorded and BUSY is raised; a retry may succeed."""
        with pytest.raises(StoreError) as raised:
            await store.receive(new_job("j0", event="press"), now=100.0, too_late=lambda: True)
        assert raised.value.store is StoreCode.BUSY
        assert await store.receive(new_job("j0", event="press"), now=100.0)
