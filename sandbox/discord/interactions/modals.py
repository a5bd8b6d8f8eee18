"""What Discord accepts as a modal, and a modal that a member has open."""

from dataclasses import dataclass
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.discord.enums import SELECTS, ComponentType
from sandbox.discord.errors import FormErrors
from sandbox.discord.messages.components import check_options, check_select, check_unique_ids
from sandbox.discord.world import walk_components

_IN_LABEL = frozenset(
    {
        *SELECTS,
        ComponentType.TEXT_INPUT,
        ComponentType.FILE_UPLOAD,
        ComponentType.RADIO_GROUP,
        ComponentType.CHECKBOX_GROUP,
        ComponentType.CHECKBOX,
    }
)


@dataclass(frozen=True, kw_only=True)
class OpenModal:
    """A modal that one member has open; its `id` is that of the interaction which opened it."""

    id: str
    user_id: str
    channel_id: str
    source_id: str | None
    custom_id: str
    title: str
    components: tuple[JsonObject, ...]


def check_modal(data: Any, errors: FormErrors) -> None:
    if not errors.check_object("data", data):
        return
    errors.check_length("data.custom_id", data.get("custom_id"), 1, 100)
    errors.check_length("data.title", data.get("title"), 1, 45)
    components = data.get("components")
    if not errors.check_count("data.components", components, 1, 5):
        return
    for index, component in enumerate(components):
        _check_top_level(f"data.components.{index}", component, errors)
    check_unique_ids(walk_components(components), errors)


def _check_top_level(path: str, component: Any, errors: FormErrors) -> None:
    if not errors.check_object(path, component):
        return
    match component.get("type"):
        case ComponentType.TEXT_DISPLAY:
            errors.check_length(f"{path}.content", component.get("content"), 1, 4000)
        case ComponentType.ACTION_ROW:
            if errors.check_count(f"{path}.components", component.get("components"), 1, 1):
                child = component["components"][0]
                if errors.check_object(f"{path}.components.0", child):
                    _check_text_input(f"{path}.components.0", child, errors, labelled=False)
        case ComponentType.LABEL:
            errors.check_length(f"{path}.label", component.get("label"), 1, 45)
            if component.get("description") is not None:
                errors.check_length(f"{path}.description", component["description"], 0, 100)
            if errors.check_object(f"{path}.component", component.get("component")):
                _check_field(f"{path}.component", component["component"], errors)
        case _:
            errors.add(f"{path}.type", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1, 10, 18).')


def _check_field(path: str, field: JsonObject, errors: FormErrors) -> None:
    kind = field.get("type")
    if kind not in _IN_LABEL:
        choices = tuple(sorted(map(int, _IN_LABEL)))
        errors.add(f"{path}.type", "UNION_TYPE_CHOICES", f'Value of field "type" must be one of {choices}.')
        return
    if kind == ComponentType.TEXT_INPUT:
        _check_text_input(path, field, errors, labelled=True)
        return
    errors.check_length(f"{path}.custom_id", field.get("custom_id"), 1, 100)
    if kind in SELECTS:
        check_select(path, field, errors)
    elif kind == ComponentType.FILE_UPLOAD:
        for name in ("min_values", "max_values"):
            if field.get(name) is not None and not 0 <= field[name] <= 10:
                errors.add(f"{path}.{name}", "NUMBER_TYPE_MAX", "int value should be between 0 and 10.")
    elif kind == ComponentType.RADIO_GROUP:
        check_options(f"{path}.options", field.get("options"), errors, least=2, most=10)
    elif kind == ComponentType.CHECKBOX_GROUP:
        check_options(f"{path}.options", field.get("options"), errors, least=1, most=10)


def _check_text_input(path: str, field: JsonObject, errors: FormErrors, *, labelled: bool) -> None:
    if field.get("type") != ComponentType.TEXT_INPUT:
        errors.add(f"{path}.type", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (4,).')
        return
    errors.check_length(f"{path}.custom_id", field.get("custom_id"), 1, 100)
    if field.get("style") not in (1, 2):
        errors.add(f"{path}.style", "BASE_TYPE_CHOICES", "Value must be one of (1, 2).")
    if not labelled:
        errors.check_length(f"{path}.label", field.get("label"), 1, 45)
    for name, most in (("value", 4000), ("placeholder", 100)):
        if field.get(name) is not None:
            errors.check_length(f"{path}.{name}", field[name], 0, most)
    for name, least in (("min_length", 0), ("max_length", 1)):
        if field.get(name) is not None and not least <= field[name] <= 4000:
            errors.add(f"{path}.{name}", "NUMBER_TYPE_MAX", f"int value should be between {least} and 4000.")
