"""What the bot says about itself when it starts."""

from bot.catalog.profiles import profiles_of
from bot.catalog.retirement import notices
from bot.config.settings import Settings
from bot.wallet.admission import EVERYONE
from bot.web.health import own_version


def described(settings: Settings, *, now: float) -> dict[str, str]:
    """The fields of the first line of the log: what runs, with what, for whom and where. No secrets."""
    profiles = profiles_of(settings)
    models = dict.fromkeys(name for known in profiles for name in known.models)
    retired = "; ".join(map(str, notices(profiles, now)))
    return {
        "version": own_version(),
        "platforms": ", ".join(settings.platforms),
        "gateways": ", ".join(f"{known.name} ({known.dialect.name})" for known in profiles),
        "models": ", ".join(models),
        **({"retired": retired} if retired else {}),
        "tiers": ", ".join(f"{tier.name} {tier.images_per_day}/day" for tier in settings.quota.tiers or (EVERYONE,)),
        "data_dir": str(settings.data_dir.absolute()),
    }
