"""Makes the pictures of a call one by one and keeps the record of paid calls."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.gateways.content_filter import BROKEN, failing_pictures
from sandbox.gateways.drawing.pictures import Picture, draw, paint, remember_marked
from sandbox.gateways.references import Reference, decode_data_url
from sandbox.gateways.responses import GeneratedPicture, Outcome, usage
from sandbox.runtime import Runtime

_DATA_URL = re.compile(r"data:([\w/+.-]*)[^,]*,")


@dataclass(frozen=True, kw_only=True)
class GenerationRequest:
    """What a call asks of the model, in whatever dialect it came."""

    prompt: str
    size: tuple[int, int]
    number: int = 1
    references: tuple[Reference, ...] = ()
    format: str = "jpeg"
    watermark: bool = False
    search: bool = False
    transparent: bool = False

    def with_fault(self, fault: str) -> "GenerationRequest":
        """Return the request with the number of pictures that the fault causes."""
        word, _, extra = fault.partition(":")
        match word:
            case "more":
                return replace(self, number=self.number + int(extra or 1))
            case "fewer":
                return replace(self, number=max(1, self.number - 1))
            case "empty":
                return replace(self, number=0)
            case _:
                return self


@dataclass(kw_only=True)
class Generation:
    """One accepted call in progress. `entry` is its line in the record of calls, `repeat` counts earlier calls with this prompt and these references."""

    request: GenerationRequest
    entry: JsonObject
    created: int
    repeat: int
    made: list[GeneratedPicture] = field(default_factory=list)

    def summary(self) -> JsonObject:
        """Return the fields with which the official API ends a response."""
        searches = {"tools": [{"type": "web_search"}]} if self.request.search else {}
        return {**searches, "usage": usage(self.made, searches=1 if self.request.search else None)}


class ImageMaker:
    """Draws the pictures of one gateway. `calls` is the record of paid calls.

    A call's line is `{gateway, at, body, images, billed}`, and where the gateway silently dropped fields also their
    names under `dropped`. Pictures inside the body are replaced by their hash.
    """

    def __init__(self, runtime: Runtime, *, name: str, pace: float, prepared: int) -> None:
        self.calls: list[JsonObject] = []
        self._runtime = runtime
        self._name = name
        self._pace = pace
        self._prepared = prepared
        self._asked: Counter[tuple[str, ...]] = Counter()

    def accept(self, request: GenerationRequest, body: JsonObject, *, dropped: Iterable[str] = ()) -> Generation:
        """Enter a call into the record and return it."""
        entry: JsonObject = {
            "gateway": self._name,
            "at": self._runtime.clock.now(),
            "body": without_image_data(body),
            "images": [],
            "billed": 0,
        }
        names = sorted(dropped)
        if names:
            entry["dropped"] = names
        self.calls.append(entry)
        created = int(self._runtime.clock.now())
        generation = Generation(request=request, entry=entry, created=created, repeat=0)
        self.add_references(generation, request.references)
        return generation

    def add_references(self, generation: Generation, references: tuple[Reference, ...]) -> None:
        """Record the references of a call and store their bytes, which can be fetched by hash."""
        for reference in references:
            if reference.content is not None:
                self._runtime.files.put(reference.content)
        asked = (generation.request.prompt, *(reference.sha256 or reference.url for reference in references))
        generation.repeat = self._asked[asked]
        self._asked[asked] += 1
        generation.request = replace(generation.request, references=references)
        generation.entry["images"] = [reference.to_json() for reference in references]

    async def make(self, generation: Generation) -> AsyncIterator[tuple[int, Outcome]]:
        """Make and bill the pictures of a call one by one."""
        failing = failing_pictures(generation.request.prompt)
        for index in range(generation.request.number):
            await self._runtime.clock.sleep_until(generation.entry["at"] + self._pace * (index + 1))
            failed = failing.get(index + 1) or failing.get(0)
            if failed is not None:
                yield index, failed
                if failed.code == BROKEN:
                    return
                continue
            picture = await self._draw(generation, index)
            generation.made.append(picture)
            generation.entry["billed"] += 1
            yield index, picture

    async def make_all(self, generation: Generation) -> list[Outcome]:
        return [picture async for _, picture in self.make(generation)]

    async def _draw(self, generation: Generation, index: int) -> GeneratedPicture:
        if self._prepared:
            return self._copy_prepared(generation, index, self._prepared)
        request = generation.request
        picture = Picture(
            prompt=request.prompt,
            size=request.size,
            index=index,
            total=request.number,
            references=tuple(reference.content or reference.url for reference in request.references),
            format=request.format,
            watermark=request.watermark,
            transparent=request.transparent,
            seed=self._runtime.seed,
            repeat=generation.repeat,
        )
        content = await asyncio.to_thread(self._paint, picture, self._runtime.files.names() if picture.references else [])
        return GeneratedPicture(content=content, size=request.size, format=request.format)

    def _paint(self, picture: Picture, files: list[str]) -> bytes:
        """Paint a picture in a worker thread. Of the sandbox's files, those that carry their scene are remembered first."""
        for name in self._runtime.paintings.unread(files):
            remember_marked(self._runtime.files.get(name) or b"", self._runtime.paintings)
        return paint(picture, self._runtime.paintings)

    def _copy_prepared(self, generation: Generation, index: int, side: int) -> GeneratedPicture:
        """Return a copy of the prepared picture whose bytes differ wherever a drawn picture would differ."""
        prompt_hash = hashlib.sha256(generation.request.prompt.encode()).hexdigest()
        comment = f"{self._runtime.seed} {self._name} {prompt_hash} {generation.repeat} {index}"
        content = _with_comment(prepared_picture(side), comment)
        return GeneratedPicture(content=content, size=(side, side), format="jpeg")


@cache
def prepared_picture(side: int) -> bytes:
    """Draw the one picture of which a prepared gateway sends copies."""
    return draw(Picture(prompt="a prepared picture", size=(side, side)))


def _with_comment(jpeg: bytes, comment: str) -> bytes:
    """Insert a comment segment, so that copies of one JPEG have different bytes."""
    content = comment.encode()
    return jpeg[:2] + b"\xff\xfe" + (len(content) + 2).to_bytes(2, "big") + content + jpeg[2:]


def without_image_data(value: Any) -> Any:
    """Replace every data URL inside a JSON value by its media type and hash."""
    match value:
        case dict():
            return {key: without_image_data(item) for key, item in value.items()}
        case list():
            return [without_image_data(item) for item in value]
        case str() if found := _DATA_URL.match(value):
            content = decode_data_url(value)
            digest = hashlib.sha256(value.encode() if content is None else content).hexdigest()
            return f"data:{found.group(1)};sha256={digest}"
        case _:
            return value
