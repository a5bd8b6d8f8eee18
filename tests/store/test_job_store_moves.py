"""Contract of `accept` and `move`: the state of a job and its member's quota change together."""

import pytest

from bot.errors import RefusalCode, RefusedError, UpstreamKind
from bot.ids import JobId, UserId
from bot.jobs.call import CallState
from bot.jobs.failure import JobFailure
from bot.jobs.job import MOVES, JobState, Move
from bot.requests.references import Reference
from bot.wallet.ledger import Usage
from tests.fakes.jobs import ADA, TODAY, accepted_job, claimed_job, hold, job_in_state, new_job, quote_of, request, take_steps
from tests.fakes.stores import AllStores

GONE = JobFailure(code=RefusalCode.REF_GONE, parameters={"number": 2}, nearest="--count 1")
J0, J1 = JobId("j0"), JobId("j1")
SEEN = Reference(form="bytes", value="ab" * 32, media_type="image/png", width=64, height=48, size_bytes=900)
LINKED = Reference(form="url", value="https://pictures.example/fox.png")


class TestAccept:
    async def test_accept_writes_the_request_the_price_and_the_hold(self, store: AllStores) -> None:
        """Accepting a job stores its request, price, references and hold, and resets its attempts."""
        job = await store.postpone(await claimed_job(store), not_before=100.0, now=100.0)
        accepted = request(count=4, references=(SEEN, LINKED))
        result = await store.accept(
            job,
            request=accepted,
            quote=quote_of(accepted),
            hold=hold(4),
            now=101.0,
        )
        assert (result.state, result.request, result.attempts) == (JobState.ACCEPTED, accepted, 0)
        assert [(call.state, call.wants, str(call.quoted)) for call in result.calls] == [(CallState.PLANNED, 4, "0.16 USD")]
        assert await store.load(J0) == result
        assert await store.references(J0) == (SEEN, LINKED)
        assert await store.usage(ADA, TODAY) == Usage(settled=0, held=4)

    async def test_the_references_of_the_request_replace_earlier_ones(self, store: AllStores) -> None:
        """After `accept`, a job has the references of its request only."""
        await store.receive(new_job(references=(SEEN, SEEN, SEEN)), now=100.0)
        job = await store.claim(J0, owner="a", now=100.0, lease_s=60.0)
        assert job is not None
        accepted = request(references=(LINKED,))
        await store.accept(job, request=accepted, quote=None, hold=hold(), now=101.0)
        assert await store.references(J0) == (LINKED,)

    async def test_over_quota_writes_nothing(self, store: AllStores) -> None:
        """A used-up quota raises QUOTA_EXCEEDED with left, granted and asked, and the job is unchanged."""
        await accepted_job(store, "j0", images=3, granted=5)
        job = await claimed_job(store, "j1")
        with pytest.raises(RefusedError) as caught:
            await store.accept(
                job,
                request=request(count=3, references=(SEEN,)),
                quote=None,
                hold=hold(3, granted=5),
                now=101.0,
            )
        assert caught.value.refusal is RefusalCode.QUOTA_EXCEEDED
        assert caught.value.parameters == {"left": 2, "granted": 5, "asked": 3, "renews_at": 0.0}
        assert await store.load(J1) == job
        assert await store.references(J1) == ()
        assert await store.usage(ADA, TODAY) == Usage(settled=0, held=3)

    async def test_the_images_left_are_never_negative(self, store: AllStores) -> None:
        """A member who has used more than the present tier grants has zero images left."""
        await accepted_job(store, "j0", images=4, granted=5)
        job = await claimed_job(store, "j1")
        with pytest.raises(RefusedError) as caught:
            await store.accept(
                job,
                request=request(),
                quote=None,
                hold=hold(1, granted=2),
                now=101.0,
            )
        assert caught.value.parameters == {"left": 0, "granted": 2, "asked": 1, "renews_at": 0.0}

    @pytest.mark.parametrize(("user", "window"), [(UserId("discord:bob"), TODAY), (ADA, "day:2026-11-21")])
    async def test_members_and_windows_have_separate_quotas(self, store: AllStores, user: UserId, window: str) -> None:
        """Another member, and another day, each have a quota of their own."""
        await accepted_job(store, "j0", images=5, granted=5)
        await accepted_job(store, "j1", images=5, granted=5, user=user, window=window)
        assert await store.usage(user, window) == Usage(settled=0, held=5)

    async def test_the_last_image_can_be_held(self, store: AllStores) -> None:
        """A quota can be used up completely."""
        await accepted_job(store, "j0", images=3, granted=5)
        await accepted_job(store, "j1", images=2, granted=5)
        assert await store.usage(ADA, TODAY) == Usage(settled=0, held=5)


