"""All references of a request that cannot be used are named at once, each with its number and reason."""

from pathlib import Path

import pytest

from bot.catalog.profiles import profile
from bot.commands.command import Attachment, Generate, MessagePictures, StoredPicture
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError
from bot.ids import JobId, MessageId
from bot.images.processor import ImageProcessor
from bot.jobs.failure import JobFailure, to_error, to_failure
from bot.jobs.job import JobState
from bot.requests.checks import RequestRules, check_command
from bot.requests.references import UPLOAD_BYTES, refuse_file
from bot.store.sqlite.database.records import Records
from tests.fakes.pictures import picture
from tests.fakes.worker import FailingProgressPlatform, WorkerHarness, build_harness

RULES = RequestRules(
    profiles=(profile(GatewaySettings(name="ark", dialect="ark_intl", api_key=Secret("key")), default_model="4.5"),),
    defaults=Defaults(),
)
GOOD = Attachment(address="red", name="red.png", media_type="image/png")
PDF = Attachment(address="paper", name="paper.pdf", media_type="application/pdf")
VOICE = Attachment(address="voice", name="voice-message.ogg", media_type="audio/ogg")
CUT = Attachment(address="cut", name="cut.png", media_type="image/png")
GONE = Attachment(address="gone", name="gone.png", media_type="image/png")
CLIP = Attachment(address="clip", name="clip")


class PartlyUnavailablePlatform(FailingProgressPlatform):
    """Delivers no file named `later` at the moment; each takes `seconds`."""

    async def fetch(self, attachment: Attachment, *, most_bytes: int) -> bytes:
        if attachment.address == "later":
            self.fetched.append(attachment.address)
            raise DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)
        return await super().fetch(attachment, most_bytes=most_bytes)


def build(processor: ImageProcessor, folder: Path) -> WorkerHarness:
    files = {"red": picture("red"), "cut": picture("blue")[:-40], "clip": b"\0\0\0\x18ftypisom" + bytes(40)}
    return build_harness(processor, folder, platform=PartlyUnavailablePlatform(files=files))


def edit(*references: Attachment | StoredPicture | MessagePictures) -> Generate:
    return Generate(verb="edit", prompt="merge", references=references)


def kept_files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


async def refusal_lines(harness: WorkerHarness, *references: Attachment | StoredPicture | MessagePictures) -> list[str]:
    job = await harness.advance_to_end(await harness.receive(edit(*references)))
    assert job.state is JobState.FAILED
    return harness.platform.declined[-1].text.splitlines()


async def test_every_bad_picture_is_named(processor: ImageProcessor, tmp_path: Path) -> None:
    """What the platform says of a file, a download that is gone and damaged bytes count alike; what is good is opened too."""
    harness = build(processor, tmp_path)

    lines = await refusal_lines(harness, CUT, GOOD, PDF, GONE, CLIP)

    assert lines == [
        "Image 1 is damaged or incomplete. Save it again and attach the new file.",
        "Image 3 is a PDF, not an image. Save its page as a PNG or JPEG and attach that.",
        "Image 4 can no longer be downloaded. Attach it again.",
        "Image 5 is a video, not an image. Attach a picture instead, such as a screenshot of the video.",
    ]
    assert harness.platform.fetched == ["cut", "red", "gone", "clip"]
    assert kept_files(tmp_path) == 0


async def test_pictures_of_sets_are_named_with_the_others(processor: ImageProcessor, tmp_path: Path) -> None:
    """A set that is not known counts as one picture."""
    lines = await refusal_lines(build(processor, tmp_path), StoredPicture(job=JobId("0123456789ab"), number=1), CUT)

    assert lines[0].startswith("There is no image set “0123456789ab” that you can use.")
    assert lines[1].startswith("Image 2 is damaged")


async def test_a_picture_that_may_come_later_is_waited_for(processor: ImageProcessor, tmp_path: Path) -> None:
    """Several are named when they never come; with one that will never do, nothing is waited for."""
    harness = build(processor, tmp_path)
    later = Attachment(address="later", name="later.png")

    lines = await refusal_lines(harness, later, GOOD, later)
    assert [line[:7] for line in lines] == ["Image 1", "Image 3"]
    assert harness.platform.fetched == ["later", "red", "later"] * 3
    harness.platform.fetched.clear()

    lines = await refusal_lines(harness, later, CUT)
    assert [line[:7] for line in lines] == ["Image 1", "Image 2"]
    assert harness.platform.fetched == ["later", "cut"]


