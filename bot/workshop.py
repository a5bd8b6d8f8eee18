"""What the worker works with."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.admission import Admission
from bot.announcer import Announcer
from bot.clock import Clock
from bot.collection import Downloads
from bot.endings import Endings
from bot.handover import Handover
from bot.ids import GatewayName
from bot.images.studio import Studio
from bot.job import JobStore
from bot.posting import Posting
from bot.preparation import Preparation
from bot.store.blobs import Blobs
from bot.upstream.health import Turns
from bot.upstream.outcome import Upstream


@dataclass(frozen=True, kw_only=True)
class GatewayPort:
    """A configured gateway as the worker uses it: its wire, its result downloads, its turns for paid calls."""

    upstream: Upstream
    downloads: Downloads
    turns: Turns


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What the worker works with."""

    store: JobStore
    blobs: Blobs
    studio: Studio
    clock: Clock
    gateways: Mapping[GatewayName, GatewayPort]
    handover: Handover
    preparation: Preparation
    admission: Admission
    announcer: Announcer
    endings: Endings
    posting: Posting
    downloads_at_once: asyncio.Semaphore
    stopping: Callable[[], bool]
    """A stop was asked for: what has not begun to cost stays for the next process."""
    jitter: random.Random = field(default_factory=random.Random)
