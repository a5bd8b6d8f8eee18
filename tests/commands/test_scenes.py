"""A number in a text: of a picture of the last set, of the scene that is described, or not clear; and words about nothing."""

import pytest

from bot.commands.command import Ask, Doubt, Generate
from bot.commands.message import Heard
from bot.commands.understanding import Remembered, understand
from bot.errors import VARIANT, RefusalCode, RefusedError
from tests.commands.messages import ADA, MADE, MADE_SET, context, message, new

OF_A_PICTURE = """
number 3 in red|the second, but darker|make number 3 red|number 2 at night|number 2 with a hat|#3 but at night|
#3 in blue|no. 2 in the snow, please|the last two at night|the first three in winter|the second one with a hat|
the third one, smiling|image 2 as a watercolour|image 2 and image 4 at dawn|images 1-3 brighter|
picture 4 without the boat|the second but at night|the 2nd in blue|the last at night|the third in the snow|
all of them in winter|all four at night|the first and the last in black and white|1 and 3 with more snow|
2: more snow|2, but darker|3 but with a hat|make only number 3 red|change number 2 to a cat|
put number 2 in a frame|put a hat on number 3|number three in the style of monet|only number 3, at night|
the second one darker|number 4 brighter please|number 2, a bit warmer|the last one, now at night|
turn number 1 into a painting|remove the boat from number 2|add a boat to the third|
the second and make it darker|version 2 on a beach|number 3 now at night|number 3 and add a hat|
make the second one darker|the fourth one in winter|
Nummer 3 in Rot|das zweite, aber dunkler|mach Nummer 3 rot|Bild 2 bei Nacht|das dritte Bild heller|
die letzten zwei bei Nacht|Nummer 3, aber im Winter|ändere Nummer 2 in eine Katze|nur Nummer 3 bei Nacht|
das letzte, jetzt bei Nacht|setz einen Hut auf Nummer 3|das erste und das letzte in Blau|
numéro 3 en rouge|la deuxième, mais plus sombre|image 2 en hiver|la troisième image plus claire|
les deux dernières en hiver|change le numéro 2|numéro 3, mais la nuit|la dernière, maintenant en hiver|
photo 4 sans le bateau|ajoute un chapeau au numéro 3|rends la deuxième plus sombre|numéro 2 avec un chapeau|
número 3 en rojo|la segunda, pero más oscura|imagen 2 de noche|la tercera imagen más clara|
las dos últimas en invierno|cambia el número 2|número 3, pero de noche|la última, ahora en invierno|
foto 4 sin el barco|añade un sombrero al número 3|número 2 con un sombrero|haz el número 3 rojo|
第三张改成夜晚|把第二张变成红色|2号和4号加上雪|第一张换成冬天|最后一张更亮|全部变成黑白|把3号改成猫|第四张加一顶帽子|第二张去掉船|给第三张加上雪|1号调亮|把最后一张放大|
3番を赤くして|2枚目を夜にして|最後のを夜にして|全部夜にして|1番目をもっと明るく|3番に帽子を追加|四枚目を冬に変えて|最後の画像をもっと暗く|2番を大きくして|1番と3番を赤くして|三番目を水彩画にして|
"""
OF_THE_SCENE = """
a birthday cake with number 3|a red race car, number 2, on a wet track|two dogs, the first one black|
bus number 2 in london|cake number 3 on a table|a lighthouse and a boat, number 1 on its sail|
a football player with number 4 on his shirt|a mug with the number 1|a race horse with number 2|
tram number 2 in lisbon at dusk|a door with the number 4 in brass|three cats, the second one asleep|
two boxers, the first in red, the second in blue|a village in the first snow|a castle in the last light of day|
a cabin on the last night of winter|make a cake with number 3|draw a cake with number 2|
please draw a jersey with number 4|two robots, the second holding a flag|five friends all in red|
a family all in white|a taxi, number 3, in the rain|a locker with number 2 beside a bench|
a candle with number 1 burning|a parking space with the number 3 painted in white|4 cats, the last one white|
3 ships, the first one burning|bus #4 in the snow|a rower, no. 2, in the fog|four knights, the third in gold|
a balloon with number 1 for a birthday|a house with the number 2 over the door|train no. 3 in a tunnel|
hotel room number 4 at night|a runner with number 3 at sunrise|two trees, the first in spring|
a pool ball with number 3|a cube with number 4 on one side|a chalk board with number 2|apollo 11|3 cats|
a wall with the number 7|a birthday cake with number 30|3, 2, 1 liftoff|
ein Kuchen mit der Nummer 3|ein Rennwagen, Nummer 2, auf nasser Strecke|zwei Hunde, der erste schwarz|
Bus Nummer 2 in London|ein Trikot mit Nummer 4|ein Dorf im ersten Schnee|eine Tür mit der Nummer 4|
drei Katzen, die zweite schläft|ein Pferd mit Nummer 1 im Regen|Hotelzimmer Nummer 4 bei Nacht|
male ein Trikot mit Nummer 2|fünf Freunde, der letzte in Rot|
un gâteau avec le numéro 3|une voiture de course rouge, numéro 2, sur une piste mouillée|
deux chiens, le premier noir|bus numéro 2 à Londres|un maillot avec le numéro 4|une porte avec le numéro 4|
trois chats, le deuxième endort|un cheval avec le numéro 1|dessine un maillot avec le numéro 2|
une chambre numéro 4|un village sous la première neige|cinq amis, le dernier en rouge|
un pastel con el número 3|un coche de carreras rojo, número 2, en una pista mojada|
dos perros, el primero negro|autobús número 2 en Londres|una camiseta con el número 4|
una puerta con el número 4|tres gatos, el segundo dormido|un caballo con el número 1|
dibuja una camiseta con el número 2|una habitación número 4|un pueblo bajo la primera nieve|
cinco amigos, el último en rojo|
蛋糕上写着数字3|一只红色的狐狸在雪地里|穿着10号球衣的足球运动员|成都的熊猫|首都北京的夜景|都市霓虹|三只猫在窗边|森林里所有动物的聚会|两只狗，一黑一白|四个骑士|七个小矮人|一幢有两扇门的房子|
数字の3が書かれたケーキ|猫が三匹|家族全員の写真|雪の中の赤い狐|七人の侍|10番のユニフォームを着た選手|二匹の犬、黒と白|公園でみんなが花見|四人の騎士|赤い車が3台|三日月の夜|東京の夜景|
"""
NOT_CLEAR = """
draw number 3|#1 dad mug|all that jazz|all black cat|last night|last summer|first snow|
a poster with the number 3 on it|number 2 pencil|a hat on number 3|a cat like number 3|a poster of number 3|
a dog in the style of number 2|a dog and number 3|a frame around the second one|a collage of all four|
a poster of all of them|the second in line|the last of us|the last of the mohicans|2 in the morning|
3 on a match|1: the beginning|the first and second world war|a dog using number 3|a cat with number 3's hat|
a cat in picture 2|a painting based on the third|the last rose of summer|a sequel to the last one|all in red|
number 1 fan|a cat beside number 2|the first on the moon|the last little house|the third man|
Number 4 privet drive|picture 3 men in a boat|the last older woman|a portrait of the second|
a new version of number 2|in the style of number 3|a dog with the hat of number 3|
a dog like the one in number 3|a dragon from number 2|a dog in the colours of the third|cats, number 3|
a scene with the dog from number 2|a dog with the second one|a dog with image 3|
a fox combining number 1 and number 2|
zeichne Nummer 3|ein Hut auf Nummer 3|eine Katze wie Nummer 3|ein Plakat von Nummer 3|letzte Nacht|alle in Rot|
der letzte der Mohikaner|Nummer 1 Fan|
dessine le numéro 3|un chapeau sur le numéro 3|un chat comme le numéro 3|une affiche du numéro 3|
la première neige|toutes en rouge|le dernier des Mohicans|numéro 1 fan|
dibuja el número 3|un sombrero sobre el número 3|un gato como el número 3|un cartel del número 3|
la última noche|todas en rojo|el último de la fila|número 1 fan|
最后的晚餐|第三个人|3号公交车在伦敦|像3号那样的猫|第二次世界大战的飞机|全部红色|画3号|一辆2号红色赛车|
最後の晩餐|3番目の男|2番バスがロンドンを走る|3番のような猫|一つ目小僧|全部赤|
"""
ABOUT_NOTHING = """
make a poster of it|in blue|please|of it but bigger|with a hat|as a watercolour|at night|draw a hat on him|
a darker version of it|a watercolour of this|in the style of van gogh|now|make a card out of this|
a logo based on this|a statue of him|paint a portrait of her dog and him|in black and white|make it night|
put it on a mug|number 3 in red|the last two at night|without the boat|a poster with it|now in blue|
a dog chewing it|
in Blau|bei Nacht|ein Plakat davon|mit einem Hut|ein Aquarell daraus|jetzt bei Nacht|ohne den Hut|en bleu|
avec un chapeau|s'il te plaît|une affiche de ça|de noche|con un sombrero|por favor|un cartel de esto|en azul|
"""
COMPLETE = """
a cat and its kitten|it is raining in paris, oil painting|it's snowing in a small village, watercolour|
a birthday cake with candles on it|a dog catching a ball and dropping it|a table with a lamp on it|
a poster with the number 3 on it|her majesty the queen on a throne|
a house with a garden around it|rain on a window, city lights behind it|
in the forest a fox sleeps under a tree|in the forest|under the sea|a castle and a painting of it|
two cats and a ball between them|night|blue|winter|the eiffel tower at night|the dog|sunset|
crop circles in a field|draw the eiffel tower|a bigger cat next to a small dog|snowy winter|
it was a dark and stormy night in london|this is a photo of a fox in the snow|
a girl who loves her cat and hugs it|over the rainbow|a man with a hat|
with his sword raised, a knight stands on a hill|
es regnet in Berlin, Ölgemälde|es war einmal ein König im Wald|ein Tisch mit einer Lampe darauf|Winter|im Wald|
eine Katze und ihr Junges|il pleut à Paris, peinture|un chat et son chaton|c'est un chat sur un toit rouge|
hiver|un gato y su gatito|está lloviendo en Madrid|invierno|
"""


