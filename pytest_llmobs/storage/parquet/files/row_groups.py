"""What a footer says of the row groups of its file: worked out once, however often the file is scanned."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from pytest_llmobs.storage.parquet.damage import UNREADABLE
from pytest_llmobs.storage.parquet.files.footer import FileKind

if TYPE_CHECKING:  # a session writes and reads nothing: it does without 20 MB
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

Span = tuple[int, int]
"""The first and the last time of some rows, microseconds."""


class RowGroups:
    """The row groups of one file; all scans of it share them."""

    def __init__(
        self,
        kind: FileKind,
        make_fragment: Callable[[], ds.ParquetFileFragment],
        footer: pq.FileMetaData | None = None,
    ) -> None:
        """Take a file.

        Args:
            kind: What its rows are.
            make_fragment: Returns the file as Arrow knows which row groups may match a condition.
            footer: What was read of it already; by default the fragment reads it.
        """
        self._kind = kind
        self._make_fragment = make_fragment
        self._fragment: ds.ParquetFileFragment | None = None
        self.footer = footer or self._with_fragment().metadata
        """As Arrow has read it."""

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.footer.num_row_groups)

    @cached_property
    def rows(self) -> list[int]:
        """How many rows each has."""
        return [self.footer.row_group(group).num_rows for group in range(self.count)]

    @cached_property
    def schema(self) -> pa.Schema:
        """The types that the columns have."""
        return self.footer.schema.to_arrow_schema()

    @cached_property
    def may_lack_needed(self) -> bool:
        """True where what every row has may be null: somebody else has written the file."""
        columns = [self._numbers[name] for name in self._kind.needed]
        for group in range(self.count):
            row_group = self.footer.row_group(group)
            for column in columns:
                statistics = row_group.column(column).statistics
                if statistics is None or statistics.null_count != 0:
                    return True
        return False

    def admitted(self, condition: pc.Expression, schema: pa.Schema) -> list[int]:
        """Return the numbers of those that may hold a match, going by their statistics.

        Args:
            condition: What a match fulfils.
            schema: The columns that the condition knows.
        """
        try:
            fragment = self._with_fragment().subset(filter=condition, schema=schema)
            return [group.id for group in fragment.row_groups]
        except UNREADABLE:  # statistics of other types than the columns have: reading it tells what is wrong
            return list(range(self.count))

    def statistics(self, group: int, column: str) -> pq.Statistics | None:
        """Return what is known of a column, where lowest and highest value are."""
        statistics = self.footer.row_group(group).column(self._numbers[column]).statistics
        if statistics is None or not statistics.has_min_max:
            return None
        return statistics

    def span(self, group: int, column: str) -> Span | None:
        """Return the first and the last time of a column; None where its statistics don't tell."""
        if column not in self._spans:
            self._spans[column] = [self._span(number, column) for number in range(self.count)]
        return self._spans[column][group]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """Where each column stands in the footer."""
        return {name: number for number, name in enumerate(self.footer.schema.names)}

    @cached_property
    def _spans(self) -> dict[str, list[Span | None]]:
        return {}

    def _span(self, group: int, column: str) -> Span | None:
        statistics = self.statistics(group, column)
        if statistics is None or self.schema.field(column).type != pa.timestamp("us", "UTC"):
            return None
        return int(statistics.min_raw), int(statistics.max_raw)

    def _with_fragment(self) -> ds.ParquetFileFragment:
        if self._fragment is None:
            self._fragment = self._make_fragment()
            # It has read the footer anew: one of them is enough, each takes about 50 KB a row group.
            self.footer = self._fragment.metadata
        return self._fragment
