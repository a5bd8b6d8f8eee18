"""Who may use another member's job, on both platforms' real addresses."""

from dataclasses import replace

import pytest

from adapters.discord.address import Address as DiscordAddress
from adapters.discord.capabilities import capabilities as discord_capabilities
from adapters.slack.address import Address as SlackAddress
from adapters.slack.capabilities import capabilities as slack_capabilities
from bot.chat.capabilities import Capabilities
from bot.commands.command import Generate, Options, Origin
from bot.ids import PlatformName, UserId, WorkspaceId
from bot.jobs.job import JobState
from bot.jobs.permission import may_use
from tests.fakes.jobs import job_in_state
from tests.fakes.memory_store import MemoryStore
from tests.fakes.platform import FakePlatform

ADA, BOB = UserId("ada"), UserId("bob")
CAPABILITIES = {"slack": slack_capabilities, "discord": discord_capabilities}
SLACK_CHANNEL, SLACK_DIRECT = SlackAddress(channel="C1"), SlackAddress(channel="D1", direct=True)
SLACK_PRIVATE = SlackAddress(channel="C1", redirected=True)
DISCORD_CHANNEL = DiscordAddress(channel=1, application=2, posts=True)
DISCORD_EPHEMERAL = DiscordAddress(channel=1, application=2, token="t", ephemeral=True)
DISCORD_DIRECT = DiscordAddress(channel=3, application=2, posts=True, direct=True)


class Platform(FakePlatform):
    """Has the capabilities of the real platform."""

    def capabilities(self, origin: Origin) -> Capabilities:
        return CAPABILITIES[origin.platform](origin)


def origin(platform: str, address: SlackAddress | DiscordAddress, *, user: UserId = ADA, workspace: str | None = "w") -> Origin:
    where = None if workspace is None else WorkspaceId(workspace)
    return Origin(platform=PlatformName(platform), workspace=where, user=user, received_at=0.0, address=address.encode())


CASES = [
    pytest.param(origin("slack", SLACK_CHANNEL), True, id="slack channel"),
    pytest.param(origin("slack", SLACK_DIRECT), False, id="slack direct message"),
    pytest.param(origin("slack", SLACK_PRIVATE), False, id="slack, answered in direct messages"),
    pytest.param(origin("slack", SLACK_CHANNEL, workspace="other"), False, id="another workspace"),
    pytest.param(origin("discord", DISCORD_CHANNEL), True, id="discord channel"),
    pytest.param(origin("discord", DISCORD_EPHEMERAL), False, id="discord, only the member sees it"),
    pytest.param(origin("discord", DISCORD_DIRECT, workspace=None), False, id="discord direct message"),
]


@pytest.mark.parametrize(("asked", "allowed"), CASES)
async def test_others_may_use_only_what_they_could_see(asked: Origin, allowed: bool) -> None:
    """Another member may use a job that was asked for in the open, in the same workspace; its requester may always."""
    job = replace(await job_in_state(MemoryStore(), JobState.DONE), origin=asked)
    channel = SLACK_CHANNEL if asked.platform == "slack" else DISCORD_CHANNEL
    workspace = None if asked.workspace is None else "w"
    presses = replace(origin(asked.platform, channel, workspace=workspace), user=BOB)
    assert may_use(job, presses, Platform()) is allowed
    assert may_use(job, replace(presses, user=asked.user, workspace=WorkspaceId("elsewhere")), Platform())


async def test_a_private_request_is_its_requesters_alone() -> None:
    """A request with `--private` is for its requester alone, even where the channel is open."""
    command = Generate(verb="imagine", prompt="a fox", options=Options(private=True))
    job = replace(await job_in_state(MemoryStore(), JobState.DONE), origin=origin("slack", SLACK_CHANNEL), command=command)
    assert not may_use(job, origin("slack", SLACK_CHANNEL, user=BOB), Platform())
    assert may_use(job, origin("slack", SLACK_CHANNEL), Platform())