def listed(text: str) -> list[str]:
    return [one for line in text.strip().splitlines() for one in line.split("|") if one]


@pytest.mark.parametrize("text", listed(OF_A_PICTURE))
def test_a_picture_of_the_last_set_is_edited(text: str) -> None:
    """A text that begins with a picture's name, or points back with other words, is an edit."""
    command = understand(message(text, Heard.DIRECT), ADA, context(last=MADE_SET))
    assert isinstance(command, Generate)
    assert (command.verb, command.recalled, len(command.references) > 0) == ("edit", True, True)


@pytest.mark.parametrize("text", listed(OF_THE_SCENE))
def test_a_number_of_the_scene_is_no_picture(text: str) -> None:
    """A complete scene with a number of its own is a new image."""
    assert understand(message(text, Heard.DIRECT), ADA, context(last=MADE_SET)) == new(text)


@pytest.mark.parametrize("text", listed(NOT_CLEAR))
def test_a_number_that_may_be_either_is_asked_about(text: str) -> None:
    """Nothing is paid for before the member has said it."""
    command = understand(message(text, Heard.DIRECT), ADA, context(last=MADE_SET))
    assert isinstance(command, Ask)
    assert (command.doubt, command.partial.request, command.choices[-2:]) == (Doubt.MEMORY, new(text), ("new", "cancel"))


