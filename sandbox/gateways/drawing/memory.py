"""Recognises pictures the painter has made, after the bot took out their metadata, shrank or re-encoded them."""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from sandbox.gateways.drawing.scene import Painting, Scene, decode_scene, encode_scene
from sandbox.gateways.drawing.stickers import on_white

_SIDE = 16
_MOST_PAINTINGS = 600
_MOST_BACKDROPS = 60
"""Photos are kept with their pixels, so fewer of them."""
_MOST_BITS = 26
_MOST_DIFFERENCE = 5.0
_MOST_STRETCH = 0.04
_MARK = b"sandbox scene: "
_MARK_WITHIN = 3_000


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What survives re-encoding: a tiny picture, which of its pixels are brighter than their right neighbours, the shape."""

    pixels: bytes
    bits: int
    shape: float

    def matches(self, other: "Fingerprint") -> bool:
        if abs(self.shape / other.shape - 1) > _MOST_STRETCH or (self.bits ^ other.bits).bit_count() > _MOST_BITS:
            return False
        return self.distance(other) <= _MOST_DIFFERENCE

    def distance(self, other: "Fingerprint") -> float:
        return sum(abs(a - b) for a, b in zip(self.pixels, other.pixels, strict=True)) / len(self.pixels)


def fingerprint(image: Image.Image) -> Fingerprint:
    """Return the fingerprint of a picture; a transparent one lies on white."""
    image = on_white(image)
    factor = max(1, min(image.size) // 128)
    tiny = image.reduce(factor).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    # Differences of one or two are noise: coarser steps make equal neighbours equal.
    grey = tiny.convert("L").tobytes()
    bits = 0
    for row in range(_SIDE):
        for column in range(_SIDE - 1):
            at = row * _SIDE + column
            bits = bits << 1 | (grey[at] > grey[at + 1] + 3)
    return Fingerprint(pixels=tiny.tobytes(), bits=bits, shape=image.width / image.height)


class PaintingMemory:
    """The last paintings of a sandbox, by fingerprint. Several threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paintings: deque[tuple[Fingerprint, Painting]] = deque(maxlen=_MOST_PAINTINGS)
        self._backdrops: deque[tuple[Fingerprint, Painting]] = deque(maxlen=_MOST_BACKDROPS)
        self._read: set[str] = set()

    def add(self, print_: Fingerprint, painting: Painting) -> None:
        with self._lock:
            (self._paintings if painting.backdrop is None else self._backdrops).append((print_, painting))

    def find(self, print_: Fingerprint) -> Painting | None:
        """Return the painting that looks most like this, if one looks the same."""
        with self._lock:
            known = [*self._paintings, *self._backdrops]
        found = [
            (print_.distance(other), -number, painting) for number, (other, painting) in enumerate(known) if print_.matches(other)
        ]
        return min(found, key=lambda row: row[:2])[2] if found else None

    def unread(self, names: Iterable[str]) -> list[str]:
        """Return the files that this memory was not offered yet."""
        with self._lock:
            new = [name for name in names if name not in self._read]
            self._read.update(new)
        return new


def marked(jpeg: bytes, scene: Scene) -> bytes:
    """Return the JPEG with its scene as a comment."""
    comment = _MARK + encode_scene(scene).encode()
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def scene_in(content: bytes) -> Scene | None:
    """Return the scene that a JPEG carries as a comment, if it carries one."""
    head = content[:_MARK_WITHIN]
    at = head.find(_MARK)
    if at < 4 or head[at - 4 : at - 2] != b"\xff\xfe":
        return None
    length = int.from_bytes(head[at - 2 : at], "big") - 2
    return decode_scene(head[at + len(_MARK) : at + length].decode("utf-8", "replace"))
