"""Every thing the painter can draw: how, in which colour, how large, and where it stands."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.gateways.drawing.brush import Brush
from sandbox.gateways.drawing.colours import Colour
from sandbox.gateways.drawing.subjects import beasts, buildings, people, pets, plants, swimmers, things, vehicles

Draw = Callable[[Brush, Colour], None]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One kind of thing. `size` is its share of the picture's shorter side, `home` is ground, water, air or table."""

    draw: Draw
    colour: Colour
    size: float = 0.5
    home: str = "ground"
    mirrors: bool = True


SHAPES: dict[str, Shape] = {
    "cat": Shape(draw=pets.cat, colour=(226, 142, 66)),
    "dog": Shape(draw=pets.dog, colour=(184, 128, 78)),
    "fox": Shape(draw=pets.fox, colour=(222, 106, 44)),
    "wolf": Shape(draw=pets.wolf, colour=(120, 124, 136), size=0.54),
    "bear": Shape(draw=pets.bear, colour=(134, 90, 60), size=0.58),
    "panda": Shape(draw=pets.panda, colour=(248, 246, 240), size=0.55),
    "rabbit": Shape(draw=pets.rabbit, colour=(206, 184, 164), size=0.44),
    "lion": Shape(draw=pets.lion, colour=(230, 176, 92), size=0.56),
    "tiger": Shape(draw=pets.tiger, colour=(236, 146, 58), size=0.55),
    "hedgehog": Shape(draw=beasts.hedgehog, colour=(122, 92, 74), size=0.48),
    "horse": Shape(draw=beasts.horse, colour=(150, 94, 58), size=0.6),
    "unicorn": Shape(draw=beasts.unicorn, colour=(250, 246, 250), size=0.6),
    "elephant": Shape(draw=beasts.elephant, colour=(150, 150, 164), size=0.64),
    "cow": Shape(draw=beasts.cow, colour=(246, 240, 232), size=0.56),
    "sheep": Shape(draw=beasts.sheep, colour=(248, 244, 236), size=0.48),
    "deer": Shape(draw=beasts.deer, colour=(178, 120, 74), size=0.58),
    "bird": Shape(draw=swimmers.bird, colour=(72, 132, 208), size=0.44),
    "owl": Shape(draw=pets.owl, colour=(150, 110, 78), size=0.5, mirrors=False),
    "penguin": Shape(draw=pets.penguin, colour=(52, 58, 78), size=0.48, mirrors=False),
    "duck": Shape(draw=beasts.duck, colour=(250, 236, 190), size=0.4, home="water"),
    "fish": Shape(draw=swimmers.fish, colour=(244, 134, 52), size=0.42, home="air"),
    "whale": Shape(draw=swimmers.whale, colour=(66, 108, 158), size=0.66, home="water"),
    "dolphin": Shape(draw=swimmers.dolphin, colour=(112, 146, 180), size=0.54, home="water"),
    "turtle": Shape(draw=beasts.turtle, colour=(112, 160, 92), size=0.48),
    "butterfly": Shape(draw=swimmers.butterfly, colour=(238, 138, 48), size=0.4, home="air", mirrors=False),
    "dragon": Shape(draw=swimmers.dragon, colour=(84, 156, 96), size=0.66),
    "lighthouse": Shape(draw=buildings.lighthouse, colour=(206, 58, 54), size=0.72),
    "boat": Shape(draw=vehicles.boat, colour=(186, 62, 54), size=0.5, home="water"),
    "house": Shape(draw=buildings.house, colour=(196, 130, 92), size=0.54, mirrors=False),
    "castle": Shape(draw=buildings.castle, colour=(198, 188, 180), size=0.72, mirrors=False),
    "temple": Shape(draw=buildings.temple, colour=(196, 74, 62), size=0.66, mirrors=False),
    "windmill": Shape(draw=buildings.windmill, colour=(238, 226, 204), size=0.66),
    "bridge": Shape(draw=buildings.bridge, colour=(168, 150, 138), size=0.72, home="water"),
    "tent": Shape(draw=buildings.tent, colour=(232, 130, 56), size=0.5),
    "tower": Shape(draw=buildings.tower, colour=(86, 96, 134), size=0.76),
    "car": Shape(draw=vehicles.car, colour=(206, 58, 52), size=0.56),
    "bus": Shape(draw=vehicles.bus, colour=(226, 70, 58), size=0.6),
    "bicycle": Shape(draw=vehicles.bicycle, colour=(44, 150, 150), size=0.54),
    "train": Shape(draw=vehicles.train, colour=(52, 108, 84), size=0.64),
    "balloon": Shape(draw=vehicles.balloon, colour=(220, 78, 64), size=0.5, home="air", mirrors=False),
    "plane": Shape(draw=vehicles.plane, colour=(246, 246, 250), size=0.5, home="air"),
    "rocket": Shape(draw=vehicles.rocket, colour=(244, 242, 240), size=0.58, home="air", mirrors=False),
    "robot": Shape(draw=people.robot, colour=(150, 168, 186), size=0.54, mirrors=False),
    "astronaut": Shape(draw=people.astronaut, colour=(246, 246, 250), size=0.56),
    "person": Shape(draw=people.person, colour=(74, 112, 158), size=0.64, mirrors=False),
    "snowman": Shape(draw=people.snowman, colour=(250, 252, 255), size=0.52),
    "guitar": Shape(draw=things.guitar, colour=(206, 132, 66), size=0.58, home="table"),
    "cup": Shape(draw=things.cup, colour=(244, 240, 232), size=0.48, home="table"),
    "cake": Shape(draw=things.cake, colour=(242, 152, 178), size=0.54, home="table", mirrors=False),
    "apple": Shape(draw=things.apple, colour=(206, 52, 50), size=0.4, home="table"),
    "book": Shape(draw=things.book, colour=(58, 96, 150), size=0.5, home="table"),
    "umbrella": Shape(draw=things.umbrella, colour=(208, 60, 70), size=0.5, home="table"),
    "flower": Shape(draw=plants.flower, colour=(236, 100, 140), size=0.5),
    "tree": Shape(draw=plants.tree, colour=(88, 146, 74), size=0.62),
    "pine": Shape(draw=plants.pine, colour=(52, 112, 82), size=0.64, mirrors=False),
    "palm": Shape(draw=plants.palm, colour=(74, 158, 88), size=0.6),
    "cactus": Shape(draw=plants.cactus, colour=(90, 150, 90), size=0.54),
    "mushroom": Shape(draw=plants.mushroom, colour=(206, 54, 48), size=0.46),
    "island": Shape(draw=plants.island, colour=(96, 158, 88), size=0.7, home="water"),
    "planet": Shape(draw=plants.planet, colour=(220, 160, 104), size=0.5, home="air"),
}
