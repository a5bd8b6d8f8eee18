"""A new platform is one folder and one line: its entry declares how it is configured, run, checked and invited."""

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
    """Values come from either, a secret also from a separate file; the log hides the secret."""
    (tmp_path / "ring").write_text(f"{RING}\n")
    path = tmp_path / "bot.toml"
    path.write_text(f'pigeon_ring_file = "{tmp_path.as_posix()}/ring"\npigeon_flock = 3\n', encoding="utf-8")

    found = loaded({"PIGEON_LOFT": "https://loft.test/"}, path)

    assert found.platforms == {NAME: PigeonSettings(ring=Secret(RING), loft="https://loft.test", flock=3)}
    assert found.secrets() == {RING}


def test_problems_with_its_keys_are_reported(tmp_path: Path) -> None:
    """Under the name that the operator used; its own cross-checks are included."""
    path = tmp_path / "bot.toml"
    path.write_text("pigeon_flock = 10\npigeon_rng = 1\n", encoding="utf-8")

    assert problems({"PIGEON_LOFT": "loft"}, path) == (
        'PIGEON_LOFT: found "loft"; expected an https:// URL (http:// only for this machine) without a password or a query.',
        "pigeon_flock: found 10; expected a whole number from 1 to 9.",
        "pigeon_rng: unknown key; did you mean pigeon_ring?",
        "pigeon_flock: also set PIGEON_RING.",
    )


def test_it_is_offered_if_no_platform_is_configured() -> None:
    """With the key that it needs; once it is configured, only a gateway is missing."""
    missing = problems_for_run(loaded({}), (*CONFIGS, CONFIG))
    alone = problems_for_run(loaded({}), (CONFIG,))

    assert "for Discord, or SLACK_BOT_TOKEN" in missing[0]
    assert ", or PIGEON_RING for pigeons; each can also come" in missing[0]
    assert alone[0] == (
        "No platform is configured: set PIGEON_RING for pigeons; each can also come from a file named by PIGEON_RING_FILE, "
        "or from the configuration file as pigeon_ring."
    )
    assert problems_for_run(loaded({"PIGEON_RING": RING}), (CONFIG,))[0].startswith("No gateway is configured")


def test_the_example_of_a_role_is_the_first_platforms(tmp_path: Path) -> None:
    """Sentences about members use an id of that platform."""
    path = tmp_path / "bot.toml"
    path.write_text('[[quota.tier]]\nname = "x"\nimages_per_day = 1\nroles = "x"\n', encoding="utf-8")

    with pytest.raises(ConfigurationError, match='a list of roles, each like "pigeon:ada"'):
        load(path, {}, platforms=(CONFIG,), dialects=frozenset(), models=frozenset(), terminal=False)


async def test_it_runs(tmp_path: Path) -> None:
    """It is opened with its settings, bound to the core and listed in the health; its error ends the program."""
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


async def test_a_platform_that_is_not_configured_is_not_opened(tmp_path: Path) -> None:
    """It is not even loaded, and the health shows it as off."""
    used, unused = Loft(), Loft()
    entry = unused.entry()
    other = type(entry)(
        config=type(CONFIG)(name=type(NAME)("owl"), settings=PigeonSettings, needs="", member="", workspace="loft"),
        load=entry.load,
        open_checkup=entry.open_checkup,
        is_channel=entry.is_channel,
        invite=entry.invite,
    )

    with pytest.raises(ConfigurationError, match=OVER):
        await serve(settings(tmp_path), (other, used.entry()))

    assert unused.opened == []
    assert json.loads(used.opened[0].health)["platforms"] == {"owl": "off", NAME: "ready"}


async def test_it_is_checked(tmp_path: Path) -> None:
    """Its own findings have its own texts, beside those that all platforms share."""
    found = await run_checks(settings(tmp_path), {NAME: ["north"]}, FakeClock(), (Loft().entry(),))

    words = {finding.code: words for finding, words in found}
    assert words[PigeonFinding.RING_OK].found == "Ada wears it"
    assert words[FindingCode.CHANNEL_NOT_SEEN].check == "channel pigeon:north"
    assert PigeonFinding.RING_OK not in WORDS
    assert words[FindingCode.CLOCK_OK].found == "1 s ahead of the platforms' clocks"


def test_it_is_invited(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints the invitation if it is configured, and the missing key if not."""
    entries = (Loft().entry(),)

    assert print_invitations({NAME: PigeonSettings(ring=Secret(RING))}, None, entries)
    assert not print_invitations({}, None, entries)
    assert capsys.readouterr() == ("Pigeons\n  scatter corn\n", "For pigeons set PIGEON_RING.\n")


async def test_a_program_that_is_stopped_while_it_starts_ends_cleanly(tmp_path: Path) -> None:
    """The opened platform is closed."""
    loft = Loft()
    running = asyncio.create_task(serve(settings(tmp_path), (loft.entry(),)))
    while not loft.opened:  # noqa: ASYNC110  # another task opens it
        await asyncio.sleep(0)

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert loft.opened[0].closed
