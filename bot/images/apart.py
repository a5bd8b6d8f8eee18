"""Decoding in a process of its own, for libraries that a crafted file can crash or flood: they must not take the bot along.

The child (`python -m bot.images.apart DECODER PIXELS`) reads a file from stdin and writes `MODE WIDTH HEIGHT`, a line end,
and the pixels row by row. It has no settings, no secrets, and a limit on memory and time.
"""

import contextlib
import os
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

ROOT = Path(__file__).parents[2]
ROOM_BYTES = 1024 * 1024 * 1024
"""Address space for the interpreter, its libraries and threads, most of it never touched."""
THREADS = 2
SECONDS = 30
NO_ROOM = 3
"""The child's exit code for a picture that would take more than it may."""
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""What an interpreter may need to start."""


def decode_apart(content: bytes, decoder: str, most_pixels: int) -> Image.Image:
    """In a plain mode. Raises BrokenPictureError, OverloadedPictureError."""
    command = [sys.executable, "-P", "-s", "-m", "bot.images.apart", decoder, str(most_pixels)]
    try:
        done = subprocess.run(  # noqa: S603 (our own program, and a number)
            command,
            input=content,
            env=environment(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise OverloadedPictureError("time") from error
    if done.returncode == NO_ROOM:
        raise OverloadedPictureError("pixels")
    if done.returncode != 0:
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
    _limit()
    try:
        return _decode(sys.stdin.buffer, sys.stdout.buffer, sys.argv[1], int(sys.argv[2]))
    except MemoryError:
        return NO_ROOM


if __name__ == "__main__":
    sys.exit(main())
