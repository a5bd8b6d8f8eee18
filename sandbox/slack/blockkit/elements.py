"""Block elements and composition objects, with Slack's limits."""

from typing import Any

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

MOST_ID = 255
_STYLE = one_of("primary", "danger")

CONFIRM = ObjectSchema(
    fields={"title": plain_text(100), "text": text(300), "confirm": plain_text(30), "deny": plain_text(30), "style": _STYLE},
    required=("title", "text", "confirm", "deny"),
)
_ID = string(MOST_ID, least=1)
_DISPATCH = ObjectSchema(fields={"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 1, 2)})
_SHARED: dict[str, Check] = {
    "confirm": CONFIRM,
    "focus_on_load": boolean,
    "placeholder": plain_text(150),
    "initial_value": string(3000),
    "dispatch_action_config": _DISPATCH,
}
_OPTION = ObjectSchema(
    fields={"text": text(75), "value": string(150, least=1), "description": text(75), "url": string(3000)},
    required=("text", "value"),
)
_OPTIONS = array(_OPTION, 1, 100)
_GROUPS = array(ObjectSchema(fields={"label": plain_text(75), "options": _OPTIONS}, required=("label", "options")), 1, 100)
_SEVERAL = integer(1, 100)


def _slack_file(value: Any, pointer: str, findings: Findings) -> None:
    if not isinstance(value, dict) or len(value.keys() & {"id", "url"}) != 1:
        findings.add(pointer, "must define either id or url")
    elif (problem := findings.file_problem(value)) is not None:
        findings.add(pointer, problem)


IMAGE = ObjectSchema(
    fields={"image_url": string(3000, least=1), "slack_file": _slack_file, "alt_text": string(2000)},
    required=("alt_text",),
    exactly_one=("image_url", "slack_file"),
)


def _element(*shared: str, required: tuple[str, ...] = (), exactly_one: tuple[str, ...] = (), **own: Check) -> ObjectSchema:
    fields = {"action_id": _ID} | {name: _SHARED[name] for name in shared} | own
    return ObjectSchema(fields=fields, required=required, exactly_one=exactly_one)


_CHOICE = ("confirm", "focus_on_load", "placeholder")
_BUTTON_FIELDS: dict[str, Check] = {
    "action_id": _ID,
    "confirm": CONFIRM,
    "text": plain_text(75),
    "value": string(2000),
    "accessibility_label": string(75),
}
_FEEDBACK = ObjectSchema(
    fields={"text": plain_text(75), "value": string(2000), "accessibility_label": string(75)}, required=("text", "value")
)
_TYPED = ("focus_on_load", "placeholder", "initial_value", "dispatch_action_config")

ELEMENTS: dict[str, Check] = {
    "image": IMAGE,
    "button": ObjectSchema(fields=_BUTTON_FIELDS | {"url": string(3000), "style": _STYLE}, required=("text",)),
    "workflow_button": ObjectSchema(
        fields=_BUTTON_FIELDS | {"workflow": any_value, "style": _STYLE}, required=("text", "workflow")
    ),
    "icon_button": ObjectSchema(
        fields=_BUTTON_FIELDS | {"icon": one_of("trash"), "visible_to_user_ids": array(_ID, 0, 100)}, required=("icon", "text")
    ),
    "feedback_buttons": _element(
        positive_button=_FEEDBACK, negative_button=_FEEDBACK, required=("positive_button", "negative_button")
    ),
    "checkboxes": _element(
        "confirm", "focus_on_load", options=array(_OPTION, 1, 10), initial_options=_OPTIONS, required=("options",)
    ),
    "radio_buttons": _element(
        "confirm", "focus_on_load", options=array(_OPTION, 1, 10), initial_option=_OPTION, required=("options",)
    ),
    "overflow": _element("confirm", options=array(_OPTION, 1, 5), required=("options",)),
    "datepicker": _element(*_CHOICE, initial_date=string(10)),
    "timepicker": _element(*_CHOICE, initial_time=string(5), timezone=string(60)),
    "datetimepicker": _element("confirm", "focus_on_load", initial_date_time=integer(0, 9_999_999_999)),
    "static_select": _element(
        *_CHOICE, options=_OPTIONS, option_groups=_GROUPS, initial_option=_OPTION, exactly_one=("options", "option_groups")
    ),
    "multi_static_select": _element(
        *_CHOICE,
        options=_OPTIONS,
        option_groups=_GROUPS,
        initial_options=_OPTIONS,
        max_selected_items=_SEVERAL,
        exactly_one=("options", "option_groups"),
    ),
    "external_select": _element(*_CHOICE, initial_option=_OPTION, min_query_length=integer(0, 100)),
    "multi_external_select": _element(
        *_CHOICE, initial_options=_OPTIONS, min_query_length=integer(0, 100), max_selected_items=_SEVERAL
    ),
    "users_select": _element(*_CHOICE, initial_user=_ID),
    "multi_users_select": _element(*_CHOICE, initial_users=array(_ID, 0, 100), max_selected_items=_SEVERAL),
    "channels_select": _element(*_CHOICE, initial_channel=_ID, response_url_enabled=boolean),
    "multi_channels_select": _element(*_CHOICE, initial_channels=array(_ID, 0, 100), max_selected_items=_SEVERAL),
    "conversations_select": _element(
        *_CHOICE,
        initial_conversation=_ID,
        default_to_current_conversation=boolean,
        response_url_enabled=boolean,
        filter=any_value,
    ),
    "multi_conversations_select": _element(
        *_CHOICE,
        initial_conversations=array(_ID, 0, 100),
        default_to_current_conversation=boolean,
        max_selected_items=_SEVERAL,
        filter=any_value,
    ),
    "plain_text_input": _element(
        *_TYPED,
        multiline=boolean,
        min_length=integer(0, 3000),
        max_length=integer(1, 3000),
    ),
    "email_text_input": _element(*_TYPED),
    "url_text_input": _element(*_TYPED),
    "number_input": _element(
        *_TYPED,
        is_decimal_allowed=boolean,
        min_value=string(40),
        max_value=string(40),
        required=("is_decimal_allowed",),
    ),
    "rich_text_input": _element("focus_on_load", "placeholder", initial_value=any_value, dispatch_action_config=_DISPATCH),
    "file_input": ObjectSchema(
        fields={"action_id": _ID, "filetypes": array(string(40, least=1), 1, 100), "max_files": integer(1, 10)},
        surfaces=(Surface.MODAL,),
    ),
}

_SELECTS = tuple(name for name in ELEMENTS if name.endswith("_select"))
_PICKED = ("checkboxes", "datepicker", "radio_buttons", "timepicker", *_SELECTS)
IN_ACTIONS = by_type(
    ELEMENTS, "button", "workflow_button", "overflow", "datetimepicker", "icon_button", "rich_text_input", *_PICKED
)
IN_ACCESSORY = by_type(ELEMENTS, "button", "workflow_button", "image", "overflow", *_PICKED)
IN_INPUT = by_type(
    ELEMENTS,
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "rich_text_input",
    "datetimepicker",
    "file_input",
    *_PICKED,
)
IN_CONTEXT_ACTIONS = by_type(ELEMENTS, "feedback_buttons", "icon_button")
IN_CARD = by_type(ELEMENTS, "button")
