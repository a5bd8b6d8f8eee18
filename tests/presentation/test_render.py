"""Rendering events and answers as messages."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.capabilities import Capabilities, Way
from bot.chat.moment import plain
from bot.chat.reply import Button, Picture
from bot.commands.action import PRIVATE, Action, ActionKind
from bot.errors import RefusalCode, RefusedError, UpstreamError, UpstreamKind
from bot.ids import GatewayName, JobId, ModelName, UserId
from bot.jobs.events import (
    Accepted,
    BecameUncertain,
    Cancelled,
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
from bot.money import parse_money
from bot.presentation import render
from bot.presentation.help import help_text
from bot.presentation.offers import catalog_offers
from bot.wording.words import Words

WORDS = Words()
OFFERS = catalog_offers()
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


def facts(*, count: int = 1, references: int = 0, prompt: str = "a fox", recalled: bool = False) -> JobFacts:
    return JobFacts(
        job=JOB,
        user=UserId("discord:1"),
        prompt=prompt,
        count=count,
        references=references,
        private=False,
        recalled=recalled,
    )


def note_of(event: Delivered) -> str:
    """The note of the result that has this receipt, without the job's ID and the hint."""
    part = render.SetPart(total=1, receipt=event.receipt)
    reply = render.result(event.facts, [], WORDS, part=part, mention=False, capabilities=CAPABILITIES)
    return (reply.note or "").partition("\n")[0]


BROKEN_OFF = UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, gateway="ark", model="4.5")


def receipt(*, delivered: int = 1, withheld: tuple[tuple[int, UpstreamKind], ...] = (), uncertain: bool = False) -> Receipt:
    return Receipt(
        model=MODEL,
        gateway=GATEWAY,
        seconds=12.4,
        delivered=delivered,
        withheld=withheld,
        cost=parse_money("0.04 USD").times(delivered),
        estimated=uncertain,
        left_today=16,
        seen=BROKEN_OFF if uncertain else None,
    )


NO_ANSWER = "The connection to ark ended before its answer was complete. I cannot tell whether it generated anything."
AGAIN = " trying again may cost the bot's operator twice."
SENTENCES: list[tuple[ProgressEvent, str]] = [
    (Received(facts=facts()), "Getting started…"),
    (Received(facts=facts(references=2)), "Checking 2 images…"),
    (Accepted(facts=facts(count=4), model=MODEL, gateway=GATEWAY), "Queued: 4 images with Seedream 4.5."),
    (
        Postponed(facts=facts(), model=MODEL, gateway=GATEWAY, kind=UpstreamKind.OVERLOAD, seconds=4.2),
        "Seedream 4.5 is busy. Trying again in 4 seconds; nothing has been charged.",
    ),
    (
        Postponed(facts=facts(), model=MODEL, gateway=GATEWAY, kind=UpstreamKind.UNREACHABLE, seconds=1.0),
        "ark is unreachable. Trying again in a second; nothing has been charged.",
    ),
    (
        FetchDelayed(facts=facts(), arrived=0),
        "The result is ready but cannot be downloaded yet. Trying again…",
    ),
    (Submitted(facts=facts(), model=MODEL, gateway=GATEWAY), "Generating your image with Seedream 4.5…"),
    (PictureArrived(facts=facts(count=4), arrived=2), "2 of 4 images ready…"),
    (Collected(facts=facts(), arrived=1), "Done. Posting your image…"),
    (Delivered(facts=facts(), receipt=receipt()), "Done in 12 s: 1 image with Seedream 4.5."),
    (
        Delivered(facts=facts(count=4), receipt=receipt(delivered=3)),
        "Done in 12 s: 3 of 4 images with Seedream 4.5. You are not charged for missing images.",
    ),
    (
        Delivered(facts=facts(count=4), receipt=replace(receipt(delivered=3, uncertain=True), counted=1)),
        "Done in 12 s: 3 of 4 images with Seedream 4.5.",
    ),
    (
        Delivered(facts=replace(facts(count=2), stopped=4), receipt=receipt(delivered=2)),
        "Done in 12 s: 2 images with Seedream 4.5.",
    ),
    (
        BecameUncertain(facts=facts(), seen=BROKEN_OFF),
        f"{NO_ANSWER} Your quota is unchanged;{AGAIN}",
    ),
    (
        BecameUncertain(facts=facts(count=4), seen=BROKEN_OFF, counted=4),
        f"{NO_ANSWER} 4 images count as used, because today's limit for lost images is reached;{AGAIN}",
    ),
    (
        BecameUncertain(
            facts=facts(), seen=UpstreamError(UpstreamKind.UPSTREAM, certain=False, gateway="ark", model="4.5", status=500)
        ),
        f"ark answered with a server error (HTTP 500). I cannot tell whether it generated anything. Your quota is unchanged;{AGAIN}",
    ),
    (
        Failed(facts=facts(), error=UpstreamError(UpstreamKind.POLICY_TEXT, certain=True, gateway="ark", model="4.5")),
        "The content filter rejected the prompt. Change the wording; it cost you nothing.",
    ),
    (Cancelled(facts=facts()), "Stopped before anything was charged."),
    (Declined(facts=facts(), error=RefusedError(RefusalCode.PROMPT_EMPTY)), "Describe what the image should show."),
]


