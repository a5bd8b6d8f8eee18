"""The fixed conversation: what members do on one platform, in order, and how many pictures must arrive."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.demo.attachments import Attachment, photo
from sandbox.demo.transcript import Transcript
from sandbox.demo.watching import DemoFailure, Watcher
from sandbox.stage import JsonObject

CHANNEL = "general"
PICTURES = 9
"""How many pictures the conversation asks for on each platform."""
_RESULT_S = 40.0
_ANSWER_S = 10.0
_SHORTEST_RESULT_SIDE = 700
"""A preview in a progress message is smaller than any result."""


@dataclass(kw_only=True)
class Conversation:
    """Plays the conversation on one platform; `arrived` counts the pictures that members got."""

    watcher: Watcher
    arrived: int = 0
    _results: set[str] = field(default_factory=set)

    @property
    def platform(self) -> str:
        return self.watcher.platform

    @property
    def transcript(self) -> Transcript:
        return self.watcher.transcript

    def play(self) -> None:
        self.transcript.open_platform(self.platform)
        self.watcher.look(CHANNEL)
        fox = self._imagine()
        self._edit_of_attachments()
        self._edit_by_reply(fox)
        self._set_of_four()
        self._refusal()
        self._private("Ada asks what is left", "quota")
        self._private("Ada asks for help", "help")
        self._again(fox)
        self._edit_by_form(fox)

    def _imagine(self) -> JsonObject:
        self.transcript.open_step("A picture by command")
        return self._result(1, lambda: self._command("ada", "imagine", "a red fox in snow"))

    def _edit_of_attachments(self) -> None:
        self.transcript.open_step("Two attached pictures become one")
        files = [
            photo("cat.jpg", "an orange cat in the woods", (1200, 900)),
            photo("balloon.jpg", "a yellow balloon at sunset", (900, 1200)),
        ]
        words = "put the animal of image 1 under the balloon of image 2"
        self._result(1, lambda: self._command("bob", "edit", words, files))

    def _edit_by_reply(self, result: JsonObject) -> None:
        self.transcript.open_step("A reply to a picture changes it")
        words = "make it night"
        self._result(
            1,
            lambda: self._act("ada", f"(replying to the bot's picture) {words}", kind="reply", message=result["id"], text=words),
        )

    def _set_of_four(self) -> None:
        self.transcript.open_step("A set of four")
        words = "the four seasons of one mountain cabin --count 4 --ratio 16:9"
        self._result(4, lambda: self._command("ada", "imagine", words))

    def _refusal(self) -> None:
        self._private("A slip is refused before it costs anything", "imagine", "a lighthouse --cuont 4")

    def _again(self, result: JsonObject) -> None:
        self.transcript.open_step("The same once more, by a button")
        button = next((button for button in result["buttons"] if "again" in str(button["label"]).lower()), None)
        if button is None:
            raise DemoFailure(f"On {self.platform}, the first result has no button that asks for it again.")
        self._result(
            1,
            lambda: self._act("bob", f"presses [{button['label']}]", kind="press", message=result["id"], action=button["action"]),
        )

    def _edit_by_form(self, result: JsonObject) -> None:
        self.transcript.open_step("A picture's menu opens a form")
        name = "Edit with Seedream"
        answer = self._act("bob", f"chooses “{name}” in the picture's menu", kind="menu", name=name, message=result["id"])
        form = answer.get("modal")
        if not isinstance(form, dict):
            raise DemoFailure(f"On {self.platform}, the message command opened no form.")
        self.transcript.shown_form(form)
        words = "as an old postcard at sunset"
        fields = {_text_field(form): words}
        self._result(
            1, lambda: self._act("bob", f"writes “{words}” and sends the form", kind="submit", action=form["id"], fields=fields)
        )

    def _command(self, user: str, name: str, words: str = "", files: list[Attachment] | None = None) -> JsonObject:
        options = {"prompt": words} if words else {}
        return self._act(user, f"/{name} {words}".strip(), files, kind="command", name=name, options=options)

    def _act(self, user: str, shown_as: str, files: list[Attachment] | None = None, **act: Any) -> JsonObject:
        attached = files or []
        self.transcript.said(user, CHANNEL, shown_as, [(file.name, file.content) for file in attached])
        carried = {"files": [file.as_act() for file in attached]} if attached else {}
        return self.watcher.sandbox.act(platform=self.platform, user=user, channel=CHANNEL, **carried, **act)

    def _result(self, pictures: int, act: Callable[[], JsonObject]) -> JsonObject:
        """Act, and wait for a new message with exactly these many pictures; a picture that came before does not count."""
        before = self.watcher.known
        act()
        title = f"a message with {pictures} new picture{'s' if pictures > 1 else ''}"

        def is_result(message: JsonObject) -> bool:
            files = message["files"]
            large = all(min(file["width"] or 0, file["height"] or 0) >= _SHORTEST_RESULT_SIDE for file in files)
            return message["id"] not in before and len(files) == pictures and large

        result = self.watcher.wait(CHANNEL, is_result, title, _RESULT_S)
        new = {str(file["sha256"]) for file in result["files"]} - self._results
        if len(new) != pictures:
            raise DemoFailure(f"On {self.platform}, {pictures - len(new)} of {pictures} pictures had been shown before.")
        self._results |= new
        self.arrived += pictures
        self.watcher.settle(CHANNEL)
        return result

    def _private(self, title: str, name: str, words: str = "") -> None:
        """A command whose answer only the member sees."""
        self.transcript.open_step(title)
        before = self.watcher.known
        answer = self._command("ada", name, words)
        for message in answer["private"]:
            self.watcher.note(message)

        def is_answer(message: JsonObject) -> bool:
            return message["id"] not in before and bool(message.get("private_to")) and bool(message["text"])

        if not any(is_answer(message) for message in answer["private"]):
            self.watcher.wait(CHANNEL, is_answer, f"a private answer to /{name}", _ANSWER_S)
        self.watcher.settle(CHANNEL)


def _text_field(form: JsonObject) -> str:
    """Which field of a form takes words."""
    return str(next((field for field in form["fields"] if field["kind"] == "text_input"), form["fields"][0])["custom_id"])
