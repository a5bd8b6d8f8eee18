"""Slack's envelopes → who did what, where and when; pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.slack.address import Address, decode_address
from adapters.slack.inbound.reading import Place, under

Json = Mapping[str, Any]


def place_of_command(body: Json, now: float) -> Place:
    """A slash command has no thread, even where it was typed in one."""
    channel = str(body["channel_id"])
    workspace = str(body.get("team_id") or "")
    return Place(
        events=(f"trigger:{body['trigger_id']}",),
        user=str(body["user_id"]),
        team=str(body.get("enterprise_id") or workspace),
        workspace=workspace,
        at=now,
        address=Address(channel=channel, response_url=body.get("response_url"), direct=_is_direct(channel)),
    )


def place_of_event(body: Json, now: float) -> Place:
    """A message is one gesture under every id it may come by: as a message, as a mention, in another workspace, once more."""
    event = body["event"]
    channel, ts = str(event["channel"]), str(event["ts"])
    direct = event.get("channel_type") == "im" or _is_direct(channel)
    thread = under(event)
    # In a channel, a message that stands by itself is answered in a thread of its own.
    opens = thread is None and not direct
    workspace = str(body.get("team_id") or "")
    team = str(event.get("user_team") or event.get("team") or workspace)
    names = (f"{channel}:{ts}", event.get("client_msg_id"), body.get("event_id"))
    return Place(
        events=tuple(str(name) for name in names if name),
        user=str(event["user"]),
        team=str(_enterprise(body) or team) if team == workspace else team,
        workspace=workspace,
        at=_seconds(ts, now),
        address=Address(channel=channel, thread=ts if opens else thread, opens=opens, direct=direct),
    )


def place_of_interaction(payload: Json, now: float) -> Place:
    """A press or a shortcut: on a message, its thread is where it goes on; on nothing, the member's direct messages."""
    pressed: Json = next(iter(payload.get("actions") or ()), {})
    channel = (payload.get("channel") or {}).get("id")
    response_url = payload.get("response_url")
    if channel is None:
        address = Address(channel="", response_url=response_url, alone=True)
    else:
        direct, thread = _is_direct(channel), _thread_of(payload)
        opens = thread is None and not direct and payload.get("type") == "message_action"
        if opens:
            thread = str(payload["message"]["ts"])
        address = Address(channel=channel, thread=thread, opens=opens, response_url=response_url, direct=direct)
    place = _place(payload, f"trigger:{payload['trigger_id']}", address, _seconds(str(pressed.get("action_ts")), now))
    return replace(place, control=pressed.get("action_id"))


def place_of_submission(payload: Json) -> Place:
    """A form is sent from where it was opened."""
    kept = json.loads(payload["view"]["private_metadata"])
    place = _place(payload, f"view:{payload['view']['id']}", decode_address(kept["address"]), float(kept["at"]))
    return replace(place, control=payload["view"].get("callback_id"))


def metadata(place: Place) -> str:
    """What a form has to remember of where it was opened, at most 3,000 characters."""
    return json.dumps({"address": place.address.encode(), "at": place.at})


def _place(payload: Json, event: str, address: Address, at: float) -> Place:
    user = payload["user"]
    workspace = str((payload.get("team") or {}).get("id") or user.get("team_id") or "")
    team = str(user.get("team_id") or workspace)
    enterprise = (payload.get("enterprise") or {}).get("id")
    return Place(
        events=(event,),
        user=str(user["id"]),
        team=str(enterprise or team) if team == workspace else team,
        workspace=workspace,
        at=at,
        address=address,
    )


def _thread_of(payload: Json) -> str | None:
    thread = (payload.get("container") or {}).get("thread_ts") or under(payload.get("message") or {})
    return str(thread) if thread else None


def _enterprise(body: Json) -> str | None:
    authorizations: Sequence[Json] = body.get("authorizations") or ({},)
    found = body.get("enterprise_id") or authorizations[0].get("enterprise_id")
    return str(found) if found else None


def _is_direct(channel: str) -> bool:
    return channel.startswith("D")


def _seconds(ts: str, now: float) -> float:
    try:
        return float(ts)
    except ValueError:
        return now
