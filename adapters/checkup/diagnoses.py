"""The words of `doctor` for what is checked on any platform and on this machine."""

from adapters.checkup.finding import Diagnoses, Diagnosis, Finding, FindingCode

WORDS: Diagnoses = {
    FindingCode.PLATFORM_UNREACHABLE: Diagnosis(
        check="{platform}",
        found="it could not be asked everything ({detail})",
        advice="Look at this machine's network, proxy, DNS and authorities (TLS_CA_FILE), and at the platform's status page.",
    ),
    FindingCode.CHANNEL_OK: Diagnosis(check="channel {channel}", found="the bot is in and may do what it needs there"),
    FindingCode.CHANNEL_NOT_SEEN: Diagnosis(
        check="channel {channel}", found="it could not be looked at ({detail})", advice="Ask again in a moment."
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


def described(finding: Finding, diagnoses: Diagnoses = WORDS) -> Diagnosis:
    """The finding in words."""
    words = diagnoses[finding.code]
    found = finding.parameters
    return Diagnosis(
        check=words.check.format_map(found), found=words.found.format_map(found), advice=words.advice.format_map(found)
    )
