"""Changes to a workspace that the bot did not make: archived or deleted channels, removal of the bot, disabled uploads."""

from sandbox.changes import ChangeTable
from sandbox.contracts import ControlError
from sandbox.slack.world import Channel, User, World


class WorldChanges:
    """Applies named changes to the world.

    For a channel: `archive` and `reopen`, `delete`, `forbid-posts` and `allow-posts`, `remove` and `invite` (the bot). For a member:
    `close-direct` and `open-direct` (whether the member is visible to the bot), `deactivate` and `activate`. For the whole
    workspace: `forbid-files` and `allow-files`.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._changes = ChangeTable[Channel, User](
            platform="Slack",
            find_channel=self._channel,
            find_user=self._user,
            channel_changes={
                "archive": lambda channel: self._archive(channel, archived=True),
                "reopen": lambda channel: self._archive(channel, archived=False),
                "delete": self._delete,
                "forbid-posts": lambda channel: self._restrict(channel, read_only=True),
                "allow-posts": lambda channel: self._restrict(channel, read_only=False),
                "remove": lambda channel: channel.members.discard(world.bot.id),
                "invite": lambda channel: channel.members.add(world.bot.id),
            },
            user_changes={
                "close-direct": lambda user: world.hidden_users.add(user.id),
                "open-direct": lambda user: world.hidden_users.discard(user.id),
                "deactivate": lambda user: world.deactivated_users.add(user.id),
                "activate": lambda user: world.deactivated_users.discard(user.id),
            },
            global_changes={
                "forbid-files": lambda: self._allow_uploads(allowed=False),
                "allow-files": lambda: self._allow_uploads(allowed=True),
            },
        )

    def change(self, what: str, *, channel: str | None, user: str | None) -> None:
        self._changes.change(what, channel=channel, user=user)

    def _channel(self, name: str) -> Channel:
        found = self._world.find_channel(name)
        if found is None or found.is_im:
            raise ControlError(f"There is no channel {name}.")
        return found

    def _user(self, name: str) -> User:
        found = self._world.find_user(name)
        if found is None or found.bot:
            raise ControlError(f"There is no member {name}.")
        return found

    def _archive(self, channel: Channel, *, archived: bool) -> None:
        channel.archived = archived

    def _delete(self, channel: Channel) -> None:
        del self._world.channels[channel.id]

    def _restrict(self, channel: Channel, *, read_only: bool) -> None:
        channel.read_only = read_only

    def _allow_uploads(self, *, allowed: bool) -> None:
        self._world.uploads_allowed = allowed
