"""Converts Slack's envelopes to gestures: member, channel and time, and who sees the answer."""

from typing import Any

import pytest

from adapters.shared.gesture import Gesture
from adapters.slack.address import Address, decode_address
from adapters.slack.inbound.events import (
    form_metadata,
    gesture_of_command,
    gesture_of_form,
    gesture_of_interaction,
    gesture_of_message,
    to_gesture,
)
from adapters.slack.inbound.reading import redirect_private
from bot.commands.command import Generate, Options, Repeat
from bot.ids import JobId, UserId

JOB = JobId("0123456789ab")
ADA = UserId("slack:T1/UADA")


def event(text: str = "a red fox", **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "UADA", "channel": "C1", "channel_type": "channel", "ts": "5.6", "text": text, **more}


def address_of(gesture: Gesture) -> Address:
    return decode_address(gesture.origin.address)


ASKED = to_gesture(
    events=("C1:5.6",), user="UADA", team="T1", workspace="T1", at=5.6, address=Address(channel="C1", thread="5.6")
)


def test_private_commands_are_redirected() -> None:
    """A private command or repeat is redirected; public ones keep their address."""
    private = Generate(verb="imagine", prompt="a fox", options=Options(private=True))
    assert address_of(redirect_private(ASKED, private)) == Address(channel="C1", thread="5.6", redirected=True)
    assert redirect_private(ASKED, Generate(verb="imagine", prompt="a fox")) == ASKED
    assert redirect_private(ASKED, Repeat(job=JOB)) == ASKED
    assert address_of(redirect_private(ASKED, Repeat(job=JOB, private=True))).redirected


def test_origins() -> None:
    """A requester belongs to one workspace; a request in direct messages has none."""
    origin = ASKED.origin
    assert (origin.user, origin.workspace, origin.address["channel"], origin.received_at) == (ADA, "T1", "C1", 5.6)
    assert ASKED.events == ("slack:C1:5.6",)
    direct = to_gesture(events=(), user="UADA", team="T1", workspace="T1", at=5.6, address=Address(channel="D1", direct=True))
    assert direct.origin.workspace is None


def wrapped(inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": inner, **more}


@pytest.mark.parametrize(
    ("body", "gesture"),
    [
        (
            wrapped(event(client_msg_id="m-1", team="T1")),
            to_gesture(
                events=("C1:5.6", "m-1", "Ev1"),
                user="UADA",
                team="T1",
                workspace="T1",
                at=5.6,
                address=Address(channel="C1", thread="5.6", new_thread=True),
            ),
        ),
        (
            wrapped(event(thread_ts="1.2", user_team="T9"), team_id="T2", event_id="Ev2"),
            to_gesture(
                events=("C1:5.6", "Ev2"),
                user="UADA",
                team="T9",
                workspace="T2",
                at=5.6,
                address=Address(channel="C1", thread="1.2"),
            ),
        ),
        (
            wrapped(event(channel="D1", channel_type="im"), authorizations=[{"enterprise_id": "E1"}]),
            to_gesture(
                events=("D1:5.6", "Ev1"),
                user="UADA",
                team="E1",
                home="T1",
                workspace="T1",
                at=5.6,
                address=Address(channel="D1", direct=True),
            ),
        ),
        (
            wrapped(event(channel="D1", channel_type="im", thread_ts="1.2", ts="junk")),
            to_gesture(
                events=("D1:junk", "Ev1"),
                user="UADA",
                team="T1",
                workspace="T1",
                at=99.0,
                address=Address(channel="D1", thread="1.2", direct=True),
            ),
        ),
    ],
)
def test_gestures_of_messages(body: dict[str, Any], gesture: Gesture) -> None:
    """A gesture has every id of its event, its thread's first message, and the member's own workspace."""
    assert gesture_of_message(body, 99.0) == gesture


def interaction(kind: str, **more: Any) -> dict[str, Any]:
    base = {
        "type": kind,
        "user": {"id": "UADA", "team_id": "T1"},
        "team": {"id": "T1"},
        "trigger_id": "t.1",
        "response_url": "https://r",
    }
    return {**base, "channel": {"id": "C1"}, **more}


@pytest.mark.parametrize(
    ("payload", "address"),
    [
        (interaction("block_actions", container={"message_ts": "5.6"}), Address(channel="C1", response_url="https://r")),
        (
            interaction("block_actions", container={"message_ts": "5.6", "thread_ts": "1.2"}),
            Address(channel="C1", thread="1.2", response_url="https://r"),
        ),
        (
            interaction("block_actions", container={"message_ts": "5.6"}, message={"ts": "5.6", "thread_ts": "5.6"}),
            Address(channel="C1", response_url="https://r"),
        ),
        (
            interaction("message_action", message={"ts": "5.6"}),
            Address(channel="C1", thread="5.6", new_thread=True, response_url="https://r"),
        ),
        (
            interaction("message_action", message={"ts": "5.6", "thread_ts": "1.2"}),
            Address(channel="C1", thread="1.2", response_url="https://r"),
        ),
        (
            interaction("message_action", channel={"id": "D1"}, message={"ts": "5.6"}),
            Address(channel="D1", direct=True, response_url="https://r", team="T1"),
        ),
        (interaction("shortcut", channel=None, response_url=None), Address(channel="", redirected=True)),
    ],
)
def test_gestures_of_interactions(payload: dict[str, Any], address: Address) -> None:
    """A press is answered where its message is, a shortcut in the thread of its message."""
    gesture = gesture_of_interaction(payload, 7.0)
    assert (address_of(gesture), gesture.events, gesture.origin.received_at) == (address, ("slack:trigger:t.1",), 7.0)


@pytest.mark.parametrize(("action_ts", "at"), [("5.250000", 5.25), ("junk", 7.0), (None, 7.0)])
def test_press_has_its_button_and_time(action_ts: str | None, at: float) -> None:
    """The time is Slack's own if present, which distinguishes two clicks."""
    button = {"type": "button", "action_id": f"v1:again:{JOB}", "action_ts": action_ts}
    gesture = gesture_of_interaction(interaction("block_actions", actions=[button]), 7.0)
    assert (gesture.control, gesture.origin.received_at) == (f"v1:again:{JOB}", at)


def test_gesture_of_a_command() -> None:
    """A command has no message, so its trigger id identifies it."""
    body = {
        "command": "/imagine",
        "channel_id": "C1",
        "user_id": "UADA",
        "team_id": "T1",
        "trigger_id": "t.1",
        "response_url": "https://r",
    }
    assert gesture_of_command(body, 7.0) == to_gesture(
        events=("trigger:t.1",),
        user="UADA",
        team="T1",
        workspace="T1",
        at=7.0,
        address=Address(channel="C1", response_url="https://r"),
    )
    assert gesture_of_command({**body, "enterprise_id": "E1"}, 7.0).origin.user == "slack:E1/UADA"


def test_form_is_answered_where_it_was_opened() -> None:
    """Two submissions of a form are one gesture."""
    kept = form_metadata(ASKED)
    view = {"id": "V1", "callback_id": f"v1:new_form:{JOB}", "private_metadata": kept}
    gesture = gesture_of_form({"user": {"id": "UADA", "team_id": "T1"}, "team": {"id": "T1"}, "view": view})
    assert gesture.origin == ASKED.origin
    assert gesture.events == ("slack:view:V1",)
    assert gesture.control == f"v1:new_form:{JOB}"
    assert len(kept) < 3000
