"""What a call costs, in millionths of a currency: by the pixels of each picture, by references, by layers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

STEP_PIXELS = 2_601_123
"""Pictures of more pixels cost the high step."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """The schedule of one model. `pictures` and `layers` are the low and the high step, in millionths."""

    currency: str
    pictures: tuple[int, int]
    layers: tuple[int, int] = (0, 0)
    reference: int = 0
    free_references: int = 0

    def of_call(self, sizes: Iterable[tuple[int, int]], *, references: int, in_layers: bool) -> int:
        """Return what finished pictures of these sizes cost together; without one, the call is free."""
        steps = self.layers if in_layers else self.pictures
        costs = [steps[width * height > STEP_PIXELS] for width, height in sizes]
        return sum(costs) + self.reference * max(0, references - self.free_references) if costs else 0


def flat(text: str) -> Price:
    """Read a price as an operator configures it, such as `0.04 USD`."""
    amount, currency = text.split()
    return Price(currency=currency, pictures=(micros(amount), micros(amount)))


def micros(amount: str) -> int:
    """Return a decimal amount in millionths."""
    return int(Decimal(amount) * 1_000_000)


def _schedule(
    currency: str, low: str, high: str, *, layers: tuple[str, str], reference: str = "0", free_references: int = 0
) -> Price:
    return Price(
        currency=currency,
        pictures=(micros(low), micros(high)),
        layers=(micros(layers[0]), micros(layers[1])),
        reference=micros(reference),
        free_references=free_references,
    )


BYTEPLUS: Mapping[str, Price] = {
    "5.5": _schedule("USD", "0.020", "0.035", layers=("0.020", "0.035"), reference="0.008"),
    "5.0-pro": _schedule("USD", "0.045", "0.09", layers=("0.0225", "0.045"), reference="0.003", free_references=1),
    "5.0-flash": _schedule("USD", "0.018", "0.018", layers=("0.018", "0.018")),
    "5.0-lite": flat("0.035 USD"),
    "4.5": flat("0.04 USD"),
    "4.0": flat("0.03 USD"),
}
VOLCENGINE: Mapping[str, Price] = {
    "5.0-pro": _schedule("CNY", "0.30", "0.60", layers=("0.15", "0.30"), reference="0.02", free_references=1),
    "5.0-flash": _schedule("CNY", "0.12", "0.12", layers=("0.12", "0.12")),
}
"""Without 5.5: nobody has published a price of it in yuan. A layer of Pro is half a picture, as it is at BytePlus."""
ACE_DATA: Mapping[str, Price] = {
    "5.0-pro": _schedule("USD", "0.044", "0.088", layers=("0", "0")),
    "5.0-lite": flat("0.040 USD"),
    "4.5": flat("0.037 USD"),
    "4.0": flat("0.030 USD"),
}
