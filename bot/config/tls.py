"""Which certificate authorities we trust."""

import ssl
from pathlib import Path

from bot.errors import ConfigurationError


def trust(tls_ca_file: Path | None) -> ssl.SSLContext:
    """The system's authorities, and the operator's own. Raises ConfigurationError."""
    context = ssl.create_default_context()
    if tls_ca_file is not None:
        try:
            context.load_verify_locations(tls_ca_file)
        except OSError as error:
            reason = error.strerror or "it holds no certificate"
            raise ConfigurationError((f"TLS_CA_FILE: {tls_ca_file} cannot be used: {reason}",)) from error
    return context
