"""What `doctor` finds on Discord, and the words for it."""

from enum import StrEnum

from adapters.checkup.finding import Diagnoses, Diagnosis


class DiscordFinding(StrEnum):
    TOKEN_OK = "discord_token_ok"  # noqa: S105  # a code
    TOKEN_REFUSED = "discord_token_refused"  # noqa: S105  # a code
    INTENTS_OK = "discord_intents_ok"
    INTENTS_NOT_NEEDED = "discord_intents_not_needed"
    ENDPOINT_NONE = "discord_endpoint_none"
    ENDPOINT_SET = "discord_endpoint_set"
    SERVERS_OK = "discord_servers_ok"
    SERVERS_NONE = "discord_servers_none"
    SESSIONS_OK = "discord_sessions_ok"
    SESSIONS_USED_UP = "discord_sessions_used_up"
    CHANNEL_UNKNOWN = "discord_channel_unknown"
    CHANNEL_CLOSED = "discord_channel_closed"
    CHANNEL_NO_MESSAGES = "discord_channel_no_messages"
    PERMISSIONS_MISSING = "discord_permissions_missing"


WORDS: Diagnoses = {
    DiscordFinding.TOKEN_OK: Diagnosis(check="DISCORD_TOKEN", found="Discord knows it as {name}, application {application}"),
    DiscordFinding.TOKEN_REFUSED: Diagnosis(
        check="DISCORD_TOKEN",
        found="Discord refuses it",
        advice="Copy the current token from the page Bot of the application in the developer portal.",
    ),
    DiscordFinding.INTENTS_OK: Diagnosis(check="Discord intents", found="no privileged intent is needed, and none is on"),
    DiscordFinding.INTENTS_NOT_NEEDED: Diagnosis(
        check="Discord intents",
        found="{intents}: on, and not needed",
        advice="Switch it off on the page Bot of the application.",
    ),
    DiscordFinding.ENDPOINT_NONE: Diagnosis(check="Discord interactions", found="they come by the gateway"),
    DiscordFinding.ENDPOINT_SET: Diagnosis(
        check="Discord interactions",
        found="Discord sends commands and buttons to {address}, not to this bot",
        advice="Empty the field Interactions Endpoint URL on the page General Information of the application.",
    ),
    DiscordFinding.SERVERS_OK: Diagnosis(check="Discord servers", found="the bot is in {count}"),
    DiscordFinding.SERVERS_NONE: Diagnosis(
        check="Discord servers",
        found="the bot is in none",
        advice="Open the link that seedream-bot invite prints.",
    ),
    DiscordFinding.SESSIONS_OK: Diagnosis(check="Discord logins", found="{left} left today"),
    DiscordFinding.SESSIONS_USED_UP: Diagnosis(
        check="Discord logins",
        found="none left for the next {minutes} minutes",
        advice="Stop whatever restarts the bot again and again, read its log, and wait.",
    ),
    DiscordFinding.CHANNEL_UNKNOWN: Diagnosis(
        check="channel {channel}",
        found="Discord knows no such channel",
        advice="Copy the channel's id again (Developer Mode, right click on the channel).",
    ),
    DiscordFinding.CHANNEL_CLOSED: Diagnosis(
        check="channel {channel}",
        found="the bot cannot see it",
        advice="Invite the bot to that server, or give its role View Channels in the channel's permissions.",
    ),
    DiscordFinding.CHANNEL_NO_MESSAGES: Diagnosis(
        check="channel {channel}",
        found="it is a category or a forum and holds no messages itself",
        advice="Name a text channel or a post in the forum.",
    ),
    DiscordFinding.PERMISSIONS_MISSING: Diagnosis(
        check="channel {channel}",
        found="missing there: {permissions}",
        advice="Give them to the bot's role in the channel's permissions, or invite it anew with seedream-bot invite.",
    ),
}
