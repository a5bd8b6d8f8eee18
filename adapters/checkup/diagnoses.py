"""The words of `doctor`, by finding: what was looked at, what was found, what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.checkup.finding import Finding, FindingCode


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """`check` names what was looked at, `found` says what there is, `advice` what to do about it (nothing, where all is well)."""

    check: str
    found: str
    advice: str = ""


WORDS: Mapping[FindingCode, Diagnosis] = {
    FindingCode.PLATFORM_UNREACHABLE: Diagnosis(
        check="{platform}",
        found="it could not be asked everything ({detail})",
        advice="Look at this machine's network, proxy, DNS and authorities (TLS_CA_FILE), and at the platform's status page.",
    ),
    FindingCode.CHANNEL_OK: Diagnosis(check="channel {channel}", found="the bot is in and may do what it needs there"),
    FindingCode.CHANNEL_NOT_SEEN: Diagnosis(
        check="channel {channel}", found="it could not be looked at ({detail})", advice="Ask again in a moment."
    ),
    FindingCode.DISCORD_TOKEN_OK: Diagnosis(check="DISCORD_TOKEN", found="Discord knows it as {name}, application {application}"),
    FindingCode.DISCORD_TOKEN_REFUSED: Diagnosis(
        check="DISCORD_TOKEN",
        found="Discord refuses it",
        advice="Copy the current token from the page Bot of the application in the developer portal.",
    ),
    FindingCode.DISCORD_INTENTS_OK: Diagnosis(check="Discord intents", found="no privileged intent is needed, and none is on"),
    FindingCode.DISCORD_INTENTS_NOT_NEEDED: Diagnosis(
        check="Discord intents",
        found="{intents}: on, and not needed",
        advice="Switch it off on the page Bot of the application.",
    ),
    FindingCode.DISCORD_ENDPOINT_NONE: Diagnosis(check="Discord interactions", found="they come by the gateway"),
    FindingCode.DISCORD_ENDPOINT_SET: Diagnosis(
        check="Discord interactions",
        found="Discord sends commands and buttons to {address}, not to this bot",
        advice="Empty the field Interactions Endpoint URL on the page General Information of the application.",
    ),
    FindingCode.DISCORD_SERVERS_OK: Diagnosis(check="Discord servers", found="the bot is in {count}"),
    FindingCode.DISCORD_SERVERS_NONE: Diagnosis(
        check="Discord servers",
        found="the bot is in none",
        advice="Open the link that seedream-bot invite prints.",
    ),
    FindingCode.DISCORD_SESSIONS_OK: Diagnosis(check="Discord logins", found="{left} left today"),
    FindingCode.DISCORD_SESSIONS_USED_UP: Diagnosis(
        check="Discord logins",
        found="none left for the next {minutes} minutes",
        advice="Stop whatever restarts the bot again and again, read its log, and wait.",
    ),
    FindingCode.DISCORD_CHANNEL_UNKNOWN: Diagnosis(
        check="channel {channel}",
        found="Discord knows no such channel",
        advice="Copy the channel's id again (Developer Mode, right click on the channel).",
    ),
    FindingCode.DISCORD_CHANNEL_CLOSED: Diagnosis(
        check="channel {channel}",
        found="the bot cannot see it",
        advice="Invite the bot to that server, or give its role View Channels in the channel's permissions.",
    ),
    FindingCode.DISCORD_CHANNEL_NO_MESSAGES: Diagnosis(
        check="channel {channel}",
        found="it is a category or a forum and holds no messages itself",
        advice="Name a text channel or a post in the forum.",
    ),
    FindingCode.DISCORD_PERMISSIONS_MISSING: Diagnosis(
        check="channel {channel}",
        found="missing there: {permissions}",
        advice="Give them to the bot's role in the channel's permissions, or invite it anew with seedream-bot invite.",
    ),
    FindingCode.SLACK_TOKEN_OK: Diagnosis(check="SLACK_BOT_TOKEN", found="Slack knows it as {name} in {team}"),
    FindingCode.SLACK_TOKEN_REFUSED: Diagnosis(
        check="SLACK_BOT_TOKEN",
        found="Slack refuses it ({said})",
        advice="Copy the Bot User OAuth Token from the page OAuth & Permissions of the app.",
    ),
    FindingCode.SLACK_SCOPES_OK: Diagnosis(check="Slack scopes", found="all {count} are granted"),
    FindingCode.SLACK_SCOPES_MISSING: Diagnosis(
        check="Slack scopes",
        found="missing: {scopes}",
        advice="Paste what seedream-bot manifest prints on the page App Manifest, and install the app to the workspace again.",
    ),
    FindingCode.SLACK_SOCKET_OK: Diagnosis(check="SLACK_APP_TOKEN", found="it opens Socket Mode"),
    FindingCode.SLACK_SOCKET_REFUSED: Diagnosis(
        check="SLACK_APP_TOKEN",
        found="Slack refuses it ({said})",
        advice="Make an app-level token with the scope connections:write on the page Basic Information of the app.",
    ),
    FindingCode.SLACK_SOCKET_BUSY: Diagnosis(
        check="SLACK_APP_TOKEN",
        found="not looked at: too many connections were asked for lately",
        advice="Ask again in {seconds} s.",
    ),
    FindingCode.SLACK_SECRET_OK: Diagnosis(
        check="SLACK_SIGNING_SECRET", found="it has the right form; only Slack's first request proves more"
    ),
    FindingCode.SLACK_SECRET_ODD: Diagnosis(
        check="SLACK_SIGNING_SECRET",
        found="it does not look like one (32 digits and letters from a to f)",
        advice="Copy the Signing Secret from the page Basic Information of the app.",
    ),
    FindingCode.SLACK_NOT_INVITED: Diagnosis(
        check="channel {channel}",
        found="the bot is not in it, or there is no such channel",
        advice="Write /invite @{name} in the channel.",
    ),
    FindingCode.GATEWAY_OK: Diagnosis(check="gateway {name}", found="{address} answers (nothing was asked for, nothing spent)"),
    FindingCode.GATEWAY_UNREACHABLE: Diagnosis(
        check="gateway {name}",
        found="{address} cannot be reached ({detail})",
        advice="Look at base_url and proxy in its [[gateway]] table, and at this machine's network.",
    ),
    FindingCode.DATA_DIR_OK: Diagnosis(check="DATA_DIR", found="{folder} can be written to, {free} MiB are free"),
    FindingCode.DATA_DIR_NOT_WRITABLE: Diagnosis(
        check="DATA_DIR",
        found="{folder} cannot be written to ({detail})",
        advice="Give the folder to the user the bot runs as, or name another.",
    ),
    FindingCode.DATA_DIR_NEARLY_FULL: Diagnosis(
        check="DATA_DIR",
        found="{folder}: only {free} MiB are free",
        advice="Make room, or let old sets be forgotten ([retention]).",
    ),
    FindingCode.DATA_DIR_FULL: Diagnosis(
        check="DATA_DIR",
        found="{folder}: {free} MiB are free, less than one large set of pictures takes",
        advice="Make room before the bot pays for pictures it cannot keep.",
    ),
    FindingCode.PICTURES_KEPT: Diagnosis(check="pictures", found="{files} files, {size} MiB; no set is ever forgotten"),
    FindingCode.PICTURES_FORGOTTEN: Diagnosis(
        check="pictures", found="{files} files, {size} MiB; sets are forgotten by [retention]: days {days}, gigabytes {gigabytes}"
    ),
    FindingCode.PICTURES_BEYOND_DISK: Diagnosis(
        check="pictures",
        found="{files} files, {size} MiB; [retention] lets them grow to {gigabytes} GB, but the disk is full at {room} GB",
        advice="Lower gigabytes in [retention], or make room.",
    ),
    FindingCode.DATABASE_OK: Diagnosis(check="database", found="version {version}, which this program knows"),
    FindingCode.DATABASE_NONE: Diagnosis(check="database", found="none yet; the first start makes it"),
    FindingCode.DATABASE_OLDER: Diagnosis(
        check="database", found="version {version}; the next start brings it to {known}", advice="Copy DATA_DIR first."
    ),
    FindingCode.DATABASE_NEWER: Diagnosis(
        check="database",
        found="version {version}, written by a newer seedream-bot; this one knows versions up to {known}",
        advice="Install the newer program again, or put back a copy of DATA_DIR from before.",
    ),
    FindingCode.DATABASE_BROKEN: Diagnosis(
        check="database",
        found="it cannot be read ({detail})",
        advice="Look at the rights of DATA_DIR and its files, or put back a copy.",
    ),
    FindingCode.BOOKS_OK: Diagnosis(check="books", found="holds and quotas add up"),
    FindingCode.BOOKS_WRONG: Diagnosis(
        check="books",
        found="given more than granted: {overdrawn}; ended and still held: {forgotten}",
        advice="Keep a copy of DATA_DIR and report it: this is a fault of the bot.",
    ),
    FindingCode.CLOCK_OK: Diagnosis(check="clock", found="{seconds} s {way} the platforms'"),
    FindingCode.CLOCK_OFF: Diagnosis(
        check="clock",
        found="{seconds} s {way} the platforms'",
        advice="Let the system set it (NTP): beyond five minutes what Slack signs is refused.",
    ),
    FindingCode.CLOCK_WRONG: Diagnosis(
        check="clock",
        found="{seconds} s {way} the platforms': signed requests and deadlines go wrong",
        advice="Let the system set it (NTP), then start the bot again.",
    ),
    FindingCode.CLOCK_UNKNOWN: Diagnosis(
        check="clock", found="no platform told the time", advice="Mend what keeps the platforms from answering, and ask again."
    ),
    FindingCode.LISTEN_FREE: Diagnosis(check="LISTEN", found="{address} is free for the bot"),
    FindingCode.LISTEN_OURS: Diagnosis(check="LISTEN", found="a bot runs at {address} and says that its status is {status}"),
    FindingCode.LISTEN_TAKEN: Diagnosis(
        check="LISTEN",
        found="something that is no seedream-bot answers at {address}",
        advice="Stop it, or give the bot another address in LISTEN.",
    ),
    FindingCode.LISTEN_UNUSABLE: Diagnosis(
        check="LISTEN", found="{detail}", advice="Name an address of this machine with a free port."
    ),
    FindingCode.PUBLIC_URL_OK: Diagnosis(check="PUBLIC_URL", found="{address} reaches this bot"),
    FindingCode.PUBLIC_URL_NOT_SET: Diagnosis(
        check="PUBLIC_URL",
        found="not set; {gateways} cannot fetch reference pictures",
        advice="Set it to the address at which the world reaches LISTEN, if members are to edit pictures there.",
    ),
    FindingCode.PUBLIC_URL_UNREACHABLE: Diagnosis(
        check="PUBLIC_URL",
        found="{address} cannot be reached from here ({detail})",
        advice="Look at its DNS, its certificate and the proxy before LISTEN; some routers let no machine reach itself by its own address.",
    ),
    FindingCode.PUBLIC_URL_ELSEWHERE: Diagnosis(
        check="PUBLIC_URL",
        found="{address} leads elsewhere (it answered {status})",
        advice="Let the proxy there pass /references/ on to LISTEN, with the path as it is.",
    ),
    FindingCode.PUBLIC_URL_UNSURE: Diagnosis(
        check="PUBLIC_URL",
        found="{address}/healthz answered {status}, and not by the bot that runs here",
        advice="If the proxy keeps /healthz to itself, stop the bot and ask again; else let it pass requests on to LISTEN.",
    ),
}


def described(finding: Finding) -> Diagnosis:
    """The finding in words."""
    words = WORDS[finding.code]
    found = finding.parameters
    return Diagnosis(
        check=words.check.format_map(found), found=words.found.format_map(found), advice=words.advice.format_map(found)
    )
