"""Writes one still picture as HEVC without an encoder: every block carries uncompressed samples (ITU-T H.265, 7.3.8.7).

Each block is a slice of its own, so that the arithmetic coder always emits the same two bytes before the samples and the
same two after them.
"""

from PIL import Image

BLOCK = 32
BEFORE_SAMPLES = b"\x86\x80"
"""part_mode 2Nx2N and pcm_flag, from a fresh state at QP 26."""
AFTER_SAMPLES = b"\xfe\x80"
"""end_of_slice_segment_flag, the stop bit, alignment."""
VPS, SPS, PPS, IDR = 32, 33, 34, 20
PROFILE = bytes([3, 0x70, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 186])
"""Main Still Picture, level 6.2."""


class Bits:
    """Bits, most significant first."""

    def __init__(self) -> None:
        self._text = ""

    def put(self, value: int, length: int) -> "Bits":
        self._text += f"{value:0{length}b}" if length else ""
        return self

    def exp_golomb(self, *values: int) -> "Bits":
        """Exp-Golomb, as ue(v) and, for zero, se(v)."""
        for value in values:
            self.put(value + 1, 2 * (value + 1).bit_length() - 1)
        return self

    def aligned(self) -> bytes:
        """The bytes, ended by a stop bit and padded with zeros."""
        text = self._text + "1"
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big")


def unit(kind: int, payload: bytes) -> bytes:
    """A NAL unit, escaped so that it contains no start code."""
    escaped = bytearray()
    zeros = 0
    for byte in payload:
        if zeros == 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes([kind << 1, 1]) + bytes(escaped)


def parameters(width: int, height: int, *, grey: bool = False) -> dict[int, bytes]:
    """The three parameter sets of a picture of this size."""
    wide, high = _padded_length(width), _padded_length(height)
    profile = int.from_bytes(PROFILE, "big")
    video = Bits().put(0b0000_11_000000_000_1, 16).put(0xFFFF, 16).put(profile, 96).put(1, 1)
    video.exp_golomb(0, 0, 0).put(0, 6).exp_golomb(0).put(0, 2)
    step = 1 if grey else 2
    sequence = Bits().put(0b0000_000_1, 8).put(profile, 96).exp_golomb(0, 0 if grey else 1, wide, high).put(1, 1)
    sequence.exp_golomb(0, (wide - width) // step, 0, (high - height) // step)
    sequence.exp_golomb(0, 0, 0).put(1, 1).exp_golomb(0, 0, 0)
    sequence.exp_golomb(2, 0, 0, 3, 0, 0).put(0b000_1, 4).put(0x77, 8).exp_golomb(2, 0).put(1, 1)
    sequence.exp_golomb(0).put(0b00000, 5)
    picture = Bits().exp_golomb(0, 0).put(0b0_0_000_0_0, 7).exp_golomb(0, 0, 0).put(0b000, 3).exp_golomb(0, 0)
    picture.put(0b0_0_0_0_0_0_0, 7).put(0b1_0_1_0_0, 5).exp_golomb(0).put(0b00, 2)
    return {
        VPS: unit(VPS, video.aligned()),
        SPS: unit(SPS, sequence.aligned()),
        PPS: unit(PPS, picture.aligned()),
    }


def slices(image: Image.Image) -> bytes:
    """The picture's NAL units, each preceded by its length; mode L becomes grey samples, anything else YCbCr 4:2:0."""
    grey = image.mode == "L"
    wide, high = _padded_length(image.width), _padded_length(image.height)
    canvas = _padded(image if grey else image.convert("YCbCr"), wide, high)
    planes = [canvas] if grey else list(canvas.split())
    planes[1:] = [plane.reduce(2) for plane in planes[1:]]
    across, down = wide // BLOCK, high // BLOCK
    address_bits = (across * down - 1).bit_length()
    units = []
    for number in range(across * down):
        left, top = number % across * BLOCK, number // across * BLOCK
        head = Bits().put(1 if number == 0 else 0, 1).put(0, 1).exp_golomb(0)
        head.put(number, address_bits if number else 0).exp_golomb(2, 0)
        samples = [
            _block(plane, left // step, top // step, BLOCK // step) for plane, step in zip(planes, (1, 2, 2), strict=False)
        ]
        written = unit(IDR, head.aligned() + BEFORE_SAMPLES + b"".join(samples) + AFTER_SAMPLES)
        units.append(len(written).to_bytes(4, "big") + written)
    return b"".join(units)


def _padded_length(length: int) -> int:
    return -(-length // BLOCK) * BLOCK


def _padded(image: Image.Image, width: int, height: int) -> Image.Image:
    canvas = Image.new(image.mode, (width, height))
    canvas.paste(image)
    return canvas


def _block(plane: Image.Image, left: int, top: int, side: int) -> bytes:
    return plane.crop((left, top, left + side, top + side)).tobytes()
