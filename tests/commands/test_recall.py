"""Whether words after an image mean that image, a new one, or may mean either."""

import pytest

from bot.commands.recall import Meaning, meaning_of
from bot.wording.lexicon import lexicon

EDIT = """
make it night|and now at night|now at night|but with snow|and now in winter|brighter|a bit brighter|much darker please|too dark|
more contrast|less red|add a hat|remove the people|make the sky red|make him smile|make them all blue|paint it red|make everything blue|
can you make it brighter please|could you remove the car|please change the background to a beach|turn it into a painting|
turn the car green|put a hat on the cat|put a hat on him|give him a hat|crop it|zoom in|zoom out a bit|a dog instead|
the same but at night|same in winter|rather in blue|the sky should be darker|the eyes look strange|it should be night|
this but in winter|that's too dark|them in winter|undo|without the hat|now in black and white|make it a watercolour|
MAKE IT NIGHT|make it number 3|make only number 3 red|make image 3 blue|put number 2 in a frame|mach nur Bild 3 rot|
again, but darker|another one in blue|one more with a hat|nochmal, aber heller|otra, pero de noche|increase the contrast|use it as a poster|
mach es dunkler|mach den Himmel rot|füge einen Hut hinzu|jetzt bei Nacht|heller|das gleiche aber im Winter|bitte etwas heller|
ohne den Hut|der Himmel soll rot sein|rends-la plus sombre|ajoute un chapeau|et maintenant la nuit|plus sombre|enlève le chapeau|
hazlo de noche|ponle un sombrero|más oscuro|y ahora de noche|quita el sombrero|
把天空变成红色|现在是晚上|更亮|加一顶帽子|给她戴一顶帽子|换成冬天|夜にして|もっと明るく|空を赤くして|帽子を追加|これを冬に変えて
"""
NEW = """
a red fox in snow|red fox in snow|a lighthouse|a lighthouse at night|hedgehog|blue sky|a fox that sleeps|a girl and her dog|
make a poster of a fox|make me a logo for a bakery|please draw a cat|draw a dragon|paint sunflowers in a vase|
another one bites the dust, album cover|one more cat|another planet|
in the forest a fox sleeps under a tree|two cats on a sofa|dragons|portrait of an old sailor|cyberpunk city with neon signs|
imagine an island made of cheese|a man who wears a red hat and carries a lantern through the fog at dawn|
ein roter Fuchs im Schnee|zeichne einen Drachen|Igel|un renard roux dans la neige|dessine un dragon|un zorro rojo en la nieve|
letzte Nacht|une place à Paris|un lugar tranquilo|dessine un chat sur la table|
一只红色的狐狸在雪地里|猫|雪の中の赤い狐|猫が窓辺で寝ている
"""
UNCLEAR = """
night|blue|winter|snowy winter|watercolour|with a hat|as a watercolour|in the style of van gogh|at night|and a hat|
now a red fox in snow|the eiffel tower at night|the dog|draw the eiffel tower|draw a hat on him|a dog too|again|
a bigger cat next to a small dog|a dog catching a ball and dropping it|her majesty the queen on a throne|a darker version of it|
crop circles in a field|now|two twins who wear the same dress|draw twins in the same dress|
der Eiffelturm bei Nacht|Winter|la tour eiffel|hiver|la torre eiffel|invierno|冬天|夜|水彩画|
她站在樱花树下|他们在海边跑步|同样的双胞胎|同じ服を着た双子
"""


def listed(text: str) -> list[str]:
    return [one for line in text.strip().splitlines() for one in line.split("|") if one]


CASES = [(text, meaning) for meaning, texts in zip(Meaning, (EDIT, NEW, UNCLEAR), strict=True) for text in listed(texts)]


@pytest.mark.parametrize(("text", "meaning"), CASES)
def test_what_words_mean(text: str, meaning: Meaning) -> None:
    """Words that point back mean the image, a complete scene is a new one, and anything else is asked."""
    assert meaning_of(text, lexicon()) is meaning


def test_a_long_text_is_understood_by_its_beginning() -> None:
    """A scene of a thousand words is a new image, and a long wish to change one is none."""
    assert meaning_of("a red fox in snow " * 200, lexicon()) is Meaning.NEW
    assert meaning_of("make it night, with lanterns along the path " * 200, lexicon()) is Meaning.EDIT
