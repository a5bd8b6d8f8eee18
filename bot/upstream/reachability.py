"""Whether a gateway answers: a request that costs nothing and carries no key."""

import ssl

import httpx

from bot.catalog.profiles import GatewayProfile
from bot.config.settings import GatewaySettings
from bot.config.tls import trust
from bot.errors import ConfigurationError, UpstreamError
from bot.upstream.transport.http_client import WIRE_ERRORS, no_cookies, translate_error

TIMEOUT_S = 10.0


async def check_reachable(settings: GatewaySettings, profile: GatewayProfile, *, tls: ssl.SSLContext | None = None) -> None:
    """Any answer is good enough. Raises UpstreamError, ConfigurationError."""
    verify = trust(None) if tls is None else tls
    try:
        client = httpx.AsyncClient(
            verify=verify,
            proxy=None if settings.proxy is None else httpx.Proxy(settings.proxy, ssl_context=verify),
            trust_env=False,
            follow_redirects=False,
            cookies=no_cookies(),
            timeout=TIMEOUT_S,
            headers={"Accept-Encoding": "identity"},
        )
    except (httpx.InvalidURL, ValueError) as error:
        raise ConfigurationError((f"gateway {settings.name}: invalid proxy; expected an http:// or https:// URL.",)) from error
    async with client:
        try:
            await client.head(profile.base_url)
        except WIRE_ERRORS as error:
            translated = translate_error(error)
            raise UpstreamError(translated.kind, certain=True, detail=translated.detail) from error
