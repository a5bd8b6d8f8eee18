"""Every exception of the HTTP client becomes an UpstreamError that says whether anything may have been spent."""

import inspect
import ssl

import httpx
import pytest

from bot.config.settings import Secret
from bot.config.tls import trust
from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.transport.http_client import GatewayClient, translate_error
from bot.upstream.transport.http_messages import HttpRequest

K = UpstreamKind
CALL = HttpRequest(method="POST", path="/images/generations", body={"prompt": "a fox"})

# Every exception class of httpx; True where nothing can have been spent.
HTTPX_ERRORS = {
    httpx.ConnectError: True,
    httpx.ConnectTimeout: True,
    httpx.PoolTimeout: True,
    httpx.ProxyError: True,
    httpx.UnsupportedProtocol: True,
    httpx.LocalProtocolError: True,
    httpx.InvalidURL: True,
    httpx.CloseError: False,
    httpx.CookieConflict: False,
    httpx.DecodingError: False,
    httpx.HTTPError: False,
    httpx.HTTPStatusError: False,
    httpx.NetworkError: False,
    httpx.ProtocolError: False,
    httpx.ReadError: False,
    httpx.ReadTimeout: False,
    httpx.RemoteProtocolError: False,
    httpx.RequestError: False,
    httpx.RequestNotRead: False,
    httpx.ResponseNotRead: False,
    httpx.StreamClosed: False,
    httpx.StreamConsumed: False,
    httpx.StreamError: False,
    httpx.TimeoutException: False,
    httpx.TooManyRedirects: False,
    httpx.TransportError: False,
    httpx.WriteError: False,
    httpx.WriteTimeout: False,
}


OTHER_KINDS = {
    httpx.ReadTimeout: K.TIMEOUT,
    httpx.WriteTimeout: K.TIMEOUT,
    httpx.TimeoutException: K.TIMEOUT,
    TimeoutError: K.TIMEOUT,
    httpx.DecodingError: K.UNKNOWN,
}
"""What says more than that the connection ended."""


def test_every_exception_of_httpx_is_listed() -> None:
    """This fails when a new version of httpx adds an exception."""
    exceptions = {value for _, value in inspect.getmembers(httpx, inspect.isclass) if issubclass(value, Exception)}

    assert exceptions == set(HTTPX_ERRORS)


class FailingTransport(httpx.AsyncBaseTransport):
    """A transport that raises one error for every request."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.calls = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        raise self._error


def make_error(kind: type[Exception]) -> Exception:
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("POST", "https://e.com")
        return httpx.HTTPStatusError("x", request=request, response=httpx.Response(500))
    if kind in {httpx.StreamConsumed, httpx.ResponseNotRead, httpx.RequestNotRead, httpx.StreamClosed}:
        return kind()
    return kind("to https://secret.example/?key=1 with s3cr3t")


@pytest.mark.parametrize(
    ("kind", "certain"),
    [*HTTPX_ERRORS.items(), (TimeoutError, False), (OSError, False), (ssl.SSLError, False)],
)
async def test_every_exception_becomes_an_upstream_error(kind: type[Exception], certain: bool) -> None:
    """Unreachable and certain before a byte is sent, uncertain after; the detail has no key and no address."""
    client = GatewayClient(name="ark", base_url="https://ark.example", api_key=Secret("s3cr3t"), verify=trust(None))
    transport = FailingTransport(make_error(kind))
    await client._client.aclose()
    client._client = httpx.AsyncClient(transport=transport, verify=False)

    for attempt in (_send(client), _open_stream(client)):
        with pytest.raises(UpstreamError) as caught:
            await attempt
        error = caught.value
        assert (error.kind, error.certain, error.retryable) == (
            K.UNREACHABLE if certain else OTHER_KINDS.get(kind, K.AMBIGUOUS),
            certain,
            certain,
        )
        assert "s3cr3t" not in error.detail
        assert "secret.example" not in error.detail

    assert transport.calls == 2
    await client.close()


async def _send(client: GatewayClient) -> None:
    async with client.send(CALL, most_bytes=10):
        pass


async def _open_stream(client: GatewayClient) -> None:
    async with client.stream(CALL, most_bytes=10):
        pass


def test_the_detail_names_the_exception() -> None:
    """The operator reads the class of the exception and its scrubbed message."""
    assert translate_error(httpx.ReadTimeout("")).detail == "ReadTimeout"
