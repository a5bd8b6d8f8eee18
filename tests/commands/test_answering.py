"""An open question of the bot, answered in words."""

import pytest

from bot.commands.command import StoredPicture
from bot.commands.conversation.answering import OpenQuestion, answer_of, begins_as_answer
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId
from bot.wording.lexicon import lexicon

Q0, J0 = JobId("0123456789ab"), JobId("ba9876543210")
SET = tuple(StoredPicture(job=J0, number=number) for number in range(1, 5))
NUMBERS = ("1", "2", "3", "4")
WHICH = OpenQuestion(id=Q0, choices=(*NUMBERS, "all", "cancel"), candidates=SET)
PART = OpenQuestion(id=Q0, choices=("11", "12", "all", "cancel"), candidates=SET[:2])
TWO = OpenQuestion(id=Q0, choices=("1", "2", "all", "cancel"), candidates=SET[:2])
MEMORY = OpenQuestion(id=Q0, choices=("edit", "new", "cancel"), candidates=SET[:1])
MEMORY_SET = OpenQuestion(id=Q0, choices=(*NUMBERS, "new", "cancel"), candidates=SET)
STRANGER = OpenQuestion(id=Q0, choices=("go_on", "cancel"))
REPEAT = OpenQuestion(id=Q0, choices=("again", "cancel"))

ANSWERS = [
    (WHICH, "the second one|number 2|#2|2|2nd|second|the second, please|number two|two|I mean number 2|take the 2nd one|yes, I want the second one please|can I have number 2?|image 2|2️⃣", "2"),
    (WHICH, "das zweite|Nummer 2 bitte|Bild 2|la segunda|número 2|la deuxième|l'image 2|2番|2枚目|第二张|2号|二番目", "2"),
    (WHICH, "the last one|last|the last|die letzte|la última|la dernière|最後の|最后一张", "4"),
    (WHICH, "the last two|3 and 4|3, 4|numbers 3 and 4|3-4|images 3 to 4|die letzten zwei|las dos últimas|les deux dernières", "3+4"),
    (WHICH, "4 and 1", "4+1"),
    (WHICH, "all|all of them|all four|every one|alle|todas|toutes|全部", "all"),
    (WHICH, "cancel|never mind|none of them|no|no thanks|stop|abbrechen|cancelar|annule|キャンセル|取消|算了", "cancel"),
    (TWO, "both|both of them|both please|beide|ambas|两张都", "all"),
    (PART, "number 12|the second|12", "12"),
    (MEMORY, "edit|edit it|edit the last image|the last one|bearbeiten|edita|modifie|編集|编辑|1|the first one", "edit"),
    (MEMORY, "new|new one|a new image|new image please|neu|nueva|une nouvelle|新しい|新的", "new"),
    (MEMORY, "cancel|never mind|no", "cancel"),
    (MEMORY_SET, "number 3|the third one", "3"),
    (MEMORY_SET, "all of them|all", "1+2+3+4"),
    (MEMORY_SET, "new", "new"),
    (STRANGER, "yes|yes please|ok|go ahead|sure|ja|sí|oui|はい|好的", "go_on"),
    (REPEAT, "yes|do it|generate them", "again"),
    (REPEAT, "no|cancel|nope", "cancel"),
]  # fmt: skip
OTHER = """
make it night|a red fox|number 2 but darker|the second sun|3 cats|wow|thanks!|all the people in blue|the two towers|make number 3 red|
add 2 birds|new york at night|edit suite in a studio|yes but darker|no people|cancel culture|I don't like it|one love|first love|a cat --count 2|2 --count 4
"""
NOT_OFFERED = [
    (WHICH, "number 7", RefusalCode.REF_NOT_IN_SET, "answer"),
    (WHICH, "the fifth one", RefusalCode.REF_NOT_IN_SET, "answer"),
    (WHICH, "1 and 9", RefusalCode.REF_NOT_IN_SET, "answer"),
    (WHICH, "第七张", RefusalCode.REF_NOT_IN_SET, "answer"),
    (PART, "number 3", RefusalCode.REF_NOT_IN_SET, "part"),
    (MEMORY, "number 2", RefusalCode.REF_NOT_IN_SET, "answer"),
    (WHICH, "both", RefusalCode.ANSWER_NOT_OFFERED, "numbers"),
    (WHICH, "yes", RefusalCode.ANSWER_NOT_OFFERED, "numbers"),
    (WHICH, "new image", RefusalCode.ANSWER_NOT_OFFERED, "numbers"),
    (WHICH, "edit it", RefusalCode.ANSWER_NOT_OFFERED, "numbers"),
    (MEMORY, "yes", RefusalCode.ANSWER_NOT_OFFERED, "memory"),
    (MEMORY_SET, "edit it", RefusalCode.ANSWER_NOT_OFFERED, "memory-set"),
    (STRANGER, "number 2", RefusalCode.ANSWER_NOT_OFFERED, None),
    (REPEAT, "all of them", RefusalCode.ANSWER_NOT_OFFERED, None),
]


@pytest.mark.parametrize(
    ("question", "text", "choice"), [(one, text, choice) for one, texts, choice in ANSWERS for text in texts.split("|")]
)
def test_an_answer_in_words(question: OpenQuestion, text: str, choice: str) -> None:
    """It is the choice of the button, or several numbers at once."""
    assert answer_of(question, text, lexicon()) == choice


@pytest.mark.parametrize("text", [one.strip() for one in OTHER.replace("\n", "|").split("|") if one.strip()])
def test_other_words_are_no_answer(text: str) -> None:
    """Whoever says more, or something else, has asked for something."""
    assert [answer_of(question, text, lexicon()) for question in (WHICH, MEMORY, STRANGER)] == [None] * 3


@pytest.mark.parametrize(("question", "text", "code", "variant"), NOT_OFFERED)
def test_an_answer_that_is_not_offered(question: OpenQuestion, text: str, code: RefusalCode, variant: str | None) -> None:
    """What can be answered is told in one sentence."""
    with pytest.raises(RefusedError) as caught:
        answer_of(question, text, lexicon())
    assert (caught.value.refusal, caught.value.parameters.get(VARIANT)) == (code, variant)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("number 2, but darker", True),
        ("the second but at night", True),
        ("2 in blue", True),
        ("a poster with the number 3 on it", False),
        ("make it night", False),
        ("seven samurai in the rain", False),
    ],
)
def test_an_answer_that_goes_on(text: str, *, begins: bool) -> None:
    """A picture is named first, and then what to change."""
    assert begins_as_answer(text, lexicon()) is begins
