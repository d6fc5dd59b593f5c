"""The rows that go, counted by where they lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from pytest_llmobs.storage.erasure.found import Held
from pytest_llmobs.storage.parquet.parts import Part
from pytest_llmobs.storage.parquet.sought import PROJECT


@dataclass
class Tally:
    """What goes, so far."""

    held: Held | None = None
    """Tells which traces a rule keeps."""
    known: frozenset[str] = frozenset()
    """Runs that were found before, and are not counted."""
    run_ids: set[str] = field(default_factory=set)
    trace_ids: set[str] = field(default_factory=set)
    by_project: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    unsealed: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    parts: dict[tuple[str, int], Part] = field(default_factory=dict)
    """Row groups with runs that go, by file and number."""
    _verdicts: dict[tuple[str, str], bool] = field(default_factory=dict)

    def add(self, key: str, part: Part, rows: pa.Table) -> None:
        """Count rows that go, but for those that a rule keeps, and those that were counted before.

        Args:
            key: The file's.
            part: The part of it that they are from.
            rows: With ``id``, ``trace_id`` and ``project``.
        """
        for run_id, trace_id, project in _rows(rows):
            if run_id in self.run_ids or run_id in self.known:
                continue
            if self._is_held(project, trace_id):
                self.kept[project] += 1
                continue
            self.run_ids.add(run_id)
            self.trace_ids.add(trace_id)
            if part.source.is_sealed:
                self.by_project[project] += 1
                self.files[key] += 1
                self.parts[key, part.number] = part
            else:
                self.unsealed[key] += 1

    def _is_held(self, project: str, trace_id: str) -> bool:
        if self.held is None:
            return False
        trace = (project, trace_id)
        if trace not in self._verdicts:
            self._verdicts[trace] = self.held(project, trace_id)
        return self._verdicts[trace]


def _rows(table: pa.Table) -> Iterator[tuple[str, str, str]]:
    columns = [table[name].to_pylist() for name in ("id", "trace_id", PROJECT)]
    return zip(*columns, strict=True)
