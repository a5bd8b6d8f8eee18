"""What is seen of a job where its message becomes the result: pictures as they arrive, one message, one mention."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.chat.capabilities import Capabilities, Way
from bot.chat.chat_platform import Posted, ProgressUpdate, ResultMessage
from bot.commands.command import Origin
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError
from bot.ids import BlobId, JobId, MessageId
from bot.images.processor import ImageProcessor
from bot.jobs.call import CallState
from bot.jobs.events import PictureArrived
from bot.jobs.facts import job_facts
from bot.jobs.job import Job, JobState
from bot.jobs.picture import PictureRow
from bot.pipeline.job_message.file_names import file_name
from bot.pipeline.job_message.picture_files import PictureFiles, in_messages
from bot.pipeline.progress_messages import ProgressMessages
from bot.pipeline.result_messages import ResultMessages
from bot.store.blobs import Blobs
from bot.upstream.contract import Completed, PictureReady
from bot.wording.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import job_in_state
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import picture, stored_picture
from tests.fakes.platform import CAPABILITIES
from tests.fakes.upstream import Script
from tests.fakes.worker import FailingProgressPlatform, build_harness, imagine

ONE_MESSAGE = replace(CAPABILITIES, one_message=True, counts_time=True, message_bytes=24)


@dataclass
class EditingPlatform(FailingProgressPlatform):
    """Its progress message becomes the result. Records what each result was given as the progress message."""

    limits: Capabilities = ONE_MESSAGE
    given: list[MessageId | None] = field(default_factory=list)
    here: Capabilities | None = None
    """Those of the place `here`."""

    def capabilities(self, origin: Origin) -> Capabilities:
        return self.here if origin.place == "here" and self.here is not None else super().capabilities(origin)

    async def post(self, result: ResultMessage) -> Posted:
        self.given.append(result.message)
        posted = await super().post(result)
        return posted if result.message is None else replace(posted, message=result.message)


@pytest.mark.parametrize(("waited_s", "pings"), [(0.0, 0), (40.0, 0), (61.0, 1)])
async def test_the_progress_message_becomes_the_result(
    processor: ImageProcessor, tmp_path: Path, waited_s: float, pings: int
) -> None:
    """It is edited, nothing is deleted or told twice, and only who has waited for a minute is mentioned."""
    clock = FakeClock()
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    platform = EditingPlatform()
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture()]}, platform=platform, clock=clock)
    job_id = await harness.receive(imagine())
    clock.advance(waited_s)

    job = await harness.advance_to_end(job_id)

    message = MessageId(f"progress-{job.id}")
    assert (platform.given, platform.ended) == ([message], [])
    assert await harness.store.pictures_of_message(job.origin.platform, message) == (job.id, (0,))
    assert [(ping.message, ping.reply.text, ping.reply.mention) for ping in platform.pings] == [
        (message, "Your image is ready.", job.origin.user)
    ] * pings
    assert platform.last_result().mention is None
    assert platform.last_result().text.startswith("Done in ")


async def test_elsewhere_the_progress_message_goes(processor: ImageProcessor, tmp_path: Path) -> None:
    """Where the result is a message of its own, the progress message is ended after it was recorded."""
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture()]})

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert harness.platform.ended == [MessageId(f"progress-{job.id}")]
    assert job.state is JobState.DONE


STORED, ANNOUNCED, MISSING = "stored", "announced", "missing"


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        ([STORED, STORED, ANNOUNCED], [1, 2]),
        ([ANNOUNCED, STORED, STORED], []),
        ([STORED, MISSING, STORED], [1, 3]),
        ([None, STORED], []),
        ([STORED, None, STORED], [1]),
        ([], []),
    ],
)
async def test_pictures_are_shown_in_order(tmp_path: Path, states: list[str | None], shown: list[int]) -> None:
    """A picture is shown before the end only when every earlier one stands or is missing."""
    store, blobs = MemoryStore(), Blobs(tmp_path)
    job = await job_in_state(store, CallState.COLLECTING)
    for index, state in enumerate(states):
        row = await stored_picture(blobs)
        if state == STORED:
            await store.put_picture(job, replace(row, index=index))
        elif state is not None:
            await store.put_picture(job, PictureRow(index=index, state=state))  # type: ignore[arg-type]
    async with ImageProcessor() as processor:
        files = PictureFiles(pictures=store, blobs=blobs, processor=processor, words=Words(), clock=FakeClock())
        pictures = await files.arrived(job, CAPABILITIES)
        small = await files.arrived(job, replace(CAPABILITIES, file_bytes=1))

    assert [int(one.name.rpartition("-")[2].partition(".")[0]) for one in pictures] == shown
    assert small == ()


class RefusesPictures(EditingPlatform):
    """Takes no pictures in a progress message."""

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        if update.reply.pictures:
            raise DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)
        return await super().show_progress(update)


def row(index: int, size_bytes: int) -> PictureRow:
    return PictureRow(index=index, state="stored", blob=BlobId("b"), media_type="image/png", size_bytes=size_bytes)


@pytest.mark.parametrize(
    ("sizes", "pictures", "messages"),
    [
        ([8, 8, 8, 1], 10, [[0, 1, 2], [3]]),
        ([30, 30], 10, [[0], [1]]),
        ([1, 1, 1, 1, 1], 2, [[0, 1], [2, 3], [4]]),
        ([], 10, []),
    ],
)
def test_a_set_is_divided_by_files_and_bytes(sizes: Sequence[int], pictures: int, messages: list[list[int]]) -> None:
    """In order, and the same however often it is planned."""
    rows = [row(index, size) for index, size in enumerate(sizes)]

    planned = in_messages(rows, replace(ONE_MESSAGE, pictures=pictures))

    assert [[one.index for one in message] for message in planned] == messages


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("a red fox in snow", "a-red-fox-in-snow-0123456789ab-2"),
        ("  Été à Paris!  ", "ete-a-paris-0123456789ab-2"),
        ("一只猫", "0123456789ab-2"),
        ("", "0123456789ab-2"),
        ("../../etc/passwd", "etc-passwd-0123456789ab-2"),
        ("word " * 900, "word-word-word-word-word-word-word-word-0123456789ab-2"),
        ("x" * 5000, "0123456789ab-2"),
    ],
)
def test_files_are_named_by_the_prompt(prompt: str, name: str) -> None:
    """In ASCII, and the job and the number end every name."""
    assert file_name(prompt, JobId("0123456789ab"), 2) == name


async def test_where_pictures_are_refused_words_go_on(tmp_path: Path) -> None:
    """The progress goes on in words, and the result finds its own way."""
    platform, store, blobs, clock = RefusesPictures(), MemoryStore(), Blobs(tmp_path), FakeClock()
    job = await job_in_state(store, CallState.COLLECTING)
    await store.put_picture(job, await stored_picture(blobs))
    async with ImageProcessor() as processor:
        files = PictureFiles(pictures=store, blobs=blobs, processor=processor, words=Words(), clock=clock)
        messages = ProgressMessages({job.origin.platform: platform}, store, store, Words(), clock, pictures=files)
        messages.show(job, PictureArrived(facts=job_facts(job), arrived=1))
        await messages.flush(job)

    assert platform.last_progress().text == "1 of 4 images ready…"
    assert Way.CONVERSATION not in platform.ways


async def oversized_job(store: MemoryStore, blobs: Blobs) -> Job:
    """A set whose first picture does not fit where it was asked for."""
    job = await job_in_state(store, JobState.DELIVERING)
    content = picture(size=(64, 64)) + b"\0" * 3_000_000
    blob = await blobs.put(content)
    large = PictureRow(index=0, state="stored", blob=blob, media_type="image/png", width=64, height=64, size_bytes=len(content))
    await store.put_picture(job, large)
    await store.put_picture(job, replace(await stored_picture(blobs), index=1))
    return job


async def test_a_smaller_copy_says_so_and_the_original_can_be_had(tmp_path: Path) -> None:
    """One line with both sizes and a button; where larger files are allowed, it posts the untouched file by itself."""
    platform, store, blobs = EditingPlatform(), MemoryStore(), Blobs(tmp_path)
    platform.limits = replace(CAPABILITIES, file_bytes=1_000_000)
    job = await oversized_job(store, blobs)
    async with ImageProcessor() as processor:
        messages = ResultMessages(
            jobs=store,
            pictures=store,
            messages=store,
            blobs=blobs,
            processor=processor,
            platforms={job.origin.platform: platform},
            words=Words(),
            clock=FakeClock(),
        )
        await messages.post(job)
        shown = platform.last_result()
        with pytest.raises(RefusedError) as refused:
            await messages.show_originals(job, job.origin)
        platform.here = replace(CAPABILITIES, file_bytes=5_000_000)
        await messages.show_originals(job, replace(job.origin, place="here"))

    assert "Image 1 has 3.0 MB; it is shown here with 0.0 MB, so that it fits." in (shown.note or "")
    assert [button.label for button in shown.buttons][-1] == "Original"
    assert refused.value.refusal is RefusalCode.ORIGINAL_TOO_LARGE
    (original,) = platform.last_result().pictures
    assert (original.size_bytes > 3_000_000, original.name.rpartition("-")[2]) == (True, "1.png")
