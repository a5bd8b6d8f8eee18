"""The answer to `/models`; pure."""

from collections.abc import Sequence

from bot.catalog.price import PriceSchedule
from bot.catalog.profiles import GatewayModel, GatewayProfile
from bot.catalog.retirement import day_of, state_of
from bot.chat.reply import Reply
from bot.money import Money
from bot.presentation.offers import ordered_tiers
from bot.wording.words import Words

Offer = tuple[str, GatewayModel]
"""A gateway's name and its terms."""
MOST_CHARACTERS = 1_900
"""The shortest message limit of a platform, with some room."""


def models_reply(profiles: Sequence[GatewayProfile], words: Words, *, now: float) -> Reply:
    """Every model with what it can do, and under it the terms of each gateway.

    Models whose pictures are independent of each other, and models that make related sets, stand apart. The gateways of a model
    share one line if their names are not told, or if all of them would not fit into one message.
    """
    note = words.say("models-note")
    text = _text(profiles, words, now=now, together=not words.disclosure.gateways)
    if len(text) + len(note) > MOST_CHARACTERS:
        text = _text(profiles, words, now=now, together=True)
    return Reply(text=text, note=note)


def _text(profiles: Sequence[GatewayProfile], words: Words, *, now: float, together: bool) -> str:
    names = dict.fromkeys(name for profile in profiles for name in profile.models)
    independent: list[str] = []
    sets: list[str] = []
    for name in sorted(names, reverse=True):
        offers = [(str(profile.name), profile.models[name]) for profile in profiles if name in profile.models]
        alone = all(model.one_picture or model.most_images == 1 for _, model in offers)
        (independent if alone else sets).extend(_model_lines(name, offers, words, now=now, together=together))
    lines = [
        *((words.say("models-independent"), *independent) if independent else ()),
        *((words.say("models-sets"), *sets) if sets else ()),
    ]
    return "\n".join(lines)


def _model_lines(name: str, offers: Sequence[Offer], words: Words, *, now: float, together: bool) -> list[str]:
    models = [model for _, model in offers]
    tiers = ordered_tiers(*(model.sizes.tiers for model in models))
    header = words.say(
        "models-model",
        model=name,
        tiers=", ".join(tiers) or words.say("models-tiers-own"),
        transparent=next((model.transparent for model in models if model.transparent is not None), "none"),
        layers="yes" if any(model.most_layers for model in models) else "no",
        regions="yes" if any(model.regions for model in models) else "no",
    )
    if together:
        terms = _terms(models, words, now=now)
        return [header, *([words.say("models-offer", where="together", terms=terms)] if terms else [])]
    # Gateways with the same terms share a line.
    gateways: dict[str, list[str]] = {}
    for gateway, model in offers:
        own = [", ".join(model.sizes.tiers)] if model.sizes.tiers != tiers else []
        terms = "; ".join([*own, _terms([model], words, now=now)]).removesuffix("; ")
        gateways.setdefault(terms or words.say("models-available"), []).append(gateway)
    lines = [words.say("models-offer", where=", ".join(names), terms=terms) for terms, names in gateways.items()]
    return [header, *lines]


def _terms(models: Sequence[GatewayModel], words: Words, *, now: float) -> str:
    """Price and retirement, as one or several gateways have them."""
    parts = [_price(models, words)] if words.tells_costs(private=True) else []
    if all(model.is_unusable(now) for model in models):
        parts.append(words.say("models-unusable"))
    retired = [model for model in models if state_of(model, now) is not None]
    # Where one gateway still has it, there is nothing to say of all together.
    if len(retired) == len(models) and retired[0].retirement is not None:
        retirement = retired[0].retirement
        parts.append(
            words.say(
                "models-retired",
                state=state_of(retired[0], now) or "",
                day=day_of(retirement.at),
                instead=retirement.instead or "none",
            )
        )
    return "; ".join(parts)


def _price(models: Sequence[GatewayModel], words: Words) -> str:
    """What an image costs, at each step, and what a reference does if it is not free."""
    known = [model.price for model in models if model.price is not None]
    if not known:
        return words.say("models-price", price="unknown")
    one = _stepped(known[0], models[0], words) if len(set(known)) == 1 else None
    parts = [words.say("models-price", price=one or _joined({price for each in known for price in each.picture_prices}, words))]
    charged = [each for each in known if each.reference]
    if charged:
        prices = {Money(micros=each.reference, currency=each.currency) for each in charged}
        free = min(each.free_references for each in charged)
        parts.append(words.say("models-price-reference", price=_joined(prices, words), free=free))
    return ", ".join(parts)


def _stepped(price: PriceSchedule, model: GatewayModel, words: Words) -> str | None:
    """A price of two steps, the lower with the largest size that it holds for; None for any other."""
    if len(price.picture) != 2 or price.picture[0].up_to_pixels is None:
        return None
    sides, end = model.sizes.sides, price.picture[0].up_to_pixels
    lower = [tier for tier in model.sizes.tiers if tier in sides and sides[tier] ** 2 <= end]
    if not lower or len(lower) == len(model.sizes.tiers):
        return None
    low, high = (Money(micros=step.micros, currency=price.currency) for step in price.picture)
    return words.say("models-price-steps", low=low.amount, tier=lower[-1], high=str(high))


def _joined(prices: set[Money], words: Words) -> str:
    """Amounts of one currency have it once: 0.02 or 0.035 USD."""
    by_currency: dict[str, list[Money]] = {}
    for price in sorted(prices, key=lambda price: (price.currency, price.micros)):
        by_currency.setdefault(price.currency, []).append(price)
    word = f" {words.say('models-or')} "
    return word.join(f"{word.join(price.amount for price in same)} {currency}" for currency, same in by_currency.items())
