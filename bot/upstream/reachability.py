"""Whether a gateway answers: a request that costs nothing and carries no key."""

from pathlib import Path

import httpx

from bot.catalog.profiles import GatewayProfile
from bot.config.settings import GatewaySettings
from bot.errors import ConfigurationError, UpstreamError
from bot.upstream.http_client import WIRE_ERRORS, no_cookies, translate_error
from bot.upstream.tls import trust

TIMEOUT_S = 10.0


async def check_reachable(settings: GatewaySettings, profile: GatewayProfile, *, tls_ca_file: Path | None = None) -> None:
    """Any answer is good enough. Raises UpstreamError, ConfigurationError."""
    verify = trust(tls_ca_file)
    try:
        client = httpx.AsyncClient(
            verify=verify,
            proxy=None if settings.proxy is None else httpx.Proxy(settings.proxy, ssl_context=verify),
            trust_env=False,
            follow_redirects=False,
            cookies=no_cookies(),
            timeout=TIMEOUT_S,
        )
    except (httpx.InvalidURL, ValueError) as error:
        raise ConfigurationError((f"gateway {settings.name}: proxy is no http or https address",)) from error
    async with client:
        try:
            await client.head(profile.base_url)
        except WIRE_ERRORS as error:
            translated = translate_error(error)
            raise UpstreamError(translated.kind, certain=True, detail=translated.detail) from error