class TestMove:
    @pytest.mark.parametrize("state", list(JobState))
    @pytest.mark.parametrize("to", list(JobState))
    async def test_only_allowed_moves_are_made(self, store: AllStores, state: JobState, to: JobState) -> None:
        """A move that MOVES does not allow raises ValueError and changes nothing."""
        job = await job_in_state(store, state)
        if to in MOVES[state]:
            assert (await store.move(job, Move(to=to), now=103.0)).state is to
        else:
            with pytest.raises(ValueError, match="cannot become"):
                await store.move(job, Move(to=to), now=103.0)
            assert await store.load(J0) == job

    async def test_a_move_keeps_values_that_it_does_not_set(self, store: AllStores) -> None:
        """A value of None leaves its column unchanged."""
        job = await store.move(await job_in_state(store, JobState.RUNNING), Move(to=JobState.DELIVERING, attempts=2), now=110.0)
        job = await store.move(job, Move(to=JobState.DONE, error=JobFailure(code=UpstreamKind.AMBIGUOUS)), now=113.0)
        assert (job.attempts, job.error) == (2, JobFailure(code=UpstreamKind.AMBIGUOUS))
        assert await store.load(J0) == job

    async def test_a_refusal_is_stored_as_a_refusal(self, store: AllStores) -> None:
        """The failure of a refused job is read with its code and parameters."""
        job = await store.move(await claimed_job(store), Move(to=JobState.FAILED, error=GONE), now=101.0)
        assert job.error == GONE

    async def test_a_released_job_is_due_at_once(self, store: AllStores) -> None:
        """A released job whose `not_before` has passed is due at once."""
        await store.release(await accepted_job(store))
        assert await store.due(now=101.0, limit=9) == [J0]

    @pytest.mark.parametrize(
        ("images", "settle", "usage"),
        [
            (4, None, Usage(settled=0, held=4)),
            (4, 4, Usage(settled=4, held=0)),
            (4, 3, Usage(settled=3, held=0)),
            (4, 0, Usage(settled=0, held=0)),
            (4, 6, Usage(settled=4, held=0)),
        ],
    )
    async def test_the_hold_is_settled_with_the_move(
        self,
        store: AllStores,
        images: int,
        settle: int | None,
        usage: Usage,
    ) -> None:
        """Delivered images become final and the rest is released; images beyond the hold are free."""
        job = await accepted_job(store, images=images)
        job = await take_steps(store, job, CallState.SUBMITTING)
        await store.move(job, Move(to=JobState.DELIVERING, settle=settle), now=103.0)
        assert await store.usage(ADA, TODAY) == usage

    @pytest.mark.parametrize(("first", "second"), [(2, 4), (2, 0), (0, 4)])
    async def test_a_hold_is_closed_once(self, store: AllStores, first: int, second: int) -> None:
        """A second settlement of the same job changes nothing."""
        job = await take_steps(store, await accepted_job(store, images=4), CallState.SUBMITTING)
        job = await store.move(job, Move(to=JobState.DELIVERING, settle=first), now=102.0)
        await store.move(job, Move(to=JobState.DONE, settle=second), now=103.0)
        assert await store.usage(ADA, TODAY) == Usage(settled=first, held=0)

    async def test_released_images_can_be_held_again(self, store: AllStores) -> None:
        """Images that one job released can be held by another."""
        job = await accepted_job(store, "j0", images=5, granted=5)
        await store.move(job, Move(to=JobState.FAILED, settle=0), now=102.0)
        await accepted_job(store, "j1", images=5, granted=5)
        assert await store.usage(ADA, TODAY) == Usage(settled=0, held=5)

    async def test_settling_without_a_hold_has_no_effect(self, store: AllStores) -> None:
        """A job that never had a hold can end with a settlement of zero."""
        await store.move(await claimed_job(store), Move(to=JobState.FAILED, settle=0), now=101.0)
        assert await store.usage(ADA, TODAY) == Usage(settled=0, held=0)

    async def test_postponing_counts_an_attempt_and_keeps_the_state(self, store: AllStores) -> None:
        """Each postponement keeps the state and the epoch and counts one more attempt."""
        job = await accepted_job(store)
        later = await store.postpone(job, not_before=150.0, now=102.0)
        assert (later.state, later.attempts, later.epoch) == (JobState.ACCEPTED, 1, job.epoch)
        assert (await store.postpone(later, not_before=160.0, now=103.0)).attempts == 2
