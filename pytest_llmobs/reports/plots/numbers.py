"""What a picture shows, as a table: for those who don't see it, and for those who want the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NumberTable:
    """The numbers of a picture, written."""

    head: Sequence[str]
    """Names of the columns; the first one names the rows."""
    rows: Sequence[Sequence[str]]
    texts: Sequence[str] = ()
    """Columns that hold words rather than figures."""

    def as_data(self) -> dict[str, Any]:
        """Return it in JSON types."""
        return {"head": list(self.head), "rows": list(map(list, self.rows)), "texts": list(self.texts)}


def by_suite(head: Sequence[str], rows: Sequence[Sequence[str]], texts: Sequence[str]) -> NumberTable:
    """Return a table whose rows end with their suite, without it where all have the same."""
    if len({row[-1] for row in rows}) > 1:
        return NumberTable([*head, "suite"], rows, [*texts, "suite"])
    return NumberTable(head, [row[:-1] for row in rows], texts)
