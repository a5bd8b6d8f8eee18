"""What members do: write, use commands and shortcuts, press buttons, fill in forms, react."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.act_files import read_files
from sandbox.contracts import ControlError, JsonObject
from sandbox.slack.api.tokens import AppTokens
from sandbox.slack.errors import ApiError
from sandbox.slack.events.http_mode import HttpMode
from sandbox.slack.events.publisher import EventPublisher
from sandbox.slack.files.workspace_files import WorkspaceFiles
from sandbox.slack.members.form_filling import fill_view, options_of, selection
from sandbox.slack.members.interaction_sender import InteractionSender
from sandbox.slack.members.interactions import Interaction, Interactions
from sandbox.slack.members.open_views import OpenViews, View
from sandbox.slack.members.writing import MOST_FILES, Writing
from sandbox.slack.messages.block_text import interactive_elements
from sandbox.slack.messages.content import ContentReader
from sandbox.slack.messages.response_urls import ResponseUrls
from sandbox.slack.messages.writer import MessageWriter
from sandbox.slack.serializer import Serializer
from sandbox.slack.world import Channel, Message, User, World

_MOST_FORM_FILE_BYTES = 10 * 1024 * 1024


class MemberActions:
    """Carries out one act of the control API.

    `menu` is a message shortcut by its callback id, or a global shortcut if no message is named. The names `Edit message` and
    `Delete message` are Slack's own menu entries, like the acts `edit` and `delete`; `app_home_opened` (`options.tab`),
    `app_uninstalled`, `tokens_revoked` and `url_verification` are events in the life of an app.
    """

    def __init__(  # noqa: PLR0913 - the composition root names every part
        self,
        *,
        world: World,
        writer: MessageWriter,
        workspace_files: WorkspaceFiles,
        publisher: EventPublisher,
        interactions: Interactions,
        open_views: OpenViews,
        content_reader: ContentReader,
        sender: InteractionSender,
        response_urls: ResponseUrls,
        serializer: Serializer,
        tokens: AppTokens,
        http_mode: HttpMode | None,
    ) -> None:
        self._world = world
        self._writer = writer
        self._workspace_files = workspace_files
        self._publisher = publisher
        self._interactions = interactions
        self._open_views = open_views
        self._content_reader = content_reader
        self._sender = sender
        self._response_urls = response_urls
        self._serializer = serializer
        self._tokens = tokens
        self._http_mode = http_mode
        self._writing = Writing(world, writer, workspace_files, serializer)
        self._kinds: dict[str, Callable[[JsonObject, User, Channel], Awaitable[JsonObject]]] = {
            "message": self._say,
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
        self._builtin_actions: dict[str, Callable[[JsonObject, User, Channel], Awaitable[JsonObject]]] = {
            "Edit message": self._edit,
            "Delete message": self._delete,
            "app_home_opened": self._open_home,
            "app_uninstalled": self._uninstall,
            "tokens_revoked": self._revoke,
            "url_verification": self._verify,
        }

    async def act(self, act: JsonObject) -> JsonObject:
        do = self._kinds.get(str(act.get("kind")))
        if do is None:
            raise ControlError(f"An act is one of {', '.join(self._kinds)}.")
        user = self._world.find_user(str(act.get("user")))
        if user is None or user.bot:
            raise ControlError(f"There is no member {act.get('user')}.")
        channel = self._world.find_channel(str(act.get("channel")))
        if channel is None:
            raise ControlError(f"There is no channel {act.get('channel')}.")
        if user.id not in channel.members:
            raise ControlError(f"{user.name} is not in {channel.name}.")
        return await do(act, user, channel)

    def _find_message(self, act: JsonObject, user: User, channel: Channel) -> Message:
        message = channel.messages.get(str(act.get("message")))
        if message is None or message.private_to not in (None, user.id):
            raise ControlError(f"{user.name} sees no message {act.get('message')} in {channel.name}.")
        return message

    async def _say(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        return self._writing.say(act, user, channel, self._thread_in(act, user, channel))

    async def _reply(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        return self._writing.say(act, user, channel, self._find_message(act, user, channel))

    async def _forward(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        source = self._world.find_channel(str(_options(act).get("from") or channel.id))
        if source is None or user.id not in source.members:
            raise ControlError(f"{user.name} is in no such channel to forward from.")
        original = self._find_message(act, user, source)
        return self._writing.forward(act, user, channel, self._thread_in(act, user, channel), original)

    def _thread_in(self, act: JsonObject, user: User, channel: Channel) -> Message | None:
        return self._find_message({"message": act["thread"]}, user, channel) if act.get("thread") else None

    async def _command(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        if act.get("thread"):
            raise ControlError("Slash commands are not offered in threads.")
        if act.get("files"):
            raise ControlError("A slash command takes no files.")
        if channel.archived:
            raise ControlError(f"{channel.name} is archived.")
        name = f"/{str(act.get('name') or '').removeprefix('/')}"
        interaction = self._interactions.start(user, channel, kind="commands", age_s=_age(act))

        def on_ack(body: JsonObject) -> None:
            self._show_acknowledgement(interaction, body)

        return await self._sender.command(interaction, name, str(act.get("text") or ""), on_ack)

    def _show_acknowledgement(self, interaction: Interaction, body: JsonObject) -> None:
        """Show the message with which a command was acknowledged, if it has content."""
        try:
            self._response_urls.respond(interaction, body)
        except ApiError as refused:
            if refused.code != "no_text":
                raise ControlError(f"The acknowledgement is no message: {refused.answer()}") from None

    async def _menu(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        name = str(act.get("name") or "")
        builtin = self._builtin_actions.get(name)
        if builtin is not None:
            return await builtin(act, user, channel)
        if not act.get("message"):
            interaction = self._interactions.start(user, channel, kind="actions", age_s=_age(act))
            return await self._sender.global_shortcut(interaction, name)
        message = self._find_message(act, user, channel)
        if message.private_to is not None:
            raise ControlError("A message only you can see has no shortcuts.")
        interaction = self._interactions.start(user, channel, kind="actions", age_s=_age(act), source=message)
        return await self._sender.message_shortcut(interaction, name, message)

    async def _press(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        message = self._find_message(act, user, channel) if act.get("message") else None
        view = None if message is not None else self._open_views.top(user.id) or self._open_views.home(user.id)
        blocks = message.blocks if message is not None else view.body["blocks"] if view is not None else []
        block_id, element = _find_element(blocks, str(act.get("action")))
        picked = (_options(act) or act.get("fields") or {}).get("values") or []
        choice = selection(element, picked[0] if len(picked) == 1 else picked)
        if options_of(element) and not picked:
            raise ControlError("A menu needs a choice under options.values.")
        interaction = self._interactions.start(user, channel, kind="actions", age_s=_age(act), source=message)
        if view is not None:
            return await self._sender.press_in_view(interaction, view, block_id, element, choice)
        return await self._sender.press(interaction, block_id, element, choice)

    async def _submit(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        view = self._open_views.top(user.id)
        if view is None or act.get("action") not in (view.id, view.body.get("callback_id")):
            raise ControlError(f"{user.name} has no open form {act.get('action')}.")
        given = read_files(act, most=MOST_FILES, size_limit=_MOST_FORM_FILE_BYTES)
        files = [self._workspace_files.add_from_member(one.name, one.content, user.id) for one in given]
        for file in files:
            file.submitted_to_app = True
        values = fill_view(view, act.get("fields") or {}, files, self._serializer.file)
        interaction = self._interactions.start(user, channel, kind="actions", age_s=_age(act))
        errors: dict[str, Any] = {}

        def on_ack(body: JsonObject) -> None:
            errors.update(self._apply_response_action(view, body))
            if body:
                interaction.reacted.set()

        urls = self._create_response_urls(view, values, user)
        result = await self._sender.submission(interaction, view, values, urls, on_ack)
        return result | {"errors": errors} if errors else result

    def _apply_response_action(self, view: View, body: JsonObject) -> dict[str, Any]:
        """Carry out a submission's response action; errors by block leave the modal open."""
        action = body.get("response_action")
        try:
            match action:
                case "errors":
                    known = {block["block_id"] for block in view.body["blocks"]}
                    return {str(key): value for key, value in (body.get("errors") or {}).items() if key in known}
                case "update":
                    self._open_views.update(view, self._content_reader.view(body.get("view"), "modal"))
                case "push":
                    self._open_views.push(view.user_id, self._content_reader.view(body.get("view"), "modal"))
                case "clear":
                    self._open_views.clear(view.user_id)
                case _:
                    self._open_views.close(view)
        except ApiError as refused:
            return {"view": refused.answer()}
        return {}

    def _create_response_urls(self, view: View, values: JsonObject, user: User) -> list[JsonObject]:
        """Create the response URLs that a modal's channel menus ask for."""
        found: list[JsonObject] = []
        for block in view.body["blocks"]:
            element = block.get("element") or {}
            if not element.get("response_url_enabled"):
                continue
            state = values[block["block_id"]][element["action_id"]]
            channel = self._world.find_channel(str(state.get("selected_conversation") or state.get("selected_channel")))
            if channel is not None:
                url = self._interactions.start(user, channel, kind="actions").response_url
                ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
                found.append(ids | {"channel_id": channel.id, "response_url": url})
        return found

    async def _react(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        message = self._find_message(act, user, channel)
        name = str(act.get("name") or act.get("text") or act.get("action") or "").strip(":")
        if not name:
            raise ControlError("A reaction needs an emoji as its name.")
        users = message.reactions.setdefault(name, [])
        if user.id not in users:
            users.append(user.id)
            self._publisher.publish(
                {
                    "type": "reaction_added",
                    "user": user.id,
                    "reaction": name,
                    "item": {"type": "message", "channel": channel.id, "ts": message.ts},
                    "item_user": message.user_id,
                }
            )
        return _result(message.ts)

    async def _edit(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        message = self._own_message(act, user, channel)
        self._writer.edit_from_member(message, str(act.get("text") or ""))
        return _result(message.ts)

    async def _delete(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        message = self._own_message(act, user, channel)
        self._writer.delete(message)
        return _result(message.ts)

    def _own_message(self, act: JsonObject, user: User, channel: Channel) -> Message:
        message = self._find_message(act, user, channel)
        if message.user_id != user.id:
            raise ControlError("This is somebody else's message.")
        return message

    async def _open_home(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        del channel
        dm, home = self._world.dm_with(user.id), self._open_views.home(user.id)
        tab = str(_options(act).get("tab") or "messages")
        event: JsonObject = {"type": "app_home_opened", "user": user.id, "channel": dm.id if dm else "", "tab": tab}
        if home is not None and tab == "home":
            event["view"] = self._serializer.view(home)
        self._publisher.publish(event)
        return _result("")

    async def _uninstall(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        del act, user, channel
        self._publisher.publish({"type": "app_uninstalled"})
        self._tokens.revoked_error = "account_inactive"
        return _result("")

    async def _revoke(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        del act, user, channel
        self._publisher.publish({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self._world.bot.id]}})
        self._tokens.revoked_error = "token_revoked"
        return _result("")

    async def _verify(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        del act, user, channel
        if self._http_mode is None:
            raise ControlError("In Socket Mode there is no address to verify.")
        delivery = await self._http_mode.verify()
        return {"id": "", "acknowledged_ms": delivery.acknowledged_ms, "private": [], "status": delivery.status}


def _result(message_id: str) -> JsonObject:
    return {"id": message_id, "acknowledged_ms": None, "private": []}


def _age(act: JsonObject) -> float:
    return float(act.get("age_s") or 0)


def _options(act: JsonObject) -> JsonObject:
    options = act.get("options") or {}
    if not isinstance(options, dict):
        raise ControlError("The options of an act are an object.")
    return options


def _find_element(blocks: list[JsonObject], action: str) -> tuple[str, JsonObject]:
    """Find the element to press by its action id, its value or its label."""
    found = interactive_elements(blocks)
    for known_by in (_action_id, _value, _label):
        match = next(((block_id, element) for block_id, element in found if known_by(element) == action), None)
        if match is not None:
            return match
    raise ControlError(f"There is nothing to press called {action}.")


def _action_id(element: JsonObject) -> str:
    return str(element["action_id"])


def _value(element: JsonObject) -> str | None:
    return element.get("value")


def _label(element: JsonObject) -> str:
    return str((element.get("text") or {}).get("text", ""))
