"""The fixed conversation, the same on every platform: who wants what, and how many pictures must arrive."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException

from sandbox.contracts import JsonObject
from sandbox.demo.attachments import photo
from sandbox.demo.members import CHANNEL, Members
from sandbox.demo.watcher import DemoFailure, Watcher
from sandbox.driver import SandboxError

_RESULT_S = 40.0
_ANSWER_S = 10.0
_SHORTEST_RESULT_SIDE = 700
"""A preview in a progress message is smaller than any result."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """`do` is given the members and the results so far, oldest first.

    `pictures` must arrive in one new message; where there are none, the answer is for one member alone.
    """

    title: str
    do: Callable[[Members, Sequence[JsonObject]], JsonObject]
    pictures: int = 0


STEPS = (
    Step(
        title="A picture by command",
        do=lambda members, _: members.ask("ada", "imagine", "a red fox in snow"),
        pictures=1,
    ),
    Step(
        title="Two attached pictures become one",
        do=lambda members, _: members.ask(
            "bob",
            "edit",
            "the cat of image 1 in the sunset of image 2",
            [
                photo("cat.jpg", "an orange cat in the woods", (1200, 900)),
                photo("balloon.jpg", "a yellow balloon at sunset", (900, 1200)),
            ],
        ),
        pictures=1,
    ),
    Step(
        title="A reply to a picture changes it",
        do=lambda members, results: members.reply("ada", results[0], "make it night"),
        pictures=1,
    ),
    Step(
        title="A mention with a picture",
        do=lambda members, _: members.mention(
            "cyd", "turn this into a winter day", [photo("boat.jpg", "a red boat on a lake", (1200, 900))]
        ),
        pictures=1,
    ),
    Step(
        title="A reply brings another picture along",
        do=lambda members, results: members.reply(
            "bob", results[1], "in the autumn colours of image 2", [photo("cabin.jpg", "a cabin in autumn", (1200, 900))]
        ),
        pictures=1,
    ),
    Step(
        title="A set of four",
        do=lambda members, _: members.ask("ada", "imagine", "the four seasons of one mountain cabin --count 4 --ratio 16:9"),
        pictures=4,
    ),
    Step(
        title="A new picture, with one to go by",
        do=lambda members, _: members.ask(
            "bob", "imagine", "the flower of image 1 on a starry night", [photo("flower.jpg", "a pink flower", (1200, 900))]
        ),
        pictures=1,
    ),
    Step(
        title="A slip is refused before it costs anything",
        do=lambda members, _: members.ask("ada", "imagine", "a lighthouse --cuont 4"),
    ),
    Step(title="Ada asks what is left", do=lambda members, _: members.question("ada", "quota")),
    Step(title="Ada asks for help", do=lambda members, _: members.question("ada", "help")),
    Step(
        title="The same once more, by a button",
        do=lambda members, results: members.press("bob", results[0], "Again"),
        pictures=1,
    ),
    Step(
        title="A picture's menu opens a form",
        do=lambda members, results: members.edit_by_menu("bob", results[0], "as an old postcard at sunset"),
        pictures=1,
    ),
)
PICTURES = sum(step.pictures for step in STEPS)
"""How many pictures the conversation asks for on each platform."""


@dataclass(kw_only=True)
class Side:
    """The conversation on one platform; `arrived` counts the pictures that members got, `failure` says what went wrong first."""

    members: Members
    watcher: Watcher
    arrived: int = 0
    failure: str | None = None
    _results: list[JsonObject] = field(default_factory=list)

    def play(self, step: Step) -> None:
        """One step; after a failure there are no more."""
        try:
            if self.failure is None:
                self._play(step)
        except (DemoFailure, SandboxError, OSError, HTTPException) as error:
            self.failure = str(error).partition("\n")[0]
        finally:
            self.watcher.transcript.rest(self.members.platform)

    def _play(self, step: Step) -> None:
        before = self.watcher.known
        answer = step.do(self.members, self._results)
        for message in answer["private"]:
            self.watcher.note(message)
        if step.pictures:
            self._results.append(self._result(step.pictures, before))
            self.arrived += step.pictures
        else:
            self._told(answer["private"], before)
        self.watcher.settle(CHANNEL)

    def _result(self, pictures: int, before: Container[str]) -> JsonObject:
        """Wait for a new message with exactly these many pictures; a picture that came before does not count."""
        title = f"a message with {pictures} new picture{'s' if pictures > 1 else ''}"

        def is_result(message: JsonObject) -> bool:
            files = message["files"]
            large = all(min(file["width"] or 0, file["height"] or 0) >= _SHORTEST_RESULT_SIDE for file in files)
            return message["id"] not in before and len(files) == pictures and large

        result = self.watcher.wait(CHANNEL, is_result, title, _RESULT_S)
        shown = {file["sha256"] for earlier in self._results for file in earlier["files"]}
        new = {file["sha256"] for file in result["files"]} - shown
        if len(new) != pictures:
            raise DemoFailure(f"On {self.members.title}, {pictures - len(new)} of {pictures} pictures had been shown before.")
        return result

    def _told(self, private: list[JsonObject], before: Container[str]) -> None:
        """Wait for an answer that only the member sees."""

        def is_answer(message: JsonObject) -> bool:
            said = any(line.text for line in self.members.read(message))
            return message["id"] not in before and bool(message.get("private_to")) and said

        if not any(is_answer(message) for message in private):
            self.watcher.wait(CHANNEL, is_answer, "an answer for the member alone", _ANSWER_S)
