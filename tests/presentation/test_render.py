"""Events and answers as messages."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.chat.capabilities import Capabilities, Way
from bot.chat.reply import Button, Picture
from bot.commands.action import PRIVATE, Action, ActionKind
from bot.errors import RefusalCode, RefusedError, UpstreamError, UpstreamKind
from bot.ids import GatewayName, JobId, ModelName, UserId
from bot.jobs.events import (
    Accepted,
    BecameUncertain,
    Collected,
    Declined,
    Delivered,
    Failed,
    FetchDelayed,
    JobFacts,
    PictureArrived,
    Postponed,
    ProgressEvent,
    Receipt,
    Received,
    Submitted,
    Undelivered,
)
from bot.presentation import render
from bot.wording.words import Words

WORDS = Words()
JOB = JobId("0123456789ab")
MODEL, GATEWAY = ModelName("4.5"), GatewayName("ark")
CAPABILITIES = Capabilities(
    quote_length=50,
    alt_length=60,
    pictures=10,
    file_bytes=10_000_000,
    picture_types=frozenset({"image/png", "image/jpeg"}),
    ways=(Way.CONVERSATION,),
    response_seconds=None,
    private=False,
    form_fields=6,
    progress_seconds=3.0,
)


def facts(*, count: int = 1, references: int = 0, prompt: str = "a fox") -> JobFacts:
    return JobFacts(
        job=JOB,
        user=UserId("discord:1"),
        prompt=prompt,
        count=count,
        references=references,
        private=False,
        spoiler=False,
    )


def receipt(*, delivered: int = 1, withheld: tuple[tuple[int, UpstreamKind], ...] = (), uncertain: bool = False) -> Receipt:
    return Receipt(
        model=MODEL,
        gateway=GATEWAY,
        seconds=12.4,
        delivered=delivered,
        withheld=withheld,
        amount=Decimal("0.04") * delivered,
        currency="USD",
        estimated=uncertain,
        left_today=16,
        uncertain=uncertain,
    )


NO_ANSWER = "No answer came from ark, so nobody knows whether it painted."
AGAIN = " asking again may cost the bot's owner twice."
TOLD: list[tuple[ProgressEvent, str]] = [
    (Received(facts=facts()), "Got it. Setting things up …"),
    (Received(facts=facts(references=2)), "Got it. Looking at your 2 pictures …"),
    (Accepted(facts=facts(count=4), model=MODEL, gateway=GATEWAY), "In line for 4.5: up to 4 pictures."),
    (
        Postponed(facts=facts(), model=MODEL, gateway=GATEWAY, kind=UpstreamKind.OVERLOAD, seconds=4.2),
        "4.5 is busy right now. Trying again by itself in 4 seconds; nothing has been spent.",
    ),
    (
        Postponed(facts=facts(), model=MODEL, gateway=GATEWAY, kind=UpstreamKind.UNREACHABLE, seconds=1.0),
        "ark cannot be reached right now. Trying again by itself in a second; nothing has been spent.",
    ),
    (
        FetchDelayed(facts=facts(), arrived=0),
        "Painted, but the picture cannot be fetched just now. Trying again by itself …",
    ),
    (Submitted(facts=facts(), model=MODEL, gateway=GATEWAY), "4.5 is painting your picture …"),
    (PictureArrived(facts=facts(count=4), arrived=2), "2 of 4 ready …"),
    (Collected(facts=facts(), arrived=1), "Painted. Posting the picture …"),
    (Delivered(facts=facts(), receipt=receipt()), "One picture from 4.5 in 12 s."),
    (
        Delivered(facts=facts(count=4), receipt=receipt(delivered=3)),
        "3 of 4 pictures from 4.5 in 12 s. The rest did not come and costs you nothing.",
    ),
    (
        Delivered(facts=facts(count=4), receipt=replace(receipt(delivered=3, uncertain=True), counted=1)),
        "3 of 4 pictures from 4.5 in 12 s. The rest did not come.",
    ),
    (
        BecameUncertain(facts=facts(), gateway=GATEWAY),
        f"{NO_ANSWER} Nothing was taken from your pictures of today;{AGAIN}",
    ),
    (
        BecameUncertain(facts=facts(count=4), gateway=GATEWAY, counted=4),
        f"{NO_ANSWER} 4 pictures count as used, because no more lost ones are given back today;{AGAIN}",
    ),
    (
        Failed(facts=facts(), error=UpstreamError(UpstreamKind.POLICY_TEXT, certain=True, gateway="ark", model="4.5")),
        "The prompt was refused by the content rules. Change the wording; it cost you nothing.",
    ),
    (Declined(facts=facts(), error=RefusedError(RefusalCode.PROMPT_EMPTY)), "Say what the picture should show."),
]


@pytest.mark.parametrize(("event", "text"), TOLD, ids=lambda value: type(value).__name__)
def test_progress_reads_well(event: ProgressEvent, text: str) -> None:
    """Each event has its sentence."""
    assert render.progress(event, CAPABILITIES, WORDS).text == text


def test_a_receipt_names_what_did_not_come_what_it_cost_and_what_is_left() -> None:
    """The small print has everything a member may ask about."""
    event = Delivered(
        facts=facts(count=3, references=2),
        receipt=receipt(delivered=2, withheld=((3, UpstreamKind.POLICY_OUTPUT),)),
    )

    assert render.progress(event, CAPABILITIES, WORDS).note == (
        "Made from images 1 and 2, in the order you gave them. Picture 3: withheld by the content rules."
        " Cost 0.08 USD. 16 pictures left today."
    )


def test_a_cut_answer_says_that_it_was_cut() -> None:
    """Nobody is told that all is well when it is not known."""
    event = Delivered(facts=facts(count=2), receipt=receipt(uncertain=True))

    note = render.progress(event, CAPABILITIES, WORDS).note or ""
    assert "cut off before it said it was finished" in note
    assert "what did not come was given back to you." in note
    assert "Cost at most 0.04 USD." in note


@pytest.mark.parametrize(
    ("counted", "words"), [(1, "one of those that did not come counts"), (2, "2 of those that did not come")]
)
def test_what_counts_all_the_same_is_said(counted: int, words: str) -> None:
    """A member is never told that everything was given back when it was not."""
    event = Delivered(facts=facts(count=3), receipt=replace(receipt(uncertain=True), counted=counted))

    note = render.progress(event, CAPABILITIES, WORDS).note or ""
    assert words in note
    assert "given back to you" not in note


def test_a_long_prompt_is_quoted_shortened() -> None:
    """The quote never outgrows the platform."""
    reply = render.progress(Received(facts=facts(prompt="x" * 4000)), CAPABILITIES, WORDS)

    assert reply.quote == "x" * 49 + "…"


def test_pictures_that_reached_nobody_have_a_button() -> None:
    """The last resort tells the member where the pictures are."""
    reply = render.progress(Undelivered(facts=facts(), receipt=receipt()), CAPABILITIES, WORDS)

    assert reply.buttons == (Button(label="Show result", action=Action(kind=ActionKind.SHOW_RESULT, job=JOB), primary=True),)


def test_asking_again_after_an_uncertain_end_is_labelled_as_a_risk() -> None:
    """The button says that it may cost again."""
    reply = render.progress(BecameUncertain(facts=facts(), gateway=GATEWAY), CAPABILITIES, WORDS)

    assert [button.label for button in reply.buttons] == ["Ask again (may cost again)"]


def test_only_the_last_message_of_a_set_has_buttons() -> None:
    """A set that needs two messages has one title and one row of buttons."""
    picture = Picture(path=Path("x.png"), name="x.png", media_type="image/png", width=1, height=1, size_bytes=1, alt="x")
    first = render.result(
        facts(count=12), [picture], WORDS, part=render.SetPart(total=12, last=False), mention=True, capabilities=CAPABILITIES
    )
    last = render.result(
        facts(count=12), [picture], WORDS, part=render.SetPart(total=12, first=False), mention=False, capabilities=CAPABILITIES
    )

    assert (first.text, first.buttons, first.mention) == ("Here are your 12 pictures.", (), UserId("discord:1"))
    assert (last.text, len(last.buttons), last.mention) == ("", 1, None)


MISSING = [
    (1, False, False, "Make the missing one", None),
    (3, False, True, "Make the missing 3", PRIVATE),
    (1, True, False, "Make the missing one (may cost again)", None),
    (3, True, False, "Make the missing 3 (may cost again)", None),
]


@pytest.mark.parametrize(("missing", "uncertain", "private", "label", "argument"), MISSING)
def test_the_missing_ones_have_a_button(
    *, missing: int, uncertain: bool, private: bool, label: str, argument: str | None
) -> None:
    """Beside the one for the whole set; it says how many, whether they may cost again, and stays private."""
    part = render.SetPart(total=1, missing=missing, uncertain=uncertain)
    reply = render.result(replace(facts(), private=private), [], WORDS, part=part, mention=False, capabilities=CAPABILITIES)

    assert reply.buttons[1] == Button(label=label, action=Action(kind=ActionKind.MISSING, job=JOB, argument=argument))


@pytest.mark.parametrize("part", [render.SetPart(total=1, uncertain=True), render.SetPart(total=9, last=False, missing=2)])
def test_no_button_for_what_is_not_missing(part: render.SetPart) -> None:
    """Nor on a message that another of the same set follows."""
    reply = render.result(facts(), [], WORDS, part=part, mention=False, capabilities=CAPABILITIES)

    assert ActionKind.MISSING not in {button.action.kind for button in reply.buttons}


def test_alt_text_fits_the_platform() -> None:
    """The alternative text is the prompt, cut where the platform cuts."""
    assert (
        render.alt_text(1, 2, "a fox " * 100, WORDS, length=60) == "Picture 1 of 2: a fox a fox a fox a fox a fox a fox a fox a…"
    )


def test_the_hint_and_the_help_fit_the_platform() -> None:
    """Where a reply is heard only with the bot's name, and where a command takes no files, members are told so."""
    talked_to = replace(CAPABILITIES, reply_names_bot=True, command_files=False, quota_command="/seedream quota")
    hints = [
        render.result(facts(), [], WORDS, part=render.SetPart(total=1), mention=False, capabilities=capabilities).note
        for capabilities in (CAPABILITIES, talked_to)
    ]
    assert hints == [
        "Reply to this message with a change, and it becomes the next picture.",
        "Mention me in the thread of this message and say what to change, and it becomes the next picture.",
    ]
    assert "reply to one of my pictures" in render.help_text(CAPABILITIES, WORDS).text
    assert "the form that opens" in render.help_text(talked_to, WORDS).text
    assert "/seedream quota says" in render.help_text(talked_to, WORDS).text
    assert "--private, --spoiler." in render.help_text(CAPABILITIES, WORDS).text
    assert "--spoiler" not in render.help_text(replace(CAPABILITIES, spoilers=False), WORDS).text


def test_work_that_goes_on_is_marked() -> None:
    """What a platform shows beside a message ends with the work."""
    ended = {"Delivered", "Failed", "Declined", "BecameUncertain"}
    assert {type(event).__name__ for event, _ in TOLD if not render.progress(event, CAPABILITIES, WORDS).busy} == ended


def test_a_receipt_speaks_of_an_earlier_set_that_waits() -> None:
    """After everything it says of its own, with a button that names the other job and stays as private as that was."""
    waiting = replace(facts(), job=JobId("ba9876543210"), private=True)

    reply = render.progress(Delivered(facts=facts(), receipt=receipt(), waiting=waiting), CAPABILITIES, WORDS)

    assert (reply.note or "").endswith("An earlier set of yours could not be posted: it is ready. Press “Show result” to see it.")
    action = Action(kind=ActionKind.SHOW_RESULT, job=JobId("ba9876543210"), argument="private")
    assert reply.buttons == (Button(label="Show result", action=action, primary=True),)
