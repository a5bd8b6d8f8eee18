"""What `doctor` finds on Slack, and the words for it."""

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
    SECRET_OK = "slack_secret_ok"  # noqa: S105  # a code
    SECRET_ODD = "slack_secret_odd"  # noqa: S105  # a code
    NOT_INVITED = "slack_not_invited"


WORDS: Diagnoses = {
    SlackFinding.TOKEN_OK: Diagnosis(check="SLACK_BOT_TOKEN", found="Slack knows it as {name} in {team}"),
    SlackFinding.TOKEN_REFUSED: Diagnosis(
        check="SLACK_BOT_TOKEN",
        found="Slack refuses it ({said})",
        advice="Copy the Bot User OAuth Token from the page OAuth & Permissions of the app.",
    ),
    SlackFinding.SCOPES_OK: Diagnosis(check="Slack scopes", found="all {count} are granted"),
    SlackFinding.SCOPES_MISSING: Diagnosis(
        check="Slack scopes",
        found="missing: {scopes}",
        advice="Paste what seedream-bot manifest prints on the page App Manifest, and install the app to the workspace again.",
    ),
    SlackFinding.SOCKET_OK: Diagnosis(check="SLACK_APP_TOKEN", found="it opens Socket Mode"),
    SlackFinding.SOCKET_REFUSED: Diagnosis(
        check="SLACK_APP_TOKEN",
        found="Slack refuses it ({said})",
        advice="Make an app-level token with the scope connections:write on the page Basic Information of the app.",
    ),
    SlackFinding.SOCKET_BUSY: Diagnosis(
        check="SLACK_APP_TOKEN",
        found="not looked at: too many connections were asked for lately",
        advice="Ask again in {seconds} s.",
    ),
    SlackFinding.SECRET_OK: Diagnosis(
        check="SLACK_SIGNING_SECRET", found="it has the right form; only Slack's first request proves more"
    ),
    SlackFinding.SECRET_ODD: Diagnosis(
        check="SLACK_SIGNING_SECRET",
        found="it does not look like one (32 digits and letters from a to f)",
        advice="Copy the Signing Secret from the page Basic Information of the app.",
    ),
    SlackFinding.NOT_INVITED: Diagnosis(
        check="channel {channel}",
        found="the bot is not in it, or there is no such channel",
        advice="Write /invite @{name} in the channel.",
    ),
}
