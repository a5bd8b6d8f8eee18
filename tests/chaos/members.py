"""Members who ask, press and do not wait for each other."""

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
from tests.chaos.evidence import Answered
from tests.chaos.plan import Ask

AT_ONCE = 64
"""An act that nobody acknowledges takes its three seconds."""
REPEATS = frozenset({"again", "missing"})
"""Kinds of buttons that ask once more."""
NO_HOME = frozenset({"elsewhere", "closed", "attic"})
"""Channels of the stand-ins where the bot cannot write as itself."""


class Members:
    """Everybody on both platforms. `tag_of` says which wish a job was made of."""

    def __init__(self, sandbox: Sandbox, tag_of: Callable[[str], str | None]) -> None:
        self._sandbox = sandbox
        self._tag_of = tag_of
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="member")
        self._pressed: dict[str, int] = {}
        self._lock = threading.Lock()

    def play(self, asks: Sequence[Ask]) -> list[Answered]:
        began = time.monotonic()
        acting: list[tuple[Ask, Future[bool]]] = []
        for ask in asks:
            time.sleep(max(0.0, began + ask.at - time.monotonic()))
            acting.append((ask, self._pool.submit(self._act, ask)))
        answered = [(ask, future.result()) for ask, future in acting]
        self._pool.shutdown()
        return [
            Answered(
                tag=ask.tag,
                acknowledged=acknowledged,
                redelivered=ask.platform == "slack" and ask.kind in {"mention", "edit"},
                asked=ask.kind != "again",
                presses=self._pressed.get(ask.tag, 0),
            )
            for ask, acknowledged in answered
        ]

    def _act(self, ask: Ask) -> bool:
        """Whether the platform says that the bot took it."""
        match ask.kind:
            case "again":
                self._press_twice(ask)
                return False
            case "command":
                told = self._do(ask, kind="command", name="imagine", **_words_of(ask))
            case "mention" | "edit":
                files = [{"name": "start.png", "base64": _picture()}] if ask.kind == "edit" else []
                told = self._do(ask, kind="message", text=f"@bot {_line(ask)}", files=files)
        return told.get("acknowledged_ms") is not None and ask.kind == "command"

    def _press_twice(self, ask: Ask) -> None:
        """A double click below the newest result of the channel, on *Again* or on what asks for the missing ones."""
        user, channel = self._place(ask)
        for message in reversed(self._sandbox.seen(ask.platform, channel)):
            asked = [button["action"] for button in message["buttons"] if button["action"].split(":")[1] in REPEATS]
            action = asked[ask.user % len(asked)] if asked else None
            tag = self._tag_of(action.split(":")[2].lower()) if action is not None and message["files"] else None
            if tag is None:
                continue
            with self._lock:
                self._pressed[tag] = self._pressed.get(tag, 0) + 1
            press = {"platform": ask.platform, "user": user, "channel": channel, "kind": "press", "message": message["id"]}
            twice = [threading.Thread(target=self._try, args=({**press, "action": action},)) for _ in range(2)]
            for thread in twice:
                thread.start()
            for thread in twice:
                thread.join()
            return

    def _try(self, act: dict[str, Any]) -> None:
        try:
            self._sandbox.act(**act)
        except SandboxError:
            # The message has changed under the finger.
            return

    def _do(self, ask: Ask, **act: Any) -> dict[str, Any]:
        user, channel = self._place(ask)
        return self._sandbox.act(platform=ask.platform, user=user, channel=channel, **act)

    def _place(self, ask: Ask) -> tuple[str, str]:
        place = self._sandbox.line[ask.platform]
        users = list(place["users"].values())
        channels = [channel for name, channel in place["channel_names"].items() if name not in NO_HOME]
        return users[ask.user % len(users)], channels[ask.channel % len(channels)]


def _words_of(ask: Ask) -> dict[str, Any]:
    if ask.platform == "slack":
        return {"text": _line(ask)}
    return {"options": {"prompt": ask.prompt, "count": ask.count, "gateway": ask.gateway}}


def _line(ask: Ask) -> str:
    return f"{ask.prompt} --count {ask.count} --gateway {ask.gateway}"


@cache
def _picture() -> str:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (120, 80, 160)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()
