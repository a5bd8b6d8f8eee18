"""Encoding a request and decoding its answers, beside plain JSON of the same bodies."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bench.figures import Figure, Measure, Readings, alternate
from bench.samples import sample_request
from bench.scale import Scale
from bot.upstream.decoding.failures import DecodeContext
from bot.upstream.decoding.tasks import decode_record, decode_submission
from bot.upstream.dialects.table import WIRE_FORMATS, encode
from bot.upstream.transport.http_messages import Answer

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


def _whole(dialect: str) -> Decode:
    context = _context(dialect)
    return lambda answer: WIRE_FORMATS[dialect].decode(answer, context)


def _task_sample(dialect: str, submission: Body, record: Body) -> Sample:
    tasks, context = WIRE_FORMATS[dialect].tasks, _context(dialect)
    if tasks is None:
        raise ValueError(f"{dialect} has no tasks")
    return [
        (submission, lambda answer: decode_submission(answer, tasks.read_record, context)),
        (record, lambda answer: decode_record(answer, tasks.read_record, context, keys=tasks.record_keys)),
    ]


def _context(dialect: str) -> DecodeContext:
    return DecodeContext(faults=WIRE_FORMATS[dialect].faults, now=NOW)


SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        **{dialect: [(LISTED, _whole(dialect))] for dialect in ("ark_cn", "ark_intl", "uniall", "unode", "opeai")},
        "acedata": _task_sample("acedata", {"success": True, "task_id": "4d3c1f6e", "trace_id": "a1"}, ACEDATA_TASK),
        "sinancode": _task_sample("sinancode", {"id": "4d3c1f6e", "status": "pending"}, SINANCODE_TASK),
    }
)


def measure(scale: Scale) -> list[Figure]:
    return [figure for dialect in WIRE_FORMATS for figure in _measure(scale, dialect)]


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
