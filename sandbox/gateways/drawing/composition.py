"""Puts a scene together: the place, the things in it, the weather."""

import io
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from sandbox.gateways.drawing.brush import BELOW, SIDE, Brush
from sandbox.gateways.drawing.colours import Colour, mix, tinted
from sandbox.gateways.drawing.photos import graded
from sandbox.gateways.drawing.places.built import draw_city, draw_room
from sandbox.gateways.drawing.places.land import draw_land
from sandbox.gateways.drawing.places.light import Light, light_of
from sandbox.gateways.drawing.places.patterns import draw_pattern
from sandbox.gateways.drawing.places.sky import draw_sky, draw_weather
from sandbox.gateways.drawing.places.water import draw_space, draw_underwater, draw_water
from sandbox.gateways.drawing.scene import Painting, Scene, Subject
from sandbox.gateways.drawing.subjects.table import SHAPES, Shape
from sandbox.gateways.drawing.words.vocabulary import SWATCHES

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""
PHOTO = "photo"
"""The place of a scene whose backdrop is a picture the painter did not make."""
SHADOW: Colour = (24, 24, 48)
_SHARES = (1.0, 1.0, 0.76, 0.62, 0.56, 0.54, 0.5, 0.48, 0.46, 0.44, 0.42, 0.4, 0.38)
"""How large a thing is among so many."""
_WATERS = frozenset({"sea", "lake", "beach"})
_AFLOAT = frozenset({"underwater", "sky"})


@dataclass(frozen=True, kw_only=True)
class _Placed:
    subject: Subject
    shape: Shape
    colour: Colour
    x: float
    y: float
    side: int
    mirrored: bool


def compose(
    painting: Painting,
    size: tuple[int, int],
    *,
    transparent: bool = False,
    arrangement: Scene | None = None,
    boxes: Sequence[Box] = (),
    shadows: bool = False,
    margin: int = 0,
) -> Image.Image:
    """Return the picture before its style is applied: RGB, or RGBA with nothing but the things where it is transparent.

    With `arrangement`, the things stand where they do in that scene; others go into the boxes, if there are any.
    With `shadows`, those on nothing throw shadows like others; with a `margin`, there is more nothing on each side, so that
    no thing is cut off.
    """
    scene = painting.scene
    lights = light_of(scene, random.Random(f"light {scene.layout}"))
    if transparent:
        image = Image.new("RGBA", (size[0] + 2 * margin, size[1] + 2 * margin), (0, 0, 0, 0))
        if not scene.subjects:
            return _cut_out(_background(painting, size, lights))
    else:
        image = _background(painting, size, lights)
    for placed in _placed(scene, size, arrangement, boxes):
        thing = replace(placed, x=placed.x + margin, y=placed.y + margin)
        if shadows and _has_shadow(thing, scene):
            _shadow(image, thing)
        _draw_thing(image, thing, scene, lights)
    if not transparent:
        draw_weather(
            image, "" if scene.place in {"room", "underwater", "space"} else scene.weather, lights, random.Random(scene.layout)
        )
    if scene.tint in SWATCHES and not scene.pattern:
        alpha = image.getchannel("A") if transparent else None
        image = tinted(image, SWATCHES[scene.tint])
        if alpha is not None:
            image.putalpha(alpha)
    return image


def stacked(scene: Scene, size: tuple[int, int]) -> list[Subject]:
    """Return the things of a scene that can be drawn, the farthest first."""
    return list(dict.fromkeys(thing.subject for thing in reversed(_arranged(scene, size))))[::-1]


def _background(painting: Painting, size: tuple[int, int], lights: Light) -> Image.Image:
    scene = painting.scene
    rng = random.Random(f"place {scene.layout}")
    if scene.pattern:
        return draw_pattern(scene.pattern, size, scene.tint, at_night=scene.time == "night", rng=rng)
    if painting.backdrop is not None and scene.place == PHOTO:
        return graded(_open_backdrop(painting.backdrop, size, scene.layout), scene, lights, rng)
    image = _draw_place(scene, size, lights, rng)
    if painting.backdrop is not None:
        _inset(image, painting.backdrop)
    # Smooth the edges: enlarged, they would look like stairs.
    return image.filter(ImageFilter.BoxBlur(0.7))


def _draw_place(scene: Scene, size: tuple[int, int], lights: Light, rng: random.Random) -> Image.Image:
    match scene.place:
        case "space":
            return draw_space(size, rng)
        case "underwater":
            return draw_underwater(size, lights, rng)
        case "room":
            return draw_room(size, lights, rng)
        case _:
            image = draw_sky(size, lights, rng)
    if scene.place in _WATERS:
        draw_water(image, scene, lights, rng)
    elif scene.place == "city":
        draw_city(image, scene, lights, rng)
    elif scene.place != "sky":
        draw_land(image, scene, lights, rng)
    return image


