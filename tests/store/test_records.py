"""Values are read from a row as they were written."""

import json
import random
from types import MappingProxyType
from typing import TypeVar

import pytest

from bot.commands.command import (
    Attachment,
    DraftPictures,
    Generate,
    MessagePictures,
    Options,
    Origin,
    ReferenceSource,
    StoredPicture,
)
from bot.ids import GatewayName, JobId, MessageId, ModelName, PlatformName, UserId, WorkspaceId
from bot.money import Money
from bot.requests.references import Reference
from bot.requests.request import Pixels, Request, Substitution
from bot.store.sqlite.database.records import Records

T = TypeVar("T")
TEXTS = ("", "a red fox", "狐 в снегу ❄️", 'quo"te \\ back', "line\nline\ttab", "\x00", "\ud83d half an emoji", "2K", "7", "null")
SEEDS = range(60)


@pytest.fixture(scope="module")
def records() -> Records:
    return Records()


class RandomValues:
    """Random values, from a seed, of every type that a record holds."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def text(self) -> str:
        return self._random.choice(TEXTS)

    def number(self) -> int:
        return self._random.choice([0, 1, -1, 4096, 2**63])

    def real(self) -> float:
        return self._random.choice([0.0, 7.0, 0.1, 1_700_000_000.123456, 1e300])

    def flag(self) -> bool:
        return self._random.choice([True, False])

    def optional(self, value: T) -> T | None:
        return self._random.choice([value, None])

    def attachment(self) -> Attachment:
        return Attachment(
            address=self.text(),
            name=self.text(),
            media_type=self.optional(self.text()),
            size_bytes=self.optional(self.number()),
            width=self.optional(self.number()),
            height=self.optional(self.number()),
        )

    def attachments(self) -> tuple[Attachment, ...]:
        return tuple(self.attachment() for _ in range(self._random.randrange(4)))

    def source(self) -> ReferenceSource:
        sources: list[ReferenceSource] = [
            StoredPicture(job=JobId(self.text()), number=self.number()),
            self.attachment(),
            MessagePictures(message=MessageId(self.text()), attachments=self.attachments()),
            MessagePictures(message=MessageId(self.text())),
            DraftPictures(draft=JobId(self.text())),
        ]
        return self._random.choice(sources)

    def command(self) -> Generate:
        options = Options(
            model=self.optional(self.text()),
            count=self.optional(self.number()),
            size=self.optional(self.text()),
            ratio=self.optional(self.text()),
            format=self.optional(self.text()),
            watermark=self.optional(self.flag()),
            search=self.optional(self.flag()),
            prompt_mode=self.optional(self.text()),
            gateway=self.optional(self.text()),
            private=self.optional(self.flag()),
            spoiler=self.optional(self.flag()),
            seed=self.optional(self.number()),
            guidance=self.optional(self._random.choice([self.real(), float("inf")])),
            background=self.optional(self.text()),
            layers=self.optional(self.flag()),
            region=self.optional(self.text()),
            point=self.optional(self.text()),
            separate=self.optional(self.flag()),
        )
        references = tuple(self.source() for _ in range(self._random.randrange(6)))
        verb = self._random.choice(["imagine", "edit"])
        if verb == "edit":
            return Generate(verb="edit", prompt=self.text(), options=options, references=references)
        return Generate(verb="imagine", prompt=self.text(), options=options, references=references)

    def origin(self) -> Origin:
        return Origin(
            platform=PlatformName(self.text()),
            workspace=self.optional(WorkspaceId(self.text())),
            user=UserId(self.text()),
            received_at=self.real(),
            roles=tuple(self.text() for _ in range(self._random.randrange(3))),
            locale=self.text(),
            address={self.text(): self.text() for _ in range(self._random.randrange(3))},
        )

    def reference(self) -> Reference:
        return Reference(
            form="bytes" if self.flag() else "data",
            value=self.text(),
            media_type=self.optional(self.text()),
            width=self.optional(self.number()),
            height=self.optional(self.number()),
            size_bytes=self.optional(self.number()),
            alpha=self.optional(self.flag()),
        )

    def request(self) -> Request:
        return Request(
            gateway=GatewayName(self.text()),
            dialect=self.text(),
            model=ModelName(self.text()),
            model_id=self.text(),
            prompt=self.text(),
            count=self.number(),
            size=self.text() if self.flag() else Pixels(width=self.number(), height=self.number()),
            references=tuple(self.reference() for _ in range(self._random.randrange(4))),
            mode="async" if self.flag() else "stream",
            watermark=self.optional(self.flag()),
            format="png" if self.flag() else None,
            search=self.flag(),
            prompt_mode="fast" if self.flag() else None,
            background="transparent" if self.flag() else None,
            layers=self.flag(),
            seed=self.optional(self.number()),
            guidance=self.optional(self.real()),
            instead=self.optional(self.substitution()),
        )

    def substitution(self) -> Substitution:
        price = Money(micros=self.number(), currency=self.text())
        return Substitution(instead_of=ModelName(self.text()), withdrawn=self.flag(), price=self.optional(price))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_command_survives(records: Records, seed: int) -> None:
    """A command is read with its options, every kind of reference source, and any text that a platform can send."""
    command = RandomValues(seed).command()
    loaded = records.command.load(records.command.dump(command))
    assert loaded == command
    assert [type(source) for source in loaded.references] == [type(source) for source in command.references]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_origin_survives(records: Records, seed: int) -> None:
    """An origin is read with the address that only its adapter interprets."""
    origin = RandomValues(seed).origin()
    assert records.origin.load(records.origin.dump(origin)) == origin


@pytest.mark.parametrize("seed", SEEDS)
def test_a_request_survives(records: Records, seed: int) -> None:
    """A request is read with its size of the same type, a tier or pixels."""
    request = RandomValues(seed).request()
    loaded = records.request.load(records.request.dump(request))
    assert loaded == request
    assert type(loaded.size) is type(request.size)


@pytest.mark.parametrize("seed", range(10))
def test_references_and_attachments_survive(records: Records, seed: int) -> None:
    """References and attachments are read in the same order."""
    values = RandomValues(seed)
    references = tuple(values.reference() for _ in range(3))
    attachments = values.attachments()
    assert records.references.load(records.references.dump(references)) == references
    assert records.attachments.load(records.attachments.dump(attachments)) == attachments


def test_an_immutable_address_can_be_written(records: Records) -> None:
    """Any mapping can be written, not only a dict."""
    origin = RandomValues(1).origin()
    address = MappingProxyType({"token": "abc"})
    frozen = Origin(
        platform=origin.platform,
        workspace=None,
        user=origin.user,
        received_at=1.0,
        address=address,
    )
    assert dict(records.origin.load(records.origin.dump(frozen)).address) == {"token": "abc"}


def test_a_row_of_an_earlier_version_can_be_read(records: Records) -> None:
    """Fields that a stored value does not have get their defaults."""
    loaded = records.command.load('{"verb":"imagine","prompt":"a fox","options":{"count":2}}')
    assert loaded == Generate(verb="imagine", prompt="a fox", options=Options(count=2))


def test_a_field_that_is_gone_is_passed_over(records: Records) -> None:
    """Requests of an earlier program hold a `delivery`, which was always "url"."""
    request = RandomValues(1).request()
    earlier = {**json.loads(records.request.dump(request)), "delivery": "url"}
    assert records.request.load(json.dumps(earlier)) == request


def test_a_row_with_a_field_that_is_gone_is_still_read(records: Records) -> None:
    """An origin used to name its conversation beside its address."""
    loaded = records.origin.load(
        '{"platform":"discord","workspace":"9","conversation":"1","user":"discord:42","received_at":1.5,"roles":["discord:7"],'
        '"locale":"de","address":{"channel":"1","application":"2"}}'
    )
    assert loaded == Origin(
        platform=PlatformName("discord"),
        workspace=WorkspaceId("9"),
        user=UserId("discord:42"),
        received_at=1.5,
        roles=("discord:7",),
        locale="de",
        address={"channel": "1", "application": "2"},
    )


def test_a_value_of_an_unknown_type_is_refused(records: Records) -> None:
    """Writing a value of an unknown type raises TypeError."""
    command = Generate(verb="imagine", prompt="a fox", references=(object(),))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="object has no place in a record"):
        records.command.dump(command)
