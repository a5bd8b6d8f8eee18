"""The certificate authorities that the bot trusts."""

import ssl
from pathlib import Path

from bot.errors import ConfigurationError


def trust(tls_ca_file: Path | None) -> ssl.SSLContext:
    """Trust the system's authorities and those of the operator. Raises ConfigurationError."""
    context = ssl.create_default_context()
    if tls_ca_file is not None:
        try:
            context.load_verify_locations(tls_ca_file)
        except OSError as error:
            reason = error.strerror or "it contains no certificate"
            raise ConfigurationError(
                (f"TLS_CA_FILE: {tls_ca_file} cannot be used ({reason}); expected a file with CA certificates.",)
            ) from error
    return context
