"""Addresses that members type: which are meant as pictures, and which are content of one."""

import pytest

from bot.commands.grammar import check_addresses
from bot.errors import RefusalCode, RefusedError
from bot.wording.lexicon import lexicon

CDN = "https://cdn.example.com/attachments/1/2/cat.png?ex=66&is=65&hm=0a"
PAGE = "https://example.com/gallery/12345"

MEANT = [
    CDN,
    f"make it night {CDN}",
    f"{CDN} make it night",
    f"a fox in the style of {CDN} with snow on the ground and a warm light over it all",
    "https://images.example.com/media/F12?format=jpg&name=large as a watercolour",
    "a fox https://example.com/A.JPG",
    "[my cat](https://example.com/cat.webp) in a hat",
    "(https://example.com/cat.jpeg)",
    "**https://example.com/cat.gif**",
    "https://files.example.com/files-pri/T1-F1/cat.png in space",
    "data:image/png;base64,iVBORw0KGgo= in space",
    PAGE,
    f"{PAGE} make it night",
    f"make it night {PAGE}",
    f"draw this {PAGE}",
    f"something like {PAGE} but with a great many red balloons and a small white dog in the corner",
    f"use the picture from {PAGE} and put a hat on everybody who is standing in the second row",
    f"edit {PAGE}",
    f"turn {PAGE} into a watercolour",
    f"inspired by {PAGE}, a harbour",
    "www.example.com/cat.png",
    "a cat, www.example.com/cat.png",
    "www.example.com",
    f"{PAGE}\n{PAGE}",
    f"ein Bild wie {PAGE} mit vielen roten Luftballons und einem kleinen weißen Hund in der Ecke",
    f"une scène comme {PAGE} avec beaucoup de ballons rouges et un petit chien blanc dans le coin",
    f"usa {PAGE} y pon muchos globos rojos y un perro blanco pequeño en la esquina de la foto",
    f"参考 {PAGE}",
    f"この画像 {PAGE} を夜にして",
]
CONTENT = [
    "a poster that says www.example.com",
    "a poster that says https://example.com",
    "a poster that says https://example.com/cat.png",
    "a banner for https://shop.example.com with balloons",
    f"a QR code for {PAGE}",
    f"a laptop showing {PAGE} in a browser",
    f"a business card with the text {PAGE}",
    "our website https://example.com as a neon sign",
    "a neon sign of www.example.com at night",
    'a neon sign "https://example.com/cat.png"',
    "a poster “https://example.com”",
    f"a bakery poster in pastel colours with croissants, bread, cakes and a cat, {PAGE}",
    "a fox at example.com",
    "a file called cat.png",
    "mail me@www.example.com",
    "https is a protocol",
    "http:// on a blackboard",
    f"ein Plakat, auf dem {PAGE} steht, mit Luftballons und vielen bunten Fahnen",
    f"ein Schild mit dem Text {PAGE}",
    f"une affiche avec le texte {PAGE}",
    f"un cartel que diga {PAGE}",
    f"一张海报，写着 {PAGE}",
]


@pytest.mark.parametrize("text", MEANT)
def test_an_address_of_a_picture_is_not_painted_as_words(text: str) -> None:
    """The member reads that it was not opened, and what to do instead."""
    with pytest.raises(RefusedError) as caught:
        check_addresses(text, lexicon())

    assert caught.value.refusal is RefusalCode.REF_ADDRESS


@pytest.mark.parametrize("text", CONTENT)
def test_an_address_that_a_picture_is_to_show_stays(text: str) -> None:
    """It is content of the prompt."""
    check_addresses(text, lexicon())
