"""The first response to an interaction, and the messages that its token may write for 15 minutes."""

from typing import Any

from sandbox.discord.enums import InteractionType, MessageFlag, MessageType, Permission, ResponseType
from sandbox.discord.errors import FormErrors, api_error, invalid_form_body
from sandbox.discord.interactions.interactions import MOST_USER_INSTALL_FOLLOWUPS, Interaction, Interactions
from sandbox.discord.interactions.modals import OpenModal, check_modal
from sandbox.discord.messages.bodies import read_body
from sandbox.discord.messages.components import number_components
from sandbox.discord.messages.writer import MessageWriter
from sandbox.discord.rest.routing import NO_CONTENT, WEBHOOK, ApiCall, ApiResponse, Route
from sandbox.discord.serializer import Serializer
from sandbox.discord.world import Message, World

_WEBHOOK = "/webhooks/{webhook}/{token}"
_TO_COMMAND = {ResponseType.MESSAGE, ResponseType.DEFERRED_MESSAGE, ResponseType.MODAL}
_TO_MODAL = {ResponseType.MESSAGE, ResponseType.DEFERRED_MESSAGE}
_ON_MESSAGE = {ResponseType.DEFERRED_UPDATE, ResponseType.UPDATE}


class Callbacks:
    """`/interactions/{id}/{token}/callback` and `/webhooks/{application}/{token}`."""

    def __init__(
        self, world: World, interactions: Interactions, writer: MessageWriter, serializer: Serializer, *, size_limit: int
    ) -> None:
        self._world = world
        self._interactions = interactions
        self._writer = writer
        self._serializer = serializer
        self._size_limit = size_limit

    def routes(self) -> list[Route]:
        one = f"{_WEBHOOK}/messages/{{message}}"
        callback = "/interactions/{interaction}/{token}/callback"
        return [
            Route(method="POST", template=callback, handler=self._callback, limit=None, token_in_path=True, global_exempt=True),
            *(
                Route(method=method, template=template, handler=handler, limit=WEBHOOK, token_in_path=True, global_exempt=True)
                for method, template, handler in (
                    ("POST", _WEBHOOK, self._follow_up),
                    ("GET", one, self._get),
                    ("PATCH", one, self._edit),
                    ("DELETE", one, self._delete),
                )
            ),
        ]

    def _callback(self, call: ApiCall) -> ApiResponse:
        interaction = self._interactions.find_for_callback(call.path_values["interaction"], call.path_values["token"])
        kind = call.fields().get("type")
        if kind not in _allowed(interaction):
            choices = tuple(sorted(map(int, _allowed(interaction))))
            raise invalid_form_body("type", "BASE_TYPE_CHOICES", f"Value must be one of {choices}.")
        self._reopen_channel(interaction, rewrites=False)
        data = call.fields().get("data") or {}
        message: Message | None = None
        match kind:
            case ResponseType.MESSAGE:
                message = self._respond(interaction, data, call)
            case ResponseType.DEFERRED_MESSAGE:
                message = self._defer(interaction, data)
            case ResponseType.UPDATE:
                message = self._update(interaction, data, call)
            case ResponseType.DEFERRED_UPDATE:
                interaction.original_id = interaction.source_id
                source = self._world.find_message(interaction.source_id or "")
                interaction.ephemeral = source is not None and source.private_to is not None
            case _:
                self._open_modal(interaction, data)
        interaction.acknowledge()
        if call.query.get("with_response", "").lower() not in ("1", "true"):
            return NO_CONTENT
        return ApiResponse(body=self._callback_response(interaction, int(kind), message))

    def _callback_response(self, interaction: Interaction, kind: int, message: Message | None) -> dict[str, Any]:
        about: dict[str, Any] = {"id": interaction.id, "type": interaction.type}
        if message is not None:
            about |= {
                "response_message_id": message.id,
                "response_message_loading": message.has(MessageFlag.LOADING),
                "response_message_ephemeral": message.private_to is not None,
            }
        answer: dict[str, Any] = {"interaction": about}
        if message is not None and kind in (ResponseType.MESSAGE, ResponseType.UPDATE):
            answer["resource"] = {"type": kind, "message": self._serializer.message(message)}
        return answer

    def _respond(self, interaction: Interaction, data: Any, call: ApiCall) -> Message:
        body = read_body(data, call.uploads, previous=None, size_limit=self._size_limit)
        message = self._new_message(interaction, ephemeral=bool(body.flags & MessageFlag.EPHEMERAL))
        self._writer.post(self._world.channels[interaction.channel_id], body, message)
        return self._track(interaction, message)

    def _defer(self, interaction: Interaction, data: Any) -> Message:
        flags = data.get("flags") or 0 if isinstance(data, dict) else 0
        if flags & ~MessageFlag.EPHEMERAL:
            raise invalid_form_body("data.flags", "BASE_TYPE_CHOICES", "Only EPHEMERAL can be set on a deferred response.")
        message = self._new_message(interaction, ephemeral=bool(flags & MessageFlag.EPHEMERAL))
        self._writer.post_loading(self._world.channels[interaction.channel_id], message)
        return self._track(interaction, message)

    def _update(self, interaction: Interaction, data: Any, call: ApiCall) -> Message:
        source = self._world.find_message(interaction.source_id or "")
        if source is None:
            raise api_error(10008)
        body = read_body(data, call.uploads, previous=source, size_limit=self._size_limit)
        self._writer.edit(source, body)
        interaction.original_id = source.id
        interaction.ephemeral = source.private_to is not None
        return source

    def _open_modal(self, interaction: Interaction, data: Any) -> None:
        errors = FormErrors()
        check_modal(data, errors)
        errors.raise_if_any()
        interaction.modal = OpenModal(
            id=interaction.id,
            user_id=interaction.user_id,
            channel_id=interaction.channel_id,
            source_id=interaction.source_id,
            custom_id=data["custom_id"],
            title=data["title"],
            components=tuple(number_components(data["components"])),
        )
        self._interactions.open_modal(interaction.modal)

    def _new_message(self, interaction: Interaction, *, ephemeral: bool, follow_up: bool = False) -> Message:
        """Create a message of this interaction. It becomes ephemeral where members may not use external apps."""
        channel = self._world.channels[interaction.channel_id]
        private = ephemeral or (interaction.user_installed and not channel.external_apps)
        replies_to = interaction.original_id if follow_up else interaction.source_id
        replies_to = replies_to if replies_to in channel.messages else None
        kind = MessageType.REPLY if replies_to else MessageType.DEFAULT
        if interaction.type == InteractionType.APPLICATION_COMMAND and not follow_up:
            is_menu = "target_message_id" in interaction.metadata
            kind, replies_to = (MessageType.CONTEXT_MENU_COMMAND if is_menu else MessageType.CHAT_INPUT_COMMAND), None
        metadata = dict(interaction.metadata)
        if follow_up and interaction.original_id:
            metadata["original_response_message_id"] = interaction.original_id
        return Message(
            id="",
            channel_id=channel.id,
            author_id=self._world.bot.id,
            type=kind,
            reply_to=replies_to,
            interaction=metadata,
            private_to=interaction.user_id if private else None,
            flags=int(MessageFlag.EPHEMERAL) if private else 0,
        )

    def _track(self, interaction: Interaction, message: Message, *, original: bool = True) -> Message:
        interaction.message_ids.append(message.id)
        if original:
            interaction.original_id = message.id
            interaction.ephemeral = message.private_to is not None
        return message

    def _follow_up(self, call: ApiCall) -> ApiResponse:
        interaction = self._interactions.find_by_token(call.path_values["webhook"], call.path_values["token"])
        original = self._world.find_message(interaction.original_id or "")
        loading = original is not None and original.has(MessageFlag.LOADING)
        self._reopen_channel(interaction, rewrites=loading)
        if original is not None and loading:
            # The first message after a deferred response replaces it, and keeps its ephemeral state.
            body = read_body(call.payload, call.uploads, previous=original, size_limit=self._size_limit)
            return ApiResponse(body=self._serializer.message(self._writer.edit(original, body)))
        if interaction.user_installed and interaction.followups >= MOST_USER_INSTALL_FOLLOWUPS:
            raise api_error(40094)
        body = read_body(call.payload, call.uploads, previous=None, size_limit=self._size_limit)
        message = self._new_message(interaction, ephemeral=bool(body.flags & MessageFlag.EPHEMERAL), follow_up=True)
        self._writer.post(self._world.channels[interaction.channel_id], body, message)
        interaction.followups += 1
        return ApiResponse(body=self._serializer.message(self._track(interaction, message, original=False)))

    def _reopen_channel(self, interaction: Interaction, *, rewrites: bool) -> None:
        """Check that the interaction's channel still accepts responses: a new message reopens an archived thread, an edit does not.

        An app that is not in the server gets "Missing Access" for an archived thread (github.com/discord/discord-api-docs/issues/6884).
        """
        channel = self._world.channels.get(interaction.channel_id)
        if channel is None:
            raise api_error(10003)
        locked = channel.locked and not channel.permissions & Permission.MANAGE_THREADS
        if locked or (rewrites and channel.archived):
            raise api_error(50083 if self._world.bot_can_access(channel) else 50001)
        if channel.archived:
            channel.archived = False
            self._writer.dispatch_channel("THREAD_UPDATE", channel)

    def _find(self, call: ApiCall) -> Message:
        interaction = self._interactions.find_by_token(call.path_values["webhook"], call.path_values["token"])
        if call.method != "GET":
            self._reopen_channel(interaction, rewrites=True)
        wanted = call.path_values["message"]
        message_id = interaction.original_id if wanted == "@original" else wanted
        if message_id is None or message_id not in {interaction.original_id, *interaction.message_ids}:
            raise api_error(10008)
        message = self._world.find_message(message_id)
        if message is None:
            raise api_error(10008)
        return message

    def _get(self, call: ApiCall) -> ApiResponse:
        return ApiResponse(body=self._serializer.message(self._find(call)))

    def _edit(self, call: ApiCall) -> ApiResponse:
        message = self._find(call)
        body = read_body(call.payload, call.uploads, previous=message, size_limit=self._size_limit)
        return ApiResponse(body=self._serializer.message(self._writer.edit(message, body)))

    def _delete(self, call: ApiCall) -> ApiResponse:
        self._writer.delete(self._find(call))
        return NO_CONTENT


def _allowed(interaction: Interaction) -> set[ResponseType]:
    if interaction.type == InteractionType.APPLICATION_COMMAND:
        return _TO_COMMAND
    if interaction.type == InteractionType.MESSAGE_COMPONENT:
        return _TO_COMMAND | _ON_MESSAGE
    return _TO_MODAL | _ON_MESSAGE if interaction.source_id else _TO_MODAL
