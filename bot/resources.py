"""Resources shared by receiving commands and advancing jobs."""

import ssl
from collections.abc import Mapping

from bot.chat.chat_platform import ChatPlatform
from bot.clock import Clock
from bot.config.settings import Settings
from bot.ids import PlatformName
from bot.images.processor import ImageProcessor
from bot.requests.checks import RequestRules
from bot.store import Store
from bot.upstream.outcomes import GatewayOutcomes
from bot.values import dataclass
from bot.wallet.access import Access
from bot.wallet.admission import Admission
from bot.web.signing import Signer
from bot.wording.words import Words


@dataclass(frozen=True, kw_only=True)
class Resources:
    """`signer` and `callback_address` (which contains `{token}`) are None if `PUBLIC_URL` is not set."""

    settings: Settings
    clock: Clock
    tls: ssl.SSLContext
    platforms: Mapping[PlatformName, ChatPlatform]
    store: Store
    processor: ImageProcessor
    words: Words
    rules: RequestRules
    access: Access
    admission: Admission
    outcomes: GatewayOutcomes
    signer: Signer | None
    callback_address: str | None
