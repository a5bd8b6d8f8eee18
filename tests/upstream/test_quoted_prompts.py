"""A gateway may quote the prompt in its errors: what a member wrote never decides whether a call is paid again."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import UpstreamError
from bot.upstream.decoding.failures import ARK_CODES
from bot.upstream.decoding.picture_stream import StreamDecoder
from bot.upstream.dialects.table import WIRE_FORMATS
from bot.upstream.transport.http_messages import Answer, Frame
from tests.fakes.dialects import answer, classification, context, decode_queried, plain
from tests.fakes.exchange import exchange
from tests.fakes.wire import says

DIALECTS = tuple(WIRE_FORMATS)
KNOWN = sorted({*ARK_CODES} | {word for row in WIRE_FORMATS.values() for word in (*row.faults.codes, *row.faults.phrases)})
"""Every code and phrase that any dialect knows."""
HARMLESS = "a red fox"
PROMPTS = [*(f"a red fox, {word}" for word in KNOWN), f"a red fox {' '.join(KNOWN)}"]
Body = Callable[[str], Any]
BODIES: list[Body] = [
    lambda prompt: {"error": {"code": None, "message": f"upstream failed for '{prompt}'"}},
    lambda prompt: {"error": {"code": "odd_code", "message": prompt}},
    lambda prompt: {"error": {"code": f"could not paint {prompt}", "message": "m"}},
    lambda prompt: {"error": prompt},
    lambda prompt: {"message": f"failed: {prompt}"},
    lambda prompt: {"error_code": "", "error_msg": prompt},
    lambda prompt: {"detail": [{"input": prompt}]},
    lambda prompt: f"Internal error while painting {prompt}".encode(),
    lambda prompt: f"<html><h1>{prompt}</h1></html>".encode(),
    lambda prompt: prompt,
]
STATUSES = (400, 403, 429, 499, 500, 503)


def failure(dialect: str, response: Answer, prompt: str) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        WIRE_FORMATS[dialect].decode(response, context(dialect, prompt))
    return caught.value


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("status", STATUSES)
def test_an_error_that_quotes_the_prompt(dialect: str, status: int) -> None:
    """It is read like one that quotes a harmless prompt; from 500 on it is never certain."""
    for body in BODIES:
        expected = classification(failure(dialect, answer(body(HARMLESS), status=status), HARMLESS))
        assert expected[1] is (status < 499)
        for prompt in PROMPTS:
            assert classification(failure(dialect, answer(body(prompt), status=status), prompt)) == expected, prompt


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("status", [200, 500, 502, 503, 504])
def test_a_code_in_text_proves_nothing(dialect: str, status: int) -> None:
    """Whoever wrote it: on a status under which something may have been spent, no text is read."""
    for word in KNOWN:
        error = failure(dialect, answer({"error": {"code": "odd_code", "message": f"{word}: no"}}, status=status), HARMLESS)

        assert (error.certain, error.retryable) == (False, False), word


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_code_in_the_text_of_a_refusal_chooses_the_words_alone(dialect: str) -> None:
    """The status says that nothing was spent, and whether to try again."""
    for word in KNOWN:
        error = failure(dialect, answer({"error": {"message": f"{word}: no"}}, status=400), HARMLESS)

        assert (error.certain, error.retryable) == (True, False), word


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_error_in_a_stream_that_quotes_the_prompt(dialect: str) -> None:
    """Neither certain nor retryable."""
    for prompt in PROMPTS:
        for frame in ({"error": {"message": prompt}}, {"message": prompt}, {"error": prompt}):
            with pytest.raises(UpstreamError) as caught:
                StreamDecoder(context(dialect, prompt)).feed(Frame(event="error", data=json.dumps(frame).encode()))

            assert (caught.value.certain, caught.value.retryable) == (False, False)


RECORDS: dict[str, Body] = {
    "acedata": lambda message: {"id": "t1", "finished_at": 2.0, "response": {"success": False, "error": {"message": message}}},
    "sinancode": lambda message: {"id": "t1", "status": "failed", "error_msg": message},
}


@pytest.mark.parametrize("dialect", RECORDS)
def test_a_failed_task_that_quotes_the_prompt(dialect: str) -> None:
    """The record says that the task is over; the prompt does not say why."""
    for prompt in PROMPTS:
        outcome = decode_queried(dialect, answer(RECORDS[dialect](f"failed: {prompt}")), prompt=prompt)

        assert outcome is not None
        assert classification(outcome.failure) == ("unknown", True, False), prompt


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_server_error_that_quotes_the_prompt_ends_in_one_call(dialect: str) -> None:
    """Over HTTP, with the request's own prompt."""
    request = replace(plain(dialect), prompt="a red fox, RateLimitExceeded, model is invalid", second_model_id="other")
    body = json.dumps({"error": {"message": f"cannot paint {request.prompt}"}}).encode()

    refused = await exchange(dialect, says(body, status=400), request=request)
    failed = await exchange(dialect, says(body, status=500), request=request)

    assert (len(refused.request_lines), classification(refused.failure)) == (1, ("request", True, False))
    assert (len(failed.request_lines), classification(failed.failure)) == (1, ("upstream", False, False))
