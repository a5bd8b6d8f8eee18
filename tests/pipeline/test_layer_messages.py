"""How a picture that was taken apart is posted: a preview of its layers, and all of them in a zip."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image

from bot.chat.capabilities import Capabilities, Way
from bot.chat.chat_platform import Posted, ResultMessage
from bot.chat.reply import Picture, Reply
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import MessageId, PlatformName
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job, JobState
from bot.jobs.picture import Layer, PictureRow
from bot.pipeline.openings import MOST_DEATHS
from bot.pipeline.result_messages import ResultMessages
from bot.store.blobs import Blobs
from bot.wording.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import PATH_TO, claimed_job, hold, quote_of, request, take_steps
from tests.fakes.memory_store import MemoryStore
from tests.fakes.platform import CAPABILITIES, FakePlatform
from tests.images.sample_files import decoded, encoded, noise

DISCORD = PlatformName("discord")
SIZE = (64, 48)
Box = tuple[int, int, int, int]


@dataclass
class KeepingPlatform(FakePlatform):
    """Keeps the bytes of what was posted: files of a message are read when it is sent."""

    async def post(self, result: ResultMessage) -> Posted:
        posted = await super().post(result)
        for picture in result.reply.pictures:
            self.files[picture.name] = picture.path.read_bytes()
        return posted


@dataclass
class Stage:
    """A job whose layers are on the disk, and where they are posted."""

    store: MemoryStore
    blobs: Blobs
    platform: KeepingPlatform
    messages: ResultMessages
    job: Job

    async def post(self) -> list[Reply]:
        loaded = await self.store.load(self.job.id)
        assert loaded is not None
        await self.messages.post(loaded)
        return list(self.platform.posted.values())

    def members(self, picture: Picture) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.platform.files[picture.name])) as archive:
            assert archive.testzip() is None
            assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
            return {one.filename: archive.read(one) for one in archive.infolist()}


def painted(colour: str, size: tuple[int, int] = SIZE) -> bytes:
    return encoded(Image.new("RGBA", size, colour), "PNG")


async def stage(
    processor: ImageProcessor,
    folder: Path,
    layers: Sequence[tuple[Layer | None, bytes]],
    limits: Capabilities = CAPABILITIES,
) -> Stage:
    store, blobs, platform = MemoryStore(), Blobs(folder), KeepingPlatform(limits=limits)
    wanted = replace(request(count=17), layers=True)
    job = await store.accept(await claimed_job(store), request=wanted, quote=quote_of(wanted), hold=hold(17), now=101.0)
    job = await take_steps(store, job, *PATH_TO[JobState.DELIVERING])
    for index, (layer, content) in enumerate(layers):
        image = decoded(content)
        row = PictureRow(index=index, state="stored", blob=await blobs.put(content), media_type="image/png", layer=layer)
        await store.put_picture(job, replace(row, width=image.width, height=image.height, size_bytes=len(content)))
    messages = ResultMessages(
        jobs=store,
        pictures=store,
        messages=store,
        blobs=blobs,
        processor=processor,
        platforms={DISCORD: platform},
        words=Words(),
        clock=FakeClock(),
    )
    return Stage(store, blobs, platform, messages, job)


BASE = (Layer(z=0), painted("white"))
HAT = (Layer(z=1, name="hat", box=(0, 0, 32, 24)), painted("red"))
DOG = (Layer(z=2, name="dog", box=(32, 24, 64, 48)), painted("blue", (9, 90)))


async def test_a_preview_and_a_zip(processor: ImageProcessor, tmp_path: Path) -> None:
    """The layers as they came, sorted by their place; the message leads to all of them by number."""
    # The gateway's order is not that of their places.
    on = await stage(processor, tmp_path, [BASE, DOG, HAT])
    (reply,) = await on.post()

    preview, archive = reply.pictures
    assert (preview.name, archive.name) == ("a-red-fox-in-snow-j0-preview.png", "a-red-fox-in-snow-j0-layers.zip")
    assert (preview.media_type, archive.media_type, archive.width) == ("image/png", "application/zip", None)
    assert list(on.members(archive).items()) == [
        ("00-base-j0-1.png", BASE[1]),
        ("01-hat-j0-3.png", HAT[1]),
        ("02-dog-j0-2.png", DOG[1]),
    ]
    image = decoded(on.platform.files[preview.name]).convert("RGB")
    assert [image.getpixel(point) for point in [(1, 1), (63, 47), (63, 1)]] == [(255, 0, 0), (0, 0, 255), (255, 255, 255)]
    assert preview.alt == "3 layers put together again: 1 base, 3 hat, 2 dog"
    assert archive.alt == "3 layers as files: 1 base, 3 hat, 2 dog"
    assert (reply.note or "").splitlines()[0] == "Layers: 1 base, 3 hat, 2 dog."
    assert await on.store.pictures_of_message(DISCORD, MessageId("result-j0-1")) == (on.job.id, (0, 2, 1))


@pytest.mark.parametrize(
    ("name", "file", "said"),
    [
        ("../../etc/passwd", "01-etc-passwd-j0-2.png", "../../etc/passwd"),
        ("fox\nfox\t\x00", "01-fox-fox-j0-2.png", "fox fox"),
        ("", "01-layer-j0-2.png", "unnamed"),
        ("红帽子", "01-layer-j0-2.png", "红帽子"),
        ("Été", "01-ete-j0-2.png", "Été"),
        ("CON.png", "01-con-png-j0-2.png", "CON.png"),
        ("\u202egnp.exe", "01-gnp-exe-j0-2.png", "gnp.exe"),
        ("x" * 200, "01-layer-j0-2.png", "x" * 29 + "…"),
    ],
)
async def test_names_are_made_safe(processor: ImageProcessor, tmp_path: Path, name: str, file: str, said: str) -> None:
    """A file's name is ASCII, short and unique; what is read has no character that changes the text around it."""
    on = await stage(processor, tmp_path, [BASE, (Layer(z=1, name=name, box=(0, 0, 9, 9)), painted("red"))])
    (reply,) = await on.post()
    assert list(on.members(reply.pictures[1])) == ["00-base-j0-1.png", file]
    assert (reply.note or "").splitlines()[0] == f"Layers: 1 base, 2 {said}."


