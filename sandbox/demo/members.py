"""How members carry out the steps of the conversation on each platform."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from sandbox.contracts import JsonObject
from sandbox.demo.attachments import Attachment
from sandbox.demo.message_lines import Line, read_discord, read_slack
from sandbox.demo.transcript import Transcript, TranscriptPicture
from sandbox.demo.watcher import DemoError

CHANNEL = "general"
_MENTION = "@seedream"
_EDIT = "Edit with Seedream"


class Members(ABC):
    """The members of one platform. Each method records the action in the transcript and returns the answer of `/act`.

    The `act` argument takes the fields of an act.
    """

    platform: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, act: Callable[..., JsonObject], transcript: Transcript) -> None:
        self._act = act
        self._transcript = transcript

    @staticmethod
    @abstractmethod
    def read(message: JsonObject) -> tuple[Line, ...]:
        """Return the lines of one of the bot's messages."""

    @staticmethod
    @abstractmethod
    def command(name: str, words: str) -> JsonObject:
        """Return a slash command as the fields of an act."""

    @abstractmethod
    def ask(self, user: str, name: str, words: str, files: Sequence[Attachment] = ()) -> JsonObject:
        """Ask for pictures by command, with or without attached pictures."""

    @abstractmethod
    def question(self, user: str, name: str) -> JsonObject:
        """Send a command whose answer is text."""

    @abstractmethod
    def reply(self, user: str, result: JsonObject, words: str, files: Sequence[Attachment] = ()) -> JsonObject:
        """Reply to a result. The member asked for that result, so a reply with a picture needs no mention."""

    @abstractmethod
    def choose_edit(self, user: str, result: JsonObject) -> JsonObject:
        """Choose the entry of a message's menu that opens a form."""

    def edit_by_menu(self, user: str, result: JsonObject, words: str) -> JsonObject:
        return self._fill_in(user, self.choose_edit(user, result), words)

    def mention(self, user: str, words: str, files: Sequence[Attachment]) -> JsonObject:
        text = f"{_MENTION} {words}"
        return self._do(user, "", text, files, kind="message", text=text)

    def write(self, user: str, words: str) -> JsonObject:
        """Write a direct message to the bot."""
        return self._do(user, "writes to the bot alone", words, channel=f"dm:{user}", kind="message", text=words)

    def press(self, user: str, result: JsonObject, label: str) -> JsonObject:
        button = next((button for button in result["buttons"] if str(button["label"]).lower() == label.lower()), None)
        if button is None:
            raise DemoError(f"On {self.title}, the result has no button {label}.")
        return self._do(user, f"presses [{button['label']}]", kind="press", message=result["id"], action=button["action"])

    def _do(self, user: str, doing: str, words: str = "", files: Sequence[Attachment] = (), **act: Any) -> JsonObject:
        pictures = [TranscriptPicture(alt=file.name, content=file.content) for file in files]
        self._transcript.add_action(self.platform, user, doing, words, pictures)
        carried = {"files": [file.to_json() for file in files]} if files else {}
        return self._act(**{"platform": self.platform, "user": user, "channel": CHANNEL, **carried, **act})

    def _fill_in(self, user: str, opened: JsonObject, words: str, files: Sequence[Attachment] = ()) -> JsonObject:
        """Send the form that an act opened; with empty `words`, keep the form's prefilled text."""
        form = opened.get("modal")
        if not isinstance(form, dict):
            raise DemoError(f"On {self.title}, no form was opened.")
        self._transcript.add_form(self.platform, str(form["title"]), [str(field["label"]) for field in form["fields"]])
        fields = {_text_field(form): words} if words else {}
        doing = "fills in the form and sends it" if words else "adds to the form and sends it"
        answer = self._do(user, doing, words, files, kind="submit", action=form["id"], fields=fields)
        if answer.get("errors"):
            raise DemoError(f"On {self.title}, the form was refused: {answer['errors']}.")
        return answer


class DiscordMembers(Members):
    """Commands have options, also for pictures; a reply is a reply."""

    platform = "discord"
    title = "Discord"
    read = staticmethod(read_discord)

    @staticmethod
    def command(name: str, words: str) -> JsonObject:
        return {"kind": "command", "name": name, "options": {"prompt": words} if words else {}}

    def ask(self, user: str, name: str, words: str, files: Sequence[Attachment] = ()) -> JsonObject:
        return self._do(user, "", f"/{name} {words}", files, **self.command(name, words))

    def question(self, user: str, name: str) -> JsonObject:
        return self._do(user, "", f"/{name}", **self.command(name, ""))

    def reply(self, user: str, result: JsonObject, words: str, files: Sequence[Attachment] = ()) -> JsonObject:
        return self._do(user, "replies to the picture", words, files, kind="reply", message=result["id"], text=words)

    def choose_edit(self, user: str, result: JsonObject) -> JsonObject:
        doing = f"chooses “{_EDIT}” in the picture's menu"
        return self._do(user, doing, kind="menu", name=_EDIT, message=result["id"])


class SlackMembers(Members):
    """A command is a line of text; pictures are added in the form that it opens. Replies go into the picture's thread."""

    platform = "slack"
    title = "Slack"
    read = staticmethod(read_slack)

    @staticmethod
    def command(name: str, words: str) -> JsonObject:
        return {"kind": "command", "name": name, "text": words}

    def ask(self, user: str, name: str, words: str, files: Sequence[Attachment] = ()) -> JsonObject:
        if not files:
            return self._typed(user, name, words)
        if name == "edit":
            # The form already contains the words of the command.
            return self._fill_in(user, self._typed(user, name, words), "", files)
        return self._fill_in(user, self._typed(user, name, ""), words, files)

    def question(self, user: str, name: str) -> JsonObject:
        return self._typed(user, "seedream", name)

    def reply(self, user: str, result: JsonObject, words: str, files: Sequence[Attachment] = ()) -> JsonObject:
        text = words if files else f"{_MENTION} {words}"
        return self._do(user, "writes in the picture's thread", text, files, kind="reply", message=result["id"], text=text)

    def choose_edit(self, user: str, result: JsonObject) -> JsonObject:
        doing = f"chooses “{_EDIT}” in the message's menu"
        return self._do(user, doing, kind="menu", name="edit_with", message=result["id"])

    def _typed(self, user: str, name: str, words: str) -> JsonObject:
        return self._do(user, "", f"/{name} {words}".strip(), **self.command(name, words))


MEMBERS: Mapping[str, type[Members]] = {"discord": DiscordMembers, "slack": SlackMembers}


def _text_field(form: JsonObject) -> str:
    """Return the name of the form's text field; the platforms name fields differently."""
    field = next(field for field in form["fields"] if str(field.get("kind") or field.get("type")).endswith("text_input"))
    return str(field.get("custom_id") or field.get("action"))
