"""Small picture files that are expensive to look at, and references from a member who has nothing left."""

from functools import partial

from tests.attack.target import PLATFORMS, Target, at_once, fetched
from tests.images.attacks import many_scans, tile_links

LINKS = 95_000
COMMANDS, COPIES = 8, 10


def attack(target: Target) -> list[str]:
    """Tables of links and scans, one file and ten at a time; each is refused in words, and nothing is paid."""
    files = [tile_links(b"heic", LINKS), tile_links(b"avif", LINKS), many_scans()]
    acts = [
        partial(target.edit, platform, f"hostile {number}", [content] * copies)
        for platform in PLATFORMS
        for number, content in enumerate(files)
        for copies in (1, COPIES)
    ]
    at_once(acts)
    findings = target.wait_answered(len(acts) // len(PLATFORMS))
    paid = len(target.paid_calls("hostile"))
    return findings + ([f"{paid} hostile files were sent to a gateway"] if paid else [])


def attack_without_quota(target: Target) -> list[str]:
    """Eight commands with ten references each, from a member with nothing left: nothing is fetched."""
    content = many_scans()
    at_once(
        [
            partial(target.edit, platform, f"hostile {number}", [content] * COPIES)
            for platform in PLATFORMS
            for number in range(COMMANDS)
        ]
    )
    findings = target.wait_answered(COMMANDS)
    count = fetched(target)
    return findings + ([f"{count} files were fetched for a member with nothing left"] if count else [])
