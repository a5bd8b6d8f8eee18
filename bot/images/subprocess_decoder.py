"""Decodes in a child process, for libraries that a crafted file can crash or make use too much memory.

The child (`python -m bot.images.subprocess_decoder DECODER PIXELS`) reads a file from stdin and writes `MODE WIDTH HEIGHT`, a newline
and the pixels row by row. It gets no settings and no secrets, and its memory and time are limited.
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

from bot.images.formats.container import BrokenPictureError, PictureBombError
from bot.images.formats.table import MOST_DECODING_BYTES
from bot.images.normalise import STRIP, normalise

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]
OVERHEAD_BYTES = 1024 * 1024 * 1024
"""Address space for the interpreter, its libraries and threads; most of it is never used."""
THREADS = 2
TIMEOUT_S = 30
EXIT_TOO_LARGE, EXIT_UNREADABLE = 3, 4
"""The child's exit codes for a picture above the limits and for an unreadable file; any other code is a crash."""
INHERITED_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""The environment variables that an interpreter may need to start."""


def decode_in_subprocess(content: bytes, decoder: str, most_pixels: int) -> Image.Image:
    """Decode and normalise. Raises BrokenPictureError, PictureBombError."""
    command = [sys.executable, "-P", "-s", "-m", "bot.images.subprocess_decoder", decoder, str(most_pixels)]
    try:
        finished = subprocess.run(  # noqa: S603 (our own program, and a number)
            command,
            input=content,
            env=child_environment(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
            # Ctrl-C must not reach the child: its exit would look like a damaged picture.
            process_group=0,
        )
    except subprocess.TimeoutExpired as error:
        raise PictureBombError("time") from error
    if finished.returncode == EXIT_TOO_LARGE:
        raise PictureBombError("pixels")
    if finished.returncode != 0:
        if finished.returncode != EXIT_UNREADABLE:
            logger.warning("the %s decoder ended with %d; the picture is refused", decoder, finished.returncode)
        raise BrokenPictureError("decoder")
    return _parse_output(finished.stdout)


def child_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The environment of the child: only the variables that it needs to start."""
    return {name: ours[name] for name in INHERITED_VARIABLES if name in ours} | {"PYTHONPATH": str(ROOT)}


def _parse_output(output: bytes) -> Image.Image:
    head, _, pixels = output.partition(b"\n")
    mode, width, height = head.decode("ascii").split()
    return Image.frombytes(mode, (int(width), int(height)), pixels)


def _limit() -> None:
    """Limit memory and processor time and disable core dumps, where the system can."""
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 (not on every system)

        for kind, limit in (
            (resource.RLIMIT_AS, MOST_DECODING_BYTES + OVERHEAD_BYTES),
            (resource.RLIMIT_CPU, TIMEOUT_S),
            (resource.RLIMIT_CORE, 0),
        ):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (limit, limit))


def _open(content: bytes, decoder: str) -> Image.Image:
    if decoder == "HEIF":
        heif_options.DECODE_THREADS = THREADS
        image: Image.Image = HeifImageFile(BytesIO(content))
        return image
    AvifImagePlugin.DEFAULT_MAX_THREADS = THREADS
    return Image.open(BytesIO(content), formats=[decoder])


def _decode(source: BinaryIO, target: BinaryIO, decoder: str, most_pixels: int) -> int:
    image = _open(source.read(), decoder)
    if image.width * image.height > most_pixels:
        return EXIT_TOO_LARGE
    image.load()
    image = normalise(image)
    target.write(f"{image.mode} {image.width} {image.height}\n".encode("ascii"))
    strips = ((0, top, image.width, min(top + STRIP, image.height)) for top in range(0, image.height, STRIP))
    target.writelines(image.crop(strip).tobytes() for strip in strips)
    target.flush()
    return 0


def main() -> int:
    # A service manager signals every process of a service at once; this process ends within seconds anyway.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _limit()
    try:
        return _decode(sys.stdin.buffer, sys.stdout.buffer, sys.argv[1], int(sys.argv[2]))
    except MemoryError:
        return EXIT_TOO_LARGE
    except Exception:  # noqa: BLE001 (any error of a decoder means that it cannot read the file)
        return EXIT_UNREADABLE


if __name__ == "__main__":
    sys.exit(main())
