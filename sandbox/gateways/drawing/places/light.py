"""The light of a scene: colours of sky and sun, and what they do to everything else."""

import random
from dataclasses import dataclass, replace

from sandbox.gateways.drawing.colours import Colour, mix, under
from sandbox.gateways.drawing.scene import Scene


@dataclass(frozen=True, kw_only=True)
class Light:
    """`sky` goes from the zenith to the horizon; `ambient` is what white looks like; `rim` is the colour of lit edges."""

    sky: tuple[Colour, Colour, Colour]
    ambient: Colour
    sun: Colour
    rim: Colour
    moon: bool = False
    stars: bool = False
    veiled: bool = False
    """Whether clouds or fog hide sun and stars."""

    @property
    def haze(self) -> Colour:
        return mix(self.sky[2], self.sky[1], 0.25)


_LIGHTS: dict[str, tuple[Light, ...]] = {
    "day": (
        Light(sky=((62, 138, 216), (142, 198, 238), (238, 242, 228)), ambient=(255, 253, 248), sun=(255, 246, 206), rim=(255, 250, 226)),
        Light(sky=((48, 124, 190), (120, 196, 216), (252, 240, 214)), ambient=(255, 251, 240), sun=(255, 244, 196), rim=(255, 246, 214)),
        Light(sky=((96, 150, 222), (176, 206, 240), (255, 236, 222)), ambient=(255, 250, 246), sun=(255, 248, 220), rim=(255, 248, 230)),
    ),
    "dawn": (
        Light(sky=((94, 122, 186), (226, 170, 190), (255, 222, 186)), ambient=(255, 232, 228), sun=(255, 236, 196), rim=(255, 226, 196)),
        Light(sky=((108, 152, 196), (244, 190, 176), (255, 236, 190)), ambient=(255, 236, 222), sun=(255, 240, 206), rim=(255, 232, 190)),
    ),
    "sunset": (
        Light(sky=((62, 44, 108), (226, 98, 96), (255, 202, 112)), ambient=(240, 190, 172), sun=(255, 232, 160), rim=(255, 200, 120)),
        Light(sky=((44, 62, 120), (236, 126, 78), (255, 216, 126)), ambient=(240, 198, 166), sun=(255, 238, 170), rim=(255, 206, 120)),
    ),
    "night": (
        Light(sky=((8, 12, 38), (20, 34, 84), (58, 76, 132)), ambient=(96, 112, 172), sun=(246, 242, 220), rim=(176, 196, 255), moon=True, stars=True),
        Light(sky=((10, 8, 40), (38, 28, 88), (92, 70, 132)), ambient=(108, 108, 172), sun=(248, 240, 222), rim=(190, 186, 255), moon=True, stars=True),
    ),
}  # fmt: skip
_GREY = {"rain": 0.72, "storm": 0.85, "clouds": 0.6, "fog": 0.7, "snow": 0.45}


def light_of(scene: Scene, rng: random.Random) -> Light:
    """Return the light of a scene's time, season and weather."""
    choices = _LIGHTS.get(scene.time, _LIGHTS["day"])
    light = choices[rng.randrange(12) % len(choices)]
    if scene.season == "winter":
        sky = [mix(colour, under((226, 232, 242), light.ambient), 0.55) for colour in light.sky]
        light = replace(light, sky=(sky[0], sky[1], sky[2]), ambient=under(light.ambient, (244, 248, 255)))
    elif scene.season == "autumn":
        light = replace(light, ambient=under(light.ambient, (255, 244, 226)))
    grey = _GREY.get(scene.weather, 0.0)
    if not grey:
        return light
    tone = (92, 98, 116) if scene.weather == "storm" else (178, 184, 194)
    sky = [mix(colour, under(tone, light.ambient), grey) for colour in light.sky]
    dim = (196, 200, 214) if scene.weather == "storm" else (226, 230, 238)
    return replace(
        light, sky=(sky[0], sky[1], sky[2]), ambient=under(light.ambient, dim), rim=mix(light.rim, (220, 226, 236), 0.6),
        veiled=scene.weather != "snow" or scene.time != "night",
    )  # fmt: skip
