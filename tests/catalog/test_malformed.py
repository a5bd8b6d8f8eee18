"""Whatever an operator writes into the catalog's tables is named as a fault or taken; nothing breaks the start."""

import copy
import random
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.catalog.dialects import ModelOnDialect
from bot.catalog.load import context_of
from bot.catalog.models import ModelRow
from bot.catalog.tables.operator_faults import catalog_faults
from bot.config.tables import keys_of

VALUES: list[Any] = [
    *(3, -1, True, False, "x", "", "4.5", [], ["1K"], ["9K", "2K"], [1, 2], {}, {"a": 1}, {"id": "x"}),
    *(Decimal("nan"), Decimal("1.5"), datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1)),
    *({"2K": {"16:9": "2816x1584"}}, {"models": {"5.5": {"off": 1}}}, {"currency": "USD", "picture": [{"price": "1"}]}),
    {"currency": 3, "picture": [3]},
]
KEYS = [*keys_of(ModelRow), *keys_of(ModelOnDialect), "models", "default_model", "unheard_of"]
NAMES = ["6.0", "4.5", "5.5", "Bad X", "ark_cn", "lite", "mine"]


class Author:
    """Writes tables at random."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def pick(self, *values: Any) -> Any:
        return copy.deepcopy(self._random.choice(values))

    def row(self) -> dict[str, Any]:
        return {self.pick(*KEYS): self.pick(*VALUES) for _ in range(self._random.randint(0, 4))}

    def tables(self) -> Any:
        return self.pick({self.pick(*NAMES): self.pick(self.row(), *VALUES)}, *VALUES)

    def document(self) -> dict[str, Any]:
        gateway = {
            "dialect": self.pick("ark_cn", "ark_intl", "nope", 3),
            "models": self.tables(),
            "prices": self.tables(),
            "default_model": self.pick(*VALUES),
        }
        dialects = self.pick(self.tables(), {"ark_cn": {"models": self.tables()}})
        return {
            "model": self.tables(),
            "dialect": dialects,
            "sizes": self.tables(),
            "gateway": self.pick([gateway], [gateway, 3], 3),
            "defaults": self.pick({"model": self.pick(*VALUES)}, 3),
        }


@pytest.mark.parametrize("seed", range(4))
def test_no_table_breaks_the_reader(seed: int) -> None:
    author = Author(seed)
    found = 0
    for _ in range(400):
        document = author.document()
        own = document["model"] if isinstance(document["model"], dict) else {}
        found += bool(catalog_faults(document, context_of(own), now=1_800_000_000.0))

    assert found > 200
