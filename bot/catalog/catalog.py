"""The catalog: every row, of this release and of the operator; pure."""

from collections.abc import Mapping

from bot.catalog.dialects import DialectRow
from bot.catalog.models import ModelRow, spelled
from bot.catalog.sizes import SizeTable
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """All rows by name. `sides`: the side of each tier's square, in pixels, from the smallest to the largest."""

    models: Mapping[str, ModelRow]
    dialects: Mapping[str, DialectRow]
    sides: Mapping[str, int]
    sizes: Mapping[str, SizeTable]

    def find_model(self, text: str) -> ModelRow | None:
        """The model that a member's spelling means; case and the family name do not matter."""
        version = spelled(text)
        return next(
            (row for row in self.models.values() if version in (*row.spellings_until_retired, *row.all_spellings)),
            None,
        )

    def is_model(self, text: str) -> bool:
        return self.find_model(text) is not None
