"""Makes the pictures of a call one by one and keeps the record of paid calls."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.gateways.content_filter import BROKEN, failing_pictures
from sandbox.gateways.drawing.layers import LayeredImage, take_apart
from sandbox.gateways.drawing.pictures import Background, Picture, draw, paint, remember_marked
from sandbox.gateways.models.prices import Price
from sandbox.gateways.references import Reference, decode_data_url
from sandbox.gateways.responses import FailedPicture, GeneratedPicture, LayerPlace, Outcome, usage
from sandbox.runtime import Runtime

_DATA_URL = re.compile(r"data:([\w/+.-]*)[^,]*,")


@dataclass(frozen=True, kw_only=True)
class GenerationRequest:
    """What a call asks of the model, in whatever dialect it came. `model` is the name of its rules.

    With `layers`, `number` counts how often the layers are made: a picture taken apart has as many as it has things.
    """

    model: str
    prompt: str
    size: tuple[int, int]
    number: int = 1
    references: tuple[Reference, ...] = ()
    format: str = "jpeg"
    watermark: bool = False
    search: bool = False
    background: Background = Background.PAINTED
    layers: bool = False
    one_picture: bool = False
    seed: int | None = None

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
        references = int(self.entry["references"]) if self.request.one_picture else None
        return {**searches, "usage": usage(self.made, searches=1 if self.request.search else None, references=references)}


class ImageMaker:
    """Draws the pictures of one gateway. `calls` is the record of paid calls, `seconds` what a picture of a model takes.

    A call's line is `{gateway, at, body, images, billed, references, billed_micros, currency}`: how many pictures and
    references were billed, and their price in millionths of the currency, null if the model has none. Where the gateway
    silently dropped fields, their names are under `dropped`. Pictures inside the body are replaced by their hash.
    """

    def __init__(
        self, runtime: Runtime, *, name: str, pace: float, prepared: int, prices: Mapping[str, Price], currency: str
    ) -> None:
        self.calls: list[JsonObject] = []
        self.seconds: dict[str, float] = {}
        self._prices = prices
        self._currency = currency
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
            "references": 0,
            "billed_micros": 0 if request.model in self._prices else None,
            "currency": self._currency,
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
        """Make and bill the pictures of a call one by one; those of a picture taken apart, at once."""
        request = generation.request
        failing = failing_pictures(request.prompt)
        pace = self.seconds.get(request.model, self._pace)
        if request.layers:
            await self._runtime.clock.sleep_until(generation.entry["at"] + pace)
            for index, layer in enumerate(await self._take_apart(generation, failing)):
                yield index, layer
            return
        for index in range(request.number):
            await self._runtime.clock.sleep_until(generation.entry["at"] + pace * (index + 1))
            failed = failing.get(index + 1) or failing.get(0)
            if failed is not None:
                yield index, failed
                if failed.code == BROKEN:
                    return
                continue
            picture = await self._draw(generation, index)
            self._bill(generation, [picture])
            yield index, picture

    def _bill(self, generation: Generation, pictures: Sequence[GeneratedPicture]) -> None:
        """Add finished pictures to what the call costs. Its references are billed with the first."""
        generation.made += pictures
        if not generation.made:
            return
        request, entry = generation.request, generation.entry
        entry["billed"] = len(generation.made)
        entry["references"] = len(request.references)
        price = self._prices.get(request.model)
        if price is not None:
            sizes = [picture.size for picture in generation.made]
            entry["billed_micros"] = price.of_call(sizes, references=len(request.references), in_layers=request.layers)

    async def _take_apart(self, generation: Generation, failing: Mapping[int, FailedPicture]) -> list[Outcome]:
        """Make a base and its layers. One that fails fails them all, and nothing is billed."""
        request = generation.request
        if request.number == 0:
            return []
        layered = await asyncio.to_thread(self._decompose, self._picture(generation, 0), self._runtime.files.names())
        made = _layered_pictures(layered, request.format, repeats=request.number - 1)
        failed = next((failing[number] for number in range(len(made) + 1) if number in failing), None)
        if failed is not None:
            return [failed]
        self._bill(generation, made)
        return list(made)

    def _decompose(self, picture: Picture, files: list[str]) -> LayeredImage:
        self._remember(files)
        return take_apart(picture, self._runtime.paintings)

    async def make_all(self, generation: Generation) -> list[Outcome]:
        return [picture async for _, picture in self.make(generation)]

    async def _draw(self, generation: Generation, index: int) -> GeneratedPicture:
        request = generation.request
        if self._prepared and request.background is Background.PAINTED:
            return self._copy_prepared(generation, index, self._prepared)
        files = self._runtime.files.names() if request.references else []
        content = await asyncio.to_thread(self._paint, self._picture(generation, index), files)
        transparent = request.background in {Background.CUT_OUT, Background.KEPT}
        return GeneratedPicture(content=content, size=request.size, format=request.format, transparent=transparent)

    def _picture(self, generation: Generation, index: int) -> Picture:
        request = generation.request
        return Picture(
            prompt=request.prompt,
            size=request.size,
            index=index,
            total=request.number,
            references=tuple(reference.content or reference.url for reference in request.references),
            format=request.format,
            watermark=request.watermark,
            background=request.background,
            seed=request.seed if request.seed is not None else self._runtime.seed,
            repeat=generation.repeat if request.seed is None else 0,
        )

    def _paint(self, picture: Picture, files: list[str]) -> bytes:
        self._remember(files)
        return paint(picture, self._runtime.paintings)

    def _remember(self, files: list[str]) -> None:
        """Remember those of the sandbox's files that carry their scene, in a worker thread."""
        for name in self._runtime.paintings.unread(files):
            remember_marked(self._runtime.files.get(name) or b"", self._runtime.paintings)

    def _copy_prepared(self, generation: Generation, index: int, side: int) -> GeneratedPicture:
        """Return a copy of the prepared picture whose bytes differ wherever a drawn picture would differ."""
        prompt_hash = hashlib.sha256(generation.request.prompt.encode()).hexdigest()
        comment = f"{self._runtime.seed} {self._name} {prompt_hash} {generation.repeat} {index}"
        content = _with_comment(prepared_picture(side), comment)
        return GeneratedPicture(content=content, size=(side, side), format="jpeg")


def _layered_pictures(layered: LayeredImage, image_format: str, *, repeats: int) -> list[GeneratedPicture]:
    """Return the base and the layers as results, the layers once more for each repeat."""
    canvas = layered.size
    base = LayerPlace(z_index=0, canvas=canvas)
    made = [GeneratedPicture(content=layered.base, size=canvas, format=image_format, layer=base)]
    for z_index, layer in enumerate(layered.layers * (repeats + 1), start=1):
        place = LayerPlace(z_index=z_index, canvas=canvas, box=layer.box, name=layer.name, description=layer.description)
        made.append(GeneratedPicture(content=layer.content, size=layer.size, format="png", transparent=True, layer=place))
    return made


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
