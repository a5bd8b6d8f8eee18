"""Encoding a request and decoding its answers, beside plain JSON of the same bodies."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bench.figures import Figure, Measure, Readings, alternate
from bench.samples import sample_request
from bench.scale import Scale
from bot.upstream import WIRES, encode, picture_list
from bot.upstream.answer import Answer
from bot.upstream.dialects import acedata, sinancode, unode

MICROSECONDS = 1_000_000
NOW = 1_795_150_000.0


Decode = Callable[[Answer], object]
Body = Mapping[str, Any]
Sample = Sequence[tuple[Body, Decode]]
"""The bodies that a dialect answers to one request, each with its decoder."""

ADDRESSES = tuple(f"https://results.test/{number}_0.jpeg?X-Tos-Signature={'f' * 64}&X-Tos-Expires=86400" for number in range(2))
LISTED: Body = {
    "model": "seedream-5-0-260128",
    "created": 1_795_150_000,
    "data": [{"url": address, "size": "2048x2048"} for address in ADDRESSES],
    "usage": {"generated_images": 2, "output_tokens": 32768, "total_tokens": 32768},
}
ACEDATA_TASK: Body = {
    "id": "4d3c1f6e",
    "finished_at": 1_795_150_020.0,
    "elapsed": 20.0,
    "response": {"success": True, "data": [{"image_url": address, "size": "2048x2048"} for address in ADDRESSES]},
}
SINANCODE_TASK: Body = {"id": "4d3c1f6e", "status": "completed", "result": list(ADDRESSES)}


def _read_list(answer: Answer) -> object:
    return picture_list.decode(answer, now=NOW)


SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        "ark_cn": [(LISTED, _read_list)],
        "ark_intl": [(LISTED, _read_list)],
        "acedata": [
            ({"success": True, "task_id": "4d3c1f6e", "trace_id": "a1"}, lambda answer: acedata.decode(answer, now=NOW)),
            (ACEDATA_TASK, lambda answer: acedata.decode_task(answer, now=NOW)),
        ],
        "sinancode": [
            ({"id": "4d3c1f6e", "status": "pending"}, lambda answer: sinancode.decode(answer, now=NOW)),
            (SINANCODE_TASK, lambda answer: sinancode.decode_task(answer, now=NOW)),
        ],
        "uniall": [(LISTED, _read_list)],
        "unode": [(LISTED, lambda answer: unode.decode(answer, now=NOW))],
        "opeai": [(LISTED, _read_list)],
    }
)


def measure(scale: Scale) -> list[Figure]:
    return [figure for dialect in WIRES for figure in _measure(scale, dialect)]


def _measure(scale: Scale, dialect: str) -> list[Figure]:
    name = f"codec.{dialect}"
    request = sample_request(dialect)
    body = encode(request, ()).body
    answers = [(_answer(answer_body), decode) for answer_body, decode in SAMPLES[dialect]]

    def ours() -> None:
        json.dumps(encode(request, ()).body, ensure_ascii=False).encode()
        for answer, decode in answers:
            decode(answer)

    def bare() -> None:
        json.dumps(body, ensure_ascii=False).encode()
        for answer, _ in answers:
            json.loads(answer.body)

    def timed(work: Callable[[], None]) -> Readings:
        for _ in range(scale.encodings // 10):
            work()
        began = time.perf_counter()
        for _ in range(scale.encodings):
            work()
        return {name: (time.perf_counter() - began) / scale.encodings * MICROSECONDS}

    measures = [Measure(name=name, unit="µs", beside="json.dumps and json.loads of the same bodies")]
    return alternate(measures, scale.rounds, lambda: timed(ours), lambda: timed(bare))


def _answer(body: Body) -> Answer:
    return Answer(status=200, headers={"content-type": "application/json"}, body=json.dumps(body).encode())
