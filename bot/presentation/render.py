"""Renders events and answers as messages; pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from bot.chat.capabilities import Capabilities
from bot.chat.reply import Button, Picture, Reply
from bot.chat.text import ELLIPSIS, shorten
from bot.commands.action import PRIVATE, Action, ActionKind
from bot.errors import PERMANENT, BotError, UpstreamError, UpstreamKind
from bot.ids import ModelName
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
    RunningEvent,
    Submitted,
    Undelivered,
)
from bot.presentation.layers import LayersShown, layer_notes, layers_progress
from bot.requests.request import Substitution
from bot.values import dataclass
from bot.wording.words import Words

QUOTED_LINES = 8
SHORTEST_ELAPSED_S = 3


@dataclass(frozen=True, kw_only=True)
class Shrunk:
    """A picture that is posted with fewer bytes than it has, so that it fits; `number` from 1."""

    number: int
    size_bytes: int
    posted_bytes: int


@dataclass(frozen=True, kw_only=True)
class SetPart:
    """One of the messages that show a set of `total` pictures. `answerable`: the bot receives replies to it.

    The first has the receipt. `missing` pictures of the set can be requested again; `uncertain`: they may have been charged
    already. `waiting` is an earlier set of the member that could not be delivered. `shrunk`: what was made smaller to fit.
    `layers`: how the layers of an image are shown.
    """

    total: int
    first: bool = True
    last: bool = True
    answerable: bool = True
    missing: int = 0
    uncertain: bool = False
    receipt: Receipt | None = None
    waiting: JobFacts | None = None
    shrunk: tuple[Shrunk, ...] = ()
    layers: LayersShown | None = None


def _quote(prompt: str, length: int) -> str:
    """The beginning of a prompt, limited in characters and lines."""
    # What cannot be shown need not be split into lines.
    beginning = prompt[: length + 1]
    lines = beginning.splitlines()
    text = "\n".join(lines[:QUOTED_LINES])
    complete = len(lines) <= QUOTED_LINES and beginning == prompt
    return shorten(text, length) if complete else f"{text[: length - 1]}{ELLIPSIS}"


def progress(
    event: ProgressEvent,
    capabilities: Capabilities,
    words: Words,
    *,
    now: float | None = None,
    pictures: Sequence[Picture] = (),
) -> Reply:
    """The current content of a job's progress message, with the pictures that it can show already."""
    facts = event.facts
    seen_by_others = facts.private and not capabilities.private
    quote = None if seen_by_others or not facts.prompt else _quote(facts.prompt, capabilities.quote_length)
    match event:
        case Delivered(receipt=receipt, elsewhere=elsewhere):
            return _pointer(facts, receipt, words, elsewhere=elsewhere)
        case Undelivered(receipt=receipt):
            return _undelivered(facts, receipt, words, quote=quote, private=capabilities.private)
        case Declined(error=error):
            return refusal(error, words)
        case Cancelled():
            return Reply(text=words.say("progress-cancelled"), quote=quote)
        case Failed(error=error):
            permanent = isinstance(error, UpstreamError) and error.kind in PERMANENT
            return Reply(text=words.error(error), quote=quote, buttons=() if permanent else (_again_button(facts, words),))
        case BecameUncertain(seen=seen, counted=counted):
            button = Button(label=words.say("button-again-uncertain"), action=_action(ActionKind.AGAIN, facts))
            text = words.say("uncertain", seen=words.seen(seen), counted=counted)
            return Reply(text=text, quote=quote, buttons=(button,))
        case _:
            text = _running_text(event, words)
            if isinstance(event, Accepted | Submitted) and facts.instead is not None:
                text = f"{text}\n{_instead(facts.instead, event.model, words, private=capabilities.private)}"
            reply = Reply(text=text, quote=quote, pictures=tuple(pictures), busy=True)
            return _recalled(_with_progress_note(reply, facts, capabilities, words, now=now), event, words)


