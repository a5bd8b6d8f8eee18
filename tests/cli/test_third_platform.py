"""A further platform is a folder and one line: it is configured, run, checked and invited by what its entry declares."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.checkup.diagnoses import WORDS
from adapters.checkup.finding import FindingCode
from adapters.cli.commands.doctor import run_checks
from adapters.cli.commands.invite import print_invitations
from adapters.cli.serve import serve
from adapters.cli.settings import CONFIGS
from bot.config.load import load, problems_for_run
from bot.config.settings import Listen, Secret, Settings
from bot.errors import ConfigurationError
from tests.fakes.clock import FakeClock
from tests.fakes.third_platform import CONFIG, NAME, OVER, Loft, PigeonFinding, PigeonSettings

RING = "ring-4711"


def loaded(environment: dict[str, str], path: Path | None = None) -> Settings:
    return load(path, environment, platforms=(*CONFIGS, CONFIG), dialects=frozenset(), models=frozenset(), terminal=False)


def problems(environment: dict[str, str], path: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        loaded(environment, path)
    return caught.value.problems


def settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, listen=Listen(port=0), platforms={NAME: PigeonSettings(ring=Secret(RING))})


def test_its_keys_come_from_the_environment_and_the_file(tmp_path: Path) -> None:
    """A scalar from either, a secret also from a file of its own; the secret is kept out of the log."""
    (tmp_path / "ring").write_text(f"{RING}\n")
    path = tmp_path / "bot.toml"
    path.write_text(f'pigeon_ring_file = "{tmp_path.as_posix()}/ring"\npigeon_flock = 3\n', encoding="utf-8")

    found = loaded({"PIGEON_LOFT": "https://loft.test/"}, path)

    assert found.platforms == {NAME: PigeonSettings(ring=Secret(RING), loft="https://loft.test", flock=3)}
    assert found.secrets() == {RING}


def test_what_is_wrong_with_its_keys_is_said_like_everything_else(tmp_path: Path) -> None:
    """By the name the operator used, with its own words; its cross-checks come with the rest."""
    path = tmp_path / "bot.toml"
    path.write_text("pigeon_flock = 10\npigeon_rng = 1\n", encoding="utf-8")

    assert problems({"PIGEON_LOFT": "loft"}, path) == (
        (
            'PIGEON_LOFT: found "loft"; allowed: an address that begins with https:// (http:// only on this machine itself), '
            "without a password or a query."
        ),
        "pigeon_flock: found 10; allowed: a whole number from 1 to 9.",
        "pigeon_rng: unknown key; nearest known key: pigeon_ring.",
        "pigeon_flock: found it without PIGEON_RING; allowed: both together.",
    )


def test_it_is_offered_where_no_platform_is_configured() -> None:
    """With what it needs; once it is configured, nothing is missing but a gateway."""
    missing = problems_for_run(loaded({}), (*CONFIGS, CONFIG))
    alone = problems_for_run(loaded({}), (CONFIG,))

    assert "for Discord, or SLACK_BOT_TOKEN" in missing[0]
    assert ", or PIGEON_RING for pigeons; each may also be" in missing[0]
    assert alone[0] == (
        "No platform is configured: set PIGEON_RING for pigeons; each may also be the path of a file, like PIGEON_RING_FILE, "
        "or stand in the configuration file, like pigeon_ring."
    )
    assert problems_for_run(loaded({"PIGEON_RING": RING}), (CONFIG,))[0].startswith("No gateway is configured")


def test_a_role_is_shown_as_the_first_platform_writes_it(tmp_path: Path) -> None:
    """The example in a sentence about members is one of theirs."""
    path = tmp_path / "bot.toml"
    path.write_text('[[quota.tier]]\nname = "x"\nimages_per_day = 1\nroles = "x"\n', encoding="utf-8")

    with pytest.raises(ConfigurationError, match='a list of roles, each like "pigeon:ada"'):
        load(path, {}, platforms=(CONFIG,), dialects=frozenset(), models=frozenset(), terminal=False)


async def test_it_runs(tmp_path: Path) -> None:
    """Opened with its settings, bound to the core, mounted, named in the health; its error ends the program."""
    loft = Loft()

    with pytest.raises(ConfigurationError, match=OVER):
        await serve(settings(tmp_path), (loft.entry(),))

    (platform,), (surroundings,) = loft.opened, loft.surroundings
    health: dict[str, Any] = json.loads(platform.health)
    assert loft.settings == [PigeonSettings(ring=Secret(RING))]
    assert surroundings.data_dir == tmp_path
    assert health["platforms"] == {NAME: "ready"}
    assert platform.answers[0] is not None
    assert "/imagine" in platform.answers[0].text
    assert platform.closed


async def test_what_is_not_configured_is_not_opened(tmp_path: Path) -> None:
    """It is not even loaded, and off in the health."""
    used, unused = Loft(), Loft()
    entry = unused.entry()
    stranger = type(entry)(
        config=type(CONFIG)(name=type(NAME)("owl"), settings=PigeonSettings, needs="", member=""),
        load=entry.load,
        open_checkup=entry.open_checkup,
        is_channel=entry.is_channel,
        invite=entry.invite,
    )

    with pytest.raises(ConfigurationError, match=OVER):
        await serve(settings(tmp_path), (stranger, used.entry()))

    assert unused.opened == []
    assert json.loads(used.opened[0].health)["platforms"] == {"owl": "off", NAME: "ready"}


async def test_it_is_checked(tmp_path: Path) -> None:
    """Its own findings with its own words, and those that every platform has."""
    found = await run_checks(settings(tmp_path), {NAME: ["north"]}, FakeClock(), (Loft().entry(),))

    words = {finding.code: words for finding, words in found}
    assert words[PigeonFinding.RING_OK].found == "Ada wears it"
    assert words[FindingCode.CHANNEL_NOT_SEEN].check == "channel pigeon:north"
    assert PigeonFinding.RING_OK not in WORDS
    assert words[FindingCode.CLOCK_OK].found == "1 s ahead of the platforms'"


def test_it_is_invited(capsys: pytest.CaptureFixture[str]) -> None:
    """The way in where it is configured, else what is missing."""
    entries = (Loft().entry(),)

    assert print_invitations({NAME: PigeonSettings(ring=Secret(RING))}, None, entries)
    assert not print_invitations({}, None, entries)
    assert capsys.readouterr() == ("Pigeons\n  scatter corn\n", "For pigeons set PIGEON_RING.\n")


async def test_a_program_that_is_stopped_while_it_starts_ends_cleanly(tmp_path: Path) -> None:
    """What was opened is closed."""
    loft = Loft()
    running = asyncio.create_task(serve(settings(tmp_path), (loft.entry(),)))
    while not loft.opened:  # noqa: ASYNC110 (what is waited for is another task's)
        await asyncio.sleep(0)

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert loft.opened[0].closed
