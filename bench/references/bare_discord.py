"""The least that discord.py needs to answer `/imagine`: acknowledge, echo the prompt, wait, follow up with a picture. It stores nothing.

`BENCH_PICTURE` is the file that it sends, `BENCH_DELAY_S` how long it waits before, as for a gateway.
"""

import asyncio
import os
import ssl
import sys
from pathlib import Path

import aiohttp
import discord
from discord import app_commands

from bench.probe import probe_loop

MOST_CHARACTERS = 2000
"""Of a message."""


class Echo(discord.Client):
    def __init__(self, picture: Path, delay_s: float) -> None:
        context = ssl.create_default_context(cafile=os.environ["TLS_CA_FILE"])
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            proxy=os.environ["DISCORD_PROXY"],
            connector=aiohttp.TCPConnector(limit=0, ssl=context),
        )
        self.tree = app_commands.CommandTree(self)
        self._picture = picture
        self._delay_s = delay_s
        self.tree.add_command(app_commands.Command(name="imagine", description="Make a picture", callback=self._imagine))

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_connect(self) -> None:
        sys.stdout.write("event=ready platform=discord\n")
        sys.stdout.flush()

    async def _imagine(self, interaction: discord.Interaction, prompt: str) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(content=prompt[:MOST_CHARACTERS])
        await asyncio.sleep(self._delay_s)
        await interaction.followup.send(prompt[:MOST_CHARACTERS], file=discord.File(self._picture, "picture.jpg"))


async def _run() -> None:
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    async with probe_loop(), Echo(Path(os.environ["BENCH_PICTURE"]), float(os.environ["BENCH_DELAY_S"])) as client:
        await client.start(os.environ["DISCORD_TOKEN"])


def main() -> None:
    asyncio.run(_run())


if __name__ == "__main__":
    main()