@pytest.mark.parametrize(("event", "text"), SENTENCES, ids=lambda value: type(value).__name__)
def test_the_text_of_each_event(event: ProgressEvent, text: str) -> None:
    """Each event is shown as its sentence."""
    assert plain(render.progress(event, CAPABILITIES, WORDS).text) == text


@pytest.mark.parametrize(
    ("references", "numbers", "chosen", "text"),
    [
        (1, (), (), "Based on image 1."),
        (1, (2,), (), "Based on image 2."),
        (2, (3, 4), (), "Based on images 3 and 4."),
        (2, (), (2,), "Based on image 2 of an earlier set and 1 other image."),
        (5, (), (1, 3), "Based on images 1 and 3 of an earlier set and 3 other images."),
    ],
)
def test_a_receipt_names_the_references(references: int, numbers: tuple[int, ...], chosen: tuple[int, ...], text: str) -> None:
    """By the numbers that the member chose."""
    assert render._references(replace(facts(references=references), numbers=numbers, chosen=chosen), WORDS) == text


def test_a_receipt_has_references_withheld_pictures_price_and_quota() -> None:
    """The note of a receipt has everything that a member may ask about."""
    event = Delivered(
        facts=facts(count=3, references=2),
        receipt=receipt(delivered=2, withheld=((3, UpstreamKind.POLICY_OUTPUT),)),
    )

    assert note_of(event) == (
        "Independent images. Based on images 1 and 2. "
        "Image 3: withheld by the content filter. Cost: 0.08 USD. 16 images left today."
    )


def test_a_truncated_answer_is_reported() -> None:
    """A receipt says that the answer was cut off, that the rest was given back, and the highest price."""
    event = Delivered(facts=facts(count=2), receipt=receipt(uncertain=True))

    note = note_of(event) or ""
    assert "The connection to ark ended before its answer was complete." in note
    assert "missing images are not charged to you." in note
    assert "Cost: at most 0.04 USD." in note


@pytest.mark.parametrize(("counted", "words"), [(1, "one missing image still counts"), (2, "2 missing images still count")])
def test_lost_pictures_that_count_are_reported(counted: int, words: str) -> None:
    """A receipt names the lost pictures that still count and does not say that they were given back."""
    event = Delivered(facts=facts(count=3), receipt=replace(receipt(uncertain=True), counted=counted))

    note = note_of(event) or ""
    assert words in note
    assert "not charged to you" not in note


def test_a_long_prompt_is_shortened_in_the_quote() -> None:
    """The quote never exceeds the platform's limit."""
    reply = render.progress(Received(facts=facts(prompt="x" * 4000)), CAPABILITIES, WORDS)

    assert reply.quote == "x" * 49 + "…"


def test_a_quote_of_many_line_breaks_is_marked_as_cut() -> None:
    """A break of two characters is shown as one."""
    reply = render.progress(Received(facts=facts(prompt="fox\r\n" * 7 + "x" * 4000)), CAPABILITIES, WORDS)

    assert reply.quote is not None
    assert reply.quote.count("fox\n") == 7
    assert reply.quote.endswith("x…")
    assert len(reply.quote) <= 50


def test_an_undelivered_set_has_a_button() -> None:
    """The message about an undelivered set has a button that shows the pictures."""
    reply = render.progress(Undelivered(facts=facts(), receipt=receipt()), CAPABILITIES, WORDS)

    assert reply.buttons == (Button(label="Show result", action=Action(kind=ActionKind.SHOW_RESULT, job=JOB), primary=True),)


def test_repeating_an_uncertain_job_is_labelled_as_a_risk() -> None:
    """The button warns that it may cost again."""
    reply = render.progress(BecameUncertain(facts=facts(), seen=BROKEN_OFF), CAPABILITIES, WORDS)

    assert [button.label for button in reply.buttons] == ["Try again (may cost again)"]


def test_only_the_last_message_of_a_set_has_buttons() -> None:
    """A set of two messages has one title, one mention and one row of buttons."""
    picture = Picture(path=Path("x.png"), name="x.png", media_type="image/png", width=1, height=1, size_bytes=1, alt="x")
    first = render.result(
        facts(count=12), [picture], WORDS, part=render.SetPart(total=12, last=False), mention=True, capabilities=CAPABILITIES
    )
    last = render.result(
        facts(count=12), [picture], WORDS, part=render.SetPart(total=12, first=False), mention=False, capabilities=CAPABILITIES
    )

    assert (first.text, first.buttons, first.mention) == ("Here are your 12 images.", (), UserId("discord:1"))
    assert (last.text, len(last.buttons), last.mention) == ("", 1, None)


