"""Turns a member's action into an interaction, and returns what the member sees within three seconds."""

import asyncio
import base64
import contextlib
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.discord.enums import MEMBER_PERMISSIONS, ChannelType, InteractionType
from sandbox.discord.gateway.gateway import Gateway
from sandbox.discord.gateway.sessions import Event
from sandbox.discord.interactions.interactions import Interaction, Interactions
from sandbox.discord.interactions.modals import OpenModal
from sandbox.discord.members.form_filling import describe_modal
from sandbox.discord.messages.rendering import MessageRenderer
from sandbox.discord.serializer import Serializer
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.world import Channel, Message, User, World
from sandbox.runtime import Runtime


class InteractionSender:
    """Creates interactions, dispatches them and waits for the app's first response."""

    def __init__(
        self,
        runtime: Runtime,
        world: World,
        snowflakes: Snowflakes,
        interactions: Interactions,
        serializer: Serializer,
        gateway: Gateway,
        renderer: MessageRenderer,
        *,
        size_limit: int,
    ) -> None:
        self._runtime = runtime
        self._world = world
        self._snowflakes = snowflakes
        self._interactions = interactions
        self._serializer = serializer
        self._gateway = gateway
        self._renderer = renderer
        self._size_limit = size_limit

    async def send(
        self,
        user: User,
        channel: Channel,
        kind: InteractionType,
        data: JsonObject,
        *,
        age_s: float,
        source: Message | None = None,
        modal: OpenModal | None = None,
    ) -> JsonObject:
        """Deliver an interaction; return `{id, acknowledged_ms, private, modal?}` once it is acknowledged or too late."""
        interaction_id = self._snowflakes.new(age_s=age_s)
        owners = self._owners(user, channel, source)
        interaction = Interaction(
            id=interaction_id,
            token=self._token(interaction_id),
            type=kind,
            user_id=user.id,
            channel_id=channel.id,
            metadata=self._metadata(interaction_id, kind, user, owners, data, source, modal),
            user_installed="0" not in owners,
            source_id=source.id if source is not None else None,
        )
        self._interactions.add(interaction)
        payload = self._payload(interaction, user, channel, data, owners, source)
        self._gateway.dispatch(Event(name="INTERACTION_CREATE", data=payload, guild_id=channel.guild_id))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(interaction.responded.wait(), self._interactions.callback_timeout_s)
        if modal is not None and interaction.responded_at is not None:
            self._interactions.close_modal(modal)
        private = [
            self._world.find_message(one) for one in dict.fromkeys([*interaction.message_ids, interaction.original_id or ""])
        ]
        result: JsonObject = {
            "id": interaction.id,
            "acknowledged_ms": interaction.acknowledged_ms,
            "private": [self._renderer.message(one) for one in private if one is not None and one.private_to == user.id],
        }
        if interaction.modal is not None:
            result["modal"] = describe_modal(interaction.modal)
        return result

    def _token(self, interaction_id: str) -> str:
        secret = self._runtime.random.getrandbits(384).to_bytes(48, "big").hex()
        return base64.urlsafe_b64encode(f"interaction:{interaction_id}:{secret}".encode()).decode().rstrip("=")

    def _owners(self, user: User, channel: Channel, source: Message | None) -> dict[str, str]:
        """Return who installed the app here: the server, or only the member who uses it."""
        if channel.type == ChannelType.DM:
            return {"0": "0"}
        if self._world.bot_can_access(channel):
            return {"0": str(channel.guild_id)}
        if source is not None and source.interaction is not None:
            return dict(source.interaction["authorizing_integration_owners"])
        return {"1": user.id}

    def _metadata(
        self,
        interaction_id: str,
        kind: InteractionType,
        user: User,
        owners: dict[str, str],
        data: JsonObject,
        source: Message | None,
        modal: OpenModal | None,
    ) -> JsonObject:
        metadata: JsonObject = {
            "id": interaction_id,
            "type": int(kind),
            "user": self._serializer.user(user),
            "authorizing_integration_owners": owners,
        }
        if modal is not None:
            metadata["triggering_interaction_metadata"] = self._interactions.get(modal.id).metadata
        elif source is not None:
            metadata["interacted_message_id"] = source.id
        elif "target_id" in data:
            metadata["target_message_id"] = data["target_id"]
        return metadata

    def _payload(
        self,
        interaction: Interaction,
        user: User,
        channel: Channel,
        data: JsonObject,
        owners: dict[str, str],
        source: Message | None,
    ) -> JsonObject:
        payload: JsonObject = {
            "id": interaction.id,
            "application_id": self._world.application_id,
            "type": int(interaction.type),
            "token": interaction.token,
            "version": 1,
            "data": data,
            "channel_id": channel.id,
            "channel": self._serializer.interaction_channel(channel),
            "app_permissions": str(int(channel.permissions)),
            "locale": user.locale,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": owners,
            "context": 1 if channel.type == ChannelType.DM else 0,
            "attachment_size_limit": self._size_limit,
        }
        if source is not None:
            payload["message"] = self._serializer.message(source)
        return payload | self._who(user, channel)

    def _who(self, user: User, channel: Channel) -> dict[str, Any]:
        guild = self._world.guild_of(channel)
        if guild is None:
            return {"user": self._serializer.user(user)}
        member = self._serializer.member(user.id, guild) | {"permissions": str(int(MEMBER_PERMISSIONS))}
        return {
            "guild_id": guild.id,
            "guild": {"id": guild.id, "locale": guild.locale, "features": []},
            "guild_locale": guild.locale,
            "member": member,
        }
