"""Modals as members see them, and how an act fills them in."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.contracts import ControlError, JsonObject
from sandbox.slack.members.open_views import View
from sandbox.slack.world import SlackFile

_ONE_OF = ("static_select", "radio_buttons", "external_select", "overflow")
_SOME_OF = ("checkboxes", "multi_static_select", "multi_external_select")
_PICKED = {
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}


def describe_view(view: View) -> JsonObject:
    """Return `{id, callback_id, title, fields: [{block, action, type, label, optional, options?, initial?, max_files?}]}`."""
    title = view.body.get("title") or {}
    return {
        "id": view.id,
        "callback_id": str(view.body.get("callback_id") or ""),
        "title": str(title.get("text", "")),
        "fields": [_field(block, element) for block, element in _inputs(view)],
    }


def _inputs(view: View) -> list[tuple[JsonObject, JsonObject]]:
    return [(block, block["element"]) for block in view.body.get("blocks", []) if block.get("type") == "input"]


def _field(block: JsonObject, element: JsonObject) -> JsonObject:
    field: JsonObject = {
        "block": block["block_id"],
        "action": element["action_id"],
        "type": element["type"],
        "label": str(block["label"]["text"]),
        "optional": bool(block.get("optional")),
    }
    options = options_of(element)
    if options:
        field["options"] = [str(one.get("value")) for one in options]
    initial = _initial(element)
    if initial is not None:
        field["initial"] = initial
    if element["type"] == "file_input":
        field["max_files"] = int(element.get("max_files") or 10)
    return field


def _initial(element: JsonObject) -> Any:
    """Return the initial value of a field, in the form in which an act would give it."""
    if "initial_option" in element:
        return element["initial_option"]["value"]
    if "initial_options" in element:
        return [one["value"] for one in element["initial_options"]]
    return element.get("initial_value", element.get(_PICKED.get(element["type"], ("", ""))[1]))


def options_of(element: JsonObject) -> list[JsonObject]:
    groups = element.get("option_groups") or []
    return list(element.get("options") or []) + [one for group in groups for one in group["options"]]


def fill_view(
    view: View,
    fields: Mapping[str, Any],
    files: list[SlackFile],
    file_shape: Callable[[SlackFile], JsonObject],
) -> JsonObject:
    """Return the `values` of a submission. `fields` are named by block, action or label; the others keep their initial value."""
    values: JsonObject = {}
    used: set[str] = set()
    uploads = list(files)
    for block, element in _inputs(view):
        name = next((one for one in (element["action_id"], block["block_id"], block["label"]["text"]) if one in fields), None)
        given = fields[name] if name is not None else _initial(element)
        used.add(str(name))
        state = _state(element, given, uploads, file_shape)
        if not block.get("optional") and _empty(state):
            raise ControlError(f"The field {block['label']['text']} has to be filled in.")
        values.setdefault(block["block_id"], {})[element["action_id"]] = state
    unknown = set(fields) - used
    if unknown:
        raise ControlError(f"The form has no field {min(unknown)}.")
    if uploads:
        raise ControlError("The form has no place for so many files.")
    return values


def _empty(state: JsonObject) -> bool:
    return all(value in (None, "", []) for name, value in state.items() if name != "type")


def _state(
    element: JsonObject, given: Any, uploads: list[SlackFile], file_shape: Callable[[SlackFile], JsonObject]
) -> JsonObject:
    """Return one field's state, taking files from `uploads`."""
    kind = str(element["type"])
    if kind == "file_input":
        most = int(element.get("max_files") or 10)
        taken, uploads[:] = uploads[:most], uploads[most:]
        return {"type": kind, "files": [file_shape(file) for file in taken]}
    if kind in _ONE_OF:
        return {"type": kind, "selected_option": None if given is None else _option(element, given)}
    if kind in _SOME_OF:
        several = given if isinstance(given, list) else [] if given is None else [given]
        return {"type": kind, "selected_options": [_option(element, one) for one in several]}
    if kind in _PICKED:
        return {"type": kind, _PICKED[kind][0]: given}
    text = None if given is None or given == "" else str(given)
    _check_length(element, text)
    return {"type": kind, "value": text}


def _check_length(element: JsonObject, text: str | None) -> None:
    if text is None:
        return
    if len(text) > int(element.get("max_length") or 3000):
        raise ControlError("That is more than the field takes.")
    if len(text) < int(element.get("min_length") or 0):
        raise ControlError("That is less than the field asks for.")


def _option(element: JsonObject, given: Any) -> JsonObject:
    """Find an option by its value or its text."""
    for option in options_of(element):
        if given in (option.get("value"), option["text"]["text"]):
            return {name: option[name] for name in ("text", "value", "description") if name in option}
    raise ControlError(f"{given} is none of the choices.")


def selection(element: JsonObject, given: Any) -> JsonObject:
    """Return an action's fields for the element that was used; `given` is the member's choice."""
    kind = str(element["type"])
    if kind in _ONE_OF:
        return {"selected_option": _option(element, given)}
    if kind in _SOME_OF:
        return {"selected_options": [_option(element, one) for one in (given if isinstance(given, list) else [given])]}
    if kind in _PICKED:
        return {_PICKED[kind][0]: given}
    return {name: element[name] for name in ("text", "value", "style") if name in element}
