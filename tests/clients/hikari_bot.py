"""A hikari bot: it reads its place, registers a command, answers one with a picture, and is refused a long message."""

import asyncio
import json
import ssl
import sys

import hikari
from hikari.impl import config


async def main() -> None:
    line = json.loads(sys.argv[1])
    env = line["env"]
    bot = hikari.GatewayBot(
        env["DISCORD_TOKEN"],
        banner=None,
        logs=None,
        http_settings=config.HTTPSettings(ssl=ssl.create_default_context(cafile=env["TLS_CA_FILE"])),
        proxy_settings=config.ProxySettings(url=env["DISCORD_PROXY"]),
        intents=hikari.Intents.GUILDS | hikari.Intents.GUILD_MESSAGES,
    )
    answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @bot.listen(hikari.InteractionCreateEvent)
    async def answer(event: hikari.InteractionCreateEvent) -> None:
        await event.interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
        await event.interaction.edit_initial_response("answered by hikari", attachment=hikari.Bytes(b"\x89PNG", "a.png"))
        answered.set_result(None)

    await bot.start(check_for_updates=False)
    application = await bot.rest.fetch_application()
    guild = await bot.rest.fetch_guild(int(line["discord"]["guild"]))
    await bot.rest.fetch_member(guild.id, int(line["discord"]["users"]["ada"]))
    channel = int(line["discord"]["channel_names"]["general"])
    assert {one.id for one in await bot.rest.fetch_guild_channels(guild.id)} >= {channel}
    message = await bot.rest.create_message(channel, "hello")
    await bot.rest.edit_message(channel, message.id, "edited")
    command = bot.rest.slash_command_builder("imagine", "Make a picture").add_option(
        hikari.CommandOption(type=hikari.OptionType.STRING, name="prompt", description="What to see", is_required=True)
    )
    await bot.rest.set_application_commands(application.id, [command])
    refusals = await asyncio.gather(bot.rest.create_message(channel, "x" * 3000), return_exceptions=True)
    assert [isinstance(one, hikari.BadRequestError) and "content" in (one.errors or {}) for one in refusals] == [True]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await answered
    await bot.close()


asyncio.run(main())
