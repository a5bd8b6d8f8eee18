"""The findings of `doctor` on Slack, and their texts."""

from enum import StrEnum

from adapters.checkup.finding import Diagnoses, Diagnosis


class SlackFinding(StrEnum):
    TOKEN_OK = "slack_token_ok"  # noqa: S105  # a code
    TOKEN_REFUSED = "slack_token_refused"  # noqa: S105  # a code
    SCOPES_OK = "slack_scopes_ok"
    SCOPES_MISSING = "slack_scopes_missing"
    SOCKET_OK = "slack_socket_ok"
    SOCKET_REFUSED = "slack_socket_refused"
    SOCKET_BUSY = "slack_socket_busy"
    SECRET_UNPROVEN = "slack_secret_unproven"  # noqa: S105  # a code
    NOT_INVITED = "slack_not_invited"


WORDS: Diagnoses = {
    SlackFinding.TOKEN_OK: Diagnosis(check="SLACK_BOT_TOKEN", found="valid for {name} in {team}"),
    SlackFinding.TOKEN_REFUSED: Diagnosis(
        check="SLACK_BOT_TOKEN",
        found="Slack rejects it ({said})",
        advice="Copy the Bot User OAuth Token from the OAuth & Permissions page of your app.",
    ),
    SlackFinding.SCOPES_OK: Diagnosis(check="Slack scopes", found="all {count} are granted"),
    SlackFinding.SCOPES_MISSING: Diagnosis(
        check="Slack scopes",
        found="missing scopes: {scopes}",
        advice="Paste the output of seedream-bot manifest into the App Manifest page of your app, and reinstall the app to the workspace.",
    ),
    SlackFinding.SOCKET_OK: Diagnosis(check="SLACK_APP_TOKEN", found="valid for Socket Mode"),
    SlackFinding.SOCKET_REFUSED: Diagnosis(
        check="SLACK_APP_TOKEN",
        found="Slack rejects it ({said})",
        advice="Create an app-level token with the scope connections:write on the Basic Information page of your app.",
    ),
    SlackFinding.SOCKET_BUSY: Diagnosis(
        check="SLACK_APP_TOKEN",
        found="not checked, because Slack limits how often a connection can be requested",
        advice="Run doctor again in {seconds} s.",
    ),
    SlackFinding.SECRET_UNPROVEN: Diagnosis(
        check="SLACK_SIGNING_SECRET", found="the format is right; not proven, because only a request from Slack can prove it"
    ),
    SlackFinding.NOT_INVITED: Diagnosis(
        check="channel {channel}",
        found="the bot is not a member, or the channel does not exist",
        advice="Write /invite @{name} in the channel.",
    ),
}