async def test_a_request_that_will_be_refused_is_not_worked_on_for_long(processor: ImageProcessor, tmp_path: Path) -> None:
    """After a minute with a fault no more files are opened."""
    harness = build(processor, tmp_path)

    class SlowPlatform(PartlyUnavailablePlatform):
        async def fetch(self, attachment: Attachment, *, most_bytes: int) -> bytes:
            harness.clock.advance(35.0)
            return await super().fetch(attachment, most_bytes=most_bytes)

    harness = build_harness(processor, tmp_path, platform=SlowPlatform(files=harness.platform.files))

    lines = await refusal_lines(harness, CUT, CUT, CUT, PDF)

    assert [line[:7] for line in lines] == ["Image 1", "Image 2"]
    assert harness.platform.fetched == ["cut", "cut"]


def test_files_that_are_no_pictures_are_refused_at_once() -> None:
    """Together, where nothing else remains to be opened."""
    with pytest.raises(RefusedError) as caught:
        check_command(edit(PDF, VOICE), RULES)

    assert [error.parameters["number"] for error in (caught.value, *caught.value.also)] == [1, 2]


def test_a_text_that_came_as_a_file_is_told_before_the_empty_prompt() -> None:
    """The words are in the file."""
    text = Attachment(address="text", name="message.txt", media_type="text/plain; charset=utf-8")

    with pytest.raises(RefusedError) as caught:
        check_command(Generate(verb="edit", prompt="", references=(text,)), RULES)

    assert (caught.value.refusal, caught.value.parameters["variant"]) == (RefusalCode.REF_BAD_FORMAT, "long-text")


def test_where_others_remain_to_be_opened_the_intake_names_all() -> None:
    """The member reads everything in one answer."""
    assert check_command(edit(PDF, GOOD), RULES)


KINDS = [
    ("text/plain; charset=utf-8", "message.txt", "long-text"),
    ("text/plain", "notes.txt", "text"),
    ("audio/ogg", "voice-message.ogg", "voice"),
    ("audio/mp4", "audio_message.m4a", "voice"),
    ("audio/mpeg", "song.mp3", "audio"),
    ("video/mp4", "clip.mp4", "video"),
    ("video/quicktime", "", "video"),
    ("application/pdf", "paper.pdf", "pdf"),
    ("application/zip", "message.txt", None),
    ("text/html", "page.html", None),
    ("", "", None),
]


@pytest.mark.parametrize(("found", "name", "variant"), KINDS)
def test_each_kind_of_file_has_its_own_words(found: str, name: str, variant: str | None) -> None:
    error = refuse_file(found, name=name, number=1)

    assert (error.refusal, error.parameters.get("variant")) == (RefusalCode.REF_BAD_FORMAT, variant)


def test_a_refusal_of_several_survives_the_database() -> None:
    """Any process can say it again."""
    record = Records().failure
    error = RefusedError(RefusalCode.REF_TOO_BIG, number=1, limit=UPLOAD_BYTES)
    error.also = (refuse_file("audio/ogg", name="voice-message.ogg", number=2),)

    loaded = record.load(record.dump(to_failure(error)))
    again = to_error(loaded)

    assert loaded == to_failure(error)
    assert isinstance(again, RefusedError)
    assert [(one.refusal, one.parameters) for one in again.also] == [(one.refusal, one.parameters) for one in error.also]
    assert record.load('{"code":"REF_GONE","parameters":{"number":1}}') == JobFailure(
        code=RefusalCode.REF_GONE, parameters={"number": 1}
    )


def test_the_pictures_of_a_replied_message_are_left_to_the_intake() -> None:
    """If the message is ours, they are not even fetched."""
    replied = MessagePictures(message=MessageId("1"), attachments=(PDF,))

    assert check_command(edit(replied), RULES)