def taken(facts: JobFacts, capabilities: Capabilities, words: Words) -> Reply:
    """What the member alone is told while others see nothing: it stays as it is, so it is still true when all is done."""
    quote = _quote(facts.prompt, capabilities.quote_length) if facts.prompt else None
    return Reply(text=words.say("taken", references=facts.references), quote=quote)


def _recalled(reply: Reply, event: RunningEvent, words: Words) -> Reply:
    """Until the first picture is there: that the last image is edited, and the button for a new one."""
    if not event.facts.recalled or not isinstance(event, Received | Accepted | Postponed | Submitted):
        return reply
    button = Button(label=words.say("button-start-fresh"), action=_action(ActionKind.START_FRESH, event.facts))
    return replace(reply, text=f"{reply.text}\n{words.say('progress-recalled')}", buttons=(button,))


def _with_progress_note(reply: Reply, facts: JobFacts, capabilities: Capabilities, words: Words, *, now: float | None) -> Reply:
    """The job's ID, and since when it has been going on."""
    job, began_at = words.say("job-id", job=facts.job), facts.began_at
    if began_at is None or now is None:
        return replace(reply, note=job)
    if capabilities.counts_time:
        return replace(reply, note=f"{job} · {words.say('progress-began')}", since=began_at)
    seconds = int(now - began_at)
    if seconds < SHORTEST_ELAPSED_S:
        return replace(reply, note=job)
    minutes, rest = divmod(seconds, 60)
    return replace(reply, note=f"{job} · {words.say('progress-elapsed', minutes=minutes, seconds=rest)}")


def _running_text(event: RunningEvent, words: Words) -> str:
    """The progress of a job that has not ended."""
    facts = event.facts
    if facts.layers and (text := layers_progress(event, words)) is not None:
        return text
    match event:
        case Received():
            return words.say("progress-received", references=facts.references)
        case Accepted(model=model, place=place):
            queued = words.say("progress-accepted", model=_title(model), count=facts.count)
            return queued if place is None else f"{queued} {words.say('progress-place', place=place)}"
        case Postponed(model=model, gateway=gateway, kind=kind, seconds=seconds):
            code = "progress-unreachable" if kind is UpstreamKind.UNREACHABLE else "progress-postponed"
            return words.say(code, model=_title(model), gateway=gateway, retry_in=max(1, round(seconds)))
        case Submitted(model=model):
            return words.say("progress-submitted", model=_title(model), count=facts.count)
        case PictureArrived(arrived=arrived):
            return words.say("progress-picture-arrived", arrived=arrived, count=facts.count)
        case FetchDelayed(arrived=arrived):
            return words.say("progress-fetch-delayed", arrived=arrived)
        case Collected(arrived=arrived):
            return words.say("progress-collected", arrived=arrived)
        case _:
            assert_never(event)


def result(
    facts: JobFacts,
    pictures: Sequence[Picture],
    words: Words,
    *,
    part: SetPart,
    mention: bool,
    capabilities: Capabilities,
) -> Reply:
    """One message of a set, with its pictures as files: the first has prompt and receipt, the last the buttons."""
    quote = None
    notes: list[str | None] = []
    if part.layers is not None:
        notes += layer_notes(part.layers, words, first=part.first)
    if part.layers is not None and len(part.shrunk) > 1:
        # There may be a hundred of them.
        notes.append(words.say("layers-shrunk", count=len(part.shrunk)))
    else:
        notes += [_shrunk_note(one, words) for one in part.shrunk]
    if part.first:
        notes = [
            *([_receipt_note(facts, part.receipt, words, private=capabilities.private)] if part.receipt is not None else []),
            *notes,
        ]
        notes.append(words.say("job-id-set", job=facts.job) if part.total > 1 else words.say("job-id", job=facts.job))
        quote = _quote(facts.prompt, capabilities.quote_length) if facts.prompt else None
    if part.last and part.answerable:
        notes.append(words.say("result-hint-mention" if capabilities.reply_names_bot else "result-hint"))
    reply = Reply(
        text=_result_text(facts, part, words) if part.first else "",
        quote=quote,
        note="\n".join(note for note in notes if note) or None,
        pictures=tuple(pictures),
        buttons=(
            *((_again_button(facts, words), *_missing_buttons(facts, part, words)) if part.last else ()),
            *((_original_button(facts, part, words),) if part.shrunk else ()),
        ),
        mention=facts.user if mention else None,
    )
    return with_reminder(reply, part.waiting if part.last else None, words)


