"""The state of the fake Discord: a server with channels and members, direct messages, and a second server without the bot."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.discord.enums import BOT_PERMISSIONS, ChannelType, MessageFlag, MessageType, Permission, StickerFormat
from sandbox.discord.snowflakes import Snowflakes
from sandbox.population import Population, numbered_names


@dataclass(kw_only=True)
class User:
    """A person or the bot; `accepts_dms` is whether the bot may write to them first."""

    id: str
    name: str
    bot: bool = False
    locale: str = "en-US"
    accepts_dms: bool = True


@dataclass(kw_only=True)
class Role:
    id: str
    name: str
    permissions: int
    mentionable: bool = True


@dataclass(kw_only=True)
class Guild:
    """A server; `members` maps a user's id to the ids of their roles. Where the app is only user-installed, the bot is no member."""

    id: str
    name: str
    owner_id: str
    locale: str = "en-US"
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)


@dataclass(kw_only=True)
class Attachment:
    """A file of a message or an interaction; its bytes are in the runtime's files under `sha256`."""

    id: str
    channel_id: str
    filename: str
    size: int
    sha256: str
    content_type: str
    title: str | None = None
    description: str | None = None
    width: int | None = None
    height: int | None = None
    spoiler: bool = False
    ephemeral: bool = False


@dataclass(frozen=True, kw_only=True)
class Sticker:
    id: str
    name: str
    format: StickerFormat


@dataclass(frozen=True, kw_only=True)
class Mentions:
    """Whom a text pings: ids of users and roles, and whether everyone."""

    users: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    everyone: bool = False

    def __or__(self, other: "Mentions") -> "Mentions":
        return Mentions(
            users=tuple(dict.fromkeys(self.users + other.users)),
            roles=tuple(dict.fromkeys(self.roles + other.roles)),
            everyone=self.everyone or other.everyone,
        )


@dataclass(kw_only=True)
class Message:
    """A message. `pinged` collects the mentions of all its versions; `private_to` is the only reader of an ephemeral one.

    `written_at` is when its latest version was written. `snapshot` is the message that it forwards, as it was then.
    """

    id: str
    channel_id: str
    author_id: str
    type: int = MessageType.DEFAULT
    content: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    stickers: list[Sticker] = field(default_factory=list)
    embeds: list[JsonObject] = field(default_factory=list)
    components: list[JsonObject] = field(default_factory=list)
    flags: int = 0
    mentions: Mentions = field(default_factory=Mentions)
    pinged: Mentions = field(default_factory=Mentions)
    edited_at: float | None = None
    nonce: str | None = None
    reply_to: str | None = None
    private_to: str | None = None
    interaction: JsonObject | None = None
    snapshot: "Message | None" = None
    thread_id: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    written_at: float = 0.0

    def has(self, flag: MessageFlag) -> bool:
        return bool(self.flags & flag)

    @property
    def shown_files(self) -> list[Attachment]:
        """Its own, or those that it forwards."""
        return self.attachments if self.snapshot is None else self.snapshot.attachments


@dataclass(kw_only=True)
class Channel:
    """A text channel, a thread or a direct message. `permissions` are the bot's; `external_apps` is whether members may use external apps."""

    id: str
    type: int
    name: str
    guild_id: str | None = None
    parent_id: str | None = None
    owner_id: str | None = None
    recipient_id: str | None = None
    position: int = 0
    nsfw: bool = False
    permissions: int = BOT_PERMISSIONS
    external_apps: bool = True
    archived: bool = False
    locked: bool = False
    archive_minutes: int = 1440
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def is_thread(self) -> bool:
        return self.type == ChannelType.PUBLIC_THREAD

    def allows(self, permission: Permission) -> bool:
        return self.type == ChannelType.DM or bool(self.permissions & permission)


_EMOJI = ("pepe", "party")
_STICKERS = {
    "wave": StickerFormat.PNG,
    "spin": StickerFormat.APNG,
    "dance": StickerFormat.GIF,
    "blob": StickerFormat.LOTTIE,
}


