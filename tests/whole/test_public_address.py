"""A gateway that downloads references from the bot, at an address that leads nowhere."""

from sandbox.driver import Sandbox
from tests.whole.running import PLENTY, PREPARED, started, stop
from tests.whole.scene import PLATFORMS, Scene, attached, painted

NOWHERE = "http://127.0.0.1:9"
"""Nothing listens there."""


def test_a_wrong_public_address_is_not_the_members_fault() -> None:
    """They read that on every platform, nothing is billed, and the operator's log names the setting."""
    with Sandbox.start("--pace", "0.05", *PREPARED, "--gateways", "uniall") as sandbox:
        sandbox.env["PUBLIC_URL"] = NOWHERE
        bot = started(sandbox, PLENTY)
        for platform in PLATFORMS:
            scene = Scene(sandbox, platform)
            start = scene.mark()

            scene.say("@bot make it night", files=[attached(painted((10, 20, 30)))])

            told = scene.words(start, "uniall could not download image 1 from this bot.")
            assert "That is not your fault, and it cost you nothing." in told["text"]
        assert [call for call in sandbox.calls() if call["billed"]] == []
        assert bot.text.count("must reach PUBLIC_URL") == len(PLATFORMS)
        stop(bot)