def _shrunk_note(one: Shrunk, words: Words) -> str:
    return words.say("result-shrunk", number=one.number, size=megabytes(one.size_bytes), posted=megabytes(one.posted_bytes))


def originals(pictures: Sequence[Picture], words: Words) -> Reply:
    return Reply(text=words.say("result-originals", count=len(pictures)), pictures=tuple(pictures))


def ping(facts: JobFacts, *, pictures: int, words: Words) -> Reply:
    """The line that tells a member that a result which took long is there."""
    text = words.say("layers-ping") if facts.layers else words.say("result-ping", pictures=pictures)
    return Reply(text=text, mention=facts.user)


def _result_text(facts: JobFacts, part: SetPart, words: Words) -> str:
    if part.receipt is None and part.layers is not None:
        return words.say("layers-title", layers=part.total)
    if part.receipt is None:
        return words.say("result-title", pictures=part.total)
    return _receipt_text(facts, part.receipt, words)


def megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1_000_000:.1f}"


def alt_text(number: int, pictures: int, prompt: str, words: Words, *, length: int) -> str:
    return shorten(words.say("result-alt", number=number, pictures=pictures, prompt=prompt), length)


def refusal(error: BotError, words: Words) -> Reply:
    return Reply(text=words.error(error))


def elsewhere(words: Words) -> Reply:
    """At the place of a private request, for its member alone."""
    return Reply(text=words.say("private-elsewhere"))


def with_reminder(reply: Reply, waiting: JobFacts | None, words: Words) -> Reply:
    """The reply, with a note and a button for an earlier set of the member that could not be delivered."""
    if waiting is None:
        return reply
    note = " ".join(part for part in (reply.note, words.say("undelivered-earlier")) if part)
    return replace(reply, note=note, buttons=(*reply.buttons, _show_result_button(waiting, words)))


def quota(*, granted: int, left: int, held: int, renews_at: float, words: Words) -> Reply:
    text = words.say("quota-shown", granted=granted, left=left)
    if held:
        text = f"{text} {words.say('quota-held', held=held)}"
    return Reply(text=f"{text} {words.say('quota-renewed', renews_at=renews_at)}")


def _action(kind: ActionKind, facts: JobFacts) -> Action:
    return Action(kind=kind, job=facts.job, argument=PRIVATE if facts.private else None)


def _again_button(facts: JobFacts, words: Words) -> Button:
    return Button(label=words.say("button-again"), action=_action(ActionKind.AGAIN, facts))


def _original_button(facts: JobFacts, part: SetPart, words: Words) -> Button:
    return Button(label=words.say("button-original", count=len(part.shrunk)), action=_action(ActionKind.ORIGINAL, facts))


def _missing_buttons(facts: JobFacts, part: SetPart, words: Words) -> tuple[Button, ...]:
    if not part.missing:
        return ()
    code = "button-missing-uncertain" if part.uncertain else "button-missing"
    return (Button(label=words.say(code, count=part.missing), action=_action(ActionKind.MISSING, facts)),)


def _pointer(facts: JobFacts, receipt: Receipt, words: Words, *, elsewhere: bool) -> Reply:
    """What a progress message says whose result stands in another message, which has the receipt's rest."""
    lines = [_receipt_text(facts, receipt, words)]
    if elsewhere:
        lines.append(words.say("receipt-private" if facts.private else "receipt-elsewhere"))
    return Reply(text=" ".join(lines))