MISSING = [
    (1, False, False, "Generate the missing image", None),
    (3, False, True, "Generate the 3 missing images", PRIVATE),
    (1, True, False, "Generate the missing image (may cost again)", None),
    (3, True, False, "Generate the 3 missing images (may cost again)", None),
]


@pytest.mark.parametrize(("missing", "uncertain", "private", "label", "argument"), MISSING)
def test_missing_pictures_have_a_button(
    *, missing: int, uncertain: bool, private: bool, label: str, argument: str | None
) -> None:
    """The second button names the number of missing pictures, warns of a second cost, and stays private."""
    part = render.SetPart(total=1, missing=missing, uncertain=uncertain)
    reply = render.result(replace(facts(), private=private), [], WORDS, part=part, mention=False, capabilities=CAPABILITIES)

    assert reply.buttons[1] == Button(label=label, action=Action(kind=ActionKind.MISSING, job=JOB, argument=argument))


@pytest.mark.parametrize("part", [render.SetPart(total=1, uncertain=True), render.SetPart(total=9, last=False, missing=2)])
def test_no_button_for_missing_pictures(part: render.SetPart) -> None:
    """It is absent if nothing is missing, and on any message of a set but the last."""
    reply = render.result(facts(), [], WORDS, part=part, mention=False, capabilities=CAPABILITIES)

    assert ActionKind.MISSING not in {button.action.kind for button in reply.buttons}


def test_alt_text_fits_the_platform() -> None:
    """The alternative text contains the prompt, shortened to the platform's limit."""
    assert (
        render.alt_text(1, 2, "a fox " * 100, WORDS, length=60) == "Image 1 of 2: a fox a fox a fox a fox a fox a fox a fox a f…"
    )


def test_hint_and_help_depend_on_capabilities() -> None:
    """They explain that a reply must mention the bot, or that a command takes no files, where that is so."""
    limited = replace(CAPABILITIES, reply_names_bot=True, command_files=False, quota_command="/seedream quota")
    hints = [
        render.result(facts(), [], WORDS, part=render.SetPart(total=1), mention=False, capabilities=capabilities).note
        for capabilities in (CAPABILITIES, limited)
    ]
    assert hints == [
        "ID 0123456789ab\nReply to this message to make changes.",
        "ID 0123456789ab\nMention me in this message's thread to make changes.",
    ]
    assert "reply to one of my images" in help_text(CAPABILITIES, OFFERS, WORDS).text
    for capabilities in (CAPABILITIES, limited):
        assert help_text(capabilities, OFFERS, WORDS).text.count("mention me with") == 1
    assert "in the form" in help_text(limited, OFFERS, WORDS).text
    assert "/seedream quota what you have left" in help_text(limited, OFFERS, WORDS).text
    assert "--private, --spoiler" in help_text(CAPABILITIES, OFFERS, WORDS).text
    assert "--spoiler" not in help_text(replace(CAPABILITIES, spoilers=False), OFFERS, WORDS).text


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (Received(facts=facts(recalled=True)), True),
        (Accepted(facts=facts(recalled=True), model=MODEL, gateway=GATEWAY), True),
        (Submitted(facts=facts(recalled=True), model=MODEL, gateway=GATEWAY), True),
        (Submitted(facts=facts(), model=MODEL, gateway=GATEWAY), False),
        (PictureArrived(facts=facts(recalled=True), arrived=1), False),
        (Cancelled(facts=facts(recalled=True)), False),
    ],
)
def test_an_edit_of_the_last_image_says_so(event: ProgressEvent, *, shown: bool) -> None:
    """With a button for a new image instead, until the first picture is there."""
    reply = render.progress(event, CAPABILITIES, WORDS)
    assert [(button.label, button.action.kind) for button in reply.buttons] == [("Start fresh", ActionKind.START_FRESH)] * shown
    assert ("\nEditing your last image." in reply.text) is shown


def test_running_work_is_marked_as_busy() -> None:
    """Only the events that end a job are not busy."""
    ended = {"Delivered", "Failed", "Declined", "Cancelled", "BecameUncertain"}
    assert {type(event).__name__ for event, _ in SENTENCES if not render.progress(event, CAPABILITIES, WORDS).busy} == ended


def test_a_receipt_mentions_an_earlier_undelivered_set() -> None:
    """The receipt ends with a reminder and a button for the earlier job, which stays private if that job was."""
    waiting = replace(facts(), job=JobId("ba9876543210"), private=True)

    part = render.SetPart(total=1, receipt=receipt(), waiting=waiting)
    reply = render.result(facts(), [], WORDS, part=part, mention=False, capabilities=CAPABILITIES)

    assert (reply.note or "").endswith(
        "An earlier set of images could not be posted and is still waiting for you. Press “Show result” to see it."
    )
    action = Action(kind=ActionKind.SHOW_RESULT, job=JobId("ba9876543210"), argument="private")
    assert reply.buttons[1:] == (Button(label="Show result", action=action, primary=True),)
