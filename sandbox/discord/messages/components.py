"""What Discord accepts as components of a message, classic and Components V2."""

from collections.abc import Callable
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.discord.enums import SELECTS, ComponentType
from sandbox.discord.errors import FormErrors
from sandbox.discord.world import walk_components

MOST_COMPONENTS = 40
MOST_TEXT = 4000
_MOST_ROWS = 5
_TOP_LEVEL_V2 = (
    ComponentType.ACTION_ROW,
    ComponentType.SECTION,
    ComponentType.TEXT_DISPLAY,
    ComponentType.MEDIA_GALLERY,
    ComponentType.FILE,
    ComponentType.SEPARATOR,
    ComponentType.CONTAINER,
)
_IN_CONTAINER = tuple(kind for kind in _TOP_LEVEL_V2 if kind != ComponentType.CONTAINER)


def check_message_components(components: Any, errors: FormErrors, *, v2: bool, uploads: set[str]) -> None:
    """Add errors about a message's components; `uploads` are the file names that `attachment://` may refer to."""
    if not errors.check_count("components", components, 0, MOST_COMPONENTS if v2 else _MOST_ROWS):
        return
    allowed = _TOP_LEVEL_V2 if v2 else (ComponentType.ACTION_ROW,)
    for index, component in enumerate(components):
        _check(f"components.{index}", component, allowed, errors)
    everything = walk_components(components)
    if v2 and len(everything) > MOST_COMPONENTS:
        errors.add("components", "BASE_TYPE_BAD_LENGTH", f"Must be {MOST_COMPONENTS} or fewer in length.")
    texts = [str(one.get("content", "")) for one in everything if one.get("type") == ComponentType.TEXT_DISPLAY]
    if sum(map(len, texts)) > MOST_TEXT:
        errors.add("components", "COMPONENT_TEXT_DISPLAY_TOTAL", f"Displayable text must be {MOST_TEXT} or fewer in length.")
    check_unique_ids(everything, errors)
    for name in named_attachments(components):
        if name not in uploads:
            message = f"The referenced attachment '{name}' was not found"
            errors.add("components", "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", message)


