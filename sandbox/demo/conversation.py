"""The scripted conversation, the same on every platform: who asks for what, and how many pictures must arrive."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException

from sandbox.contracts import JsonObject
from sandbox.demo.attachments import photo
from sandbox.demo.members import CHANNEL, Members
from sandbox.demo.watcher import DemoError, Watcher
from sandbox.driver import SandboxError

_RESULT_S = 40.0
_ANSWER_S = 10.0
DIRECT = "dm:cyd"
_SHORTEST_RESULT_SIDE = 700
"""Previews in a progress message are smaller than any result."""
_SEASONS = "the four seasons of one mountain cabin"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. `do` takes the members and the results so far, oldest first.

    `pictures` must be the result: one message that did not exist before, with all of them and with buttons. Without
    pictures, the answer must be private. `answer` answers the question that must come before anything is made. On the
    gateways of `not_on` the step cannot be played.
    """

    title: str
    do: Callable[[Members, Sequence[JsonObject]], JsonObject]
    pictures: int = 0
    channel: str = CHANNEL
    answer: Callable[[Members, JsonObject], JsonObject] | None = None
    not_on: tuple[str, ...] = ()


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
        title="Four pictures, as they arrive",
        do=lambda members, _: members.ask("ada", "imagine", "a sailboat on a lake --count 4"),
        pictures=4,
    ),
    Step(
        title="A question instead of a wrong picture",
        do=lambda members, results: members.reply("ada", results[5], "add a red balloon"),
        answer=lambda members, question: members.press("ada", question, "2"),
        pictures=1,
    ),
    Step(
        title="One picture of the set, by its number",
        do=lambda members, results: members.reply("ada", results[5], "make number 3 a night with stars"),
        pictures=1,
    ),
    Step(
        title="A new picture, with one to go by",
        do=lambda members, _: members.ask(
            "bob", "imagine", "the flower of image 1 on a starry night", [photo("flower.jpg", "a pink flower", (1200, 900))]
        ),
        pictures=1,
    ),
    Step(
        title="A sticker without a background",
        do=lambda members, _: members.ask("cyd", "imagine", "a happy penguin, sticker --background transparent --size 1K"),
        pictures=1,
        not_on=("acedata", "sinancode", "uniall", "unode", "opeai"),
    ),
    Step(
        title="A set that belongs together",
        do=lambda members, _: members.ask("bob", "imagine", f"{_SEASONS} --count 4 --ratio 16:9 --no-separate"),
        pictures=4,
        not_on=("ark_cn",),
    ),
    Step(title="Bob asks about the models", do=lambda members, _: members.question("bob", "models")),
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
        title="A direct message needs no command",
        do=lambda members, _: members.write("cyd", "a lighthouse on a cliff by the sea"),
        channel=DIRECT,
        pictures=1,
    ),
    Step(
        title="The bot remembers the last picture there",
        do=lambda members, _: members.write("cyd", "and now at night"),
        channel=DIRECT,
        pictures=1,
    ),
    Step(
        title="A picture's menu opens a form",
        do=lambda members, results: members.edit_by_menu("bob", results[0], "as an old postcard at sunset"),
        pictures=1,
    ),
)


def steps_on(gateway: str) -> tuple[Step, ...]:
    """Return the steps that this gateway, named after its dialect, can play."""
    return tuple(step for step in STEPS if gateway not in step.not_on)


@dataclass(kw_only=True)
class PlatformConversation:
    """The conversation on one platform; `arrived` counts delivered pictures, `failure` is the first problem."""

    members: Members
    watcher: Watcher
    arrived: int = 0
    failure: str | None = None
    _results: list[JsonObject] = field(default_factory=list)

    def play(self, step: Step) -> None:
        """Run one step, unless an earlier one failed."""
        try:
            if self.failure is None:
                self._play(step)
        except (DemoError, SandboxError, OSError, HTTPException) as error:
            self.failure = str(error).partition("\n")[0]
        finally:
            self.watcher.transcript.finish_turn(self.members.platform)

    def _play(self, step: Step) -> None:
        before = self.watcher.known
        answer = step.do(self.members, self._results)
        for message in answer["private"]:
            self.watcher.record(message)
        if step.answer is not None:
            question = self.watcher.wait(step.channel, _is_question(before), "a question", _ANSWER_S)
            before = self.watcher.known
            step.answer(self.members, question)
        if step.pictures:
            self._results.append(self._wait_for_result(step.channel, step.pictures, before))
            self.arrived += step.pictures
        else:
            self._wait_for_private_answer(answer["private"], before)
        self.watcher.settle(step.channel)

    def _wait_for_result(self, channel: str, pictures: int, before: Container[str]) -> JsonObject:
        """Wait for a new message with exactly this many pictures, none of them shown before."""
        title = f"a message with {pictures} new picture{'s' if pictures > 1 else ''}"

        def is_result(message: JsonObject) -> bool:
            files = message["files"]
            large = all(min(file["width"] or 0, file["height"] or 0) >= _SHORTEST_RESULT_SIDE for file in files)
            ended = bool(message["buttons"])
            return message["id"] not in before and len(files) == pictures and large and ended

        result = self.watcher.wait(channel, is_result, title, _RESULT_S)
        shown = {file["sha256"] for earlier in self._results for file in earlier["files"]}
        new = {file["sha256"] for file in result["files"]} - shown
        if len(new) != pictures:
            raise DemoError(f"On {self.members.title}, {pictures - len(new)} of {pictures} pictures had been shown before.")
        return result

    def _wait_for_private_answer(self, private: list[JsonObject], before: Container[str]) -> None:
        """Wait for an answer that only the member sees."""

        def is_answer(message: JsonObject) -> bool:
            said = any(line.text for line in self.members.read(message))
            return message["id"] not in before and bool(message.get("private_to")) and said

        if not any(is_answer(message) for message in private):
            self.watcher.wait(CHANNEL, is_answer, "an answer for the member alone", _ANSWER_S)


def _is_question(before: Container[str]) -> Callable[[JsonObject], bool]:
    """A new message without pictures that has more than one button."""
    return lambda message: message["id"] not in before and not message["files"] and len(message["buttons"]) > 1
