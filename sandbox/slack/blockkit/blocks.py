"""Blocks and lists of blocks, with Slack's limits."""

from collections.abc import Callable
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.slack.blockkit.elements import (
    ELEMENTS,
    IMAGE,
    IN_ACCESSORY,
    IN_ACTIONS,
    IN_CARD,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    MOST_ID,
)
from sandbox.slack.blockkit.schema import (
    Check,
    Findings,
    ObjectSchema,
    Surface,
    any_value,
    array,
    boolean,
    by_type,
    integer,
    one_of,
    plain_text,
    string,
    text,
)
from sandbox.slack.messages.block_text import walk

MOST_IN_MESSAGE = 50
MOST_IN_VIEW = 100
MOST_TEXT = 13_200
_MESSAGE = (Surface.MESSAGE,)
_BLOCK_ID = string(MOST_ID)


def _context_element(value: Any, pointer: str, findings: Findings) -> None:
    image = isinstance(value, dict) and value.get("type") == "image"
    (IMAGE if image else text(3000))(value, pointer, findings)


def _block(
    surfaces: tuple[Surface, ...] = tuple(Surface),
    required: tuple[str, ...] = (),
    at_least_one: tuple[str, ...] = (),
    exactly_one: tuple[str, ...] = (),
    **fields: Check,
) -> ObjectSchema:
    return ObjectSchema(
        fields={"block_id": _BLOCK_ID} | fields,
        required=required,
        at_least_one=at_least_one,
        exactly_one=exactly_one,
        surfaces=surfaces,
    )


def _image_block(value: Any, pointer: str, findings: Findings) -> None:
    fields = {"block_id": _BLOCK_ID, "title": plain_text(2000)} | dict(IMAGE.fields)
    ObjectSchema(fields=fields, required=IMAGE.required, exactly_one=IMAGE.exactly_one)(value, pointer, findings)


_RICH_LEAVES: dict[str, Check] = {
    "text": ObjectSchema(fields={"text": string(40_000, least=1), "style": any_value}, required=("text",)),
    "link": ObjectSchema(
        fields={"url": string(40_000, least=1), "text": string(40_000), "unsafe": boolean, "style": any_value}, required=("url",)
    ),
    "user": ObjectSchema(fields={"user_id": string(20, least=1), "style": any_value}, required=("user_id",)),
    "channel": ObjectSchema(fields={"channel_id": string(20, least=1), "style": any_value}, required=("channel_id",)),
    "usergroup": ObjectSchema(fields={"usergroup_id": string(20, least=1), "style": any_value}, required=("usergroup_id",)),
    "team": ObjectSchema(fields={"team_id": string(20, least=1), "style": any_value}, required=("team_id",)),
    "broadcast": ObjectSchema(fields={"range": one_of("here", "channel", "everyone"), "style": any_value}, required=("range",)),
    "emoji": ObjectSchema(
        fields={
            "name": string(200, least=1),
            "unicode": string(200),
            "url": string(3000),
            "style": any_value,
            "skin_tone": any_value,
        },
        required=("name",),
    ),
    "color": ObjectSchema(fields={"value": string(20, least=1), "style": any_value}, required=("value",)),
    "date": ObjectSchema(
        fields={"timestamp": any_value, "format": string(200), "url": string(3000), "fallback": string(300), "style": any_value},
        required=("timestamp", "format"),
    ),
}
_LINE = array(by_type(_RICH_LEAVES), 0, 1000)
_BORDER = integer(0, 1)
_SECTION = ObjectSchema(fields={"elements": _LINE}, required=("elements",))
_RICH: dict[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_quote": ObjectSchema(fields={"elements": _LINE, "border": _BORDER}, required=("elements",)),
    "rich_text_preformatted": ObjectSchema(
        fields={
            "elements": array(by_type(_RICH_LEAVES, "text", "link"), 0, 1000),
            "border": _BORDER,
            "language": string(40),
        },
        required=("elements",),
    ),
    "rich_text_list": ObjectSchema(
        fields={
            "elements": array(by_type({"rich_text_section": _SECTION}), 0, 1000),
            "style": one_of("bullet", "ordered"),
            "indent": integer(0, 8),
            "offset": integer(0, 10_000),
            "border": _BORDER,
        },
        required=("elements", "style"),
    ),
}
_RICH_TEXT = _block(elements=array(by_type(_RICH), 1, 1000), required=("elements",))
_CARD = _block(
    hero_image=IMAGE,
    icon=IMAGE,
    title=text(150),
    subtitle=text(150),
    body=text(200),
    actions=array(IN_CARD, 1, 3),
    at_least_one=("hero_image", "title", "body", "actions"),
)
_TASK = _block(
    _MESSAGE,
    task_id=string(MOST_ID, least=1),
    title=string(256, least=1),
    status=one_of("pending", "in_progress", "complete", "error"),
    details=any_value,
    output=any_value,
    sources=any_value,
    required=("task_id", "title", "status"),
)