class World:
    """All objects, found by id or by name."""

    def __init__(self, snowflakes: Snowflakes, population: Population) -> None:
        self.application_id = snowflakes.new(age_s=90 * 86400)
        self.bot = User(id=self.application_id, name="seedream", bot=True)
        people = [
            User(id=snowflakes.new(age_s=60 * 86400), name=name)
            for name in numbered_names(("ada", "bob", "cyd"), "member", population.users)
        ]
        self.users = {user.id: user for user in [self.bot, *people]}
        self.guild = _guild(snowflakes, "Sandbox", people, bot=self.bot)
        self.other_guild = _guild(snowflakes, "Elsewhere", people, bot=None)
        self.guilds = {guild.id: guild for guild in (self.guild, self.other_guild)}
        self.channels: dict[str, Channel] = {}
        self.uploads: dict[str, Attachment] = {}
        self.emoji = {name: snowflakes.new(age_s=54 * 86400) for name in _EMOJI}
        self.stickers = {
            name: Sticker(id=snowflakes.new(age_s=54 * 86400), name=name, format=form) for name, form in _STICKERS.items()
        }
        for position, name in enumerate(numbered_names(("general", "art"), "room", population.channels)):
            self._add_channel(snowflakes, name, self.guild, position)
        self.elsewhere = self._add_channel(snowflakes, "elsewhere", self.other_guild, 0)
        for person in people:
            self.add(
                Channel(
                    id=snowflakes.new(age_s=50 * 86400), type=ChannelType.DM, name=f"dm:{person.name}", recipient_id=person.id
                )
            )

    def _add_channel(self, snowflakes: Snowflakes, name: str, guild: Guild, position: int) -> Channel:
        return self.add(
            Channel(
                id=snowflakes.new(age_s=50 * 86400),
                type=ChannelType.GUILD_TEXT,
                name=name,
                guild_id=guild.id,
                position=position,
            )
        )

    def add(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        return channel

    @property
    def text_channels(self) -> list[Channel]:
        """The text channels of all servers, in the order of their description."""
        return [channel for channel in self.channels.values() if channel.type == ChannelType.GUILD_TEXT]

    def find_channel(self, name: str) -> Channel | None:
        return self.channels.get(name) or next((one for one in self.channels.values() if one.name == name), None)

    def find_user(self, name: str) -> User | None:
        return self.users.get(name) or next((one for one in self.users.values() if one.name == name), None)

    def dm_with(self, user_id: str) -> Channel | None:
        return next((one for one in self.channels.values() if one.recipient_id == user_id), None)

    def find_message(self, message_id: str) -> Message | None:
        return next((one.messages[message_id] for one in self.channels.values() if message_id in one.messages), None)

    def find_attachment(self, attachment_id: str) -> Attachment | None:
        """Find a file of an existing message, or one that came with an interaction."""
        messages = (message for channel in self.channels.values() for message in channel.messages.values())
        attached = (attachment for message in messages for attachment in (*message.attachments, *message.shown_files))
        return self.uploads.get(attachment_id) or next((one for one in attached if one.id == attachment_id), None)

    def guild_of(self, channel: Channel) -> Guild | None:
        return self.guilds[channel.guild_id] if channel.guild_id else None

    def bot_can_access(self, channel: Channel) -> bool:
        """Return whether the bot's token opens this channel. It does not where the app is only user-installed."""
        guild = self.guild_of(channel)
        return guild is None or self.bot.id in guild.members

    @property
    def joined_guilds(self) -> list[Guild]:
        """The servers that the bot is a member of."""
        return [guild for guild in self.guilds.values() if self.bot.id in guild.members]

    def shares_guild_with_bot(self, user_id: str) -> bool:
        return any(user_id in guild.members and self.bot.id in guild.members for guild in self.guilds.values())

    def role(self, name: str) -> Role | None:
        return next((role for role in self.guild.roles.values() if name in (role.id, role.name)), None)

    def author_name(self, user_id: str) -> str:
        return "bot" if user_id == self.bot.id else self.users[user_id].name


def _guild(snowflakes: Snowflakes, name: str, people: list[User], *, bot: User | None) -> Guild:
    guild = Guild(id=snowflakes.new(age_s=55 * 86400), name=name, owner_id=people[0].id)
    guild.roles[guild.id] = Role(id=guild.id, name="@everyone", permissions=int(BOT_PERMISSIONS), mentionable=False)
    artist = Role(id=snowflakes.new(age_s=54 * 86400), name="artist", permissions=0)
    guild.roles[artist.id] = artist
    for person in people:
        guild.members[person.id] = [artist.id] if person.name == "cyd" else []
    if bot is not None:
        own = Role(id=snowflakes.new(age_s=54 * 86400), name=bot.name, permissions=int(BOT_PERMISSIONS), mentionable=False)
        guild.roles[own.id] = own
        guild.members[bot.id] = [own.id]
    return guild


def walk_components(components: list[Any]) -> list[JsonObject]:
    """Return all components of a tree, parents before children, including accessories and labelled components."""
    found: list[JsonObject] = []
    for component in components:
        if isinstance(component, dict):
            found.append(component)
            children = component.get("components")
            found += walk_components(children if isinstance(children, list) else [])
            found += walk_components([component[key] for key in ("accessory", "component") if key in component])
    return found