def _open_backdrop(content: bytes, size: tuple[int, int], layout: int) -> Image.Image:
    """Return the photo in this size; another layout shows another part of it."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    if layout:
        rng = random.Random(layout)
        share = rng.uniform(0.76, 0.86)
        left, top = rng.uniform(0, 1 - share) * image.width, rng.uniform(0, 1 - share) * image.height
        box = round(left), round(top), round(left + share * image.width), round(top + share * image.height)
        if min(box[2] - box[0], box[3] - box[1]) > 0:
            image = image.crop(box)
    return ImageOps.fit(image, size, Image.Resampling.BICUBIC)


def _inset(image: Image.Image, content: bytes) -> None:
    """Put the middle of a photo into the place, with a soft oval edge."""
    side = max(8, round(min(image.size) * 0.6))
    inner = ImageOps.fit(Image.open(io.BytesIO(content)).convert("RGB"), (side, side), Image.Resampling.BICUBIC)
    mask = Image.new("L", (side, side), 0)
    ImageDraw.Draw(mask).ellipse((side * 0.06, side * 0.04, side * 0.94, side * 0.96), fill=255)
    at = (image.width - side) // 2, round(image.height * 0.9) - side
    image.paste(inner, at, mask.filter(ImageFilter.GaussianBlur(side / 50)))


def _cut_out(image: Image.Image) -> Image.Image:
    mask = Image.new("L", image.size, 0)
    width, height = image.size
    half = min(image.size) * 0.44
    ImageDraw.Draw(mask).ellipse((width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half), fill=255)
    image.putalpha(mask.filter(ImageFilter.BoxBlur(1)))
    return image


def _placed(scene: Scene, size: tuple[int, int], arrangement: Scene | None, boxes: Sequence[Box]) -> list[_Placed]:
    """Return where everything stands: as in the arrangement, or else in the boxes, or else as the scene alone has it."""
    old = [] if arrangement is None else _arranged(arrangement, size)
    kept = [_in_scene(thing, scene) for thing in old]
    standing = [thing for thing in kept if thing is not None]
    counts = Counter(thing.subject.kind for thing in standing)
    new = [
        replace(subject, count=subject.count - counts[subject.kind])
        for subject in scene.subjects
        if subject.count > counts[subject.kind]
    ]
    if not boxes:
        return sorted([*standing, *_arranged(replace(scene, subjects=tuple(new)), size)], key=lambda thing: thing.y)
    shared = len(new) < len(boxes)
    for number, box in enumerate(boxes):
        own = new if shared else new[number :: len(boxes)]
        standing += [_into(box, thing) for thing in _arranged(replace(scene, subjects=tuple(own)), _size_of(box))]
    return standing


def _in_scene(thing: _Placed, scene: Scene) -> _Placed | None:
    """Return the thing as it is in another scene, or None if it is not there."""
    if thing.subject in scene.subjects:
        return thing
    subject = next((subject for subject in scene.subjects if subject.kind == thing.subject.kind), None)
    if subject is None:
        return None
    return replace(thing, subject=subject, colour=SWATCHES.get(subject.colour, thing.shape.colour))


def _size_of(box: Box) -> tuple[int, int]:
    return max(1, box[2] - box[0]), max(1, box[3] - box[1])


def _into(box: Box, thing: _Placed) -> _Placed:
    """Move a thing into its box, and let it fill that."""
    width, height = _size_of(box)
    middle = box[0] + width / 2 + (thing.x - width / 2) * 0.9
    return replace(thing, x=middle, y=box[1] + height * 0.96, side=max(8, round(min(thing.side * 1.5, height * 1.3))))


def _arranged(scene: Scene, size: tuple[int, int]) -> list[_Placed]:
    """Return where everything stands, the farthest first: large things at the back, the first named in the middle."""
    things = [
        (subject, SHAPES[subject.kind]) for subject in scene.subjects if subject.kind in SHAPES for _ in range(subject.count)
    ]
    things = things[: len(_SHARES) - 1]
    width, height = size
    short = min(width, height * 1.15)
    order = _from_the_middle(len(things))
    share = _SHARES[len(things)] * (1.0 if width < height * 1.3 or len(things) < 3 else 1.12)
    backmost = max((shape.size for _, shape in things), default=0.0)
    placed = []
    for number, (subject, shape) in enumerate(things):
        slot = order[number]
        # Its own, so that a thing looks the same when others come or go.
        rng = random.Random(f"{scene.layout} {subject.kind} {number if subject.count > 1 else 0}")
        spread = min(0.76, 0.2 + 0.22 * (len(things) - 1))
        x = 0.5 + (slot / max(1, len(things) - 1) - 0.5) * spread if len(things) > 1 else rng.uniform(0.38, 0.62)
        behind = len(things) > 3 and number % 2 == 1
        side = short * min(shape.size, 0.74) * SIDE / 2 * share * (0.84 if behind else 1.0) * rng.uniform(0.88, 1.06)
        y = _height_of(scene, shape, rng) - (0.07 if behind else 0.0)
        if len(things) > 1 and shape.size == backmost and shape.size >= 0.6:
            y -= 0.06
        placed.append(
            _Placed(
                subject=subject,
                shape=shape,
                colour=SWATCHES.get(subject.colour, shape.colour),
                x=_within((x + rng.uniform(-0.02, 0.02)) * width, side * 0.42, width),
                y=y * height,
                side=max(8, round(side)),
                mirrored=shape.mirrors and rng.random() < 0.5,
            )
        )
    return sorted(placed, key=lambda thing: thing.y)


def _within(x: float, half: float, width: int) -> float:
    """Move a thing so far that it does not leave the picture."""
    return min(max(x, half), width - half) if 2 * half < width else width / 2


def _from_the_middle(count: int) -> list[int]:
    """Return the places in a row in the order in which they are taken: the middle first, then outwards."""
    return sorted(range(count), key=lambda place: (abs(place - (count - 1) / 2), place))


def _height_of(scene: Scene, shape: Shape, rng: random.Random) -> float:
    """Return where the foot of a thing is, as a share of the picture's height."""
    if scene.place in _AFLOAT:
        return rng.uniform(0.62, 0.84)
    if shape.home == "air":
        return rng.uniform(0.52, 0.7)
    if shape.home == "water" and scene.place in _WATERS:
        return rng.uniform(0.72, 0.76)
    if scene.place == "sea":
        return rng.uniform(0.76, 0.82)
    return rng.uniform(0.885, 0.915)


