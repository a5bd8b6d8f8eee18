"""The pixels that the official API reference recommends for each tier and ratio."""

RATIOS = ("1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3", "21:9")

_SETS: dict[str, tuple[str, ...]] = {
    "1K": ("1024x1024", "1152x864", "864x1152", "1312x736", "736x1312", "1248x832", "832x1248", "1568x672"),
    "2K": ("2048x2048", "2304x1728", "1728x2304", "2848x1600", "1600x2848", "2496x1664", "1664x2496", "3136x1344"),
    "3K": ("3072x3072", "3456x2592", "2592x3456", "4096x2304", "2304x4096", "3744x2496", "2496x3744", "4704x2016"),
    "4K": ("4096x4096", "4704x3520", "3520x4704", "5504x3040", "3040x5504", "4992x3328", "3328x4992", "6240x2656"),
}
"""Of 4.0, 4.5 and 5.0-lite."""
_ONE_PICTURE: dict[str, tuple[str, ...]] = {
    "1K": ("1024x1024", "1152x864", "864x1152", "1424x800", "800x1424", "1248x832", "832x1248", "1568x672"),
    "1.5K": ("1536x1536", "1792x1344", "1344x1792", "2048x1152", "1152x2048", "1872x1248", "1248x1872", "2352x1008"),
    "2K": ("2048x2048", "2368x1776", "1776x2368", "2816x1584", "1584x2816", "2496x1664", "1664x2496", "3136x1344"),
}
"""Of 5.5, 5.0-pro and 5.0-flash."""
_NEAR = 0.12
"""How far a shape may be from one of the table to be made in that."""
_STEP = 16


def tier_pixels(tier: str, ratio: str, *, one_picture: bool = False) -> tuple[int, int]:
    """Return width and height of a tier in a ratio."""
    width, height = (_ONE_PICTURE if one_picture else _SETS)[tier][RATIOS.index(ratio)].split("x")
    return int(width), int(height)


def tier_pixels_like(tier: str, width: int, height: int) -> tuple[int, int]:
    """Return width and height of a one-picture model's tier in the shape of a picture, of the table if it has that shape."""
    shape = width / height
    sizes = [tier_pixels(tier, ratio, one_picture=True) for ratio in RATIOS]
    nearest = min(sizes, key=lambda size: abs(_off(size, shape)))
    if abs(_off(nearest, shape)) <= _NEAR:
        return nearest
    pixels = sizes[0][0] * sizes[0][1]
    return _rounded((pixels * shape) ** 0.5), _rounded((pixels / shape) ** 0.5)


def _off(size: tuple[int, int], shape: float) -> float:
    """Return by how much the size is too wide, as a share of the smaller shape."""
    own = size[0] / size[1]
    return own / shape - 1 if own > shape else 1 - shape / own


def _rounded(side: float) -> int:
    return max(_STEP, round(side / _STEP) * _STEP)
