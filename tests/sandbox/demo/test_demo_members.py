"""How members of the demo act on each platform."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.catalog.profiles import profile
from bot.commands.grammar import parse
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.requests.request import RequestSpec
from bot.requests.routing import rank
from sandbox.contracts import JsonObject
from sandbox.demo.attachments import Attachment
from sandbox.demo.conversation import STEPS, steps_on
from sandbox.demo.live_log import LiveLog
from sandbox.demo.members import MEMBERS, Members
from sandbox.demo.transcript import Transcript
from sandbox.demo.watcher import DemoError
from sandbox.gateways.catalog import GATEWAY_TYPES

NOW = datetime(2027, 1, 1, tzinfo=UTC).timestamp()

CAT = Attachment(name="cat.jpg", content=b"\xff\xd8\xff a cat")
FOX: JsonObject = {"id": "7", "buttons": [{"label": "Again", "action": "v1:again"}]}
QUESTION: JsonObject = {"id": "8", "buttons": [{"label": "2", "action": "v1:answer"}]}
FORMS: dict[str, JsonObject] = {
    "discord": {"id": "f", "title": "Edit", "fields": [{"custom_id": "prompt", "kind": "text_input", "label": "What?"}]},
    "slack": {
        "id": "f",
        "title": "Edit",
        "fields": [
            {"action": "files", "type": "file_input", "label": "Pictures"},
            {"action": "prompt", "type": "plain_text_input", "label": "What?"},
        ],
    },
}


class RecordedActs:
    """Records acts; every act opens a form."""

    def __init__(self, platform: str, folder: Path) -> None:
        self.acts: list[JsonObject] = []
        self.answers: JsonObject = {}
        self._form = FORMS[platform]
        transcript = Transcript(folder, {platform: platform}, LiveLog(io.StringIO(), [platform], width=100))
        transcript.open()
        transcript.open_chapter("A step")
        self.members: Members = MEMBERS[platform](self.act, transcript)

    def act(self, **act: Any) -> JsonObject:
        assert (act.pop("user") in {"ada", "bob", "cyd"}, act.pop("channel") in {"general", "dm:cyd"}) == (True, True)
        files = [file["name"] for file in act.pop("files", [])]
        self.acts.append({key: value for key, value in act.items() if key != "platform"} | ({"files": files} if files else {}))
        return {"private": [], "modal": self._form, **self.answers}


@pytest.fixture(params=["discord", "slack"])
def recorded(request: pytest.FixtureRequest, tmp_path: Path) -> RecordedActs:
    return RecordedActs(request.param, tmp_path)


def test_commands(recorded: RecordedActs) -> None:
    """Words are an option or follow the command; pictures are options, or go into the form that the command opens."""
    recorded.members.ask("ada", "imagine", "a fox")
    recorded.members.ask("ada", "edit", "make it night", [CAT])
    recorded.members.ask("ada", "imagine", "like image 1", [CAT])
    recorded.members.question("ada", "quota")
    submit = {"kind": "submit", "action": "f", "files": ["cat.jpg"]}
    expected: dict[str, list[JsonObject]] = {
        "discord": [
            {"kind": "command", "name": "imagine", "options": {"prompt": "a fox"}},
            {"kind": "command", "name": "edit", "options": {"prompt": "make it night"}, "files": ["cat.jpg"]},
            {"kind": "command", "name": "imagine", "options": {"prompt": "like image 1"}, "files": ["cat.jpg"]},
            {"kind": "command", "name": "quota", "options": {}},
        ],
        "slack": [
            {"kind": "command", "name": "imagine", "text": "a fox"},
            {"kind": "command", "name": "edit", "text": "make it night"},
            {**submit, "fields": {}},
            {"kind": "command", "name": "imagine", "text": ""},
            {**submit, "fields": {"prompt": "like image 1"}},
            {"kind": "command", "name": "seedream", "text": "quota"},
        ],
    }

    assert recorded.acts == expected[recorded.members.platform]


def test_replies(recorded: RecordedActs) -> None:
    """A reply in a Slack thread mentions the bot, unless it contains a picture."""
    recorded.members.reply("ada", FOX, "make it night")
    recorded.members.reply("ada", FOX, "like image 2", [CAT])
    first = {"discord": "make it night", "slack": "@seedream make it night"}[recorded.members.platform]

    assert recorded.acts == [
        {"kind": "reply", "message": "7", "text": first},
        {"kind": "reply", "message": "7", "text": "like image 2", "files": ["cat.jpg"]},
    ]


def test_menus_forms_and_buttons(recorded: RecordedActs) -> None:
    """A menu entry is chosen by its name or id, its form is filled in, and a button is pressed by its action."""
    recorded.members.edit_by_menu("ada", FOX, "an old postcard")
    recorded.members.press("ada", FOX, "again")
    name = {"discord": "Edit with Seedream", "slack": "edit_with"}[recorded.members.platform]

    assert recorded.acts == [
        {"kind": "menu", "name": name, "message": "7"},
        {"kind": "submit", "action": "f", "fields": {"prompt": "an old postcard"}},
        {"kind": "press", "message": "7", "action": "v1:again"},
    ]


@pytest.mark.parametrize(
    ("answers", "why"), [({"modal": None}, "no form was opened"), ({"errors": {"prompt": "too long"}}, "too long")]
)
def test_failing_forms(recorded: RecordedActs, answers: JsonObject, why: str) -> None:
    """A form that does not open or is refused raises an error."""
    recorded.answers = answers

    with pytest.raises(DemoError, match=why):
        recorded.members.edit_by_menu("ada", FOX, "an old postcard")


def test_missing_button(recorded: RecordedActs) -> None:
    """A missing button is named in the error."""
    with pytest.raises(DemoError, match="no button Redo"):
        recorded.members.press("ada", FOX, "Redo")


def test_every_step_works_on_every_platform(recorded: RecordedActs) -> None:
    """Every step of the conversation works on every platform and has its own title."""
    done = []
    for step in STEPS:
        recorded.acts.clear()
        step.do(recorded.members, [FOX] * 6)
        if step.answer is not None:
            step.answer(recorded.members, QUESTION)
        done.append(bool(recorded.acts))

    assert all(done)
    assert len({step.title for step in STEPS}) == len(STEPS)


@pytest.mark.parametrize(
    ("gateway", "pictures", "left_out"),
    [
        ("ark_intl", 21, []),
        ("ark_cn", 17, ["A set that belongs together"]),
        ("unode", 20, ["A sticker without a background"]),
    ],
)
def test_steps_of_a_gateway(gateway: str, pictures: int, left_out: list[str]) -> None:
    """The default gateway plays every step; another one leaves out what its models cannot do."""
    steps = steps_on(gateway)

    assert sum(step.pictures for step in steps) == pictures
    assert [step.title for step in STEPS if step not in steps] == left_out


@pytest.mark.parametrize("gateway", GATEWAY_TYPES)
def test_no_step_is_refused(gateway: str, tmp_path: Path) -> None:
    """On every gateway that plays it, the bot finds a model for the flags of each step."""
    at = profile(GatewaySettings(name=gateway, dialect=gateway, api_key=Secret("k"), base_url="https://gateway.test"))
    recorded = RecordedActs("discord", tmp_path)
    for step in steps_on(gateway):
        if step.pictures:
            step.do(recorded.members, [FOX] * 6)
    flags = [str(words) for act in recorded.acts if "--" in (words := act.get("options", {}).get("prompt", ""))]

    for words in flags:
        found = parse(words, verb="imagine")
        assert rank(RequestSpec(prompt=found.prompt, options=found.options, now=NOW), (at,), Defaults())
    assert len(flags) >= 2
