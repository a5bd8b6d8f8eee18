"""Reads and checks the content of a message from a call's arguments."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.contracts import JsonObject
from sandbox.slack.blockkit.blocks import MOST_TEXT, assign_ids, check_blocks, text_length
from sandbox.slack.blockkit.schema import Findings, Surface
from sandbox.slack.blockkit.views import check_view, is_too_large
from sandbox.slack.errors import ApiError, invalid_arguments, invalid_blocks
from sandbox.slack.identifiers import Identifiers
from sandbox.slack.messages.markup import link_names
from sandbox.slack.urls import file_id_in
from sandbox.slack.world import SlackFile, World

CUT_TEXT = 40_000
_MOST_MARKDOWN = 12_000
_TRUE = (True, "true", "1", 1)


@dataclass(kw_only=True)
class Content:
    """The content of one message; None means that the call did not give it."""

    text: str = ""
    blocks: list[JsonObject] | None = None
    attachments: list[JsonObject] | None = None
    metadata: JsonObject | None = None
    files: list[SlackFile] = field(default_factory=list)


class ContentReader:
    """Reads and checks messages, blocks and views."""

    def __init__(self, clock: SandboxClock, world: World, identifiers: Identifiers) -> None:
        self._clock = clock
        self._world = world
        self._identifiers = identifiers

    def read(self, given: Mapping[str, Any], *, most_text: int | None = None) -> Content:
        """Read a message. A text over `most_text` is `msg_too_long`; without `most_text` it is cut where Slack cuts it."""
        text = str(given.get("text") or "")
        # Only chat.postMessage cuts texts, and it uses other codes for some of these errors.
        cuts = most_text is None
        blocks = self.blocks(given.get("blocks"), too_long="msg_blocks_too_long" if cuts else "msg_too_long")
        attachments = _read_list(given.get("attachments"), "invalid_arguments" if cuts else "invalid_attachments")
        markdown = given.get("markdown_text")
        if markdown:
            if text or blocks:
                raise ApiError("markdown_text_conflict")
            if len(str(markdown)) > _MOST_MARKDOWN:
                raise ApiError("invalid_arguments" if cuts else "msg_too_long")
            text = str(markdown)
        if not text.strip() and not blocks and not attachments:
            raise ApiError("no_text")
        if most_text is not None and len(text) > most_text:
            raise ApiError("msg_too_long")
        if given.get("link_names") in _TRUE or given.get("parse") == "full":
            text = link_names(text, {user.name: user.id for user in self._world.users.values()})
        return Content(
            text=text[:CUT_TEXT], blocks=blocks, attachments=attachments, metadata=_read_metadata(given.get("metadata"))
        )

    def blocks(
        self, given: Any, *, malformed: str = "invalid_blocks_format", too_long: str = "msg_blocks_too_long"
    ) -> list[JsonObject] | None:
        """Read blocks, as JSON or as a JSON string; None if there are none. Methods use different codes for the same error."""
        blocks = _read_list(given, malformed)
        if blocks is None:
            return None
        if any(not isinstance(block.get("type"), str) for block in blocks):
            raise ApiError(malformed)
        findings = Findings(surface=Surface.MESSAGE, file_problem=self._file_problem)
        check_blocks(blocks, findings)
        if findings.problems:
            raise invalid_blocks(findings.problems)
        if text_length(blocks) > MOST_TEXT:
            raise ApiError(too_long)
        return assign_ids(blocks, self._new_block_id)

    def view(self, given: Any, *kinds: str) -> JsonObject:
        """Read a view of one of these kinds."""
        view = _parse_json(given)
        if not isinstance(view, dict):
            raise invalid_arguments(["must be a valid view [json-pointer:/view]"])
        if is_too_large(view):
            raise ApiError("view_too_large")
        findings = Findings(surface=Surface.MODAL, file_problem=self._file_problem)
        check_view(view, findings, *kinds)
        if findings.problems:
            raise invalid_arguments(findings.problems)
        assign_ids(view["blocks"], self._new_block_id)
        return view

    def file_of(self, reference: Mapping[str, Any]) -> SlackFile | None:
        """Find the file that `{id}` or `{url}` refers to."""
        file_id = reference.get("id") or file_id_in(str(reference.get("url") or ""))
        return self._world.files.get(str(file_id))

    def _file_problem(self, reference: JsonObject) -> str | None:
        file = self.file_of(reference)
        ready = file is not None and file.completed and not file.deleted and self._clock.now() >= file.processed_at
        if file is None or not ready or not file.previewed or not self._world.visible_to_bot(file):
            return "invalid slack file"
        return None

    def _new_block_id(self) -> str:
        return self._identifiers.secret(5)


def _parse_json(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError:
        return None


def _read_list(given: Any, code: str) -> list[JsonObject] | None:
    if given is None or given == "":
        return None
    parsed = _parse_json(given)
    if not isinstance(parsed, list) or any(not isinstance(one, dict) for one in parsed):
        raise ApiError(code)
    return parsed


def _read_metadata(given: Any) -> JsonObject | None:
    if given is None or given == "":
        return None
    parsed = _parse_json(given)
    if not isinstance(parsed, dict) or not isinstance(parsed.get("event_type"), str):
        raise ApiError("invalid_metadata_format")
    if not isinstance(parsed.get("event_payload"), dict):
        raise ApiError("invalid_metadata_schema")
    return parsed
