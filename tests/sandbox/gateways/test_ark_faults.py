"""Every fault of the fake official API over real HTTP."""

import httpx
import pytest

from tests.sandbox.gateways.ark_client import V40, ArkClient, parse_sse
from tests.sandbox.gateways.gateway_client import SMALL, set_fields


@pytest.mark.parametrize(
    ("fault", "status", "code", "billed"),
    [
        ("429", 429, "ModelAccountIpmRateLimitExceeded", []),
        ("429:3", 429, "ModelAccountIpmRateLimitExceeded", []),
        ("429-quota", 429, "SetLimitExceeded", []),
        ("500", 500, "InternalServiceError", []),
        ("503", 503, "ServerOverloaded", []),
        ("error:403:AccessDenied", 403, "AccessDenied", []),
        ("html", 502, None, []),
        ("504", 504, None, [2]),
        ("not-json", 200, None, []),
        ("unheard-of", 500, "UnknownFault", []),
    ],
)
async def test_error_faults(ark: ArkClient, fault: str, status: int, code: str | None, billed: list[int]) -> None:
    """Each fault gives its answer once, and bills what it declares."""
    ark.inject("submit", fault)
    answer = await ark.generate(**set_fields(2))
    after = await ark.generate()

    assert answer.status_code == status
    if code is None:
        assert not answer.headers["Content-Type"].startswith("application/json")
    else:
        assert answer.json()["error"]["code"] == code
    assert answer.headers.get("Retry-After") == ("3" if fault == "429:3" else None)
    assert after.status_code == 200
    assert ark.billed == [*billed, 1]


@pytest.mark.parametrize(("fault", "number"), [("fewer", 1), ("more", 3), ("empty", 0), ("slow:0.01", 2)])
async def test_changed_numbers(ark: ArkClient, fault: str, number: int) -> None:
    """A set can have fewer or more pictures than requested, or none; the bill follows."""
    ark.inject("submit", fault)
    answer = await ark.generate(**set_fields(2))

    assert answer.status_code == 200
    assert len(answer.json()["data"]) == number
    assert ark.billed == [number]


@pytest.mark.parametrize(
    ("part", "fault", "billed"), [("connect", "reset", []), ("submit", "reset-before", []), ("submit", "reset-after", [2])]
)
@pytest.mark.parametrize("stream", [True, False])
async def test_resets(ark: ArkClient, part: str, fault: str, billed: list[int], stream: bool) -> None:
    """A connection can be dropped before anything is made, or after everything is made and billed."""
    ark.inject(part, fault)
    with pytest.raises(httpx.TransportError):
        await ark.generate(stream=stream, **set_fields(2))

    assert ark.billed == billed


async def test_incomplete_streams(ark: ArkClient) -> None:
    """A stream can lose its connection, end early, lack its closing frame, or consist of one error."""
    ark.inject("submit", "cut")
    with pytest.raises(httpx.RemoteProtocolError):
        await ark.generate(stream=True, **set_fields(2))
    ark.inject("submit", "ended")
    ended = parse_sse((await ark.generate(stream=True, **set_fields(2))).text)
    ark.inject("submit", "no-completed")
    unclosed = parse_sse((await ark.generate(stream=True, **set_fields(2))).text)
    ark.inject("submit", "error-frame:InputTextSensitiveContentDetected")
    (event, frame), *rest = parse_sse((await ark.generate(stream=True, **set_fields(2))).text)

    assert [event for event, _ in ended] == ["image_generation.partial_succeeded"]
    assert [event for event, _ in unclosed[:-1]] == ["image_generation.partial_succeeded"] * 2
    assert unclosed[-1] == "[DONE]"
    assert (event, frame["error"]["code"], rest) == ("error", "InputTextSensitiveContentDetected", [])
    assert ark.billed == [1, 1, 2]


async def test_hang(ark: ArkClient) -> None:
    """A call can remain unanswered until the caller gives up; nothing is made."""
    ark.inject("submit", "hang")
    with pytest.raises(httpx.ReadTimeout):
        await ark.http.post(
            f"{ark.gateway.url}/images/generations", json={"model": V40, "prompt": "a fox"}, timeout=httpx.Timeout(5, read=0.1)
        )

    assert ark.billed == []


async def test_disconnected_client_is_billed(ark: ArkClient) -> None:
    """A call whose client disconnects is finished and billed."""
    url = f"{ark.gateway.url}/images/generations"
    body = {"model": V40, "prompt": "a fox", "size": SMALL, "stream": True, **set_fields(3)}
    async with ark.http.stream("POST", url, json=body) as answer:
        await anext(answer.aiter_lines())
    while ark.billed != [3]:
        await ark.generate(prompt="forbidden-text")  # a round trip gives the other call time to continue

    assert ark.billed == [3]


@pytest.mark.parametrize(
    ("fault", "status"), [("404", 404), ("500", 500), ("html", 200), ("redirect-private", 302), ("slow:0.01", 200), ("odd", 500)]
)
async def test_result_faults(ark: ArkClient, fault: str, status: int) -> None:
    """Each fault of a download applies once."""
    answer = await ark.generate()
    ark.inject("result", fault)
    spoiled = await ark.result(answer)
    whole = await ark.result(answer)

    assert spoiled.status_code == status
    assert (spoiled.content == whole.content) == (fault == "slow:0.01")
    assert whole.headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("fault", ["truncated", "reset-before"])
async def test_incomplete_results(ark: ArkClient, fault: str) -> None:
    """A download can end before its announced length."""
    answer = await ark.generate()
    ark.inject("result", fault)

    with pytest.raises(httpx.TransportError):
        await ark.result(answer)


async def test_endless_result(ark: ArkClient) -> None:
    """A download can be endless."""
    answer = await ark.generate()
    whole = await ark.result(answer)
    ark.inject("result", "endless")
    received = 0
    async with ark.http.stream("GET", answer.json()["data"][0]["url"]) as response:
        async for piece in response.aiter_bytes():
            received += len(piece)
            if received > len(whole.content) + 1_000_000:
                break

    assert "Content-Length" not in response.headers
    assert received > len(whole.content) + 1_000_000
