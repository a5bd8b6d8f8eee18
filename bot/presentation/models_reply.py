"""The answer to `/models`; pure."""

from collections.abc import Collection, Sequence

from bot.catalog.profiles import GatewayModel, GatewayProfile
from bot.catalog.sizes import tier_pixels
from bot.chat.reply import Reply
from bot.money import Money
from bot.wording.words import Words


def models_reply(profiles: Sequence[GatewayProfile], words: Words) -> Reply:
    """Every model, and under it the sizes and the price at each gateway that has it, or at all together if none is named."""
    named = dict.fromkeys(name for profile in profiles for name in profile.models)
    lines = []
    for name in named:
        offers = [(profile.name, profile.models[name]) for profile in profiles if name in profile.models]
        lines.append(_model_line(name, [model for _, model in offers], words))
        if words.disclosure.gateways:
            lines += [_offer(gateway, [model], words) for gateway, model in offers]
        else:
            lines.append(_offer("", [model for _, model in offers], words))
    note = words.say("models-note")
    if words.tells_costs(private=True):
        note = f"{words.say('models-prices')} {note}"
    return Reply(text="\n".join(lines), note=note)


def _model_line(name: str, models: Sequence[GatewayModel], words: Words) -> str:
    """A model and, in a few words, what it can do."""
    several = any(model.most_images > 1 for model in models)
    sets = "independent" if all(model.one_picture for model in models) else "related"
    return words.say(
        "models-model",
        model=name,
        sets=sets if several else "none",
        transparent=next((model.transparent for model in models if model.transparent is not None), "none"),
        layers="yes" if any(model.most_layers for model in models) else "no",
    )


def _offer(gateway: str, models: Sequence[GatewayModel], words: Words) -> str:
    """What a gateway offers of a model, or what several do."""
    sizes = {tier for model in models for tier in model.sizes.tiers}
    tiers = ", ".join(sorted(sizes, key=lambda tier: tier_pixels(tier) or 0))
    if not words.tells_costs(private=True):
        return words.say("models-offer", gateway=gateway, tiers=tiers)
    known = {price for model in models if model.price is not None for price in model.price.picture_prices}
    return words.say("models-offer-price", gateway=gateway, tiers=tiers, price=_prices(known, words) or "unknown")


def _prices(known: Collection[Money], words: Words) -> str:
    """From the lowest, each currency once."""
    amounts: dict[str, list[str]] = {}
    for price in sorted(known, key=lambda price: (price.currency, price.micros)):
        amounts.setdefault(price.currency, []).append(price.amount)
    either = f" {words.say('models-or')} "
    return either.join(f"{either.join(those)} {currency}" for currency, those in amounts.items())