async def test_equal_names_and_places(processor: ImageProcessor, tmp_path: Path) -> None:
    """They keep the gateway's order, and each has a name of its own."""
    twin = Layer(z=1, name="hat", box=(0, 0, 64, 48))
    on = await stage(processor, tmp_path, [BASE, (twin, painted("red")), (twin, painted("blue"))])
    (reply,) = await on.post()
    assert list(on.members(reply.pictures[1])) == ["00-base-j0-1.png", "01-hat-j0-2.png", "02-hat-j0-3.png"]
    assert decoded(on.platform.files[reply.pictures[0].name]).convert("RGB").getpixel((9, 9)) == (0, 0, 255)


@pytest.mark.parametrize("number", [17, 100])
async def test_many_layers_are_two_files(processor: ImageProcessor, tmp_path: Path, number: int) -> None:
    """The names sort as the places do; the receipt names a few."""
    layers = [(Layer(z=z, name=f"part {z}", box=(z % 60, 0, 64, 48)), painted("red", (8, 8))) for z in range(1, number)]
    on = await stage(processor, tmp_path, [BASE, *layers])
    (reply,) = await on.post()
    names = list(on.members(reply.pictures[1]))
    assert (len(reply.pictures), len(names), names) == (2, number, sorted(names))
    assert (reply.note or "").splitlines()[0].endswith(f", 8 part 7, and {number - 8} more.")


@pytest.mark.parametrize(
    ("layers", "files", "note"),
    [
        ([BASE, HAT, (Layer(z=2, name="dog"), DOG[1])], ["preview.png", "layers.zip"], "Layer 3 is not in the preview"),
        ([BASE, (Layer(z=2, name="dog"), DOG[1])], ["1.png", "layers.zip"], "I could not put the layers together"),
        ([(None, BASE[1]), (None, HAT[1])], ["1.png", "layers.zip"], "I could not put the layers together"),
        ([(Layer(z=3), BASE[1]), HAT], ["layers.zip"], "I could not put the layers together"),
    ],
)
async def test_what_cannot_be_put_together_is_said(
    processor: ImageProcessor, tmp_path: Path, layers: list[tuple[Layer | None, bytes]], files: list[str], note: str
) -> None:
    """Then the base is shown, if there is one; all layers are in the zip."""
    on = await stage(processor, tmp_path, layers)
    (reply,) = await on.post()
    assert [picture.name.removeprefix("a-red-fox-in-snow-j0-") for picture in reply.pictures] == files
    assert note in (reply.note or "")
    assert len(on.members(reply.pictures[-1])) == len(layers)


async def test_layers_that_end_processes_are_not_opened_again(processor: ImageProcessor, tmp_path: Path) -> None:
    """What was paid for is posted all the same."""
    on = await stage(processor, tmp_path, [BASE, HAT])
    await on.messages.post(replace(on.job, deaths=MOST_DEATHS, posting_since=1.0))
    (reply,) = on.platform.posted.values()
    assert [picture.name.rpartition("-")[2] for picture in reply.pictures] == ["1.png", "layers.zip"]


