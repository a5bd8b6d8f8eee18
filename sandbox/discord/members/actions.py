"""What members do: write, invoke commands, press buttons, fill in forms, react."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.act_files import ActFile, read_files
from sandbox.contracts import ControlError, JsonObject
from sandbox.discord.attachments.factory import AttachmentFactory
from sandbox.discord.enums import MEMBER_PERMISSIONS, SELECTS, ChannelType, CommandType, ComponentType, InteractionType
from sandbox.discord.interactions.command_options import NameResolver, Resolved, fill_options, find_subcommand
from sandbox.discord.interactions.command_registry import CommandRegistry
from sandbox.discord.interactions.interactions import Interactions
from sandbox.discord.members.form_filling import check_choices, fill_modal
from sandbox.discord.members.interaction_sender import InteractionSender
from sandbox.discord.members.writing import Writing
from sandbox.discord.messages.writer import MessageWriter
from sandbox.discord.serializer import Serializer
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.world import Channel, Message, User, World, walk_components

_MOST_OPTION_FILES = 25


class MemberActions:
    """Carries out one act of the control API."""

    def __init__(  # noqa: PLR0913 - the composition root names every part
        self,
        world: World,
        snowflakes: Snowflakes,
        registry: CommandRegistry,
        interactions: Interactions,
        sender: InteractionSender,
        writer: MessageWriter,
        serializer: Serializer,
        factory: AttachmentFactory,
        *,
        size_limit: int,
    ) -> None:
        self._world = world
        self._registry = registry
        self._interactions = interactions
        self._sender = sender
        self._writer = writer
        self._serializer = serializer
        self._factory = factory
        self._size_limit = size_limit
        self._writing = Writing(world, writer, factory, size_limit=size_limit)
        self._resolver = NameResolver(user=world.find_user, role=world.role, channel=world.find_channel, new_id=snowflakes.new)
        self._kinds: dict[str, Callable[[JsonObject, User, Channel], Awaitable[JsonObject]]] = {
            "message": self._send_message,
            "reply": self._reply,
            "forward": self._forward,
            "edit": self._edit,
            "delete": self._delete,
            "command": self._command,
            "menu": self._menu,
            "press": self._press,
            "submit": self._submit,
            "react": self._react,
        }

    async def act(self, act: JsonObject) -> JsonObject:
        do = self._kinds.get(str(act.get("kind")))
        if do is None:
            raise ControlError(f"An act is one of {', '.join(self._kinds)}.")
        user = self._world.find_user(str(act.get("user")))
        if user is None or user.bot:
            raise ControlError(f"There is no member {act.get('user')}.")
        channel = self._find_channel(act, user)
        guild = self._world.guild_of(channel)
        if guild is not None and user.id not in guild.members:
            raise ControlError(f"{user.name} is not in the server of {channel.name}.")
        return await do(act, user, channel)

    def _find_channel(self, act: JsonObject, user: User) -> Channel:
        channel = self._world.find_channel(str(act.get("channel")))
        if channel is None:
            raise ControlError(f"There is no channel {act.get('channel')}.")
        if channel.type == ChannelType.DM and channel.recipient_id != user.id:
            raise ControlError("These are somebody else's direct messages.")
        if not act.get("thread"):
            return channel
        thread = self._world.find_channel(str(act["thread"]))
        if thread is not None and thread.is_thread:
            return thread
        start = channel.messages.get(str(act["thread"]))
        if start is None or channel.is_thread or channel.type == ChannelType.DM:
            raise ControlError(f"There is no thread {act['thread']}, nor a message to open one on.")
        name = (start.content or "thread")[:100]
        return self._writer.open_thread(channel, name, user.id, start=start)

    def _find_message(self, act: JsonObject, user: User, channel: Channel) -> Message:
        message = channel.messages.get(str(act.get("message")))
        if message is None or message.private_to not in (None, user.id):
            raise ControlError(f"{user.name} sees no message {act.get('message')} in {channel.name}.")
        return message

    async def _send_message(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        return self._writing.say(act, user, channel)

    async def _reply(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        return self._writing.say(act, user, channel, self._find_message(act, user, channel))

    async def _forward(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        return self._writing.forward(act, user, channel, self._find_message)

    async def _edit(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        return self._writing.edit(act, user, self._find_message(act, user, channel))

    async def _delete(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        return self._writing.delete(user, self._find_message(act, user, channel))

    async def _command(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        name, *path = str(act.get("name") or "").removeprefix("/").split() or [""]
        definition = self._find_command(name, CommandType.CHAT_INPUT, user, channel)
        chain = find_subcommand(definition, path)
        files = read_files(act, most=_MOST_OPTION_FILES, size_limit=self._size_limit)
        options, resolved = fill_options(chain[-1], act.get("options") or {}, files, self._resolver)
        for step in reversed(chain[1:]):
            options = [{"name": step["name"], "type": step["type"], "options": options}]
        data = _command_data(definition) | {"options": options}
        if found := self._resolve(resolved, channel):
            data["resolved"] = found
        age_s = float(act.get("age_s") or 0)
        return await self._sender.send(user, channel, InteractionType.APPLICATION_COMMAND, data, age_s=age_s)

    async def _menu(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        definition = self._find_command(str(act.get("name")), CommandType.MESSAGE, user, channel)
        message = self._find_message(act, user, channel)
        data = _command_data(definition) | {
            "target_id": message.id,
            "resolved": {"messages": {message.id: self._serializer.message(message)}},
        }
        age_s = float(act.get("age_s") or 0)
        return await self._sender.send(user, channel, InteractionType.APPLICATION_COMMAND, data, age_s=age_s)

    def _find_command(self, name: str, kind: CommandType, user: User, channel: Channel) -> JsonObject:
        """Find a command that Discord offers to this member in this channel."""
        here = self._world.bot_can_access(channel)
        definition = self._registry.find(channel.guild_id if here else None, name, kind)
        if definition is None:
            raise ControlError(f"No command {name} is synced.")
        is_dm = channel.type == ChannelType.DM
        contexts = definition["contexts"]
        if (1 if is_dm else 0) not in (contexts if contexts is not None else (0, 1, 2)) or (
            is_dm and not definition["dm_permission"]
        ):
            raise ControlError(f"{name} is not offered in {channel.name}.")
        if not is_dm and (0 if here else 1) not in definition["integration_types"]:
            raise ControlError(f"{name} is not offered to this kind of installation.")
        guild = self._world.guild_of(channel)
        needed = definition["default_member_permissions"]
        if needed is not None and guild is not None and guild.owner_id != user.id:
            rights = int(MEMBER_PERMISSIONS)
            if int(needed) == 0 or rights & int(needed) != int(needed):
                raise ControlError(f"{user.name} may not use {name}.")
        if definition["nsfw"] and not channel.nsfw:
            raise ControlError(f"{name} is age-restricted.")
        return definition

    def _resolve(self, resolved: Resolved, channel: Channel) -> JsonObject:
        guild = self._world.guild_of(channel)
        found: JsonObject = {
            "users": {user.id: self._serializer.user(user) for user in resolved.users},
            "roles": {role.id: self._serializer.role(role, 1) for role in resolved.roles},
            "channels": {one.id: self._serializer.interaction_channel(one) for one in resolved.channels},
            "attachments": self._upload(resolved.files, channel),
        }
        if guild is not None:
            found["members"] = {
                user.id: self._serializer.member(user.id, guild, with_user=False) | {"permissions": str(int(MEMBER_PERMISSIONS))}
                for user in resolved.users
                if user.id in guild.members
            }
        return {key: value for key, value in found.items() if value}

    def _upload(self, files: dict[str, ActFile], channel: Channel) -> JsonObject:
        """Store files of a command or a modal under the ids that its options refer to."""
        serializer: JsonObject = {}
        for upload_id, file in files.items():
            attachment = self._factory.create(file.name, file.content, channel.id, ephemeral=True)
            attachment.id = upload_id
            self._world.uploads[upload_id] = attachment
            serializer[upload_id] = self._serializer.attachment(attachment)
        return serializer

    async def _press(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        message = self._find_message(act, user, channel)
        component = _find_component(message, str(act.get("action")))
        data: JsonObject = {
            "custom_id": component["custom_id"],
            "component_type": component["type"],
            "id": component["id"],
        }
        if component["type"] in SELECTS:
            picked = (act.get("options") or act.get("fields") or {}).get("values", [])
            data["values"] = [str(one) for one in picked]
            check_choices(component, data["values"])
        age_s = float(act.get("age_s") or 0)
        kind = InteractionType.MESSAGE_COMPONENT
        return await self._sender.send(user, channel, kind, data, age_s=age_s, source=message)

    async def _submit(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        modal = self._interactions.find_modal(user.id, str(act.get("action")))
        if modal is None:
            raise ControlError(f"{user.name} has no open form {act.get('action')}.")
        if modal.channel_id != channel.id:
            raise ControlError("The form was opened elsewhere.")
        files = read_files(act, most=_MOST_OPTION_FILES, size_limit=self._size_limit)
        fields: dict[str, Any] = act.get("fields") or {}
        components, uploads = fill_modal(modal, fields, files, self._resolver.new_id)
        data: JsonObject = {"custom_id": modal.custom_id, "components": components}
        if uploads:
            data["resolved"] = {"attachments": self._upload(uploads, channel)}
        age_s = float(act.get("age_s") or 0)
        source = channel.messages.get(modal.source_id or "")
        kind = InteractionType.MODAL_SUBMIT
        return await self._sender.send(user, channel, kind, data, age_s=age_s, source=source, modal=modal)

    async def _react(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        message = self._find_message(act, user, channel)
        emoji = str(act.get("name") or act.get("text") or act.get("action") or "")
        if not emoji or emoji.isascii():
            raise ControlError("A reaction needs an emoji as its name.")
        self._writer.react(message, user.id, emoji, added=True)
        return {"id": message.id, "acknowledged_ms": None, "private": []}


def _command_data(definition: JsonObject) -> JsonObject:
    data: JsonObject = {"id": definition["id"], "name": definition["name"], "type": definition["type"]}
    return data | {"guild_id": definition["guild_id"]} if "guild_id" in definition else data


def _find_component(message: Message, action: str) -> JsonObject:
    components = [one for one in walk_components(message.components) if one.get("custom_id")]
    found = next((one for one in components if one["custom_id"] == action), None) or next(
        (one for one in components if one.get("label") == action), None
    )
    if found is None:
        raise ControlError(f"The message has no button {action}.")
    if found.get("disabled"):
        raise ControlError(f"The button {action} is disabled.")
    if found["type"] not in (ComponentType.BUTTON, *SELECTS):
        raise ControlError(f"{action} cannot be pressed.")
    return found
