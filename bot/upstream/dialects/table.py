"""All dialects by name."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.requests.request import Request
from bot.upstream.dialect import Dialect
from bot.upstream.dialects.acedata import ACEDATA
from bot.upstream.dialects.ark import ARK
from bot.upstream.dialects.opeai import OPEAI
from bot.upstream.dialects.sinancode import SINANCODE
from bot.upstream.dialects.uniall import UNIALL
from bot.upstream.dialects.unode import UNODE
from bot.upstream.transport.http_messages import HttpRequest

WIRE_FORMATS: Mapping[str, Dialect] = MappingProxyType(
    {
        "ark_cn": ARK,
        "ark_intl": ARK,
        "acedata": ACEDATA,
        "sinancode": SINANCODE,
        "uniall": UNIALL,
        "unode": UNODE,
        "opeai": OPEAI,
    },
)
"""By the names of the catalog's rows, which say what each dialect takes (`bot/catalog/dialects.py`)."""


def encode(request: Request, references: Sequence[str]) -> HttpRequest:
    """The exact paid call that a request becomes. `references` are data URLs or addresses, in order."""
    return WIRE_FORMATS[request.dialect].encode_paid_call(request, references)
