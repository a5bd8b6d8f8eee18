"""Members who send requests and press buttons, independently of each other."""

import base64
import io
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

from PIL import Image

from sandbox.driver import Sandbox, SandboxError
from tests.chaos.evidence import RequestOutcome
from tests.chaos.plan import PlannedRequest

CONCURRENT_ACTS = 64
"""High enough that unacknowledged acts, which take three seconds each, do not delay others."""
REPEAT_ACTIONS = frozenset({"again", "missing"})
"""Kinds of buttons that repeat a request."""
UNWRITABLE_CHANNELS = frozenset({"elsewhere", "closed", "attic"})
"""Channels of the fakes where the bot cannot write as itself."""


class Members:
    """The members of both platforms. `tag_of` returns the tag of a job's request."""

    def __init__(self, sandbox: Sandbox, tag_of: Callable[[str], str | None]) -> None:
        self._sandbox = sandbox
        self._tag_of = tag_of
        self._pool = ThreadPoolExecutor(CONCURRENT_ACTS, thread_name_prefix="member")
        self._pressed: dict[str, int] = {}
        self._lock = threading.Lock()

    def run_all(self, requests: Sequence[PlannedRequest]) -> list[RequestOutcome]:
        began = time.monotonic()
        acting: list[tuple[PlannedRequest, Future[bool]]] = []
        for request in requests:
            time.sleep(max(0.0, began + request.at - time.monotonic()))
            acting.append((request, self._pool.submit(self._act, request)))
        answered = [(request, future.result()) for request, future in acting]
        self._pool.shutdown()
        return [
            RequestOutcome(
                tag=request.tag,
                acknowledged=acknowledged,
                redelivered=request.platform == "slack" and request.kind in {"mention", "edit"},
                sent=request.kind != "again",
                presses=self._pressed.get(request.tag, 0),
            )
            for request, acknowledged in answered
        ]

    def _act(self, request: PlannedRequest) -> bool:
        """Carry out a request; return whether the platform reports an acknowledgement."""
        match request.kind:
            case "again":
                self._press_twice(request)
                return False
            case "command":
                answer = self._do(request, kind="command", name="imagine", **_command_fields(request))
            case "mention" | "edit":
                files = [{"name": "start.png", "base64": _picture()}] if request.kind == "edit" else []
                answer = self._do(request, kind="message", text=f"@bot {_line(request)}", files=files)
        return answer.get("acknowledged_ms") is not None and request.kind == "command"

    def _press_twice(self, request: PlannedRequest) -> None:
        """Double-click a repeat button on the channel's newest result."""
        user, channel = self._user_and_channel(request)
        for message in reversed(self._sandbox.seen(request.platform, channel)):
            actions = [button["action"] for button in message["buttons"] if button["action"].split(":")[1] in REPEAT_ACTIONS]
            action = actions[request.user % len(actions)] if actions else None
            tag = self._tag_of(action.split(":")[2].lower()) if action is not None and message["files"] else None
            if tag is None:
                continue
            with self._lock:
                self._pressed[tag] = self._pressed.get(tag, 0) + 1
            press = {"platform": request.platform, "user": user, "channel": channel, "kind": "press", "message": message["id"]}
            twice = [threading.Thread(target=self._act_quietly, args=({**press, "action": action},)) for _ in range(2)]
            for thread in twice:
                thread.start()
            for thread in twice:
                thread.join()
            return

    def _act_quietly(self, act: dict[str, Any]) -> None:
        try:
            self._sandbox.act(**act)
        except SandboxError:
            # The message changed while the member pressed.
            return

    def _do(self, request: PlannedRequest, **act: Any) -> dict[str, Any]:
        user, channel = self._user_and_channel(request)
        return self._sandbox.act(platform=request.platform, user=user, channel=channel, **act)

    def _user_and_channel(self, request: PlannedRequest) -> tuple[str, str]:
        place = self._sandbox.line[request.platform]
        users = list(place["users"].values())
        channels = [channel for name, channel in place["channel_names"].items() if name not in UNWRITABLE_CHANNELS]
        return users[request.user % len(users)], channels[request.channel % len(channels)]


def _command_fields(request: PlannedRequest) -> dict[str, Any]:
    if request.platform == "slack":
        return {"text": _line(request)}
    prompt = f"{request.prompt}{_separately(request)}"
    return {"options": {"prompt": prompt, "count": request.count, "gateway": request.gateway}}


def _line(request: PlannedRequest) -> str:
    return f"{request.prompt} --count {request.count} --gateway {request.gateway}{_separately(request)}"


def _separately(request: PlannedRequest) -> str:
    return " --separate" if request.separate else ""


@cache
def _picture() -> str:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (120, 80, 160)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()
