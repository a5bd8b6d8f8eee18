"""Turns what happens into events of the Events API."""

from sandbox.clock import SandboxClock
from sandbox.contracts import JsonObject
from sandbox.slack.events.dispatcher import Dispatcher
from sandbox.slack.identifiers import Identifiers
from sandbox.slack.messages.markup import pings_in
from sandbox.slack.serializer import Serializer
from sandbox.slack.world import Channel, Message, World


class EventPublisher:
    """Builds events and dispatches those to which the app subscribes."""

    def __init__(
        self, clock: SandboxClock, world: World, identifiers: Identifiers, serializer: Serializer, dispatcher: Dispatcher
    ) -> None:
        self._clock = clock
        self._world = world
        self._identifiers = identifiers
        self._serializer = serializer
        self._dispatcher = dispatcher
        self._mention_first = False

    def publish(self, event: JsonObject, *, needs: str = "") -> None:
        """Dispatch an event if the app subscribes to `needs` (by default, to its type)."""
        if (needs or event["type"]) not in self._world.subscriptions:
            return
        world = self._world
        self._dispatcher.dispatch_event(
            {
                "token": "",
                "team_id": world.team_id,
                "context_team_id": world.team_id,
                "context_enterprise_id": None,
                "api_app_id": world.app_id,
                "event": event | {"event_ts": event.get("event_ts") or self._identifiers.ts()},
                "type": "event_callback",
                "event_id": self._identifiers.new("Ev"),
                "event_time": int(self._clock.now()),
                "authorizations": [
                    {
                        "enterprise_id": None,
                        "team_id": world.team_id,
                        "user_id": world.bot.id,
                        "is_bot": True,
                        "is_enterprise_install": False,
                    }
                ],
                "is_ext_shared_channel": False,
                "event_context": f"4-{self._identifiers.secret(40)}",
            }
        )

    def message_posted(self, message: Message) -> None:
        """Publish a new message as `message`, and as `app_mention` if it mentions the bot, in alternating order."""
        channel = self._world.channels[message.channel_id]
        if message.private_to is not None or not self._world.bot_is_in(channel):
            return
        shape = self._serializer.message(message) | {"channel": channel.id, "event_ts": message.ts}
        plain = shape | {"channel_type": _channel_type(channel)} | ({"subtype": "file_share"} if message.files else {})
        mentions = message.user_id != self._world.bot.id and self._world.bot.id in pings_in(message.text)
        events = [(plain, _subscription(channel))]
        if mentions and not channel.is_im:
            events.append((shape | {"type": "app_mention"}, ""))
            # Slack does not promise an order.
            self._mention_first = not self._mention_first
            if self._mention_first:
                events.reverse()
        for event, needs in events:
            self.publish(event, needs=needs)
        for file in message.files:
            self._publish_file_shared(file.id, message)

    def _publish_file_shared(self, file_id: str, message: Message) -> None:
        self.publish(
            {
                "type": "file_shared",
                "file_id": file_id,
                "file": {"id": file_id},
                "user_id": message.user_id,
                "channel_id": message.channel_id,
                "event_ts": message.ts,
            }
        )

    def message_changed(self, message: Message, before: JsonObject) -> None:
        self._publish_hidden(
            message, {"subtype": "message_changed", "message": self._serializer.message(message), "previous_message": before}
        )

    def message_edited(self, message: Message, before: JsonObject) -> None:
        """Publish what a member changed in a message; a mention is published once more, under the message's own timestamp."""
        self.message_changed(message, before)
        channel = self._world.channels[message.channel_id]
        if self._world.bot.id in pings_in(message.text) and not channel.is_im and self._world.bot_is_in(channel):
            event_ts = message.edited_ts or message.ts
            self.publish(self._serializer.message(message) | {"type": "app_mention", "channel": channel.id, "event_ts": event_ts})

    def message_deleted(self, message: Message) -> None:
        before = self._serializer.message(message)
        self._publish_hidden(message, {"subtype": "message_deleted", "deleted_ts": message.ts, "previous_message": before})

    def _publish_hidden(self, message: Message, about: JsonObject) -> None:
        channel = self._world.channels[message.channel_id]
        if message.private_to is not None or not self._world.bot_is_in(channel):
            return
        ts = self._identifiers.ts()
        event = {"type": "message", "hidden": True, "channel": channel.id, "ts": ts, "event_ts": ts}
        self.publish(event | {"channel_type": _channel_type(channel)} | about, needs=_subscription(channel))


def _channel_type(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "group" if channel.private else "channel"


def _subscription(channel: Channel) -> str:
    return {"im": "message.im", "group": "message.groups", "channel": "message.channels"}[_channel_type(channel)]
