"""Every handler over doubles, and an engine that only notes which jobs it was woken for."""

from collections.abc import Callable, Mapping, Sequence

from bot.catalog.profiles import GatewayProfile
from bot.chat.chat_platform import ChatPlatform
from bot.clock import Clock
from bot.commands.table import HandlerKey
from bot.handlers.binding import Handlers, HandlersByKey
from bot.handlers.generate import GenerateHandler
from bot.handlers.help import HelpHandler
from bot.handlers.models import ModelsHandler
from bot.handlers.quota import QuotaHandler
from bot.handlers.recorder import JobRecorder
from bot.handlers.repeat import RepeatHandler
from bot.handlers.show_result import ShowResultHandler
from bot.ids import JobId, PlatformName
from bot.jobs.ports import Engine
from bot.pipeline.result_messages import ResultMessages
from bot.requests.checks import RequestRules
from bot.wallet.admission import Admission
from bot.wording.words import Words
from tests.fakes.stores import EveryStore


class RecordingEngine(Engine):
    """Advances nothing; `woken` hears of each job."""

    def __init__(self, woken: Callable[[JobId], None]) -> None:
        self._woken = woken

    def wake(self, job: JobId | None = None) -> None:
        assert job is not None
        self._woken(job)

    async def run(self) -> None:
        raise AssertionError("this engine does not run")

    async def stop(self, grace_s: float) -> None:
        raise AssertionError("this engine does not run")


def repeat_handler(store: EveryStore, clock: Clock, rules: RequestRules, woken: Callable[[JobId], None]) -> RepeatHandler:
    return RepeatHandler(store, store, JobRecorder(store, clock, RecordingEngine(woken)), rules)


def bind_handlers(
    store: EveryStore,
    clock: Clock,
    *,
    admission: Admission,
    result_messages: ResultMessages,
    platforms: Mapping[PlatformName, ChatPlatform],
    profiles: Sequence[GatewayProfile],
    rules: RequestRules,
    woken: Callable[[JobId], None],
) -> Handlers:
    words = Words()
    recorder = JobRecorder(store, clock, RecordingEngine(woken))
    by_key: HandlersByKey = {
        HandlerKey.GENERATE: GenerateHandler(recorder, rules),
        HandlerKey.REPEAT: RepeatHandler(store, store, recorder, rules),
        HandlerKey.SHOW_RESULT: ShowResultHandler(store, result_messages),
        HandlerKey.QUOTA: QuotaHandler(store, admission, clock, words),
        HandlerKey.MODELS: ModelsHandler(profiles, words),
        HandlerKey.HELP: HelpHandler(platforms, words),
    }
    return Handlers(by_key, store, words)
