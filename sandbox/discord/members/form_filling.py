"""A modal as a member sees it and fills it in."""

from collections.abc import Callable
from typing import Any

from sandbox.act_files import ActFile, file_index
from sandbox.contracts import ControlError, JsonObject
from sandbox.discord.enums import ComponentType
from sandbox.discord.interactions.modals import OpenModal

_SHOWN = ("min_length", "max_length", "min_values", "max_values", "placeholder", "value", "options", "default")


def describe_modal(modal: OpenModal) -> JsonObject:
    """Return `{id, custom_id, title, fields: [{custom_id, kind, label, required, …}]}`."""
    return {
        "id": modal.id,
        "custom_id": modal.custom_id,
        "title": modal.title,
        "fields": [_describe_field(field, labelled) for field, labelled in _fields(modal)],
    }


def _describe_field(field: JsonObject, labelled: JsonObject) -> JsonObject:
    data = {
        "custom_id": field["custom_id"],
        "kind": ComponentType(field["type"]).name.lower(),
        "label": labelled.get("label") or "",
        "required": _required(field),
    }
    if labelled.get("description"):
        data["description"] = labelled["description"]
    return data | {key: field[key] for key in _SHOWN if key in field}


def _fields(modal: OpenModal) -> list[tuple[JsonObject, JsonObject]]:
    """Return all fields of a modal, each with the component that carries its label."""
    found: list[tuple[JsonObject, JsonObject]] = []
    for top in modal.components:
        if top["type"] == ComponentType.LABEL:
            found.append((top["component"], top))
        elif top["type"] == ComponentType.ACTION_ROW:
            found += [(child, child) for child in top["components"]]
    return found


def _required(field: JsonObject) -> bool:
    return bool(field.get("required", field["type"] != ComponentType.CHECKBOX))


def fill_modal(
    modal: OpenModal, given: JsonObject, files: list[ActFile], new_id: Callable[[], str]
) -> tuple[list[JsonObject], dict[str, ActFile]]:
    """Return the components of a submission, and the uploads by their new ids.

    Files that no field names by `file:N` go to the first upload field.
    """
    fields = [field for field, _ in _fields(modal)]
    unknown = given.keys() - {field["custom_id"] for field in fields}
    if unknown:
        raise ControlError(f"The form has no field {min(unknown)}.")
    uploads: dict[str, ActFile] = {}
    wanted = _assign_files(fields, given, files)
    answers: dict[str, JsonObject] = {}
    for field in fields:
        custom_id = field["custom_id"]
        answer: JsonObject = {"type": field["type"], "id": field["id"], "custom_id": custom_id}
        if field["type"] == ComponentType.FILE_UPLOAD:
            ids = [new_id() for _ in wanted[custom_id]]
            uploads |= dict(zip(ids, (files[index] for index in wanted[custom_id]), strict=True))
            _check_count(field, ids)
            answer["values"] = ids
        else:
            answer |= _answer(field, given.get(custom_id))
        answers[custom_id] = answer
    return [_submitted_component(top, answers) for top in modal.components], uploads


def _assign_files(fields: list[JsonObject], given: JsonObject, files: list[ActFile]) -> dict[str, list[int]]:
    wanted: dict[str, list[int]] = {}
    for field in fields:
        if field["type"] == ComponentType.FILE_UPLOAD:
            value = given.get(field["custom_id"]) or []
            named = [file_index(one, files) for one in (value if isinstance(value, list) else [value])]
            wanted[field["custom_id"]] = [index for index in named if index is not None]
    taken = {index for indexes in wanted.values() for index in indexes}
    left = [index for index in range(len(files)) if index not in taken]
    if left and not wanted:
        raise ControlError("The form has no field for files.")
    if left:
        wanted[next(iter(wanted))] += left
    return wanted


def _answer(field: JsonObject, value: Any) -> JsonObject:
    kind, name = field["type"], field["custom_id"]
    if kind == ComponentType.TEXT_INPUT:
        return {"value": _text(field, value)}
    if kind == ComponentType.CHECKBOX:
        return {"value": bool(field.get("default") if value is None else value)}
    defaults = [one["value"] for one in field.get("options") or [] if one.get("default")]
    chosen = defaults if value is None else [str(one) for one in (value if isinstance(value, list) else [value])]
    known = {one["value"] for one in field.get("options") or []}
    if known and not set(chosen) <= known:
        raise ControlError(f"{name} is chosen from {', '.join(sorted(known))}.")
    if kind == ComponentType.RADIO_GROUP:
        if len(chosen) > 1 or (_required(field) and not chosen):
            raise ControlError(f"One choice is to be made for {name}.")
        return {"value": chosen[0] if chosen else None}
    _check_count(field, chosen)
    return {"values": chosen}


def _text(field: JsonObject, value: Any) -> str:
    text = str(field.get("value") or "") if value is None else value
    if not isinstance(text, str):
        raise ControlError(f"{field['custom_id']} is a text.")
    if not text and not _required(field):
        return text
    least, most = max(field.get("min_length") or 0, 1), field.get("max_length") or 4000
    if not least <= len(text) <= most:
        raise ControlError(f"{field['custom_id']} is a text of {least} to {most} characters.")
    return text


def _check_count(field: JsonObject, values: list[str]) -> None:
    if not values and not _required(field):
        return
    least = field.get("min_values", 1)
    most = field.get("max_values", len(field.get("options") or []) if field["type"] == ComponentType.CHECKBOX_GROUP else 1)
    if not max(least, int(_required(field) and least > 0)) <= len(values) <= most:
        raise ControlError(f"{field['custom_id']} takes {least} to {most}, not {len(values)}.")


def _submitted_component(top: JsonObject, answers: dict[str, JsonObject]) -> JsonObject:
    match top["type"]:
        case ComponentType.LABEL:
            return {"type": top["type"], "id": top["id"], "component": answers[top["component"]["custom_id"]]}
        case ComponentType.ACTION_ROW:
            inner = [answers[child["custom_id"]] for child in top["components"]]
            return {"type": top["type"], "id": top["id"], "components": inner}
        case _:
            return {"type": top["type"], "id": top["id"]}


def check_choices(select: JsonObject, values: list[str]) -> None:
    """Check the values that a member picks in a message's select against its options and limits."""
    known = {one["value"] for one in select.get("options") or []}
    if known and not set(values) <= known:
        raise ControlError(f"Choose from {', '.join(sorted(known))}.")
    least, most = select.get("min_values", 1), select.get("max_values", 1)
    if not least <= len(values) <= most:
        raise ControlError(f"Choose {least} to {most}.")
