"""Foreign files are opened in processes of their own, which are limited, killed and replaced without harm to the bot."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from bot.errors import RefusalCode, RefusedError, UpstreamError
from bot.images.processor import ImageProcessor, _facts
from bot.images.values import Measured
from bot.images.workers.messages import MOST_CONTENT_BYTES, BadMessageError, Message, read_message, write_message
from bot.images.workers.pool import MOST_SERVED, Worker, WorkerLimits, WorkerPool
from bot.images.workers.process import WorkerDiedError, WorkerNotStartedError, WorkerProcess, child_environment
from tests.images.heif import heic
from tests.images.sample_files import encoded, exif, noise, scene

ROOT = Path(__file__).parents[2]
PICTURE = encoded(scene(), "PNG")
CRASHES_ITS_LIBRARY = heic(scene(), exif=exif(6)).replace(b"Exif", b"Exi\xff", 1)
NO_TIME = WorkerLimits(wall_s=0.0)
MEASURE = Message(head={"do": "measure"}, content=PICTURE)
PARENT = """
import asyncio, os, signal
from bot.images.processor import ImageProcessor
from tests.images.test_workers import PICTURE, process_ids

async def main():
    processor = ImageProcessor()
    await processor.measure(PICTURE)
    await processor.prepare_reference(PICTURE)
    (stopped,) = process_ids(processor._decoders)
    os.kill(stopped, signal.SIGSTOP)
    print(stopped, *process_ids(processor._measurers), flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""
PARENT_WITHOUT_PILLOW = """
import asyncio, sys
from pathlib import Path
import bot.app, bot.command_receiver, bot.job_runner
from bot.images.processor import ImageProcessor

async def main():
    content = Path(sys.argv[1]).read_bytes()
    async with ImageProcessor() as processor:
        await processor.measure(content)
        await processor.prepare_reference(content)
        await processor.fit(Path(sys.argv[1]), most_bytes=10**6, media_types=frozenset({"image/jpeg"}))
    print(sorted({name.partition(".")[0] for name in sys.modules} & {"PIL", "pi_heif"}))

asyncio.run(main())
"""


@pytest_asyncio.fixture(loop_scope="module")
async def processor() -> AsyncIterator[ImageProcessor]:
    """One of its own for each test, because these count and kill its workers."""
    async with ImageProcessor() as running:
        yield running


def process_ids(pool: WorkerPool) -> list[int]:
    return sorted(worker.process.pid for worker in pool._workers)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def use_up_processor_time(worker: Worker, request: Message) -> None:
    while True:
        await worker.ask(request)
        await worker.ask(Message(head={"do": "prepare_reference"}))


async def ended(pid: int) -> None:
    while is_alive(pid):  # noqa: ASYNC110 - the system has no event for this
        await asyncio.sleep(0.01)


async def test_one_process_opens_many_files(processor: ImageProcessor) -> None:
    """It is started once, and kept."""
    await processor.measure(PICTURE)
    first = process_ids(processor._measurers)
    for _ in range(5):
        await processor.measure(PICTURE)
    assert len(first) == 1
    assert process_ids(processor._measurers) == first


async def test_a_process_is_replaced_after_many_files() -> None:
    """What a library leaks is given back; the next process is started before it is needed."""
    pool = WorkerPool(1)
    served: list[int] = []
    for _ in range(MOST_SERVED + 1):
        async with pool.lease() as worker:
            await worker.ask(MEASURE)
            served.append(worker.process.pid)
    first = served[0]
    await pool.close()
    assert served[:-1] == [first] * MOST_SERVED
    assert served[-1] != first
    assert not is_alive(first)


async def test_a_process_is_replaced_after_a_large_picture(processor: ImageProcessor) -> None:
    """It would keep the memory; a process that opened smaller pictures is kept."""
    await processor.prepare_reference(PICTURE)
    (first,) = process_ids(processor._decoders)
    await processor.prepare_reference(encoded(scene(400, 300), "JPEG"))
    assert process_ids(processor._decoders) == [first]
    await processor.prepare_reference(encoded(Image.new("1", (4000, 3001)), "PNG"))
    assert process_ids(processor._decoders) != [first]


async def test_a_file_is_opened_twice_before_it_is_refused(processor: ImageProcessor, caplog: pytest.LogCaptureFixture) -> None:
    """Its process may have died of something else; after the second death the file is refused, and others still work."""
    with pytest.raises(RefusedError) as caught:
        await processor.prepare_reference(CRASHES_ITS_LIBRARY)
    assert caught.value.refusal == RefusalCode.REF_UNREADABLE
    assert caplog.text.count("an image worker ended with -11") == 2
    assert (await processor.prepare_reference(PICTURE)).content == PICTURE


async def test_a_killed_process_is_not_the_picture_s_fault(processor: ImageProcessor) -> None:
    """A process that was killed while it waited for work is replaced; the picture is opened by the next one."""
    await processor.measure(PICTURE)
    (first,) = process_ids(processor._measurers)
    os.kill(first, signal.SIGKILL)
    await ended(first)
    assert await processor.measure(PICTURE) == Measured(media_type="image/png", width=48, height=32)
    assert process_ids(processor._measurers) != [first]


async def test_a_reference_that_takes_too_long_is_refused() -> None:
    """Its process is killed; a second try would only take as long again."""
    async with ImageProcessor(limits=NO_TIME) as processor:
        with pytest.raises(RefusedError) as caught:
            await processor.prepare_reference(PICTURE)
        assert caught.value.refusal == RefusalCode.REF_TOO_COMPLEX


async def test_a_result_that_takes_too_long_is_not_opened() -> None:
    """It was paid for: its first bytes say what it is, and that is enough to post it."""
    async with ImageProcessor(limits=NO_TIME) as processor:
        assert await processor.measure(PICTURE) == Measured(media_type="image/png", width=None, height=None)
        with pytest.raises(UpstreamError, match="download"):
            await processor.measure(b"<html>")


async def test_a_stored_result_that_takes_too_long_is_an_upstream_error(tmp_path: Path) -> None:
    """It is posted as it is."""
    path = tmp_path / "stored"
    path.write_bytes(PICTURE)
    async with ImageProcessor(limits=NO_TIME) as processor:
        with pytest.raises(UpstreamError):
            await processor.fit(path, most_bytes=10, media_types=frozenset({"image/png"}))


async def test_processor_time_is_limited() -> None:
    """The system ends a process that uses more for one picture."""
    pool = WorkerPool(1, "decode", limits=WorkerLimits(cpu_s=0))
    large = Message(
        head={"do": "inspect_reference", "most_bytes": 10**9}, content=encoded(noise(2400, 2400), "PNG", compress_level=0)
    )
    async with pool.lease() as worker:
        with pytest.raises(WorkerDiedError) as caught:
            await use_up_processor_time(worker, large)
    await pool.close()
    assert caught.value.out_of_time


async def test_a_cancelled_caller_ends_the_process(processor: ImageProcessor) -> None:
    """A stop does not wait for a picture, and the next picture does not get the answer of the last."""
    await processor.prepare_reference(PICTURE)
    (first,) = process_ids(processor._decoders)
    os.kill(first, signal.SIGSTOP)
    waiting = asyncio.create_task(processor.prepare_reference(encoded(scene(64, 64), "PNG")))
    await asyncio.sleep(0)
    assert not processor._decoders._idle
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    await ended(first)
    assert (await processor.prepare_reference(PICTURE)).width == 48


async def test_the_loop_goes_on_while_a_file_is_opened(processor: ImageProcessor) -> None:
    """A process that answers nothing holds neither the loop nor other pictures, and closing does not wait for it."""
    await processor.prepare_reference(PICTURE)
    (first,) = process_ids(processor._decoders)
    os.kill(first, signal.SIGSTOP)
    waiting = asyncio.create_task(processor.prepare_reference(PICTURE))
    await asyncio.sleep(0)
    assert not processor._decoders._idle
    assert (await processor.prepare_reference(PICTURE)).content == PICTURE
    assert not waiting.done()
    await processor.__aexit__(None, None, None)
    with pytest.raises((RefusedError, WorkerNotStartedError)):
        await waiting
    assert not is_alive(first)


async def test_workers_ignore_the_signals_of_the_terminal_and_the_service_manager(processor: ImageProcessor) -> None:
    """These are meant for the bot: it decides when its workers end."""
    await processor.measure(PICTURE)
    (pid,) = process_ids(processor._measurers)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)
    assert os.getpgid(pid) != os.getpgid(0)
    await processor.measure(PICTURE)
    assert process_ids(processor._measurers) == [pid]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker ends when it next reads")
