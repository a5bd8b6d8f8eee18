"""Whole views: modals and Home tabs."""

import json
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.slack.blockkit.blocks import check_blocks
from sandbox.slack.blockkit.schema import Check, Findings, ObjectSchema, Surface, any_value, boolean, one_of, plain_text, string

MOST_VIEW_BYTES = 250_000
_SHORT = plain_text(24)
_FIELDS: dict[str, Check] = {
    "blocks": any_value,
    "private_metadata": string(3000),
    "callback_id": string(255),
    "external_id": string(255),
}
_SHAPES = {
    "modal": ObjectSchema(
        fields=_FIELDS
        | {
            "title": _SHORT,
            "submit": _SHORT,
            "close": _SHORT,
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
        required=("title", "blocks"),
    ),
    "home": ObjectSchema(fields=_FIELDS | {"title": any_value, "submit": any_value, "close": any_value}, required=("blocks",)),
}


def is_too_large(view: JsonObject) -> bool:
    return len(json.dumps(view, ensure_ascii=False).encode()) > MOST_VIEW_BYTES


def check_view(view: Any, findings: Findings, *allowed: str) -> None:
    """Check a view whose type must be among `allowed`; sets `findings.surface` to that type."""
    if not isinstance(view, dict):
        findings.add("/view", "must be an object")
        return
    kind = view.get("type")
    one_of(*allowed)(kind, "/view/type", findings)
    if kind not in _SHAPES:
        return
    findings.surface = Surface(kind)
    _SHAPES[kind](view, "/view", findings)
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        findings.add("/view/blocks", "must be an array")
        return
    check_blocks(blocks, findings, "/view")
    if kind == "modal" and "submit" not in view and any(isinstance(one, dict) and one.get("type") == "input" for one in blocks):
        findings.add("/view", "missing required field: submit")
