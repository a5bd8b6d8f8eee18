"""The views that members have open: stacks of up to three modals, and Home tabs."""

from dataclasses import dataclass

from sandbox.contracts import JsonObject
from sandbox.slack.errors import ApiError
from sandbox.slack.identifiers import Identifiers

MOST_STACKED = 3


@dataclass(eq=False, kw_only=True)
class View:
    """A modal or a Home tab; `body` is what the app gave, with Slack's own ids filled in."""

    id: str
    user_id: str
    body: JsonObject
    hash: str
    root_id: str
    previous_id: str | None = None

    @property
    def external_id(self) -> str:
        return str(self.body.get("external_id") or "")


class OpenViews:
    """Stacks of modals and Home tabs, by member."""

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def top(self, user_id: str) -> View | None:
        """Return the modal that a member sees."""
        stack = self._stacks.get(user_id)
        return stack[-1] if stack else None

    def home(self, user_id: str) -> View | None:
        return self._homes.get(user_id)

    def find(self, view_id: str, external_id: str = "") -> View | None:
        views = [view for stack in self._stacks.values() for view in stack] + list(self._homes.values())
        if view_id:
            return next((view for view in views if view.id == view_id), None)
        return next((view for view in views if external_id and view.external_id == external_id), None)

    def open(self, user_id: str, body: JsonObject) -> View:
        """Open a modal in place of any open one."""
        self._check_external_id(body, None)
        view = self._new(user_id, body)
        self._stacks[user_id] = [view]
        return view

    def push(self, user_id: str, body: JsonObject) -> View:
        stack = self._stacks.get(user_id) or []
        if not stack:
            raise ApiError("not_found")
        if len(stack) >= MOST_STACKED:
            raise ApiError("push_limit_reached")
        self._check_external_id(body, None)
        view = self._new(user_id, body)
        view.root_id, view.previous_id = stack[0].id, stack[-1].id
        stack.append(view)
        return view

    def publish(self, user_id: str, body: JsonObject) -> View:
        self._check_external_id(body, self._homes.get(user_id))
        view = self._homes.get(user_id) or self._new(user_id, body)
        self._homes[user_id] = view
        return self.update(view, body)

    def update(self, view: View, body: JsonObject) -> View:
        self._check_external_id(body, view)
        view.body = body
        view.hash = self._new_hash()
        return view

    def close(self, view: View) -> None:
        """Close a submitted modal; the one below it is visible again."""
        stack = self._stacks.get(view.user_id, [])
        if view in stack:
            stack.remove(view)

    def clear(self, user_id: str) -> None:
        self._stacks.pop(user_id, None)

    def _check_external_id(self, body: JsonObject, own: View | None) -> None:
        external_id = str(body.get("external_id") or "")
        holder = self.find("", external_id) if external_id else None
        if holder is not None and holder is not own:
            raise ApiError("duplicate_external_id")

    def _new(self, user_id: str, body: JsonObject) -> View:
        view_id = self._identifiers.new("V")
        return View(id=view_id, user_id=user_id, body=body, hash=self._new_hash(), root_id=view_id)

    def _new_hash(self) -> str:
        return f"{self._identifiers.ts().partition('.')[0]}.{self._identifiers.secret(8)}"
