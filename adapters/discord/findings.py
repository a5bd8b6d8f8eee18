"""The findings of `doctor` on Discord, and their texts."""

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
    DiscordFinding.TOKEN_OK: Diagnosis(check="DISCORD_TOKEN", found="valid for {name}, application {application}"),
    DiscordFinding.TOKEN_REFUSED: Diagnosis(
        check="DISCORD_TOKEN",
        found="Discord rejects it",
        advice="Copy the current token from the Bot page of your application in the developer portal.",
    ),
    DiscordFinding.INTENTS_OK: Diagnosis(check="Discord intents", found="no privileged intent is on, and none is needed"),
    DiscordFinding.INTENTS_NOT_NEEDED: Diagnosis(
        check="Discord intents",
        found="{intents} on, but not needed",
        advice="Turn it off on the Bot page of your application.",
    ),
    DiscordFinding.ENDPOINT_NONE: Diagnosis(check="Discord interactions", found="Discord sends them to this bot"),
    DiscordFinding.ENDPOINT_SET: Diagnosis(
        check="Discord interactions",
        found="Discord sends commands and button clicks to {address}, not to this bot",
        advice="Clear the field Interactions Endpoint URL on the General Information page of your application.",
    ),
    DiscordFinding.SERVERS_OK: Diagnosis(check="Discord servers", found="the bot is in {count}"),
    DiscordFinding.SERVERS_NONE: Diagnosis(
        check="Discord servers",
        found="the bot is in no server",
        advice="Run seedream-bot invite and open the link that it prints.",
    ),
    DiscordFinding.SESSIONS_OK: Diagnosis(check="Discord logins", found="{left} left today"),
    DiscordFinding.SESSIONS_USED_UP: Diagnosis(
        check="Discord logins",
        found="none left for the next {minutes} minutes",
        advice="Stop the restart loop, read the bot's log, and start the bot again after that time.",
    ),
    DiscordFinding.CHANNEL_UNKNOWN: Diagnosis(
        check="channel {channel}",
        found="the channel does not exist",
        advice="Turn on Developer Mode in Discord, right-click the channel and copy its id.",
    ),
    DiscordFinding.CHANNEL_CLOSED: Diagnosis(
        check="channel {channel}",
        found="the bot cannot see it",
        advice="Invite the bot to that server, or grant its role View Channels in the channel's permissions.",
    ),
    DiscordFinding.CHANNEL_NO_MESSAGES: Diagnosis(
        check="channel {channel}",
        found="it is a category or a forum, which cannot contain messages",
        advice="Use the id of a text channel or of a forum post.",
    ),
    DiscordFinding.PERMISSIONS_MISSING: Diagnosis(
        check="channel {channel}",
        found="missing permissions: {permissions}",
        advice="Grant them to the bot's role in the channel's permissions, or invite the bot again with seedream-bot invite.",
    ),
}