def _draw_thing(image: Image.Image, thing: _Placed, scene: Scene, lights: Light) -> None:
    brush = Brush(thing.side)
    thing.shape.draw(brush, thing.colour)
    ambient = (255, 255, 255) if image.mode == "RGBA" else _ambient(scene, lights)
    tile = brush.finish(ambient, lights.rim)
    if thing.mirrored:
        tile = ImageOps.mirror(tile)
    left, top = round(thing.x - thing.side / 2), round(thing.y - thing.side * (SIDE - BELOW) / SIDE)
    if image.mode == "RGBA":
        image.alpha_composite(*_inside(tile, left, top))
        return
    if thing.shape.home == "water" and scene.place in _WATERS:
        _ripples(image, thing, lights)
    elif _has_shadow(thing, scene):
        _shadow(image, thing)
    image.paste(tile, (left, top), tile)


def _has_shadow(thing: _Placed, scene: Scene) -> bool:
    on_water = thing.shape.home == "water" and scene.place in _WATERS
    return not on_water and thing.shape.home != "air" and scene.place not in _AFLOAT


def _inside(tile: Image.Image, left: int, top: int) -> tuple[Image.Image, tuple[int, int]]:
    """Return the part of a tile that is not left of or above the picture, and where it goes."""
    return tile.crop((max(0, -left), max(0, -top), tile.width, tile.height)), (max(0, left), max(0, top))


def _ambient(scene: Scene, lights: Light) -> Colour:
    match scene.place:
        case "space":
            return 236, 236, 255
        case "underwater":
            return mix(lights.ambient, (176, 224, 244), 0.5)
        case "room":
            return mix(lights.ambient, (255, 246, 232), 0.5)
        case _:
            return mix(lights.ambient, (255, 255, 255), 0.22)


def _shadow(image: Image.Image, thing: _Placed) -> None:
    wide, tall = round(thing.side * 0.66), max(4, round(thing.side * 0.1))
    mask = Image.new("L", (wide, tall * 2), 0)
    ImageDraw.Draw(mask).ellipse((wide * 0.08, tall * 0.5, wide * 0.92, tall * 1.5), fill=120)
    mask = mask.filter(ImageFilter.GaussianBlur(max(1.0, tall * 0.22)))
    colour = (*SHADOW, 255) if image.mode == "RGBA" else SHADOW
    image.paste(colour, (round(thing.x - wide / 2), round(thing.y - tall)), mask)


def _ripples(image: Image.Image, thing: _Placed, lights: Light) -> None:
    draw = ImageDraw.Draw(image)
    for number in range(3):
        wide, tall = thing.side * (0.36 + number * 0.1), thing.side * (0.03 + number * 0.016)
        box = (thing.x - wide, thing.y - tall, thing.x + wide, thing.y + tall)
        draw.ellipse(box, outline=mix(lights.sky[2], lights.ambient, 0.4), width=max(1, thing.side // 220))
