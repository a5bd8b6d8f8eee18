"""What members do: write, reply, use commands and shortcuts, press buttons, fill in forms, react."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.given import read_files
from sandbox.slack.api.access import Access
from sandbox.slack.errors import ApiError
from sandbox.slack.events.events import Announcing
from sandbox.slack.events.http_mode import SignedRequests
from sandbox.slack.files.sharing import Sharing
from sandbox.slack.members.form_filling import chosen, fill, options_of
from sandbox.slack.members.gestures import Gestures
from sandbox.slack.members.interactions import Interaction, Interactions
from sandbox.slack.members.open_views import Forms, View
from sandbox.slack.messages.blocks_shown import pressable
from sandbox.slack.messages.contents import Contents
from sandbox.slack.messages.posting import Posting
from sandbox.slack.messages.response_urls import Responding
from sandbox.slack.shapes import Shapes
from sandbox.slack.world import Channel, Message, SlackFile, User, World
from sandbox.stage import ActError, JsonObject

MOST_FILES = 10
_MOST_FILE_BYTES = 1_000_000_000
_MOST_FORM_FILE_BYTES = 10 * 1024 * 1024
_MOST_LINE = 12_000
_FILE_MODES = ("hosted", "external", "stub", "tombstone")


class Acting:
    """Carries out one act of the control API.

    `menu` is a message shortcut by its callback id, or a global one where no message is named. Its names `Edit message` and `Delete message` are
    Slack's own; `app_home_opened` (`options.tab`), `app_uninstalled`, `tokens_revoked` and `url_verification` are what happens to an app.
    `options.files` says what kind of files a message brings: `hosted` `external` `stub` (of another workspace) `tombstone` (deleted).
    """

    def __init__(  # noqa: PLR0913 - the composition root names every part
        self,
        *,
        world: World,
        posting: Posting,
        sharing: Sharing,
        announcing: Announcing,
        interactions: Interactions,
        forms: Forms,
        contents: Contents,
        gestures: Gestures,
        responding: Responding,
        shapes: Shapes,
        access: Access,
        signed: SignedRequests | None,
    ) -> None:
        self._world = world
        self._posting = posting
        self._sharing = sharing
        self._announcing = announcing
        self._interactions = interactions
        self._forms = forms
        self._contents = contents
        self._gestures = gestures
        self._responding = responding
        self._shapes = shapes
        self._access = access
        self._signed = signed
        self._kinds: dict[str, Callable[[JsonObject, User, Channel], Awaitable[JsonObject]]] = {
            "message": self._say,
            "reply": self._reply,
            "command": self._command,
            "menu": self._menu,
            "press": self._press,
            "submit": self._submit,
            "react": self._react,
        }
        self._own: dict[str, Callable[[JsonObject, User, Channel], Awaitable[JsonObject]]] = {
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
            raise ActError(f"An act is one of {', '.join(self._kinds)}.")
        user = self._world.find_user(str(act.get("user")))
        if user is None or user.bot:
            raise ActError(f"There is no member {act.get('user')}.")
        channel = self._world.find_channel(str(act.get("channel")))
        if channel is None:
            raise ActError(f"There is no channel {act.get('channel')}.")
        if user.id not in channel.members:
            raise ActError(f"{user.name} is not in {channel.name}.")
        return await do(act, user, channel)

    def _message_in(self, act: JsonObject, user: User, channel: Channel) -> Message:
        message = channel.messages.get(str(act.get("message")))
        if message is None or message.private_to not in (None, user.id):
            raise ActError(f"{user.name} sees no message {act.get('message')} in {channel.name}.")
        return message

    async def _say(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        thread = act.get("thread")
        root = self._message_in({"message": thread}, user, channel) if thread else None
        return self._write(act, user, channel, root)

    async def _reply(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        return self._write(act, user, channel, self._message_in(act, user, channel))

    def _write(self, act: JsonObject, user: User, channel: Channel, root: Message | None) -> JsonObject:
        if channel.archived:
            raise ActError(f"{channel.name} is archived.")
        if root is not None and root.private_to is not None:
            raise ActError("A message only you can see has no thread.")
        line = str(act.get("text") or "")
        files = self._files(act, user)
        if not line.strip() and not files:
            raise ActError("An empty message cannot be sent.")
        if len(line) > _MOST_LINE:
            raise ActError(f"A message has at most {_MOST_LINE} characters.")
        message = self._posting.say(
            channel,
            user,
            line,
            files,
            thread_ts=(root.thread_ts or root.ts) if root is not None else None,
            age_s=_age(act),
        )
        return _done(message.ts)

    def _files(self, act: JsonObject, user: User) -> list[SlackFile]:
        mode = str(_options(act).get("files") or "hosted")
        if mode not in _FILE_MODES:
            raise ActError(f"Files are one of {', '.join(_FILE_MODES)}.")
        given = read_files(act, most=MOST_FILES, size_limit=_MOST_FILE_BYTES)
        return [self._sharing.given(one.name, one.content, user.id, mode=mode) for one in given]

    async def _command(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        if act.get("thread"):
            raise ActError("Slash commands are not offered in threads.")
        if act.get("files"):
            raise ActError("A slash command takes no files.")
        if channel.archived:
            raise ActError(f"{channel.name} is archived.")
        name = f"/{str(act.get('name') or '').removeprefix('/')}"
        interaction = self._interactions.begin(user, channel, kind="commands", age_s=_age(act))

        def heed(body: JsonObject) -> None:
            self._answered(interaction, body)

        return await self._gestures.command(interaction, name, str(act.get("text") or ""), heed)

    def _answered(self, interaction: Interaction, body: JsonObject) -> None:
        """Show the message by which a command was acknowledged; one that says nothing shows nothing."""
        try:
            self._responding.respond(interaction, body)
        except ApiError as refused:
            if refused.code != "no_text":
                raise ActError(f"The acknowledgement is no message: {refused.answer()}") from None

    async def _menu(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        name = str(act.get("name") or "")
        own = self._own.get(name)
        if own is not None:
            return await own(act, user, channel)
        if not act.get("message"):
            interaction = self._interactions.begin(user, channel, kind="actions", age_s=_age(act))
            return await self._gestures.global_shortcut(interaction, name)
        message = self._message_in(act, user, channel)
        if message.private_to is not None:
            raise ActError("A message only you can see has no shortcuts.")
        interaction = self._interactions.begin(user, channel, kind="actions", age_s=_age(act), source=message)
        return await self._gestures.message_shortcut(interaction, name, message)

    async def _press(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        message = self._message_in(act, user, channel) if act.get("message") else None
        view = None if message is not None else self._forms.top(user.id) or self._forms.home(user.id)
        blocks = message.blocks if message is not None else view.body["blocks"] if view is not None else []
        block_id, element = _find_pressable(blocks, str(act.get("action")))
        picked = (_options(act) or act.get("fields") or {}).get("values") or []
        choice = chosen(element, picked[0] if len(picked) == 1 else picked)
        if options_of(element) and not picked:
            raise ActError("A menu needs a choice under options.values.")
        interaction = self._interactions.begin(user, channel, kind="actions", age_s=_age(act), source=message)
        if view is not None:
            return await self._gestures.press_in_view(interaction, view, block_id, element, choice)
        return await self._gestures.press(interaction, block_id, element, choice)

    async def _submit(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        view = self._forms.top(user.id)
        if view is None or act.get("action") not in (view.id, view.body.get("callback_id")):
            raise ActError(f"{user.name} has no open form {act.get('action')}.")
        given = read_files(act, most=MOST_FILES, size_limit=_MOST_FORM_FILE_BYTES)
        files = [self._sharing.given(one.name, one.content, user.id) for one in given]
        for file in files:
            file.given_to_app = True
        values = fill(view, act.get("fields") or {}, files, self._shapes.file)
        interaction = self._interactions.begin(user, channel, kind="actions", age_s=_age(act))
        errors: dict[str, Any] = {}

        def heed(body: JsonObject) -> None:
            errors.update(self._submitted(view, body))
            if body:
                interaction.noticed.set()

        urls = self._response_urls(view, values, user)
        result = await self._gestures.submission(interaction, view, values, urls, heed)
        return result | {"errors": errors} if errors else result

    def _submitted(self, view: View, body: JsonObject) -> dict[str, Any]:
        """Do what the response action says; errors by block stay in the open form."""
        action = body.get("response_action")
        try:
            match action:
                case "errors":
                    known = {block["block_id"] for block in view.body["blocks"]}
                    return {str(key): value for key, value in (body.get("errors") or {}).items() if key in known}
                case "update":
                    self._forms.update(view, self._contents.view(body.get("view"), "modal"))
                case "push":
                    self._forms.push(view.user_id, self._contents.view(body.get("view"), "modal"))
                case "clear":
                    self._forms.clear(view.user_id)
                case _:
                    self._forms.close(view)
        except ApiError as refused:
            return {"view": refused.answer()}
        return {}

    def _response_urls(self, view: View, values: JsonObject, user: User) -> list[JsonObject]:
        """Make the response URLs that a form's channel menus ask for."""
        found: list[JsonObject] = []
        for block in view.body["blocks"]:
            element = block.get("element") or {}
            if not element.get("response_url_enabled"):
                continue
            state = values[block["block_id"]][element["action_id"]]
            channel = self._world.find_channel(str(state.get("selected_conversation") or state.get("selected_channel")))
            if channel is not None:
                url = self._interactions.begin(user, channel, kind="actions").response_url
                ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
                found.append(ids | {"channel_id": channel.id, "response_url": url})
        return found

    async def _react(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        message = self._message_in(act, user, channel)
        name = str(act.get("name") or act.get("text") or act.get("action") or "").strip(":")
        if not name:
            raise ActError("A reaction needs an emoji as its name.")
        users = message.reactions.setdefault(name, [])
        if user.id not in users:
            users.append(user.id)
            self._announcing.event(
                {
                    "type": "reaction_added",
                    "user": user.id,
                    "reaction": name,
                    "item": {"type": "message", "channel": channel.id, "ts": message.ts},
                    "item_user": message.user_id,
                }
            )
        return _done(message.ts)

    async def _edit(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        message = self._own_message(act, user, channel)
        self._posting.retype(message, str(act.get("text") or ""))
        return _done(message.ts)

    async def _delete(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        message = self._own_message(act, user, channel)
        self._posting.delete(message)
        return _done(message.ts)

    def _own_message(self, act: JsonObject, user: User, channel: Channel) -> Message:
        message = self._message_in(act, user, channel)
        if message.user_id != user.id:
            raise ActError("This is somebody else's message.")
        return message

    async def _open_home(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        del channel
        dm, home = self._world.dm_with(user.id), self._forms.home(user.id)
        tab = str(_options(act).get("tab") or "messages")
        event: JsonObject = {"type": "app_home_opened", "user": user.id, "channel": dm.id if dm else "", "tab": tab}
        if home is not None and tab == "home":
            event["view"] = self._shapes.view(home)
        self._announcing.event(event)
        return _done("")

    async def _uninstall(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        del act, user, channel
        self._announcing.event({"type": "app_uninstalled"})
        self._access.lost = "account_inactive"
        return _done("")

    async def _revoke(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        del act, user, channel
        self._announcing.event({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self._world.bot.id]}})
        self._access.lost = "token_revoked"
        return _done("")

    async def _verify(self, act: JsonObject, user: User, channel: Channel) -> JsonObject:
        del act, user, channel
        if self._signed is None:
            raise ActError("In Socket Mode there is no address to verify.")
        receipt = await self._signed.verify()
        return {"id": "", "acknowledged_ms": receipt.acknowledged_ms, "private": [], "status": receipt.status}


def _done(message_id: str) -> JsonObject:
    return {"id": message_id, "acknowledged_ms": None, "private": []}


def _age(act: JsonObject) -> float:
    return float(act.get("age_s") or 0)


def _options(act: JsonObject) -> JsonObject:
    options = act.get("options") or {}
    if not isinstance(options, dict):
        raise ActError("The options of an act are an object.")
    return options


def _find_pressable(blocks: list[JsonObject], action: str) -> tuple[str, JsonObject]:
    """Find what to press by its action id, its value or its label."""
    found = pressable(blocks)
    for known_by in (_action_id, _value, _label):
        match = next(((block_id, element) for block_id, element in found if known_by(element) == action), None)
        if match is not None:
            return match
    raise ActError(f"There is nothing to press called {action}.")


def _action_id(element: JsonObject) -> str:
    return str(element["action_id"])


def _value(element: JsonObject) -> str | None:
    return element.get("value")


def _label(element: JsonObject) -> str:
    return str((element.get("text") or {}).get("text", ""))
