"""All handlers on doubles, and an engine that only records the jobs it was woken for."""

from collections.abc import Callable, Mapping, Sequence

from bot.catalog.profiles import GatewayProfile
from bot.chat.chat_platform import ChatPlatform
from bot.clock import Clock
from bot.commands.table import HandlerKey
from bot.config.settings import AccessSettings
from bot.handlers.answer import AnswerHandler, CancelHandler
from bot.handlers.ask import AskHandler, RememberHandler
from bot.handlers.binding import Handlers, HandlersByKey
from bot.handlers.cancel_job import CancelJobHandler
from bot.handlers.generate import GenerateHandler
from bot.handlers.inquiries.help import HelpHandler
from bot.handlers.inquiries.models import ModelsHandler
from bot.handlers.inquiries.quota import QuotaHandler
from bot.handlers.inquiries.remark import RemarkHandler
from bot.handlers.recorder import JobRecorder
from bot.handlers.repeat import RepeatHandler
from bot.handlers.show_result import ShowResultHandler
from bot.handlers.start_fresh import StartFreshHandler
from bot.ids import JobId, PlatformName
from bot.pipeline.result_messages import ResultMessages
from bot.requests.checks import RequestRules
from bot.wallet.access import Access
from bot.wallet.admission import Admission
from bot.wording.words import Words
from tests.fakes.stores import AllStores


def repeat_handler(
    store: AllStores,
    clock: Clock,
    rules: RequestRules,
    on_recorded: Callable[[JobId], None],
    platforms: Mapping[PlatformName, ChatPlatform],
    *,
    admission: Admission,
) -> RepeatHandler:
    recorder = JobRecorder(store, admission, clock, on_recorded)
    return RepeatHandler(store, store, store, recorder, rules, clock, Words(), platforms=platforms)


def bind_handlers(
    store: AllStores,
    clock: Clock,
    *,
    admission: Admission,
    access: Access | None = None,
    result_messages: ResultMessages,
    platforms: Mapping[PlatformName, ChatPlatform],
    profiles: Sequence[GatewayProfile],
    rules: RequestRules,
    on_recorded: Callable[[JobId], None],
) -> Handlers:
    words = Words()
    recorder = JobRecorder(store, admission, clock, on_recorded)
    repeat = RepeatHandler(store, store, store, recorder, rules, clock, words, platforms=platforms)
    by_key: HandlersByKey = {
        HandlerKey.GENERATE: GenerateHandler(recorder, rules),
        HandlerKey.REPEAT: repeat,
        HandlerKey.START_FRESH: StartFreshHandler(store, recorder, rules, on_recorded),
        HandlerKey.CANCEL_JOB: CancelJobHandler(store, clock, words, on_recorded),
        HandlerKey.REMARK: RemarkHandler(platforms, words),
        HandlerKey.ASK: AskHandler(store, store, rules, clock, words),
        HandlerKey.REMEMBER: RememberHandler(store, words),
        HandlerKey.ANSWER: AnswerHandler(store, store, repeat, recorder, rules, clock, words),
        HandlerKey.CANCEL: CancelHandler(store, clock, words),
        HandlerKey.SHOW_RESULT: ShowResultHandler(store, result_messages),
        HandlerKey.QUOTA: QuotaHandler(store, admission, clock, words),
        HandlerKey.MODELS: ModelsHandler(rules, words),
        HandlerKey.HELP: HelpHandler(platforms, rules, words),
    }
    return Handlers(by_key, store, access or Access(AccessSettings(), platforms), words, platforms=platforms)