def _receipt_text(facts: JobFacts, receipt: Receipt, words: Words) -> str:
    seconds = max(1, round(receipt.seconds))
    short = receipt.delivered < facts.count
    code = "receipt-layers" if facts.layers else "receipt-done"
    if short and facts.count > 1 and not facts.layers:
        code = "receipt-short-counted" if receipt.counted else "receipt-short"
    return words.say(code, delivered=receipt.delivered, count=facts.count, model=_title(receipt.model), seconds=seconds)


def _undelivered(facts: JobFacts, receipt: Receipt, words: Words, *, quote: str | None, private: bool) -> Reply:
    return Reply(
        text=words.say("receipt-undelivered"),
        quote=quote,
        note=_receipt_note(facts, receipt, words, private=private),
        buttons=(_show_result_button(facts, words),),
    )


def _show_result_button(facts: JobFacts, words: Words) -> Button:
    return Button(label=words.say("button-show-result"), action=_action(ActionKind.SHOW_RESULT, facts), primary=True)


def _receipt_note(facts: JobFacts, receipt: Receipt, words: Words, *, private: bool) -> str | None:
    """The sentences of a receipt: size, references, uncertain and withheld pictures, the price, the remaining quota.

    `private`: only the member reads them.
    """
    lines = [] if receipt.size is None or facts.layers else [words.say("receipt-size", size=receipt.size)]
    if facts.instead is not None:
        lines.append(_instead(facts.instead, receipt.model, words, private=private))
    if facts.count > 1 and not facts.layers:
        lines.append(words.say("receipt-related" if facts.related else "receipt-independent"))
    if facts.stopped:
        lines.append(words.say("receipt-stopped", stopped=facts.stopped))
    if facts.references:
        lines.append(_references(facts, words))
    if facts.places:
        lines.append(words.say("receipt-places", places=facts.places))
    if receipt.seen is not None:
        lines.append(words.say("receipt-uncertain", seen=words.seen(receipt.seen), counted=receipt.counted))
    lines += [words.say("receipt-withheld", number=number, reason=words.reason(kind)) + "." for number, kind in receipt.withheld]
    tells_costs = words.tells_costs(private=private)
    if tells_costs and facts.layers and receipt.billed is not None:
        lines.append(words.say("receipt-layers-billed", billed=receipt.billed))
    if tells_costs and receipt.cost is not None:
        code = "receipt-price-estimated" if receipt.estimated else "receipt-price"
        lines.append(words.say(code, amount=receipt.cost.amount, currency=receipt.cost.currency))
    if tells_costs and receipt.left_today is not None:
        lines.append(words.say("receipt-left", left=receipt.left_today))
    return " ".join(lines) or None


def _instead(instead: Substitution, model: ModelName, words: Words, *, private: bool) -> str:
    """Why it was another model, with its price in the same line."""
    price = "unknown" if instead.price is None else str(instead.price)
    return words.say(
        "receipt-instead" if instead.instead_of != model else "receipt-elsewhere-instead",
        model=_title(model),
        default=instead.instead_of,
        withdrawn="missing" if instead.missing_at is not None else "yes" if instead.withdrawn else "no",
        gateway=instead.missing_at or "",
        price=price if words.tells_costs(private=private) else "hidden",
    )


def _references(facts: JobFacts, words: Words) -> str:
    if facts.chosen and not facts.numbers and facts.references > len(facts.chosen):
        *others, last = map(str, facts.chosen)
        more = facts.references - len(facts.chosen)
        return words.say("receipt-references-mixed", count=len(facts.chosen), others=", ".join(others), last=last, more=more)
    if not facts.numbers:
        return words.say("receipt-references", references=facts.references)
    *others, last = map(str, facts.numbers)
    return words.say("receipt-references-numbered", count=len(facts.numbers), others=", ".join(others), last=last)


def _title(model: ModelName) -> str:
    """With the name that a member types."""
    return f"Seedream {model}"