def check_unique_ids(components: list[JsonObject], errors: FormErrors) -> None:
    """Add an error if two components have the same `custom_id`."""
    seen: set[str] = set()
    for component in components:
        custom_id = component.get("custom_id")
        if isinstance(custom_id, str):
            if custom_id in seen:
                errors.add("components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
            seen.add(custom_id)


def named_attachments(node: Any) -> list[str]:
    """Return the file names that a tree of embeds or components refers to as `attachment://NAME`."""
    match node:
        case dict():
            own = node.get("url")
            named = [own.removeprefix("attachment://")] if isinstance(own, str) and own.startswith("attachment://") else []
            return named + [name for child in node.values() for name in named_attachments(child)]
        case list():
            return [name for child in node for name in named_attachments(child)]
        case _:
            return []


def number_components(components: list[JsonObject]) -> list[JsonObject]:
    """Give every component without an `id` the next free one, as Discord does."""
    numbered_names = [_copied(component) for component in components]
    taken = {one["id"] for one in walk_components(numbered_names) if one.get("id")}
    free = 1
    for component in walk_components(numbered_names):
        if not component.get("id"):
            while free in taken:
                free += 1
            taken.add(free)
            component["id"] = free
    return numbered_names


def _copied(component: JsonObject) -> JsonObject:
    copied = {key: value for key, value in component.items() if value is not None}
    if isinstance(copied.get("components"), list):
        copied["components"] = [_copied(child) for child in copied["components"]]
    for key in ("accessory", "component"):
        if isinstance(copied.get(key), dict):
            copied[key] = _copied(copied[key])
    return copied


def _check(path: str, component: Any, allowed: tuple[ComponentType, ...], errors: FormErrors) -> None:
    if not errors.check_object(path, component):
        return
    kind = component.get("type")
    if kind not in allowed:
        errors.add(f"{path}.type", "UNION_TYPE_CHOICES", f'Value of field "type" must be one of {tuple(map(int, allowed))}.')
        return
    check = _CHECKS.get(ComponentType(kind))
    if check is not None:
        check(path, component, errors)


def _check_row(path: str, row: JsonObject, errors: FormErrors) -> None:
    children = row.get("components")
    if not errors.check_count(f"{path}.components", children, 1, 5):
        return
    assert isinstance(children, list)
    kinds = [child.get("type") for child in children if isinstance(child, dict)]
    if len(children) > 1 and any(kind in SELECTS for kind in kinds):
        errors.add(f"{path}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")
    for index, child in enumerate(children):
        child_path = f"{path}.components.{index}"
        if not errors.check_object(child_path, child):
            continue
        if child.get("type") == ComponentType.BUTTON:
            check_button(child_path, child, errors)
        elif child.get("type") in SELECTS:
            check_select(child_path, child, errors)
        else:
            errors.add(f"{child_path}.type", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (2, 3, 5, 6, 7, 8).')


def check_button(path: str, button: JsonObject, errors: FormErrors) -> None:
    style = button.get("style")
    if style not in (1, 2, 3, 4, 5, 6):
        errors.add(f"{path}.style", "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5, 6).")
    if style in (1, 2, 3, 4):
        errors.check_length(f"{path}.custom_id", button.get("custom_id"), 1, 100)
    if style == 5:
        errors.check_length(f"{path}.url", button.get("url"), 1, 512)
    if style in (5, 6) and button.get("custom_id"):
        errors.add(f"{path}.custom_id", "COMPONENT_CUSTOM_ID_NOT_ALLOWED", "A custom id cannot be set on this button")
    label = button.get("label")
    if label is not None:
        errors.check_length(f"{path}.label", label, 0, 80)
    if style != 6 and not label and not button.get("emoji"):
        errors.add(f"{path}.label", "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A label or an emoji is required")


def check_select(path: str, select: JsonObject, errors: FormErrors) -> None:
    errors.check_length(f"{path}.custom_id", select.get("custom_id"), 1, 100)
    if select.get("placeholder") is not None:
        errors.check_length(f"{path}.placeholder", select["placeholder"], 0, 150)
    if select.get("type") == ComponentType.STRING_SELECT:
        check_options(f"{path}.options", select.get("options"), errors, least=1, most=25)


def check_options(path: str, options: Any, errors: FormErrors, *, least: int, most: int) -> None:
    """Add errors about the choices of a select, a radio group or a checkbox group."""
    if not errors.check_count(path, options, least, most):
        return
    values: set[Any] = set()
    for index, option in enumerate(options):
        if not errors.check_object(f"{path}.{index}", option):
            continue
        errors.check_length(f"{path}.{index}.label", option.get("label"), 1, 100)
        errors.check_length(f"{path}.{index}.value", option.get("value"), 1, 100)
        if option.get("description") is not None:
            errors.check_length(f"{path}.{index}.description", option["description"], 0, 100)
        if option.get("value") in values:
            errors.add(f"{path}.{index}.value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "This value is already used")
        values.add(option.get("value"))


def _check_container(path: str, container: JsonObject, errors: FormErrors) -> None:
    if errors.check_count(f"{path}.components", container.get("components"), 1, MOST_COMPONENTS):
        for index, child in enumerate(container["components"]):
            _check(f"{path}.components.{index}", child, _IN_CONTAINER, errors)


def _check_text(path: str, text: JsonObject, errors: FormErrors) -> None:
    errors.check_length(f"{path}.content", text.get("content"), 1, MOST_TEXT)


def _check_gallery(path: str, gallery: JsonObject, errors: FormErrors) -> None:
    if errors.check_count(f"{path}.items", gallery.get("items"), 1, 10):
        for index, item in enumerate(gallery["items"]):
            _check_media(f"{path}.items.{index}", item, "media", errors)


def _check_thumbnail(path: str, thumbnail: JsonObject, errors: FormErrors) -> None:
    _check_media(path, thumbnail, "media", errors)


def _check_file(path: str, file: JsonObject, errors: FormErrors) -> None:
    _check_media(path, file, "file", errors)
    if not str((file.get("file") or {}).get("url", "")).startswith("attachment://"):
        errors.add(f"{path}.file.url", "URL_TYPE_INVALID_SCHEME", "Scheme must be attachment.")


def _check_section(path: str, section: JsonObject, errors: FormErrors) -> None:
    if errors.check_count(f"{path}.components", section.get("components"), 1, 3):
        for index, child in enumerate(section["components"]):
            _check(f"{path}.components.{index}", child, (ComponentType.TEXT_DISPLAY,), errors)
    accessory = section.get("accessory")
    if not errors.check_object(f"{path}.accessory", accessory):
        return
    assert isinstance(accessory, dict)
    if accessory.get("type") == ComponentType.BUTTON:
        check_button(f"{path}.accessory", accessory, errors)
    else:
        _check(f"{path}.accessory", accessory, (ComponentType.THUMBNAIL,), errors)


def _check_media(path: str, item: Any, key: str, errors: FormErrors) -> None:
    if not errors.check_object(path, item) or not errors.check_object(f"{path}.{key}", item.get(key)):
        return
    url = item[key].get("url")
    if not isinstance(url, str) or not url.startswith(("attachment://", "https://", "http://")):
        errors.add(f"{path}.{key}.url", "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('attachment', 'http', 'https').")
    if item.get("description") is not None:
        errors.check_length(f"{path}.description", item["description"], 0, 1024)


_CHECKS: dict[ComponentType, Callable[[str, JsonObject, FormErrors], None]] = {
    ComponentType.ACTION_ROW: _check_row,
    ComponentType.CONTAINER: _check_container,
    ComponentType.SECTION: _check_section,
    ComponentType.TEXT_DISPLAY: _check_text,
    ComponentType.MEDIA_GALLERY: _check_gallery,
    ComponentType.THUMBNAIL: _check_thumbnail,
    ComponentType.FILE: _check_file,
}
