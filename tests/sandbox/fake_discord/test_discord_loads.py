"""A server for loads: many members and channels, and no message limits."""

from collections.abc import Iterator

import pytest

from sandbox.driver import Sandbox


@pytest.fixture(scope="module")
def crowded() -> Iterator[Sandbox]:
    with Sandbox.start("--users", "5", "--channels", "4", "--no-message-limits") as sandbox:
        yield sandbox


def test_numbered_members_and_channels(crowded: Sandbox) -> None:
    """The well-known names come first, followed by numbered ones."""
    discord = crowded.line["discord"]

    assert list(discord["users"]) == ["ada", "bob", "cyd", "member-4", "member-5"]
    assert list(discord["channel_names"]) == ["general", "art", "room-3", "room-4", "elsewhere"]


def test_every_member_can_write_everywhere(crowded: Sandbox) -> None:
    """A numbered member writes in a numbered channel, by name or by id."""
    discord = crowded.line["discord"]
    by_name = crowded.act(platform="discord", user="member-5", channel="room-4", kind="message", text="hello")
    by_id = crowded.act(
        platform="discord",
        user=discord["users"]["member-4"],
        channel=discord["channel_names"]["room-4"],
        kind="message",
        text="hello",
    )

    seen = crowded.seen("discord", "room-4")
    assert [(message["id"], message["author"]) for message in seen] == [(by_name["id"], "member-5"), (by_id["id"], "member-4")]
    assert "written_at" not in seen[0]
