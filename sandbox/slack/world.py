"""The state of the fake Slack workspace: channels, members and the bot, direct messages, messages and files."""

from dataclasses import dataclass, field

from sandbox.contracts import JsonObject
from sandbox.population import Population, numbered_names
from sandbox.slack.identifiers import Identifiers, ts_key

SUBSCRIPTIONS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "message.channels",
    "message.groups",
    "message.im",
    "tokens_revoked",
)
"""The events that the app subscribes to; tests may add `file_shared` and `reaction_added` to `World.subscriptions`."""

_MEMBERS = (
    ("ada", "Ada", "America/Los_Angeles", "en-US"),
    ("bob", "Bob", "Europe/Berlin", "en-GB"),
    ("cyd", "Cyd", "Asia/Tokyo", "ja-JP"),
)
_PREVIEWED = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF"}


@dataclass(frozen=True, kw_only=True)
class User:
    """A person or the bot."""

    id: str
    name: str
    real_name: str
    tz: str
    locale: str
    bot: bool = False


@dataclass(frozen=True, kw_only=True)
class Share:
    """One message that shows a file."""

    channel_id: str
    ts: str
    thread_ts: str | None


@dataclass(kw_only=True)
class SlackFile:
    """A file. `mode` is Slack's term; `expected_size` is the length announced before the upload; `sha256` is None until the bytes arrive."""

    id: str
    name: str
    title: str
    user_id: str
    created: int
    sha256: str | None = None
    expected_size: int = 0
    size: int = 0
    mimetype: str = ""
    width: int | None = None
    height: int | None = None
    alt: str | None = None
    mode: str = "hosted"
    stub: bool = False
    completed: bool = False
    deleted: bool = False
    processed_at: float = 0.0
    submitted_to_app: bool = False
    shares: list[Share] = field(default_factory=list)

    @property
    def previewed(self) -> bool:
        """Whether image blocks can show it."""
        return self.mimetype in _PREVIEWED


@dataclass(kw_only=True)
class Message:
    """A message. `pinged` collects the mentions of all its versions; `private_to` is the only reader of an ephemeral one."""

    ts: str
    channel_id: str
    user_id: str
    text: str = ""
    blocks: list[JsonObject] = field(default_factory=list)
    attachments: list[JsonObject] = field(default_factory=list)
    files: list[SlackFile] = field(default_factory=list)
    metadata: JsonObject | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    client_msg_id: str | None = None
    changed: bool = False
    edited_ts: str | None = None
    private_to: str | None = None
    pinged: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, int]:
        return ts_key(self.ts)


@dataclass(kw_only=True)
class Channel:
    """A channel or, with `peer`, the direct messages of one member and the bot. `statuses` maps a thread to its status and when it was set.

    With `read_only`, a preference of the workspace keeps the bot from posting.
    """

    id: str
    name: str
    creator: str
    created: int
    members: set[str] = field(default_factory=set)
    peer: str | None = None
    private: bool = False
    archived: bool = False
    read_only: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    statuses: dict[str, tuple[str, float]] = field(default_factory=dict)

    @property
    def is_im(self) -> bool:
        return self.peer is not None

    def ordered(self) -> list[Message]:
        return sorted(self.messages.values(), key=lambda message: message.key)

    def thread(self, ts: str) -> list[Message]:
        """Return the message `ts` and the public replies to it, oldest first."""
        found = [one for one in self.messages.values() if ts in (one.ts, one.thread_ts) and one.private_to is None]
        return sorted(found, key=lambda message: message.key)


class World:
    """All objects, found by id or by name.

    `deactivated_users` have a deactivated account; `hidden_users` are not visible to the bot (people of another organisation).
    """

    def __init__(self, identifiers: Identifiers, now: float, population: Population) -> None:
        new = identifiers.new
        self.team_id, self.team_name, self.domain = new("T"), "Sandbox", "sandbox"
        self.app_id, self.bot_id = new("A"), new("B")
        self.bot = User(id=new("U"), name="seedream", real_name="Seedream", tz="Etc/UTC", locale="en-US", bot=True)
        people = [User(id=new("U"), name=name, real_name=real, tz=tz, locale=locale) for name, real, tz, locale in _MEMBERS]
        people += [_numbered_user(new("U"), name) for name in numbered_names((), "member", population.users)[len(people) :]]
        self.users = {user.id: user for user in [self.bot, *people]}
        self.subscriptions = set(SUBSCRIPTIONS)
        self.uploads_allowed = True
        self.deactivated_users: set[str] = set()
        self.hidden_users: set[str] = set()
        self.files: dict[str, SlackFile] = {}
        self.channels: dict[str, Channel] = {}
        self._created = int(now) - 90 * 86400
        for name in (*numbered_names(("general", "art"), "room", population.channels), "closed", "attic"):
            channel = self._add(Channel(id=new("C"), name=name, creator=people[0].id, created=self._created))
            channel.members = {user.id for user in people} | ({self.bot.id} if name != "closed" else set())
            channel.archived = name == "attic"
        for person in people:
            name = f"dm:{person.name}"
            self._add(Channel(id=new("D"), name=name, creator=person.id, created=self._created, peer=person.id)).members = {
                person.id,
                self.bot.id,
            }

    def _add(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        return channel

    @property
    def workspace_channels(self) -> list[Channel]:
        """The workspace's channels without direct messages, in the order of their description."""
        return [channel for channel in self.channels.values() if not channel.is_im]

    def find_channel(self, name: str) -> Channel | None:
        """Find a channel by id or by name, with or without `#`."""
        bare = name.removeprefix("#")
        return self.channels.get(name) or next((one for one in self.channels.values() if one.name == bare), None)

    def find_user(self, name: str) -> User | None:
        return self.users.get(name) or next((one for one in self.users.values() if one.name == name), None)

    def dm_with(self, user_id: str) -> Channel | None:
        return next((one for one in self.channels.values() if one.peer == user_id), None)

    def bot_is_in(self, channel: Channel) -> bool:
        return self.bot.id in channel.members

    def visible_to_bot(self, file: SlackFile) -> bool:
        """Return whether the bot sees a file: its own, one shared in a channel it is in, or one submitted to it in a form."""
        if file.user_id == self.bot.id or file.submitted_to_app:
            return True
        return any(self.bot_is_in(self.channels[share.channel_id]) for share in file.shares if share.channel_id in self.channels)

    def author_name(self, user_id: str) -> str:
        if user_id == self.bot.id:
            return "bot"
        user = self.users.get(user_id)
        return user.name if user is not None else "slackbot"


def _numbered_user(user_id: str, name: str) -> User:
    """Return a member with a numbered name."""
    return User(id=user_id, name=name, real_name=name.capitalize(), tz="Europe/Berlin", locale="en-GB")
