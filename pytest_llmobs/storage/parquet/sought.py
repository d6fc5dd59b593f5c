"""What a scan looks for, made ready: the condition, and the columns it needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.parquet.schema import NAMES, NEEDED, arrow_schema
from pytest_llmobs.storage.parquet.where import Pushed, Where, admitted

PROJECT = "project"
"""The column that is no part of the files: the partition they lie in."""
EVERYTHING = Pushed(None)
"""Matches every row."""


@cache
def scan_schema() -> pa.Schema:
    """Return the schema of what scans return: the files' columns, and the project."""
    return arrow_schema().append(pa.field(PROJECT, pa.string()))


@dataclass(frozen=True)
class Sought:
    """A condition on rows, as one scan evaluates it over and over."""

    where: Where
    pushdown: pc.Expression | None
    """What ``where`` pushes down, and the bounds of the scan."""
    columns: tuple[str, ...]
    """What the condition needs, mask and all."""

    @classmethod
    def of(cls, where: Where | None) -> Sought:
        """Make a condition ready; None admits every row."""
        where = where or EVERYTHING
        columns: list[str] = []
        if where.pushdown is not None:
            columns += named(where.pushdown)
        columns += where.mask_columns
        return cls(where, where.pushdown, tuple(dict.fromkeys(columns)))

    @property
    def is_everything(self) -> bool:
        """True where every row matches."""
        return not self.columns

    def within(self, bound: pc.Expression, *columns: str) -> Sought:
        """Return what is sought with a further condition on some columns."""
        names = tuple(dict.fromkeys((*self.columns, *columns)))
        return replace(self, pushdown=both(self.pushdown, bound), columns=names)

    def of_runs(self) -> Sought:
        """Return what is sought where rows may lack what every run has."""
        present = [pc.field(name).is_valid() for name in NEEDED]
        return self.within(present[0] & present[1] & present[2], *NEEDED)

    def among(self, table: pa.Table) -> pa.Table:
        """Return the rows of a table, which has the columns that are needed, that match."""
        if self.pushdown is not None and len(table):
            table = table.filter(self.pushdown)
        return admitted(table, self.where)


def both(one: pc.Expression | None, other: pc.Expression) -> pc.Expression:
    """Return the condition that both hold."""
    if one is None:
        return other
    return one & other


def named(expression: pc.Expression) -> list[str]:
    """Return the columns that an expression looks at."""
    text = str(expression)
    return [name for name in (*NAMES, PROJECT) if name in text and _needs(expression, name)]


def _needs(expression: pc.Expression, name: str) -> bool:
    """Tell whether an expression makes no sense without a column; its text may also mean a value."""
    import pyarrow.dataset as ds

    others = [field for field in scan_schema() if field.name != name]
    try:
        ds.Scanner.from_batches([], schema=pa.schema(others), filter=expression)
    except pa.ArrowInvalid:
        return True
    return False