async def test_a_hundred_layers_that_do_not_fit_are_few_words(processor: ImageProcessor, tmp_path: Path) -> None:
    """A message has so many characters, however much there is to say."""
    layers = [(Layer(z=z, name="x" * 200), encoded(noise(60, 60), "PNG")) for z in range(1, 100)]
    limits = replace(CAPABILITIES, file_bytes=5_000, pictures=300)
    on = await stage(processor, tmp_path, [BASE, HAT, *layers[2:]], limits)
    (reply,) = await on.post()
    assert "97 of the layers are smaller here" in (reply.note or "")
    assert "Layers 3, 4, 5" in (reply.note or "")
    assert len(reply.note or "") < 1200


async def test_a_base_alone_is_a_picture(processor: ImageProcessor, tmp_path: Path) -> None:
    """There is nothing to put together."""
    on = await stage(processor, tmp_path, [BASE])
    (reply,) = await on.post()
    assert ([picture.name for picture in reply.pictures], "Layers" in (reply.note or "")) == (
        ["a-red-fox-in-snow-j0-1.png"],
        False,
    )


GRAIN = encoded(noise(200, 200), "PNG")


async def test_more_than_one_zip(processor: ImageProcessor, tmp_path: Path) -> None:
    """Where one would be larger than the platform takes; each layer is in one of them."""
    layers = [(Layer(z=z, name="grain", box=(0, 0, 64, 48)), GRAIN) for z in range(1, 6)]
    limits = replace(CAPABILITIES, file_bytes=3 * len(GRAIN))
    on = await stage(processor, tmp_path, [BASE, *layers], limits)
    (reply,) = await on.post()
    names = [picture.name for picture in reply.pictures]
    assert names == [
        "a-red-fox-in-snow-j0-preview.png",
        "a-red-fox-in-snow-j0-layers.zip",
        "a-red-fox-in-snow-j0-layers4.zip",
        "a-red-fox-in-snow-j0-layers6.zip",
    ]
    assert all(picture.size_bytes <= limits.file_bytes for picture in reply.pictures[1:])
    assert [len(on.members(picture)) for picture in reply.pictures[1:]] == [3, 2, 1]
    assert "The layers are in 3 zip files" in (reply.note or "")


async def test_a_layer_that_is_too_large_is_made_smaller(processor: ImageProcessor, tmp_path: Path) -> None:
    """As any picture is; the button brings it as it was made."""
    clear = noise(300, 300).convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, 150, 300))
    large = encoded(clear, "PNG")
    limits = replace(CAPABILITIES, file_bytes=100_000)
    on = await stage(processor, tmp_path, [BASE, (Layer(z=1, name="grain", box=(0, 0, 64, 48)), large)], limits)
    (reply,) = await on.post()
    posted = on.members(reply.pictures[1])["01-grain-j0-2.png"]
    assert (len(posted) < 100_000, decoded(posted).mode) == (True, "RGBA")
    assert f"Image 2 has {len(large) / 1_000_000:.1f} MB" in (reply.note or "")
    assert [button.label for button in reply.buttons] == ["Again", "Original"]


async def test_parts_are_not_repeated(processor: ImageProcessor, tmp_path: Path) -> None:
    """What is more than one message goes on in the next; after a failure only what is missing is posted."""
    layers = [(Layer(z=z, name="grain", box=(0, 0, 64, 48)), GRAIN) for z in range(1, 6)]
    limits = replace(CAPABILITIES, message_bytes=6_000_000 + 3 * len(GRAIN))
    on = await stage(processor, tmp_path, [BASE, *layers], limits)
    first, second = await on.post()
    assert [[one.name.rpartition("-")[2] for one in reply.pictures] for reply in (first, second)] == [
        ["preview.png", "layers.zip"],
        ["layers4.zip"],
    ]
    assert [len(on.members(reply.pictures[-1])) for reply in (first, second)] == [3, 3]
    assert await on.store.pictures_of_message(DISCORD, MessageId("result-j0-2")) == (on.job.id, (3, 4, 5))

    del on.platform.posted[on.job.id, 2]
    on.store._messages.pop((DISCORD, MessageId("result-j0-2")))
    await on.post()
    assert on.platform.ways == [Way.CONVERSATION] * 3
    assert [one.name for one in on.platform.posted[on.job.id, 2].pictures] == ["a-red-fox-in-snow-j0-layers4.zip"]


async def test_direct_message_and_show_result(processor: ImageProcessor, tmp_path: Path) -> None:
    """Where the conversation is closed it goes to the member; asked for again, it is the same."""
    on = await stage(processor, tmp_path, [BASE, HAT])
    on.platform.troubles = [DeliveryError(DeliveryCode.NOT_INVITED, retryable=False)]
    (first,) = await on.post()
    assert on.platform.ways == [Way.DIRECT]
    on.platform.posted.clear()
    await on.messages.show_again(on.job, on.job.origin)
    (again,) = on.platform.posted.values()
    assert [(one.name, one.size_bytes) for one in again.pictures] == [(one.name, one.size_bytes) for one in first.pictures]