async def test_workers_die_with_the_bot() -> None:
    """Even one that is in the middle of something when the bot is killed."""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    children = [int(word) for word in (await parent.stdout.readline()).split()]
    assert [is_alive(child) for child in children] == [True, True]
    parent.kill()
    await parent.wait()
    for child in children:
        await ended(child)


def test_the_bot_itself_opens_nothing(tmp_path: Path) -> None:
    """It does not even import the libraries."""
    path = tmp_path / "picture"
    path.write_bytes(PICTURE)
    command = [sys.executable, "-c", PARENT_WITHOUT_PILLOW, str(path)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_worker_inherits_no_secrets() -> None:
    """Its environment has only what an interpreter needs, since a hostile file could take the process over."""
    ours = {"DISCORD_TOKEN": "secret", "ARK_API_KEY": "secret", "HOME": "/home/bot", "PATH": "/bin"}
    assert set(child_environment(ours)) == {"PATH", "PYTHONPATH"}


def test_a_mistake_of_ours_ends_the_worker() -> None:
    """Its state is unknown then; what happened is logged by the bot."""
    process = WorkerProcess("30", "decode")
    answer = process.exchange(Message(head={"do": "nothing"}))
    assert "KeyError" in answer.head["unexpected"]
    with pytest.raises(WorkerDiedError):
        process.exchange(MEASURE)
    process.dispose()


def test_messages_are_read_as_written() -> None:
    """Several follow each other in one stream."""
    stream, sent = io.BytesIO(), [Message(head={"do": "x", "n": 1}, content=b"\n{}"), Message()]
    for message in sent:
        write_message(stream, message)
    stream.seek(0)
    assert [read_message(stream), read_message(stream), read_message(stream)] == [*sent, None]


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"[]\n",
        b"{}\n",
        b'{"bytes": -1}\n',
        b'{"bytes": "1"}\n',
        f'{{"bytes": {MOST_CONTENT_BYTES + 1}}}\n'.encode(),
        b"x" * 70_000,
    ],
)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    """A hostile file may have taken the worker over: nothing it says costs the bot memory."""
    with pytest.raises(BadMessageError):
        read_message(io.BytesIO(line))


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"media_type": "text/html", "width": 1, "height": 1},
        {"media_type": "image/png", "width": 0, "height": 1},
        {"media_type": "image/png", "width": "1", "height": 1},
        {"media_type": "image/png", "width": 1},
        {"refused": "NO_SUCH_CODE", "parameters": {}},
        {"failed": 1, "retryable": True},
        {"unexpected": "a mistake of ours"},
    ],
)
def test_an_answer_that_makes_no_sense_counts_as_a_death(head: dict[str, object]) -> None:
    """Nothing of it is used."""
    with pytest.raises(WorkerDiedError):
        _facts(Message(head=head))


def test_a_refusal_has_only_the_parameters_that_its_words_need() -> None:
    """A worker cannot choose the words."""
    with pytest.raises(RefusedError) as caught:
        _facts(
            Message(
                head={"refused": "REF_TOO_BIG", "parameters": {"limit": 20, "found": ["x"], "nearest": "--free", "number": 7}}
            )
        )
    assert (caught.value.refusal, caught.value.nearest, caught.value.parameters) == (RefusalCode.REF_TOO_BIG, None, {"limit": 20})


@pytest.mark.parametrize("stream", [b"", b'{"bytes": 3}', b'{"bytes": 3}\nab'])
def test_a_message_that_is_cut_off_is_no_message(stream: bytes) -> None:
    """The worker died while it wrote."""
    assert read_message(io.BytesIO(stream)) is None
