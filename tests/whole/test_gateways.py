"""Every gateway through the whole program: one paid call a job, nothing dropped on the way, pictures on every platform."""

from collections.abc import Iterator

import pytest

from sandbox.driver import Sandbox
from tests.whole.running import PREPARED, open_running
from tests.whole.scene import PLATFORMS, Scene, attached, painted

GATEWAYS = ("ark_intl", "ark_cn", "acedata", "sinancode", "uniall", "unode", "opeai")
BLUE = (30, 30, 200)


SETS = dict.fromkeys(("ark_intl", "ark_cn"), " --model 5.0-lite")
"""Their own default makes one picture a call."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """All seven at once: members choose by name."""
    with open_running("--pace", "0.05", *PREPARED, "--gateways", ",".join(GATEWAYS)) as running:
        yield running.sandbox


@pytest.fixture(params=PLATFORMS)
def scene(request: pytest.FixtureRequest, sandbox: Sandbox) -> Scene:
    return Scene(sandbox, request.param)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_set_and_an_edit(scene: Scene, gateway: str) -> None:
    """A set is one call; a reference arrives in the form the gateway takes, with its pixels and without metadata."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    scene.command("imagine", f"two owls on a branch --count 2 --ratio 16:9 --gateway {gateway}{SETS.get(gateway, '')}")
    scene.pictures(start, count=2)
    again = scene.mark()

    scene.say(f"@bot make it night --gateway {gateway}", files=[attached(painted(BLUE, size=(640, 480)))])
    scene.pictures(again)

    made, edited = scene.calls_since(before)
    assert (made["gateway"], made["billed"], edited["gateway"], edited["billed"]) == (gateway, 2, gateway, 1)
    assert [made.get("dropped", []), edited.get("dropped", [])] == [[], []]
    assert [(image["width"], image["height"], image["metadata"]) for image in edited["images"]] == [(640, 480, False)]


@pytest.mark.parametrize("gateway", ["acedata", "sinancode"])
@pytest.mark.parametrize("trouble", ["500", "html", "odd-status"])
def test_a_task_outlives_a_bad_answer_to_a_question(scene: Scene, gateway: str, trouble: str) -> None:
    """Asking is free: it is asked again, and nothing is paid twice."""
    scene.sandbox.fault(f"{gateway}.query", trouble, times=1)
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.command("imagine", f"a patient heron --gateway {gateway}")
    scene.pictures(start)

    assert len(scene.calls_since(before)) == 1
