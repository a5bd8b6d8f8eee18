"""Events and answers to messages; pure."""

from collections.abc import Sequence
from typing import assert_never

from bot.action import Action, ActionKind
from bot.capabilities import Capabilities
from bot.errors import BotError
from bot.ids import JobId
from bot.presentation.reply import Button, Picture, Reply
from bot.progress import (
    Accepted,
    BecameUncertain,
    Collected,
    Declined,
    Delivered,
    Failed,
    JobFacts,
    PictureArrived,
    Postponed,
    ProgressEvent,
    Receipt,
    Received,
    Submitted,
    Undelivered,
)
from bot.wording.words import Words

ELLIPSIS = "…"


def shorten(text: str, length: int) -> str:
    """At most `length` characters, the cut marked."""
    return text if len(text) <= length else f"{text[: length - 1]}{ELLIPSIS}"


def progress(event: ProgressEvent, capabilities: Capabilities, words: Words) -> Reply:
    """What the progress message says now."""
    facts = event.facts
    quote = shorten(facts.prompt, capabilities.quote_length) if facts.prompt else None
    match event:
        case Received():
            return Reply(text=words.say("progress-received", references=facts.references), quote=quote)
        case Accepted(model=model):
            return Reply(text=words.say("progress-accepted", model=model, count=facts.count), quote=quote)
        case Postponed(model=model, seconds=seconds):
            return Reply(text=words.say("progress-postponed", model=model, seconds=max(1, round(seconds))), quote=quote)
        case Submitted(model=model):
            return Reply(text=words.say("progress-submitted", model=model, count=facts.count), quote=quote)
        case PictureArrived(arrived=arrived):
            return Reply(text=words.say("progress-picture-arrived", arrived=arrived, count=facts.count), quote=quote)
        case Collected(arrived=arrived):
            return Reply(text=words.say("progress-collected", arrived=arrived), quote=quote)
        case Delivered(receipt=receipt, elsewhere=elsewhere):
            return _receipt(facts, receipt, words, quote=quote, elsewhere=elsewhere)
        case Undelivered(receipt=receipt):
            return _undelivered(facts, receipt, words, quote=quote)
        case Declined(error=error):
            return refusal(error, words)
        case Failed(error=error):
            return Reply(text=words.error(error), quote=quote, buttons=(_again(facts.job, words),))
        case BecameUncertain(gateway=gateway):
            button = Button(label=words.say("button-again-uncertain"), action=Action(kind=ActionKind.AGAIN, job=facts.job))
            return Reply(text=words.say("uncertain", gateway=gateway), quote=quote, buttons=(button,))
        case _:
            assert_never(event)


def result(
    facts: JobFacts,
    pictures: Sequence[Picture],
    words: Words,
    *,
    total: int,
    first: bool,
    last: bool,
    mention: bool,
) -> Reply:
    """One message of the set, in order, as plain files; the last one has the buttons, which work for ever."""
    return Reply(
        text=words.say("result-title", pictures=total) if first else "",
        note=words.say("result-hint") if last else None,
        pictures=tuple(pictures),
        buttons=(_again(facts.job, words),) if last else (),
        mention=facts.user if mention else None,
    )


def alt_text(number: int, pictures: int, prompt: str, words: Words, *, length: int) -> str:
    return shorten(words.say("result-alt", number=number, pictures=pictures, prompt=prompt), length)


def refusal(error: BotError, words: Words) -> Reply:
    return Reply(text=words.error(error))


def quota(*, granted: int, left: int, held: int, zone: str, words: Words) -> Reply:
    text = words.say("quota-shown", granted=granted, left=left)
    if held:
        text = f"{text} {words.say('quota-held', held=held)}"
    return Reply(text=text, note=words.say("quota-renewed", zone=zone))


def help_text(words: Words) -> Reply:
    return Reply(text=words.say("help-text"))


def _again(job: JobId, words: Words) -> Button:
    return Button(label=words.say("button-again"), action=Action(kind=ActionKind.AGAIN, job=job))


def _receipt(facts: JobFacts, receipt: Receipt, words: Words, *, quote: str | None, elsewhere: bool) -> Reply:
    seconds = max(1, round(receipt.seconds))
    short = receipt.delivered < facts.count
    code = "receipt-short" if short and facts.count > 1 else "receipt-done"
    lines = [words.say(code, delivered=receipt.delivered, count=facts.count, model=receipt.model, seconds=seconds)]
    if elsewhere:
        lines.append(words.say("receipt-elsewhere"))
    return Reply(text=" ".join(lines), quote=quote, note=_small_print(facts, receipt, words))


def _undelivered(facts: JobFacts, receipt: Receipt, words: Words, *, quote: str | None) -> Reply:
    button = Button(
        label=words.say("button-show-result"),
        action=Action(kind=ActionKind.SHOW_RESULT, job=facts.job),
        primary=True,
    )
    return Reply(text=words.say("receipt-undelivered"), quote=quote, note=_small_print(facts, receipt, words), buttons=(button,))


def _small_print(facts: JobFacts, receipt: Receipt, words: Words) -> str | None:
    """Everything a receipt adds, one sentence after the other: what came of what, what it cost, what is left."""
    lines = []
    if facts.references:
        lines.append(words.say("receipt-references", references=facts.references))
    if receipt.uncertain:
        lines.append(words.say("receipt-uncertain", model=receipt.model))
    lines += [words.say("receipt-withheld", number=number, reason=words.reason(kind)) + "." for number, kind in receipt.withheld]
    if receipt.amount is not None and receipt.currency is not None:
        lines.append(words.say("receipt-price", amount=f"{receipt.amount.normalize():f}", currency=receipt.currency))
    if receipt.left_today is not None:
        lines.append(words.say("receipt-left", left=receipt.left_today))
    return " ".join(lines) or None
