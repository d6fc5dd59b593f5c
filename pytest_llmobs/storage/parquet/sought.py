"""What a scan looks for, made ready: the condition, and the columns it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.parquet.arrays import text_scalar
from pytest_llmobs.storage.parquet.schema import NAMES, NEEDED, arrow_schema
from pytest_llmobs.storage.parquet.where import Pushed, Where, admitted, evaluated

PROJECT = "project"
"""The column that is no part of the files: the partition they lie in."""
POSITION = "position"
"""The column that numbers rows, where they are to be found again."""
EVERYTHING = Pushed(None)
"""Matches every row."""


@cache
def scan_schema() -> pa.Schema:
    """Return the schema of what scans return: the files' columns, and the project."""
    return arrow_schema().append(pa.field(PROJECT, pa.string()))


def schema_of(columns: Sequence[str]) -> pa.Schema:
    """Return the schema of some columns."""
    return pa.schema([scan_schema().field(name) for name in columns])


@dataclass(frozen=True)
class SoughtText:
    """A text, or how one begins, that a column of texts shall hold: an id, which is found without Arrow's expressions.

    To load what evaluates those takes longer than to find it.
    """

    column: str
    text: str
    is_whole: bool = True
    """False where it is the beginning of what is sought."""

    def lies_between(self, lowest: str, highest: str) -> bool:
        """Tell whether texts from ``lowest`` to ``highest`` may be among what is sought."""
        if self.is_whole:
            return lowest <= self.text <= highest
        return lowest[: len(self.text)] <= self.text <= highest

    def among(self, table: pa.Table) -> pa.Table:
        """Return the rows of a table that hold it."""
        if self.is_whole:
            return table.filter(pc.equal(table[self.column], text_scalar(self.text)))
        return table.filter(pc.starts_with(table[self.column], self.text))


@dataclass(frozen=True)
class Sought:
    """A condition on rows, as one scan evaluates it over and over."""

    where: Where
    pushdown: pc.Expression | None
    """What ``where`` pushes down, and the bounds of the scan."""
    columns: tuple[str, ...]
    """What the condition needs, mask and all."""
    text: SoughtText | None = None
    """A text that must be there besides."""

    @classmethod
    def of(cls, where: Where | None) -> Sought:
        """Make a condition ready; None admits every row."""
        where = where or EVERYTHING
        columns: list[str] = []
        if where.pushdown is not None:
            columns += named(where.pushdown)
        columns += where.mask_columns
        return cls(where, where.pushdown, tuple(dict.fromkeys(columns)))

    @classmethod
    def of_text(cls, column: str, text: str, *, is_whole: bool = True) -> Sought:
        """Look for a text in a column that has statistics."""
        return cls(EVERYTHING, None, (column,), SoughtText(column, text, is_whole))

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

    def among(self, table: pa.Table, columns: Sequence[str]) -> pa.Table:
        """Return some columns of those rows of a table that match.

        Args:
            table: Has these columns, and those that the condition needs.
            columns: Their names.
        """
        if self.text is not None:
            table = self.text.among(table)
        if self.pushdown is not None and len(table):
            matches = evaluated(self.pushdown, table.select(self.columns))
            # what only the condition looks at isn't carried along
            kept = dict.fromkeys((*columns, *self.where.mask_columns))
            table = table.select(list(kept)).filter(matches)
        return admitted(table, self.where).select(list(columns))


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
