"""The app manifest that declares exactly what the code uses (Slack, "App manifest", version 2); pure."""

from typing import Any

from adapters.slack.commands import COMMANDS, SHORTCUTS
from adapters.slack.scopes import EVENTS, SCOPES
from adapters.slack.settings import EVENTS_PATH

Manifest = dict[str, Any]

NAME = "Seedream"
DESCRIPTION = "Makes and changes pictures with ByteDance Seedream, right where you talk."
LONG_DESCRIPTION = (
    "Seedream turns words and reference pictures into images. Use /imagine in any channel, mention the app with your pictures "
    "or in the thread of a result, send it a direct message, or pick “Edit with Seedream” in the menu of a message that "
    "carries a picture. Pictures are made by a machine and may be wrong: look at them before you pass them on."
)
BACKGROUND = "#1f2937"


def manifest(*, http: str | None) -> Manifest:
    """`http` is our address as Slack reaches it; without it, Socket Mode."""
    request_url = None if http is None else http.rstrip("/") + EVENTS_PATH
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": NAME,
            "description": DESCRIPTION,
            "long_description": LONG_DESCRIPTION,
            "background_color": BACKGROUND,
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "shortcuts": [
                {
                    "name": shortcut.name,
                    "type": shortcut.kind,
                    "callback_id": shortcut.callback_id,
                    "description": shortcut.description,
                }
                for shortcut in SHORTCUTS
            ],
            "slash_commands": [
                {
                    "command": command.name,
                    **_address("url", request_url),
                    "description": command.description,
                    "usage_hint": command.hint,
                    "should_escape": False,
                }
                for command in COMMANDS
            ],
        },
        "oauth_config": {"scopes": {"bot": sorted(SCOPES)}},
        "settings": {
            "event_subscriptions": {**_address("request_url", request_url), "bot_events": sorted(EVENTS)},
            "interactivity": {"is_enabled": True, **_address("request_url", request_url)},
            "org_deploy_enabled": False,
            "socket_mode_enabled": request_url is None,
            "token_rotation_enabled": False,
        },
    }


def _address(key: str, request_url: str | None) -> dict[str, str]:
    """In Socket Mode nothing is sent anywhere, and the manifest names no address."""
    return {} if request_url is None else {key: request_url}
