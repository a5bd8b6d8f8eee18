"""`views.*`."""

from sandbox.contracts import JsonObject
from sandbox.slack.api.arguments import Arguments
from sandbox.slack.api.ratelimits import Tier
from sandbox.slack.api.server import Method
from sandbox.slack.errors import ApiError, invalid_arguments
from sandbox.slack.members.interactions import Interactions
from sandbox.slack.members.open_views import OpenViews, View
from sandbox.slack.messages.content import ContentReader
from sandbox.slack.serializer import Serializer
from sandbox.slack.world import World


class ViewMethods:
    """Modals and Home tabs, as the app opens and changes them."""

    def __init__(
        self,
        world: World,
        content_reader: ContentReader,
        open_views: OpenViews,
        interactions: Interactions,
        serializer: Serializer,
    ) -> None:
        self._world = world
        self._content_reader = content_reader
        self._open_views = open_views
        self._interactions = interactions
        self._serializer = serializer

    def methods(self) -> dict[str, Method]:
        return {
            "views.open": Method(handle=self._open, tier=Tier.FOUR),
            "views.push": Method(handle=self._push, tier=Tier.FOUR),
            "views.update": Method(handle=self._update, tier=Tier.FOUR),
            "views.publish": Method(handle=self._publish, tier=Tier.FOUR),
        }

    def _open(self, arguments: Arguments) -> JsonObject:
        body = self._content_reader.view(arguments.get("view"), "modal")
        interaction = self._interactions.exchange(_trigger(arguments))
        view = self._open_views.open(interaction.user.id, body)
        self._interactions.view_opened(interaction, view)
        return self._shown(view)

    def _push(self, arguments: Arguments) -> JsonObject:
        body = self._content_reader.view(arguments.get("view"), "modal")
        interaction = self._interactions.exchange(_trigger(arguments))
        view = self._open_views.push(interaction.user.id, body)
        self._interactions.view_opened(interaction, view)
        return self._shown(view)

    def _update(self, arguments: Arguments) -> JsonObject:
        view = self._open_views.find(arguments.text("view_id"), arguments.text("external_id"))
        if view is None:
            raise ApiError("not_found")
        self._check_hash(arguments, view)
        body = self._content_reader.view(arguments.get("view"), str(view.body["type"]))
        return self._shown(self._open_views.update(view, body))

    def _publish(self, arguments: Arguments) -> JsonObject:
        body = self._content_reader.view(arguments.get("view"), "home")
        user_id = arguments.required("user_id")
        if user_id not in self._world.users:
            raise invalid_arguments(["invalid `user_id`"])
        known = self._open_views.home(user_id)
        if known is not None:
            self._check_hash(arguments, known)
        return self._shown(self._open_views.publish(user_id, body))

    def _check_hash(self, arguments: Arguments, view: View) -> None:
        if arguments.text("hash") not in ("", view.hash):
            raise ApiError("hash_conflict")

    def _shown(self, view: View) -> JsonObject:
        return {"view": self._serializer.view(view)}


def _trigger(arguments: Arguments) -> str:
    return arguments.text("trigger_id") or arguments.required("interactivity_pointer")