@pytest.mark.parametrize("text", ["last night", "last summer", "first snow", "#1 dad mug", "all that jazz", "all black cat"])
def test_a_single_last_image_is_asked_about(text: str) -> None:
    """It is the first, the last and all of them."""
    command = understand(message(text, Heard.DIRECT), ADA, context(last=MADE))
    assert isinstance(command, Ask)
    assert (command.doubt, command.choices) == (Doubt.MEMORY, ("edit", "new", "cancel"))


@pytest.mark.parametrize(("buttons", "choices"), [(25, "1 2 3 4 all new cancel"), (5, "1 all new cancel")])
def test_all_can_be_chosen_where_all_may_be_meant(buttons: int, choices: str) -> None:
    """Beside the numbers, as far as there is room."""
    command = understand(message("all red", Heard.DIRECT), ADA, context(last=MADE_SET, buttons=buttons))
    assert isinstance(command, Ask)
    assert command.choices == tuple(choices.split())


@pytest.mark.parametrize("text", listed(ABOUT_NOTHING))
def test_words_about_nothing_are_refused(text: str) -> None:
    """Without a last image, a change or a word that points at something says nothing of what to paint."""
    for last in (None, Remembered()):
        with pytest.raises(RefusedError) as caught:
            understand(message(text, Heard.DIRECT), ADA, context(last=last, remembers=True))
        assert (caught.value.refusal, caught.value.parameters.get(VARIANT)) == (RefusalCode.REFS_REQUIRED, "words")


@pytest.mark.parametrize("text", listed(COMPLETE))
def test_a_complete_scene_needs_no_image(text: str) -> None:
    """Also where `it` is the weather, or something that the scene has named."""
    assert understand(message(text, Heard.DIRECT), ADA, context(remembers=True)) == new(text)
