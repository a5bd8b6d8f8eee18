"""The operator's settings for Discord."""

from dataclasses import dataclass
from typing import Annotated

from bot.config import keys
from bot.config.platforms import PlatformConfig
from bot.config.settings import Secret, secret
from bot.ids import PlatformName

NAME = PlatformName("discord")


@dataclass(frozen=True, kw_only=True)
class DiscordSettings:
    token: Annotated[Secret, secret("only the token, in quotes")]
    proxy: Annotated[str | None, keys.proxy()] = None


CONFIG = PlatformConfig(
    name=NAME,
    settings=DiscordSettings,
    needs="DISCORD_TOKEN for Discord",
    member="81384788765712384",
    workspace="197038439483310086",
)
