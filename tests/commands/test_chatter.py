"""Small talk makes nothing; one word can be a prompt."""

import pytest

from bot.commands.conversation.chatter import count_words, is_chatter, is_only_addresses
from bot.wording.lexicon import lexicon

CHATTER = """
🔥|👍🏽|❤️|🇫🇷|:heart:|:pepe: :+1:|<:pepe:123456789012345678>|?|!!!|…|https://example.com/cat.png|<https://example.com>|
lol|LOL!|thanks|Thanks!|thanks :)|thank you so much|thank you, exactly what I wanted|wow, lovely|wow|so cool|soooo cute!!!|looool|
hahaha|hehe|nice|very nice|nice one|love it|I love this|that's amazing|this is great|looks great|great job|well done|the best|
good night|good morning|wrong|it's ugly|I don't like it|that's not what I wanted|hurry up|hello|hi there|hey bot|yes|no|ok|okay|k|perfect|beautiful|🔥 lol 🔥|thanks https://example.com/x|not bad|
danke|vielen Dank|sehr schön|gut gemacht|hallo|merci beaucoup !|c'est magnifique|bonjour|gracias|muy bonito|me encanta|jajaja|
ありがとう|ありがとうございます！|かわいい|すごい|www|谢谢|太棒了！|哈哈哈|好看|你好
"""
PROMPTS = """
sunset|hedgehog|猫|きつね|a cat|cat|nice sunset|hello world|make it night|brighter|blue|wow a dragon|love birds|good dog on a couch|
一只猫|画一只红色的狐狸|สวัสดี|a beautiful sunset|thanks giving turkey|number 3|no people|ok now make it night|the cool cat|
danke schild|ein Igel|un hérisson|un erizo|はりねずみ|3|fox 🔥|:fire: fox|cat https://example.com/cat.png|yes, but darker
"""


def listed(text: str) -> list[str]:
    return [one for line in text.strip().splitlines() for one in line.split("|") if one]


@pytest.mark.parametrize("text", ["", " ", *listed(CHATTER)])
def test_small_talk(text: str) -> None:
    """Nothing is left without emoji, their tokens, addresses, and words of thanks, praise and greeting."""
    assert is_chatter(text, lexicon())


@pytest.mark.parametrize("text", listed(PROMPTS))
def test_a_prompt(text: str) -> None:
    """Anything else is left, if it is only one word, in any script."""
    assert not is_chatter(text, lexicon())


def test_a_long_text_is_no_small_talk() -> None:
    """Nobody thanks at such length."""
    assert not is_chatter("thanks " * 40, lexicon())
    assert is_chatter("!" * 2000, lexicon())


@pytest.mark.parametrize(
    ("text", "words"),
    [("", 0), ("🔥", 0), ("make it night", 3), ("make it night https://example.com :heart:", 3), ("夜にして", 2), ("猫", 1)],
)
def test_words_are_counted(text: str, words: int) -> None:
    """Also in scripts without spaces: about two characters a word."""
    assert count_words(text) == words


@pytest.mark.parametrize(("text", "only"), [("https://a.example/x.png", True), ("🔥", False), ("see https://a.example", False)])
def test_only_addresses(text: str, *, only: bool) -> None:
    """An address that stands alone."""
    assert is_only_addresses(text) is only