BLOCKS: dict[str, Check] = {
    "section": _block(
        text=text(3000),
        fields=array(text(2000), 1, 10),
        accessory=IN_ACCESSORY,
        expand=boolean,
        at_least_one=("text", "fields"),
    ),
    "divider": _block(),
    "header": _block(text=plain_text(150), level=integer(1, 3), required=("text",)),
    "context": _block(elements=array(_context_element, 1, 10), required=("elements",)),
    "image": _image_block,
    "actions": _block(elements=array(IN_ACTIONS, 1, 25), required=("elements",)),
    "input": _block(
        label=plain_text(2000),
        element=IN_INPUT,
        hint=plain_text(2000),
        optional=boolean,
        dispatch_action=boolean,
        required=("label", "element"),
    ),
    "rich_text": _RICH_TEXT,
    "markdown": _block(_MESSAGE, text=string(12_000, least=1), required=("text",)),
    "video": _block(
        alt_text=string(2000, least=1),
        title=plain_text(200),
        thumbnail_url=string(3000, least=1),
        video_url=string(3000, least=1),
        title_url=string(3000),
        description=plain_text(200),
        author_name=string(50),
        provider_name=string(50),
        provider_icon_url=string(3000),
        required=("alt_text", "title", "thumbnail_url", "video_url"),
    ),
    "alert": _block(
        (Surface.MODAL,),
        text=text(200),
        level=one_of("default", "info", "warning", "error", "success"),
        required=("text",),
    ),
    "card": _CARD,
    "carousel": _block((Surface.MESSAGE, Surface.HOME), elements=array(by_type({"card": _CARD}), 1, 10), required=("elements",)),
    "context_actions": _block(_MESSAGE, elements=array(IN_CONTEXT_ACTIONS, 1, 5), required=("elements",)),
    "table": _block(
        _MESSAGE, rows=array(array(any_value, 1, 20), 1, 100), column_settings=array(any_value, 0, 20), required=("rows",)
    ),
    "data_table": _block(
        _MESSAGE,
        caption=string(300, least=1),
        rows=array(array(any_value, 1, 20), 1, 201),
        page_size=integer(1, 100),
        row_header_column_index=integer(0, 19),
        required=("caption", "rows"),
    ),
    "task_card": _TASK,
    "plan": _block(_MESSAGE, title=string(256, least=1), tasks=array(by_type({"task_card": _TASK}), 0, 50), required=("title",)),
}
_CHILDREN = ("actions", "context", "divider", "header", "image", "input", "rich_text", "section", "table", "video")
BLOCKS["container"] = _block(
    _MESSAGE,
    child_blocks=array(by_type(BLOCKS, *_CHILDREN), 1, 10),
    title=plain_text(150),
    rich_text_title=any_value,
    subtitle=text(150),
    icon=IMAGE,
    width=one_of("narrow", "standard", "wide", "full"),
    is_collapsible=boolean,
    default_collapsed=boolean,
    has_header_divider=boolean,
    required=("child_blocks",),
    exactly_one=("title", "rich_text_title"),
)


def check_blocks(blocks: list[Any], findings: Findings, pointer: str = "") -> None:
    """Check a list of blocks at the JSON pointer `pointer`, including the uniqueness of ids."""
    most = MOST_IN_MESSAGE if findings.surface is Surface.MESSAGE else MOST_IN_VIEW
    array(by_type(BLOCKS), 0, most)(blocks, f"{pointer}/blocks", findings)
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if block_id and block_id in seen:
            findings.add(f"{pointer}/blocks/{index}/block_id", f"`block_id` {block_id} already exists")
        seen.add(str(block_id))
        ids = [one["action_id"] for one in walk(block) if isinstance(one.get("action_id"), str)]
        findings.problems += [
            f"`action_id` {one} already exists for this block [json-pointer:{pointer}/blocks/{index}]"
            for one in dict.fromkeys(ids)
            if ids.count(one) > 1
        ]


def text_length(blocks: list[JsonObject]) -> int:
    """Return the length of all texts in the blocks, in characters."""
    return sum(len(one["text"]) for one in walk(blocks) if isinstance(one.get("text"), str))


def assign_ids(blocks: list[JsonObject], new_id: Callable[[], str]) -> list[JsonObject]:
    """Give ids to the blocks and interactive elements that have none."""
    for block in blocks:
        if not block.get("block_id"):
            block["block_id"] = new_id()
        for element in walk(block):
            if element.get("type") in ELEMENTS and element["type"] != "image" and not element.get("action_id"):
                element["action_id"] = new_id()
    return blocks
