"""Properties of words, rendered events and stored records that hold for any input."""

import re
from dataclasses import fields
from importlib.resources import files
from itertools import cycle
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from bot.commands.action import MAX_LENGTH, encode_action
from bot.commands.command import Attachment, DraftPictures, Generate, MessagePictures, Options, Origin, StoredPicture
from bot.errors import (
    BotError,
    DeliveryCode,
    DeliveryError,
    RefusalCode,
    RefusedError,
    StoreCode,
    StoreError,
    UpstreamError,
    UpstreamKind,
)
from bot.ids import JobId, MessageId, PlatformName, UserId, WorkspaceId
from bot.jobs.events import JobFacts, ProgressEvent, Receipt
from bot.money import Money
from bot.presentation import render
from bot.store.sqlite.database.records import Records
from bot.wording.words import Words
from tests.fakes.platform import CAPABILITIES
from tests.fakes.texts import ANY_TEXT, LONG_TEXT, WIRE_TEXT

CATALOG = (files("bot.wording") / "en.ftl").read_text(encoding="utf-8")
CODES = sorted(re.findall(r"^([A-Za-z][\w-]*) =", CATALOG, flags=re.MULTILINE))
NAMES = sorted(set(re.findall(r"\{ \$(\w+)", CATALOG)))
WORDS = Words()
RECORDS = Records()

VALUES = LONG_TEXT | st.integers() | st.floats()


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, str | int | float]:
    """A value for every parameter of any sentence; a sentence ignores the ones it does not use."""
    values = draw(st.lists(VALUES, min_size=1, max_size=3))
    return dict(zip(NAMES, cycle(values), strict=False))


def upstream_error(kind: UpstreamKind, given_parameters: dict[str, str | int | float]) -> UpstreamError:
    error = UpstreamError(kind, certain=True)
    error.parameters.update(given_parameters)
    return error


UPSTREAM_ERRORS = st.builds(upstream_error, st.sampled_from(UpstreamKind), parameters())


@st.composite
def errors(draw: st.DrawFn) -> BotError:
    given_parameters = {name: value for name, value in draw(parameters()).items() if name != "nearest"}
    match draw(st.sampled_from([RefusalCode, UpstreamKind, StoreCode, DeliveryCode]).flatmap(st.sampled_from)):
        case RefusalCode() as code:
            return RefusedError(code, nearest=draw(st.none() | ANY_TEXT), **given_parameters)
        case UpstreamKind() as kind:
            return upstream_error(kind, given_parameters)
        case StoreCode() as store:
            return StoreError(store)
        case DeliveryCode() as delivery:
            return DeliveryError(delivery, retryable=False)
        case other:
            raise TypeError(other)


@st.composite
def events(draw: st.DrawFn) -> ProgressEvent:
    """Any kind of event about any job."""
    kind = draw(st.sampled_from(get_args(ProgressEvent)))
    known = {"facts": FACTS, "error": errors(), "seconds": st.floats(0, 1e9), "receipt": RECEIPTS, "seen": UPSTREAM_ERRORS}
    event: ProgressEvent = draw(
        st.builds(kind, **{field.name: known[field.name] for field in fields(kind) if field.name in known})
    )
    return event


JOBS = st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=12, max_size=12).map(JobId)
FACTS = st.builds(JobFacts, job=JOBS, user=st.just(UserId("discord:42")), prompt=LONG_TEXT, count=st.integers(1, 15))
RECEIPTS = st.builds(
    Receipt,
    seconds=st.floats(0, 1e9),
    delivered=st.integers(0, 15),
    withheld=st.lists(st.tuples(st.integers(1, 15), st.sampled_from(UpstreamKind)), max_size=15).map(tuple),
    cost=st.none() | st.builds(Money, micros=st.integers(0, 10**12), currency=st.just("USD")),
    seen=st.none() | UPSTREAM_ERRORS,
)
ATTACHMENTS = st.builds(Attachment, address=WIRE_TEXT, name=WIRE_TEXT, media_type=st.none() | WIRE_TEXT)
SOURCES = st.one_of(
    st.builds(StoredPicture, job=JOBS, number=st.integers()),
    ATTACHMENTS,
    st.builds(MessagePictures, message=WIRE_TEXT.map(MessageId), attachments=st.lists(ATTACHMENTS, max_size=3).map(tuple)),
    st.builds(DraftPictures, draft=JOBS),
)
COMMANDS = st.builds(
    Generate,
    verb=st.sampled_from(["imagine", "edit"]),
    prompt=WIRE_TEXT,
    options=st.builds(Options, model=st.none() | WIRE_TEXT, size=st.none() | WIRE_TEXT, gateway=st.none() | WIRE_TEXT),
    references=st.lists(SOURCES, max_size=5).map(tuple),
)
ORIGINS = st.builds(
    Origin,
    platform=WIRE_TEXT.map(PlatformName),
    workspace=st.none() | WIRE_TEXT.map(WorkspaceId),
    user=WIRE_TEXT.map(UserId),
    received_at=st.floats(allow_nan=False),
    roles=st.lists(WIRE_TEXT, max_size=3).map(tuple),
    address=st.dictionaries(WIRE_TEXT, WIRE_TEXT, max_size=3),
)


@given(st.sampled_from(CODES), parameters())
def test_no_parameter_breaks_a_sentence(code: str, given_parameters: dict[str, str | int | float]) -> None:
    """Any code can be formatted with any parameters."""
    assert WORDS.say(code, given_parameters)


@given(errors())
def test_every_error_has_words(error: BotError) -> None:
    """Any error has a sentence, and a refusal stays short whatever value it quotes."""
    text = WORDS.error(error)
    assert text
    assert not isinstance(error, RefusedError) or error.nearest is not None or len(text) < 800


@given(events())
def test_every_event_can_be_rendered(event: ProgressEvent) -> None:
    """Its quote fits, and its buttons have distinct ids within the length limit."""
    reply = render.progress(event, CAPABILITIES, WORDS)
    assert reply.text
    assert len(reply.quote or "") <= CAPABILITIES.quote_length
    ids = [encode_action(button.action) for button in reply.buttons]
    assert len(set(ids)) == len(ids)
    assert all(len(text) <= MAX_LENGTH for text in ids)


@given(st.integers(1, 99), st.integers(1, 99), LONG_TEXT, st.integers(1, 2000))
def test_alt_text_fits_any_limit(number: int, pictures: int, prompt: str, length: int) -> None:
    """The alternative text never exceeds the given length."""
    assert len(render.alt_text(number, pictures, prompt, WORDS, length=length)) <= length


@given(COMMANDS)
def test_a_command_survives_storage(command: Generate) -> None:
    """Any command is loaded as it was stored, including broken surrogates and NUL."""
    assert RECORDS.command.load(RECORDS.command.dump(command)) == command


@given(ORIGINS)
def test_an_origin_survives_storage(origin: Origin) -> None:
    """Any origin is loaded as it was stored."""
    assert RECORDS.origin.load(RECORDS.origin.dump(origin)) == origin


@given(st.lists(ATTACHMENTS, max_size=4).map(tuple))
def test_attachments_survive_storage(attachments: tuple[Attachment, ...]) -> None:
    """Attachments are loaded as they were stored, in the same order."""
    assert RECORDS.attachments.load(RECORDS.attachments.dump(attachments)) == attachments
