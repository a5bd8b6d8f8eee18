"""Who is a member of a listed server: asked of Discord over the real protocol, and remembered for a while."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.discord.memberships import MEMBER_SECONDS, STRANGER_SECONDS
from bot.commands.command import Origin
from bot.errors import DeliveryError
from bot.ids import PlatformName, UserId, WorkspaceId
from sandbox.faults import Fault
from tests.platforms.discord_adapter.discord_scene import Scene, open_scene


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        yield opened


def who(scene: Scene, name: str = "ada") -> Origin:
    user = UserId(f"discord:{scene.discord.describe()['users'][name]}")
    address = {"channel": "1", "application": "2"}
    return Origin(platform=PlatformName("discord"), workspace=None, user=user, received_at=0.0, address=address)


async def is_member(scene: Scene, origin: Origin, *guilds: str) -> bool:
    return await scene.platform.is_member(origin, frozenset(map(WorkspaceId, guilds)))


def asked(scene: Scene) -> int:
    return len(scene.requests("GET", "/members/"))


async def test_a_member_of_any_listed_server(scene: Scene) -> None:
    """A server that does not exist, one that the bot is not in, and an id that is none of Discord's, count for nobody."""
    here, elsewhere = scene.discord.world.guild.id, scene.discord.world.other_guild.id

    assert await is_member(scene, who(scene), "1", elsewhere, "T1", here)
    assert not await is_member(scene, who(scene), "1", elsewhere, "T1")
    assert not await is_member(scene, replace(who(scene), user=UserId("discord:5")), here)
    scene.discord.change("leave", user="bob")
    assert not await is_member(scene, who(scene, "bob"), here)


@pytest.mark.parametrize(("left", "seconds"), [(False, MEMBER_SECONDS), (True, STRANGER_SECONDS)])
async def test_the_answer_is_remembered_for_a_while(scene: Scene, seconds: float, *, left: bool) -> None:
    """One request until it is out of date; whoever joins or leaves is noticed then."""
    here = scene.discord.world.guild.id
    if left:
        scene.discord.change("leave", user="bob")

    assert [await is_member(scene, who(scene, "bob"), here) for _ in range(3)] == [not left] * 3
    assert asked(scene) == 1
    scene.discord.change("join" if left else "leave", user="bob")
    assert await is_member(scene, who(scene, "bob"), here) is not left
    scene.clock.offset += seconds + 1
    assert await is_member(scene, who(scene, "bob"), here) is left
    assert asked(scene) == 2


async def test_a_failed_request_is_no_answer(scene: Scene) -> None:
    """The member is neither admitted nor taken for a stranger, and the next attempt asks again."""
    here = scene.discord.world.guild.id
    scene.stage.faults.add(Fault(where="discord.rest:GET /guilds/*/members/*", what="error:400:0", times=1))

    with pytest.raises(DeliveryError):
        await is_member(scene, who(scene), here)
    assert await is_member(scene, who(scene), here)
