"""Creates, edits and deletes messages, and dispatches the gateway events."""

from sandbox.clock import SandboxClock
from sandbox.contracts import JsonObject
from sandbox.discord.attachments.factory import AttachmentFactory
from sandbox.discord.enums import ChannelType, Intent, MessageFlag, MessageType, Permission
from sandbox.discord.gateway.gateway import Gateway
from sandbox.discord.gateway.sessions import Event
from sandbox.discord.messages.bodies import Body
from sandbox.discord.messages.mentions import ALLOW_ALL, ALLOW_USERS, parse_mentions, visible_text
from sandbox.discord.serializer import Serializer
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.world import Channel, Mentions, Message, World


class MessageWriter:
    """The only place that changes messages of the world."""

    def __init__(
        self,
        clock: SandboxClock,
        world: World,
        snowflakes: Snowflakes,
        factory: AttachmentFactory,
        serializer: Serializer,
        gateway: Gateway,
    ) -> None:
        self._clock = clock
        self._world = world
        self._snowflakes = snowflakes
        self._factory = factory
        self._serializer = serializer
        self._gateway = gateway

    def post(self, channel: Channel, body: Body, message: Message) -> Message:
        """Fill a new message from a bot's body, store it and dispatch it."""
        message.id = self._snowflakes.new()
        self._fill(channel, message, body)
        self._store(channel, message)
        return message

    def edit(self, message: Message, body: Body) -> Message:
        channel = self._world.channels[message.channel_id]
        was_loading = message.has(MessageFlag.LOADING)
        self._fill(channel, message, body)
        # Readers do not see the first content of a deferred response as an edit.
        message.edited_at = message.edited_at if was_loading else self._clock.now()
        self.dispatch_message("MESSAGE_UPDATE", message)
        return message

    def post_from_member(
        self,
        channel: Channel,
        message: Message,
        *,
        reply_to: Message | None = None,
        ping: bool = True,
        referenced: str | None = None,
        age_s: float = 0.0,
    ) -> None:
        """Post what a member writes; `ping` is the client's switch for pinging the author of the replied message.

        `referenced` is what the event says of that message instead: `null` or `absent`.
        """
        message.id = self._snowflakes.new(age_s=age_s)
        if reply_to is not None:
            message.type, message.reply_to = MessageType.REPLY, reply_to.id
        message.mentions = message.pinged = self._typed_mentions(message, reply_to if ping else None)
        channel.messages[message.id] = message
        self.dispatch_message("MESSAGE_CREATE", message, referenced=referenced)

    def edit_from_member(self, message: Message, text: str) -> None:
        """Edit a member's message on the member's behalf. Whom it mentions now is told, but not pinged."""
        message.content = text
        message.mentions = self._typed_mentions(message, None)
        message.edited_at = self._clock.now()
        self.dispatch_message("MESSAGE_UPDATE", message)

    def _typed_mentions(self, message: Message, replied: Message | None) -> Mentions:
        allowed = ALLOW_ALL | {"replied_user": replied is not None}
        author = replied.author_id if replied is not None else None
        return parse_mentions(message.content, allowed, known_users=set(self._world.users), replied_to=author)

    def post_loading(self, channel: Channel, message: Message) -> Message:
        """Post the empty message that a deferred response shows until the app responds."""
        message.id = self._snowflakes.new()
        message.flags |= MessageFlag.LOADING
        self._store(channel, message)
        return message

    def delete(self, message: Message) -> None:
        channel = self._world.channels[message.channel_id]
        del channel.messages[message.id]
        data: JsonObject = {"id": message.id, "channel_id": channel.id}
        if channel.guild_id:
            data["guild_id"] = channel.guild_id
        if message.private_to is None and self._world.bot_can_access(channel):
            intent = Intent.GUILD_MESSAGES if channel.guild_id else Intent.DIRECT_MESSAGES
            self._gateway.dispatch(Event(name="MESSAGE_DELETE", data=data, intent=intent, guild_id=channel.guild_id))

    def dispatch_message(self, name: str, message: Message, *, referenced: str | None = None) -> None:
        """Dispatch a message event, unless the message is ephemeral or the bot has no access to the channel.

        `referenced` is as for a member's message.
        """
        channel = self._world.channels[message.channel_id]
        if message.private_to is not None or not self._world.bot_can_access(channel):
            return
        extra: JsonObject = {"channel_type": int(channel.type)}
        if referenced == "null":
            extra["referenced_message"] = None
        depth = 0 if referenced == "absent" else 1
        guild = self._world.guild_of(channel)
        if guild is not None:
            extra |= {"guild_id": guild.id, "member": self._serializer.member(message.author_id, guild, with_user=False)}
        readable = self._serializer.bot_may_read(message)
        self._gateway.dispatch(
            Event(
                name=name,
                data=self._serializer.message(message, depth=depth) | extra,
                data_without_content=None
                if readable
                else self._serializer.message(message, with_content=False, depth=depth) | extra,
                intent=Intent.GUILD_MESSAGES if guild else Intent.DIRECT_MESSAGES,
                guild_id=channel.guild_id,
            )
        )

    def open_thread(self, channel: Channel, name: str, owner_id: str, *, start: Message | None = None) -> Channel:
        """Open a public thread, either on a message, whose id it shares, or on its own."""
        thread = self._world.add(
            Channel(
                id=start.id if start is not None else self._snowflakes.new(),
                type=ChannelType.PUBLIC_THREAD,
                name=name,
                guild_id=channel.guild_id,
                parent_id=channel.id,
                owner_id=owner_id,
                permissions=channel.permissions,
                external_apps=channel.external_apps,
            )
        )
        if start is not None:
            start.thread_id = thread.id
            start.flags |= MessageFlag.HAS_THREAD
        self.dispatch_channel("THREAD_CREATE", thread, newly_created=True)
        if start is not None:
            self.dispatch_message("MESSAGE_UPDATE", start)
        return thread

    def dispatch_channel(self, name: str, channel: Channel, **extra: bool) -> None:
        data = self._serializer.channel(channel) | extra
        if self._world.bot_can_access(channel):
            self._gateway.dispatch(Event(name=name, data=data, intent=Intent.GUILDS, guild_id=channel.guild_id))

    def react(self, message: Message, user_id: str, emoji: str, *, added: bool) -> None:
        users = message.reactions.setdefault(emoji, [])
        if added == (user_id in users):
            return
        (users.append if added else users.remove)(user_id)
        if not users:
            del message.reactions[emoji]
        channel = self._world.channels[message.channel_id]
        data: JsonObject = {
            "user_id": user_id,
            "channel_id": channel.id,
            "message_id": message.id,
            "emoji": {"id": None, "name": emoji},
            "type": 0,
            "burst": False,
        }
        guild = self._world.guild_of(channel)
        if guild is not None:
            data |= {"guild_id": guild.id}
        if added:
            data |= {"message_author_id": message.author_id}
            if guild is not None:
                data |= {"member": self._serializer.member(user_id, guild)}
        if message.private_to is None and self._world.bot_can_access(channel):
            intent = Intent.GUILD_MESSAGE_REACTIONS if guild else Intent.DIRECT_MESSAGE_REACTIONS
            name = "MESSAGE_REACTION_ADD" if added else "MESSAGE_REACTION_REMOVE"
            self._gateway.dispatch(Event(name=name, data=data, intent=intent, guild_id=channel.guild_id))

    def _store(self, channel: Channel, message: Message) -> None:
        channel.messages[message.id] = message
        self.dispatch_message("MESSAGE_CREATE", message)

    def _fill(self, channel: Channel, message: Message, body: Body) -> None:
        message.content = body.content
        message.embeds = body.embeds
        message.components = body.components
        message.flags = body.flags | message.flags & MessageFlag.EPHEMERAL
        new = [
            self._factory.create(
                file.filename,
                file.upload.content,
                channel.id,
                description=file.description,
                spoiler=file.spoiler,
                ephemeral=message.private_to is not None,
            )
            for file in body.new
        ]
        message.attachments = [*body.kept, *new]
        message.mentions = self._mentions(channel, message, body)
        message.pinged |= message.mentions
        message.written_at = self._clock.now()

    def _mentions(self, channel: Channel, message: Message, body: Body) -> Mentions:
        default = ALLOW_USERS if message.interaction is not None else ALLOW_ALL
        allowed = default if body.allowed_mentions is None else body.allowed_mentions
        replied = channel.messages.get(message.reply_to or "")
        found = parse_mentions(
            visible_text(body.content, body.components),
            allowed,
            known_users=set(self._world.users),
            replied_to=replied.author_id if replied is not None else None,
        )
        roles = tuple(one for one in found.roles if one in self._world.guild.roles)
        return Mentions(users=found.users, roles=roles, everyone=found.everyone and channel.allows(Permission.MENTION_EVERYONE))
