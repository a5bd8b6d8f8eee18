"""What members say that is no request for an image, and what only sounds like it."""

import pytest

from bot.commands.conversation.remarks import Gist, asks_for_more, gist_of
from bot.wording.lexicon import lexicon

REMARKS = {
    Gist.ABOUT: """
what can you do?|What can you do|who are you?|Who are you|what are you|what is this|what's this?|what is this bot|hey, who are you?|
hi bot, what can you do?|hello! what can you do for me?|so what do you do?|what else can you do|are you a bot?|are you an AI|
what kind of pictures can you make?|what can you draw?|can you make images?|can you draw|what sort of things can you do|
Was kannst du?|Wer bist du?|was kannst du alles|was kannst du so malen?|¿Qué puedes hacer?|¿quién eres?|qué tipo de imágenes puedes crear|
Qui es-tu ?|tu peux faire quoi ?|qu'est-ce que tu sais faire ?|何ができますか？|あなたは誰？|你是谁？|你能做什么？""",
    Gist.USAGE: """
how does this work?|How does this work|how do you work?|how do I use this?|how do I start?|can you help me?|could you help me please|
help me|please help|I need help|hey bot, can you help me please?|what now?|how?|commands|I'm new here|
wie funktioniert das?|kannst du mir helfen?|Hilfe!|¿cómo funciona?|ayúdame|comment ça marche ?|aide-moi|使い方を教えて|怎么用？|帮帮我""",
    Gist.PRESENCE: """
are you there?|you there?|hello, are you there?|anybody there?|are you alive|is this working?|ping|how are you?|hey, how are you?|
what's up?|bist du da?|wie geht's?|¿estás ahí?|¿qué tal?|tu es là ?|ça va ?|いますか？|你在吗？|在吗""",
    Gist.AGAIN: """
another one|Another one!|one more|one more please|again|Again!|again please|do it again|do that again|can you do it again?|
wow, another one please|thanks! one more|cool, again|once more|try again|repeat that|redo it|make another one|more like this|
noch eins|nochmal|noch einmal bitte|otra vez|una más|otra, por favor|encore une|refais-le|une autre|もう一枚|もう一度お願いします|再来一张|再来一次""",
    Gist.TAKE_BACK: """
undo|undo the last one|undo that|Undo it!|please undo|delete that|delete it|can you delete that?|delete the last image|revert|go back|
delete all my images|can you remove the last one please?|remove that|delete the last two pictures|lösche alle meine Bilder|borra todas mis imágenes|
rückgängig|lösch das|mach das rückgängig|deshacer|borra eso|supprime ça|défais|削除して|元に戻して|撤销|删掉""",
    Gist.CANCEL: """
cancel|Cancel!|cancel that|stop|please stop|stop it|never mind|nevermind|forget it|abort|abbrechen|vergiss es|stopp|cancelar|olvídalo|
annule|laisse tomber|キャンセル|やめて|取消|算了""",
    Gist.QUOTA: "how many images do I have left?|my quota|mein Kontingent|¿cuántas me quedan?|mon quota|残り何枚？|还剩几张？",
    Gist.MODELS: "which models do you have?|how much does it cost?|is it free?|was kostet das?|¿cuánto cuesta?|c'est gratuit ?|いくらですか？|多少钱？",
}
PROMPTS = """
another one bites the dust, album cover|who are you? neon sign|who are you, neon sign|one more time with feeling, a poster|
again and again, a maze of mirrors|the word again in neon|a stop sign|stop motion puppet|cancel culture as a painting|
delete key on a keyboard|undo button, macro photo|what can you do about the weather, comic strip|are you there God? book cover|
how does a bee see the world|how it's made: a pencil factory|can you paint a red fox|can you make it night?|can you make a poster for my band|
could you draw a dragon please|what if cats ruled the world|what does the fox say|who let the dogs out|help me Obi-Wan, movie poster|
help wanted sign in a window|I need help with this hat, old woman in a shop|another planet|another brick in the wall|one more cat|
one more coffee before sunrise|more cowbell|try again tomorrow, motivational poster|repeat pattern of lemons|the last one standing|
never mind the bollocks cover|forget me not flowers|go back to the future|back to the future car|remove the hat|delete the tree|
undo the zipper on his jacket|how many angels fit on a pin|is it a bird, is it a plane|are you ready to rumble, boxing poster|
ping pong table|what a wonderful world|who is the king of the jungle|the question "who are you" on a wall|hello kitty|hello darkness my old friend|
eine andere Welt|noch eine Katze|otra galaxia|encore un matin à Paris|もう一つの世界|再来一杯咖啡的海报|取消文化的海报|help desk|stop, hammer time|
remove the hat from the last one|delete the man in the picture|undo it in blue|i don't like mondays, poster|a robot that asks "are you there?"|commands of a general, oil painting|manual typewriter|new york|new year's eve|edit suite in a studio|
the two towers|both sides now|all along the watchtower|last samurai|first light over hills|number one fan|yes man|no country for old men
"""


def listed(text: str) -> list[str]:
    return [one.strip() for one in text.replace("\n", "|").split("|") if one.strip()]


@pytest.mark.parametrize(("gist", "text"), [(gist, text) for gist, texts in REMARKS.items() for text in listed(texts)])
def test_a_remark(gist: Gist, text: str) -> None:
    """A question about the bot, or one of the few things to say about an image that need no words for a new one."""
    assert gist_of(text, lexicon()) is gist


@pytest.mark.parametrize("text", listed(PROMPTS))
def test_a_prompt(text: str) -> None:
    """A complete scene stays a prompt, whatever words it begins with."""
    assert gist_of(text, lexicon()) is None


@pytest.mark.parametrize("language", lexicon().languages, ids=lambda language: language.name)
def test_every_language_has_every_list(language: object) -> None:
    """No language falls back to another for what it asks and answers."""
    lists = (
        *(gist.value for gist in Gist),
        "edit_answers",
        "new_answers",
        "yes_answers",
        "no_answers",
        "answer_fillers",
        "called",
    )
    addresses = ("address_pointing", "address_content")
    assert [name for name in (*lists, *addresses) if not getattr(language, name)] == []


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("4 more", True),
        ("two more please", True),
        ("3 more like this", True),
        ("1 more", True),
        ("two more cats", False),
        ("again", False),
        ("4", False),
    ],
)
def test_another_number_of_the_same(text: str, *, more: bool) -> None:
    """It cannot be had by a word, and is no prompt."""
    assert asks_for_more(text, lexicon()) is more


def test_nobody_asks_at_such_length() -> None:
    """A long text is not looked through."""
    assert gist_of("again " * 400, lexicon()) is None
    assert gist_of("what can you do " * 20, lexicon()) is None
