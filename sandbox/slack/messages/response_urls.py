"""Response URLs, and messages sent as the acknowledgement of a command."""

import asyncio
import json
from typing import Any

from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.local_server import fault_seconds, html_page, reset
from sandbox.runtime import Runtime
from sandbox.slack.errors import ApiError
from sandbox.slack.members.interactions import Interaction, Interactions
from sandbox.slack.messages.content import ContentReader
from sandbox.slack.messages.writer import MessageWriter
from sandbox.slack.world import Message, World

_STATUS = {"expired_url": 404, "used_url": 404}
_STATUS_FAULTS = ("403", "404", "410", "500", "502", "503", "504")
_FAULTS = (*_STATUS_FAULTS, "429[:NUMBER]", "html", "reset-before", "reset-after", "slow:SECONDS")


class ResponseUrls:
    """Posts, replaces and deletes messages on behalf of an interaction, even where the bot is no member.

    Faults are taken at `slack.response`, detail `commands` or `actions`.
    """

    def __init__(
        self,
        runtime: Runtime,
        world: World,
        interactions: Interactions,
        content_reader: ContentReader,
        writer: MessageWriter,
    ) -> None:
        runtime.faults.declare("slack.response", _FAULTS)
        self._runtime = runtime
        self._world = world
        self._interactions = interactions
        self._content_reader = content_reader
        self._writer = writer

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"/{{kind:{kind}}}/{{team}}/{{interaction}}/{{secret}}", self._serve) for kind in ("commands", "actions")
        ]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        fault = self._runtime.faults.take("slack.response", request.match_info["kind"]) or ""
        word, _, argument = fault.partition(":")
        if word in _STATUS_FAULTS:
            return html_page(int(word), "Error")
        match word:
            case "429":
                return web.Response(status=429, text="rate_limited", headers={"Retry-After": argument or "1"})
            case "html":
                return html_page(200, "Sign in to Slack")
            case "reset-before":
                return reset(request)
            case "slow":
                await asyncio.sleep(fault_seconds(fault))
            case _:
                pass
        response = await self._answer(request)
        return reset(request) if word == "reset-after" else response

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            body = await _body(request)
            self.respond(self._interactions.use_response_url(request.match_info["secret"]), body)
        except ApiError as refused:
            return web.json_response(refused.answer(), status=_STATUS.get(refused.code, 400))
        return web.Response(text="ok")

    def respond(self, interaction: Interaction, body: JsonObject) -> None:
        """Carry out one response: delete or replace the original message, or post a new one."""
        original = self._find_original(interaction)
        if body.get("delete_original"):
            if original is not None:
                self._writer.delete(original)
            return
        content = self._content_reader.read(body)
        if body.get("replace_original") and original is not None:
            self._writer.edit(original, content)
            return
        if interaction.channel is None or interaction.channel.id not in self._world.channels:
            raise ApiError("channel_not_found")
        in_channel = body.get("response_type") == "in_channel"
        interaction.original = self._writer.post(
            interaction.channel,
            content,
            thread_ts=str(body.get("thread_ts") or "") or interaction.thread_ts,
            private_to=None if in_channel else interaction.user.id,
        )

    def _find_original(self, interaction: Interaction) -> Message | None:
        original = interaction.original
        if original is None or original.user_id != self._world.bot.id:
            return None
        channel = self._world.channels.get(original.channel_id)
        return None if channel is None else channel.messages.get(original.ts)


async def _body(request: web.Request) -> JsonObject:
    try:
        body: Any = json.loads(await request.read())
    except ValueError:
        raise ApiError("invalid_payload") from None
    if not isinstance(body, dict):
        raise ApiError("invalid_payload")
    return body
