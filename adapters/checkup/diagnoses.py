"""The texts of `doctor` for the checks that all platforms share and for the checks of this machine."""

from adapters.checkup.finding import Diagnoses, Diagnosis, Finding, FindingCode

WORDS: Diagnoses = {
    FindingCode.PLATFORM_UNREACHABLE: Diagnosis(
        check="{platform}",
        found="the checks did not finish ({detail})",
        advice="Check this machine's network, proxy, DNS and certificate authorities (TLS_CA_FILE), and the platform's status page.",
    ),
    FindingCode.CHANNEL_OK: Diagnosis(check="channel {channel}", found="the bot has access and every permission it needs"),
    FindingCode.CHANNEL_NOT_SEEN: Diagnosis(
        check="channel {channel}", found="the check failed ({detail})", advice="Run doctor again in a moment."
    ),
    FindingCode.GATEWAY_OK: Diagnosis(check="gateway {name}", found="{address} answers and accepts the key (a free call)"),
    FindingCode.GATEWAY_KEY_REFUSED: Diagnosis(
        check="gateway {name}",
        found="{address} refuses the key ({detail})",
        advice="Set {variable} to a valid key of this gateway's account, and check that base_url is the key's own region.",
    ),
    FindingCode.GATEWAY_KEY_UNPROVEN: Diagnosis(
        check="gateway {name}",
        found="{address} answers; the key in {variable} is not proven, because no free call depends on it ({detail})",
        advice="Request one small image to prove it.",
    ),
    FindingCode.MODEL_WITHDRAWN: Diagnosis(
        check="model {model}",
        found="{sentence}",
        advice="Tell members, or set retired = false for it in the configuration file if yours still has it.",
    ),
    FindingCode.MODEL_UNUSABLE: Diagnosis(
        check="model {model}",
        found="{sentence}",
        advice="If the account should have it, activate it in the gateway's console or correct its id in [gateway.models].",
    ),
    FindingCode.GATEWAY_UNREACHABLE: Diagnosis(
        check="gateway {name}",
        found="{address} cannot be reached ({detail})",
        advice="Check base_url and proxy in its [[gateway]] table, and this machine's network.",
    ),
    FindingCode.DATA_DIR_OK: Diagnosis(check="DATA_DIR", found="{folder} is writable, {free} MiB free"),
    FindingCode.DATA_DIR_NOT_WRITABLE: Diagnosis(
        check="DATA_DIR",
        found="{folder} is not writable ({detail})",
        advice="Make the folder writable for the bot's user, or set DATA_DIR to another folder.",
    ),
    FindingCode.DATA_DIR_NEARLY_FULL: Diagnosis(
        check="DATA_DIR",
        found="{folder} has only {free} MiB free",
        advice="Free disk space, or delete old sets automatically with [retention].",
    ),
    FindingCode.DATA_DIR_FULL: Diagnosis(
        check="DATA_DIR",
        found="{folder} has {free} MiB free, less than one large set needs",
        advice="Free disk space, or the bot may pay for images that it cannot store.",
    ),
    FindingCode.PICTURES_KEPT: Diagnosis(check="images", found="{files} files, {size} MiB; sets are never deleted"),
    FindingCode.PICTURES_FORGOTTEN: Diagnosis(
        check="images", found="{files} files, {size} MiB; [retention] deletes sets: days {days}, gigabytes {gigabytes}"
    ),
    FindingCode.PICTURES_BEYOND_DISK: Diagnosis(
        check="images",
        found="{files} files, {size} MiB; [retention] allows {gigabytes} GB, but the disk has room for only {room} GB",
        advice="Lower gigabytes in [retention], or free disk space.",
    ),
    FindingCode.PICTURES_QUARANTINED: Diagnosis(
        check="images",
        found="{files} files, {size} MiB, that the database does not name are in quarantine",
        advice="If the database is an older copy, put the right one back: they are deleted after {days} days there.",
    ),
    FindingCode.DATABASE_OK: Diagnosis(check="database", found="version {version} is current"),
    FindingCode.DATABASE_NONE: Diagnosis(check="database", found="none yet; the first start creates it"),
    FindingCode.DATABASE_LOST: Diagnosis(
        check="database",
        found="missing or empty, although DATA_DIR has been used",
        advice="Put it back with its -wal file, or restore a backup; seedream-bot run --fresh begins anew.",
    ),
    FindingCode.DATABASE_OLDER: Diagnosis(
        check="database",
        found="version {version}; the next start upgrades it to {known}",
        advice="Back it up first with seedream-bot backup.",
    ),
    FindingCode.DATABASE_NEWER: Diagnosis(
        check="database",
        found="version {version} comes from a newer seedream-bot; this one supports versions up to {known}",
        advice="Install the newer seedream-bot, or restore an older backup of DATA_DIR.",
    ),
    FindingCode.DATABASE_BROKEN: Diagnosis(
        check="database",
        found="it cannot be read ({detail})",
        advice="Check the permissions of DATA_DIR and its files, or restore a backup.",
    ),
    FindingCode.BOOKS_OK: Diagnosis(check="ledger", found="quotas and holds are consistent"),
    FindingCode.BOOKS_WRONG: Diagnosis(
        check="ledger",
        found="members over quota: {overdrawn}; finished jobs with an open hold: {forgotten}; jobs charged wrongly: {charged}",
        advice="This is a bug in seedream-bot: keep a copy of DATA_DIR and report it.",
    ),
    FindingCode.JOBS_SET_ASIDE: Diagnosis(
        check="jobs",
        found="set aside, because their rows cannot be read: {jobs}",
        advice="Nothing is done with them until the next start. Keep a copy of DATA_DIR and report it, or restore a backup.",
    ),
    FindingCode.LIMITS_NONE: Diagnosis(
        check="limits",
        found="whoever can add or reach the bot can spend your money, each member up to their quota and all together without end",
        advice="Set a [[budget]], or list your servers and workspaces in [access]; on Discord, also switch Public Bot off.",
    ),
    FindingCode.BUDGET_OK: Diagnosis(check="budget a {per}", found="{charged} of {pictures} images are used or reserved"),
    FindingCode.BUDGET_NEARLY_USED: Diagnosis(
        check="budget a {per}", found="{charged} of {pictures} images are used or reserved", advice="It is nearly used up."
    ),
    FindingCode.BUDGET_REACHED: Diagnosis(
        check="budget a {per}",
        found="{charged} of {pictures} images are used or reserved, and requests are refused until it renews",
        advice="Raise pictures in its [[budget]] table to allow more.",
    ),
    FindingCode.CLOCK_OK: Diagnosis(check="clock", found="{seconds} s {way} the platforms' clocks"),
    FindingCode.CLOCK_OFF: Diagnosis(
        check="clock",
        found="{seconds} s {way} the platforms' clocks",
        advice="Turn on NTP: at more than five minutes the bot rejects Slack's signed requests.",
    ),
    FindingCode.CLOCK_WRONG: Diagnosis(
        check="clock",
        found="{seconds} s {way} the platforms' clocks; signed requests and deadlines fail",
        advice="Turn on NTP, then restart the bot.",
    ),
    FindingCode.CLOCK_UNKNOWN: Diagnosis(
        check="clock", found="no platform reported its time", advice="Fix the connection to the platforms, then run doctor again."
    ),
    FindingCode.LISTEN_FREE: Diagnosis(check="LISTEN", found="{address} is free"),
    FindingCode.LISTEN_OURS: Diagnosis(check="LISTEN", found="a running bot answers at {address} with status {status}"),
    FindingCode.LISTEN_TAKEN: Diagnosis(
        check="LISTEN",
        found="another program answers at {address}",
        advice="Stop that program, or set LISTEN to another address.",
    ),
    FindingCode.LISTEN_UNUSABLE: Diagnosis(
        check="LISTEN", found="{detail}", advice="Set LISTEN to a free port on an address of this machine."
    ),
    FindingCode.PUBLIC_URL_OK: Diagnosis(check="PUBLIC_URL", found="{address} reaches this bot"),
    FindingCode.PUBLIC_URL_NOT_SET: Diagnosis(
        check="PUBLIC_URL",
        found="not set; {gateways} cannot download reference images",
        advice="To edit images with these gateways, set it to the public address of LISTEN.",
    ),
    FindingCode.PUBLIC_URL_UNREACHABLE: Diagnosis(
        check="PUBLIC_URL",
        found="{address} cannot be reached from here ({detail})",
        advice="Check its DNS, its certificate and the proxy in front of LISTEN; some routers block connections to your own public address.",
    ),
    FindingCode.PUBLIC_URL_ELSEWHERE: Diagnosis(
        check="PUBLIC_URL",
        found="{address} does not reach this bot (it answered {status})",
        advice="Configure the proxy there to forward /references/ to LISTEN with the path unchanged.",
    ),
    FindingCode.PUBLIC_URL_UNSURE: Diagnosis(
        check="PUBLIC_URL",
        found="{address}/healthz answered {status}, but not from the bot that runs here",
        advice="Configure the proxy to forward requests to LISTEN; if it blocks /healthz on purpose, stop the bot and run doctor again.",
    ),
}


def described(finding: Finding, diagnoses: Diagnoses = WORDS) -> Diagnosis:
    """The finding as text."""
    words = diagnoses[finding.code]
    found = finding.parameters
    return Diagnosis(
        check=words.check.format_map(found), found=words.found.format_map(found), advice=words.advice.format_map(found)
    )
