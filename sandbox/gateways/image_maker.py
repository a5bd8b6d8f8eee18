"""Makes the pictures of a call one by one, and writes the record of what was paid for."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from sandbox.gateways.answers import FailedPicture, MadePicture, usage_of
from sandbox.gateways.content_words import BROKEN, failing_in
from sandbox.gateways.drawing.pictures import Picture, draw
from sandbox.gateways.references import Reference, content_of
from sandbox.stage import JsonObject, Stage

_DATA_URL = re.compile(r"data:([\w/+.-]*)[^,]*,")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a call asks of the model, whatever the wire it came by."""

    prompt: str
    size: tuple[int, int]
    number: int = 1
    references: tuple[Reference, ...] = ()
    format: str = "jpeg"
    watermark: bool = False
    search: bool = False

    def altered(self, fault: str) -> "Order":
        """The order with another number of pictures, if the fault says so."""
        changed = {"more": self.number + 1, "fewer": max(1, self.number - 1), "empty": 0}
        return replace(self, number=changed.get(fault, self.number))


@dataclass(kw_only=True)
class Work:
    """One accepted call while it is worked on; `entry` is its line in the record of calls."""

    order: Order
    entry: JsonObject
    created: int
    take: int
    made: list[MadePicture] = field(default_factory=list)

    def closing(self) -> JsonObject:
        """What the official API says at the end of a call."""
        searches = {"tools": [{"type": "web_search"}]} if self.order.search else {}
        return {**searches, "usage": usage_of(self.made, searches=1 if self.order.search else None)}


class Studio:
    """Draws for one gateway. `calls` is the record of paid calls.

    A call's line is `{gateway, at, body, images, billed}`, and where the gateway silently dropped fields also their
    names under `dropped`; pictures inside the body are named by their hash.
    """

    def __init__(self, stage: Stage, *, name: str, pace: float, prepared: int) -> None:
        self.calls: list[JsonObject] = []
        self._stage = stage
        self._name = name
        self._pace = pace
        self._prepared = prepared
        self._takes: Counter[str] = Counter()

    def open(self, order: Order, body: JsonObject, *, dropped: Iterable[str] = ()) -> Work:
        """Accept a call: from here on it is in the record."""
        entry: JsonObject = {
            "gateway": self._name,
            "at": self._stage.clock.now(),
            "body": without_pictures(body),
            "images": [],
            "billed": 0,
        }
        names = sorted(dropped)
        if names:
            entry["dropped"] = names
        self.calls.append(entry)
        take = self._takes[order.prompt]
        self._takes[order.prompt] += 1
        work = Work(order=order, entry=entry, created=int(self._stage.clock.now()), take=take)
        self.note_references(work, order.references)
        return work

    def note_references(self, work: Work, references: tuple[Reference, ...]) -> None:
        """Write down the references a call was found to have; their bytes can be fetched by hash."""
        for reference in references:
            if reference.content is not None:
                self._stage.files.put(reference.content)
        work.order = replace(work.order, references=references)
        work.entry["images"] = [reference.described() for reference in references]

    async def make(self, work: Work) -> AsyncIterator[tuple[int, MadePicture | FailedPicture]]:
        """Make and bill the pictures of a call one by one."""
        failing = failing_in(work.order.prompt)
        for index in range(work.order.number):
            await asyncio.sleep(self._pace)
            failed = failing.get(index + 1) or failing.get(0)
            if failed is not None:
                yield index, failed
                if failed.code == BROKEN:
                    return
                continue
            picture = await self._drawn(work, index)
            work.made.append(picture)
            work.entry["billed"] += 1
            yield index, picture

    async def make_all(self, work: Work) -> list[MadePicture | FailedPicture]:
        return [picture async for _, picture in self.make(work)]

    async def _drawn(self, work: Work, index: int) -> MadePicture:
        if self._prepared:
            return self._copied(work, index, self._prepared)
        order = work.order
        picture = Picture(
            prompt=order.prompt,
            size=order.size,
            index=index,
            total=order.number,
            references=tuple(reference.content or reference.address for reference in order.references),
            format=order.format,
            watermark=order.watermark,
            seed=self._stage.seed,
            take=work.take,
        )
        return MadePicture(content=await asyncio.to_thread(draw, picture), size=order.size, format=order.format)

    def _copied(self, work: Work, index: int, side: int) -> MadePicture:
        """A copy of the prepared picture, as different from the others as a drawn one would be."""
        note = f"{self._stage.seed} {self._name} {hashlib.sha256(work.order.prompt.encode()).hexdigest()} {work.take} {index}"
        return MadePicture(content=_noted(prepared_picture(side), note), size=(side, side), format="jpeg")


@cache
def prepared_picture(side: int) -> bytes:
    """The one picture that a prepared gateway answers every call with."""
    return draw(Picture(prompt="a prepared picture", size=(side, side)))


def _noted(jpeg: bytes, note: str) -> bytes:
    """The same picture with a comment in it: other bytes, so that it can be told from its copies."""
    comment = note.encode()
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def without_pictures(value: Any) -> Any:
    """A JSON value whose data URLs are replaced by what they are and their hash."""
    match value:
        case dict():
            return {key: without_pictures(held) for key, held in value.items()}
        case list():
            return [without_pictures(held) for held in value]
        case str() if found := _DATA_URL.match(value):
            content = content_of(value)
            named = hashlib.sha256(value.encode() if content is None else content).hexdigest()
            return f"data:{found.group(1)};sha256={named}"
        case _:
            return value
