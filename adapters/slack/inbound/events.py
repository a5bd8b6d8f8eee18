"""Slack's envelopes → gestures; pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.shared.gesture import Gesture
from adapters.slack.address import Address, decode_address
from adapters.slack.inbound.messages import is_direct, thread_of
from adapters.slack.settings import NAME
from bot.commands.command import Origin
from bot.ids import EventId, UserId, WorkspaceId

Json = Mapping[str, Any]


def gesture_of_message(body: Json, now: float) -> Gesture:
    """A message is one gesture under every id it may come by: as a message, as a mention, in another workspace, once more."""
    event = body["event"]
    channel, ts = str(event["channel"]), str(event["ts"])
    direct = event.get("channel_type") == "im" or is_direct(channel)
    thread = thread_of(event)
    # In a channel, a message outside any thread is answered in a new thread.
    new_thread = thread is None and not direct
    workspace = str(body.get("team_id") or "")
    team = str(event.get("user_team") or event.get("team") or workspace)
    ids = (f"{channel}:{ts}", event.get("client_msg_id"), body.get("event_id"))
    return to_gesture(
        events=tuple(str(one) for one in ids if one),
        user=str(event["user"]),
        team=str(_enterprise(body) or team) if team == workspace else team,
        home=team,
        workspace=workspace,
        at=_seconds(ts, now),
        address=Address(channel=channel, thread=ts if new_thread else thread, new_thread=new_thread, direct=direct),
    )


def gesture_of_command(body: Json, now: float) -> Gesture:
    """A slash command has no thread, even where it was typed in one."""
    channel = str(body["channel_id"])
    workspace = str(body.get("team_id") or "")
    return to_gesture(
        events=(f"trigger:{body['trigger_id']}",),
        user=str(body["user_id"]),
        team=str(body.get("enterprise_id") or workspace),
        home=workspace,
        workspace=workspace,
        at=now,
        address=Address(channel=channel, response_url=body.get("response_url"), direct=is_direct(channel)),
    )


def gesture_of_interaction(payload: Json, now: float) -> Gesture:
    """A press or a shortcut: on a message, it is answered in its thread; on none, in the member's direct messages."""
    pressed: Json = next(iter(payload.get("actions") or ()), {})
    channel = (payload.get("channel") or {}).get("id")
    response_url = payload.get("response_url")
    if channel is None:
        address = Address(channel="", response_url=response_url, redirected=True)
    else:
        direct, thread = is_direct(channel), _thread_of_interaction(payload)
        new_thread = thread is None and not direct and payload.get("type") == "message_action"
        if new_thread:
            thread = str(payload["message"]["ts"])
        address = Address(channel=channel, thread=thread, new_thread=new_thread, response_url=response_url, direct=direct)
    return _gesture(
        payload,
        f"trigger:{payload['trigger_id']}",
        address,
        _seconds(str(pressed.get("action_ts")), now),
        control=pressed.get("action_id"),
    )


def gesture_of_form(payload: Json) -> Gesture:
    """A form is submitted from where it was opened."""
    view = payload["view"]
    opened = json.loads(view["private_metadata"])
    address = decode_address(opened["address"])
    return _gesture(payload, f"view:{view['id']}", address, float(opened["at"]), control=view.get("callback_id"))


def form_metadata(gesture: Gesture) -> str:
    """The data that a form keeps of the gesture that opened it, at most 3,000 characters."""
    return json.dumps({"address": dict(gesture.origin.address), "at": gesture.origin.received_at})


def to_gesture(
    *,
    events: tuple[str, ...],
    user: str,
    team: str,
    home: str | None = None,
    workspace: str,
    at: float,
    address: Address,
    control: str | None = None,
) -> Gesture:
    """A gesture by Slack's ids.

    `team` is the member's own workspace or organisation, `home` the workspace if `team` is an organisation, `workspace` the one
    it was made in.
    A gesture in direct messages belongs to no workspace: other members cannot build on it.
    """
    return Gesture(
        origin=Origin(
            platform=NAME,
            workspace=None if address.direct else WorkspaceId(workspace),
            user=UserId(f"{NAME}:{team}/{user}"),
            received_at=at,
            direct=address.direct,
            place=_place(address),
            conversation=_place(address) or address.channel,
            address=replace(address, team=(home or team) if address.direct else "").encode(),
        ),
        events=tuple(EventId(f"{NAME}:{event}") for event in events),
        control=control,
    )


def _gesture(payload: Json, event: str, address: Address, at: float, *, control: str | None) -> Gesture:
    user = payload["user"]
    workspace = str((payload.get("team") or {}).get("id") or user.get("team_id") or "")
    team = str(user.get("team_id") or workspace)
    enterprise = (payload.get("enterprise") or {}).get("id")
    return to_gesture(
        events=(event,),
        user=str(user["id"]),
        team=str(enterprise or team) if team == workspace else team,
        home=team,
        workspace=workspace,
        at=at,
        address=address,
        control=control,
    )


def _thread_of_interaction(payload: Json) -> str | None:
    thread = (payload.get("container") or {}).get("thread_ts") or thread_of(payload.get("message") or {})
    return str(thread) if thread else None


def _place(address: Address) -> str | None:
    """The direct messages, whatever their threads, or the thread in a channel."""
    if address.direct:
        return address.channel
    return f"{address.channel}:{address.thread}" if address.channel and address.thread else None


def _enterprise(body: Json) -> str | None:
    authorizations: Sequence[Json] = body.get("authorizations") or ({},)
    found = body.get("enterprise_id") or authorizations[0].get("enterprise_id")
    return str(found) if found else None


def _seconds(ts: str, now: float) -> float:
    try:
        return float(ts)
    except ValueError:
        return now
