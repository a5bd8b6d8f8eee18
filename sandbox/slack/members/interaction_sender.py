"""Turns a member's action into a payload for the bot, and returns what the member sees."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.contracts import JsonObject
from sandbox.slack.events.dispatcher import COMMANDS, INTERACTIVE, Dispatcher
from sandbox.slack.members.form_filling import describe_view
from sandbox.slack.members.interactions import Interaction, Interactions
from sandbox.slack.members.open_views import OpenViews, View
from sandbox.slack.messages.markup import escape
from sandbox.slack.messages.rendering import MessageRenderer
from sandbox.slack.serializer import Serializer
from sandbox.slack.world import Channel, Message, User, World

# An acknowledgement may be empty: what the bot shows within this time counts as its response.
_SETTLE_S = 1.0
_FAILED = "{what} failed because the app did not respond."


class InteractionSender:
    """Builds payloads of commands, presses, shortcuts and submissions, delivers them and collects the response."""

    def __init__(
        self,
        clock: SandboxClock,
        world: World,
        serializer: Serializer,
        interactions: Interactions,
        open_views: OpenViews,
        dispatcher: Dispatcher,
        renderer: MessageRenderer,
    ) -> None:
        self._clock = clock
        self._world = world
        self._serializer = serializer
        self._interactions = interactions
        self._open_views = open_views
        self._dispatcher = dispatcher
        self._renderer = renderer

    async def command(self, interaction: Interaction, name: str, text: str, on_ack: Callable[[JsonObject], None]) -> JsonObject:
        """Send a slash command; `on_ack` receives the message that acknowledges it, if there is one."""
        channel = interaction.channel
        assert channel is not None
        payload = {
            "token": "",
            "team_id": self._world.team_id,
            "team_domain": self._world.domain,
            "channel_id": channel.id,
            "channel_name": _channel_name(channel),
            "user_id": interaction.user.id,
            "user_name": interaction.user.name,
            "command": name,
            "text": escape(text),
            "api_app_id": self._world.app_id,
            "is_enterprise_install": "false",
            "response_url": interaction.response_url,
            "trigger_id": interaction.trigger_id,
        }
        return await self._perform(interaction, COMMANDS, payload, name, on_ack)

    async def press(self, interaction: Interaction, block_id: str, element: JsonObject, choice: JsonObject) -> JsonObject:
        """Use an element of the interaction's message."""
        message, channel = interaction.original, interaction.channel
        assert message is not None
        assert channel is not None
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.private_to is not None,
        }
        if message.thread_ts is not None:
            container["thread_ts"] = message.thread_ts
        payload = self._interactive("block_actions", interaction) | {
            "container": container,
            "channel": {"id": channel.id, "name": _channel_name(channel)},
            "state": {"values": {}},
            "response_url": interaction.response_url,
            "actions": [self._action(block_id, element, choice)],
        }
        if message.private_to is None:
            payload["message"] = self._serializer.message(message)
        return await self._perform(interaction, INTERACTIVE, payload, "The button")

    async def press_in_view(
        self, interaction: Interaction, view: View, block_id: str, element: JsonObject, choice: JsonObject
    ) -> JsonObject:
        payload = self._interactive("block_actions", interaction) | {
            "container": {"type": "view", "view_id": view.id},
            "view": self._serializer.view(view),
            "state": {"values": {}},
            "actions": [self._action(block_id, element, choice)],
        }
        return await self._perform(interaction, INTERACTIVE, payload, "The button")

    async def message_shortcut(self, interaction: Interaction, callback_id: str, message: Message) -> JsonObject:
        channel = interaction.channel
        assert channel is not None
        payload = self._interactive("message_action", interaction) | {
            "callback_id": callback_id,
            "action_ts": message.ts,
            "channel": {"id": channel.id, "name": _channel_name(channel)},
            "message_ts": message.ts,
            "message": self._serializer.message(message),
            "response_url": interaction.response_url,
        }
        return await self._perform(interaction, INTERACTIVE, payload, "The shortcut")

    async def global_shortcut(self, interaction: Interaction, callback_id: str) -> JsonObject:
        payload = self._interactive("shortcut", interaction) | {
            "callback_id": callback_id,
            "action_ts": f"{self._clock.now():.6f}",
        }
        return await self._perform(interaction, INTERACTIVE, payload, "The shortcut")

    async def submission(
        self,
        interaction: Interaction,
        view: View,
        values: JsonObject,
        response_urls: list[JsonObject],
        on_ack: Callable[[JsonObject], None],
    ) -> JsonObject:
        """Submit a modal; `on_ack` receives the response action, or an empty object if there is none."""
        payload = self._interactive("view_submission", interaction) | {
            "view": self._serializer.view(view, values),
            "response_urls": response_urls,
        }
        return await self._perform(interaction, INTERACTIVE, payload, "The form", on_ack, always=True)

    def _interactive(self, kind: str, interaction: Interaction) -> JsonObject:
        user, world = interaction.user, self._world
        return {
            "type": kind,
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": world.team_id},
            "api_app_id": world.app_id,
            "token": "",
            "trigger_id": interaction.trigger_id,
            "team": {"id": world.team_id, "domain": world.domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _action(self, block_id: str, element: JsonObject, choice: JsonObject) -> JsonObject:
        base = {"type": element["type"], "action_id": element["action_id"], "block_id": block_id}
        return base | choice | {"action_ts": f"{self._clock.now():.6f}"}

    async def _perform(
        self,
        interaction: Interaction,
        kind: str,
        payload: JsonObject,
        what: str,
        on_ack: Callable[[JsonObject], None] | None = None,
        *,
        always: bool = False,
    ) -> JsonObject:
        """Deliver, and return `{id, acknowledged_ms, private, modal?, status?}`; with `always`, `on_ack` receives an empty acknowledgement too."""
        with self._interactions.watching(interaction):
            delivery = await self._dispatcher.deliver_once(kind, payload)
            if delivery.acknowledged_ms is not None:
                if on_ack is not None and (delivery.payload or always):
                    on_ack(delivery.payload or {})
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(interaction.reacted.wait(), _SETTLE_S)
        channels = self._world.channels
        kept = [
            one
            for one in interaction.private_messages
            if one.channel_id in channels and one.ts in channels[one.channel_id].messages
        ]
        result: JsonObject = {
            "id": interaction.id,
            "acknowledged_ms": delivery.acknowledged_ms,
            "private": [self._renderer.message(one) for one in kept],
        }
        if delivery.acknowledged_ms is None:
            result["private"].append(_from_slack(interaction.user, what))
        if delivery.status is not None:
            result["status"] = delivery.status
        view = self._open_views.top(interaction.user.id)
        if view is not None and (interaction.view is not None or always):
            result["modal"] = describe_view(view)
        return result


def _channel_name(channel: Channel) -> str:
    return "directmessage" if channel.is_im else channel.name


def _from_slack(user: User, what: str) -> dict[str, Any]:
    """Return Slack's own message to a member whose app did not respond; it is in no channel."""
    return {
        "id": "",
        "author": "slackbot",
        "text": _FAILED.format(what=what),
        "edited": False,
        "private_to": user.name,
        "files": [],
        "buttons": [],
        "blocks_text": "",
        "lines": [],
        "pings": [],
    }
