"""A throw-away certificate authority, valid for one run of the sandbox."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """The authority's public certificate on disk, and a server context with a certificate that it signed."""

    ca_file: Path
    server: ssl.SSLContext


def issue_certificates(folder: Path, names: Sequence[str]) -> Certificates:
    """Create an authority, write its `ca.pem` into `folder`, and sign one server certificate for all host `names`."""
    authority = trustme.CA()
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(server)
    return Certificates(ca_file=ca_file, server=server)
