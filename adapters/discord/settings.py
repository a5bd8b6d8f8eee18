"""The operator's settings for Discord."""

import re
from typing import Annotated

from bot.config import keys
from bot.config.platforms import PlatformConfig
from bot.config.settings import Secret, secret
from bot.ids import PlatformName
from bot.values import dataclass

NAME = PlatformName("discord")
TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
"""Neither the client secret nor the public key, which are on other pages."""


@dataclass(frozen=True, kw_only=True)
class DiscordSettings:
    token: Annotated[Secret, secret("the token of the Bot page: three parts with dots between them", shape=TOKEN)]
    proxy: Annotated[str | None, keys.proxy()] = None


CONFIG = PlatformConfig(
    name=NAME,
    settings=DiscordSettings,
    needs="DISCORD_TOKEN for Discord",
    member="81384788765712384",
    workspace="197038439483310086",
)
