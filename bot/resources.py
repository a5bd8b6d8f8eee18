"""Resources shared by receiving commands and advancing jobs."""

import ssl
from collections.abc import Mapping

from bot.catalog.profiles import profiles_of
from bot.chat.chat_platform import ChatPlatform
from bot.clock import Clock
from bot.config.settings import Settings
from bot.ids import PlatformName
from bot.images.processor import ImageProcessor
from bot.pipeline.model_marks import ModelMarks
from bot.pipeline.result_messages import ResultMessages
from bot.requests.checks import RequestRules
from bot.store import Store
from bot.upstream.outcomes import GatewayOutcomes
from bot.values import dataclass
from bot.wallet.access import Access
from bot.wallet.admission import Admission
from bot.wallet.budget import Budgets
from bot.web.signing import Signer
from bot.wording.words import Disclosure, Words


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
    marks: ModelMarks
    signer: Signer | None
    callback_address: str | None

    def result_messages(self) -> ResultMessages:
        return ResultMessages(
            jobs=self.store.jobs,
            pictures=self.store.pictures,
            messages=self.store.messages,
            blobs=self.store.blobs,
            processor=self.processor,
            platforms=self.platforms,
            words=self.words,
            clock=self.clock,
        )

    def prepare(self) -> None:
        """Build what the first answer and the first read of a job would have to wait for; safe in a thread."""
        self.words.prepare()
        self.store.prepare()


def build_resources(
    settings: Settings,
    platforms: Mapping[PlatformName, ChatPlatform],
    clock: Clock,
    store: Store,
    *,
    tls: ssl.SSLContext,
    signer: Signer | None,
    callback_route: str,
) -> Resources:
    """Whoever builds them closes the processor."""
    marks = ModelMarks(store.gateway_health, clock)
    rules = RequestRules(profiles=profiles_of(settings), defaults=settings.defaults, clock=clock, unusable=marks.known)
    return Resources(
        settings=settings,
        clock=clock,
        tls=tls,
        platforms=platforms,
        store=store,
        processor=ImageProcessor(),
        words=Words(disclosure=_disclosure(settings), now=clock.now),
        rules=rules,
        access=Access(settings.access, platforms),
        admission=Admission(settings.quota.tiers, settings.time_zone, Budgets(settings.budgets, settings.time_zone)),
        outcomes=GatewayOutcomes((known.name for known in rules.profiles), clock),
        marks=marks,
        signer=signer,
        callback_address=None if settings.public_url is None else settings.public_url + callback_route,
    )


def _disclosure(settings: Settings) -> Disclosure:
    defaults = settings.defaults
    return Disclosure(costs=defaults.show_costs, gateways=defaults.show_gateways, contact=settings.access.contact)
