"""Decoding in a process of its own, for libraries that a crafted file can crash or flood: they must not take the bot along.

The child (`python -m bot.images.subprocess_decoder DECODER PIXELS`) reads a file from stdin and writes `MODE WIDTH HEIGHT`, a line end,
and the pixels row by row. It has no settings, no secrets, and a limit on memory and time.
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pi_heif import HeifImageFile
from pi_heif import options as heif_options
from PIL import AvifImagePlugin, Image

from bot.images.formats.container import BrokenPictureError, OverloadedPictureError
from bot.images.formats.table import MOST_DECODING_BYTES
from bot.images.plain import STRIP, plain

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]
ROOM_BYTES = 1024 * 1024 * 1024
"""Address space for the interpreter, its libraries and threads, most of it never touched."""
THREADS = 2
SECONDS = 30
NO_ROOM, BROKEN = 3, 4
"""The child's exit codes: a picture that would take more than it may, and one that is none. Any other is a crash."""
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""What an interpreter may need to start."""


def decode_in_subprocess(content: bytes, decoder: str, most_pixels: int) -> Image.Image:
    """In a plain mode. Raises BrokenPictureError, OverloadedPictureError."""
    command = [sys.executable, "-P", "-s", "-m", "bot.images.subprocess_decoder", decoder, str(most_pixels)]
    try:
        done = subprocess.run(  # noqa: S603 (our own program, and a number)
            command,
            input=content,
            env=environment(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            # A Ctrl-C meant for the bot would look like a damaged picture.
            process_group=0,
        )
    except subprocess.TimeoutExpired as error:
        raise OverloadedPictureError("time") from error
    if done.returncode == NO_ROOM:
        raise OverloadedPictureError("pixels")
    if done.returncode != 0:
        if done.returncode != BROKEN:
            logger.warning("the %s decoder ended with %d; the picture is refused", decoder, done.returncode)
        raise BrokenPictureError("decoder")
    return _image(done.stdout)


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """What the child is told of ours."""
    return {name: ours[name] for name in KEPT_VARIABLES if name in ours} | {"PYTHONPATH": str(ROOT)}


def _image(said: bytes) -> Image.Image:
    head, _, pixels = said.partition(b"\n")
    mode, width, height = head.decode("ascii").split()
    return Image.frombytes(mode, (int(width), int(height)), pixels)


def _limit() -> None:
    """Where the system can: memory, processor time, and no file of what was in memory when it crashed."""
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 (not on every system)

        for kind, most in (
            (resource.RLIMIT_AS, MOST_DECODING_BYTES + ROOM_BYTES),
            (resource.RLIMIT_CPU, SECONDS),
            (resource.RLIMIT_CORE, 0),
        ):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (most, most))


def _opened(content: bytes, decoder: str) -> Image.Image:
    if decoder == "HEIF":
        heif_options.DECODE_THREADS = THREADS
        image: Image.Image = HeifImageFile(BytesIO(content))
        return image
    AvifImagePlugin.DEFAULT_MAX_THREADS = THREADS
    return Image.open(BytesIO(content), formats=[decoder])


def _decode(source: BinaryIO, target: BinaryIO, decoder: str, most_pixels: int) -> int:
    image = _opened(source.read(), decoder)
    if image.width * image.height > most_pixels:
        return NO_ROOM
    image.load()
    image = plain(image)
    target.write(f"{image.mode} {image.width} {image.height}\n".encode("ascii"))
    strips = ((0, top, image.width, min(top + STRIP, image.height)) for top in range(0, image.height, STRIP))
    target.writelines(image.crop(strip).tobytes() for strip in strips)
    target.flush()
    return 0


def main() -> int:
    # A service manager ends every process of a service at once; this one is as good as done.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _limit()
    try:
        return _decode(sys.stdin.buffer, sys.stdout.buffer, sys.argv[1], int(sys.argv[2]))
    except MemoryError:
        return NO_ROOM
    except Exception:  # noqa: BLE001 (whatever a decoder raises, it means that it cannot read this)
        return BROKEN


if __name__ == "__main__":
    sys.exit(main())
