"""A py-cord bot: it answers a command, edits the answer and follows up with a file."""

import asyncio
import io
import json
import ssl
import sys

import aiohttp
import discord


async def main() -> None:
    line = json.loads(sys.argv[1])
    env = line["env"]
    tls = ssl.create_default_context(cafile=env["TLS_CA_FILE"])
    bot = discord.Bot(
        intents=discord.Intents(guilds=True, guild_messages=True),
        proxy=env["DISCORD_PROXY"],
        connector=aiohttp.TCPConnector(ssl=tls),
    )
    answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @bot.slash_command()
    async def imagine(context: discord.ApplicationContext, prompt: str) -> None:
        await context.respond(f"thinking of {prompt}")
        await context.edit(content="answered by py-cord")
        await context.followup.send("a file", file=discord.File(io.BytesIO(b"content"), "a.txt"))
        answered.set_result(None)

    @bot.event
    async def on_ready() -> None:
        await bot.sync_commands()
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    running = asyncio.create_task(bot.start(env["DISCORD_TOKEN"]))
    await answered
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await bot.close()


asyncio.run(main())
