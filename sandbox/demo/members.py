"""How members do what they want to do, each platform's own way: all that the conversation does not say."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from sandbox.contracts import JsonObject
from sandbox.demo.attachments import Attachment
from sandbox.demo.message_lines import Line, read_discord, read_slack
from sandbox.demo.transcript import Kept, Transcript
from sandbox.demo.watcher import DemoFailure

CHANNEL = "general"
_MENTION = "@seedream"
_EDIT = "Edit with Seedream"


class Members(ABC):
    """The members of one platform. Each deed is written down as people would tell it, and answers what `/act` does.

    `act` is given the fields of an act.
    """

    platform: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, act: Callable[..., JsonObject], transcript: Transcript) -> None:
        self._act = act
        self._transcript = transcript

    @staticmethod
    @abstractmethod
    def read(message: JsonObject) -> tuple[Line, ...]:
        """What a message of the bot says."""

    @staticmethod
    @abstractmethod
    def command(name: str, words: str) -> JsonObject:
        """A slash command, as the fields of an act."""

    @abstractmethod
    def ask(self, user: str, name: str, words: str, files: Sequence[Attachment] = ()) -> JsonObject:
        """Command pictures, perhaps from pictures of their own."""

    @abstractmethod
    def question(self, user: str, name: str) -> JsonObject:
        """Command something that is told, not painted."""

    @abstractmethod
    def reply(self, user: str, result: JsonObject, words: str, files: Sequence[Attachment] = ()) -> JsonObject:
        """Go on from a result; the member asked for it, so that a picture of theirs needs no mention."""

    @abstractmethod
    def choose_edit(self, user: str, result: JsonObject) -> JsonObject:
        """Use the entry of a message's menu that opens a form."""

    def edit_by_menu(self, user: str, result: JsonObject, words: str) -> JsonObject:
        return self._fill_in(user, self.choose_edit(user, result), words)

    def mention(self, user: str, words: str, files: Sequence[Attachment]) -> JsonObject:
        text = f"{_MENTION} {words}"
        return self._do(user, "", text, files, kind="message", text=text)

    def press(self, user: str, result: JsonObject, label: str) -> JsonObject:
        button = next((button for button in result["buttons"] if str(button["label"]).lower() == label.lower()), None)
        if button is None:
            raise DemoFailure(f"On {self.title}, the result has no button {label}.")
        return self._do(user, f"presses [{button['label']}]", kind="press", message=result["id"], action=button["action"])

    def _do(self, user: str, doing: str, words: str = "", files: Sequence[Attachment] = (), **act: Any) -> JsonObject:
        pictures = [Kept(alt=file.name, content=file.content) for file in files]
        self._transcript.did(self.platform, user, doing, words, pictures)
        carried = {"files": [file.as_act() for file in files]} if files else {}
        return self._act(platform=self.platform, user=user, channel=CHANNEL, **carried, **act)

    def _fill_in(self, user: str, opened: JsonObject, words: str, files: Sequence[Attachment] = ()) -> JsonObject:
        """Send the form that an act opened; without words those that stand in it are left."""
        form = opened.get("modal")
        if not isinstance(form, dict):
            raise DemoFailure(f"On {self.title}, no form was opened.")
        self._transcript.shown_form(self.platform, str(form["title"]), [str(field["label"]) for field in form["fields"]])
        fields = {_text_field(form): words} if words else {}
        doing = "fills in the form and sends it" if words else "adds to the form and sends it"
        answer = self._do(user, doing, words, files, kind="submit", action=form["id"], fields=fields)
        if answer.get("errors"):
            raise DemoFailure(f"On {self.title}, the form was refused: {answer['errors']}.")
        return answer


class DiscordMembers(Members):
    """Commands have options, for pictures too; a reply is a reply."""

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
    """A command is a line of text; pictures come by the form that it opens. A reply stands in the picture's thread."""

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
            # Its words stand in the form already.
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
    """Which field of a form takes words; the platforms name fields differently."""
    field = next(field for field in form["fields"] if str(field.get("kind") or field.get("type")).endswith("text_input"))
    return str(field.get("custom_id") or field.get("action"))
