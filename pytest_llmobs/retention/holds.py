"""Legal holds: traces that must be kept, whoever asks for their erasure and however old they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from operator import attrgetter

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.records.conditions import RunFilter
from pytest_llmobs.storage.filtering.language import parse
from pytest_llmobs.storage.store import Store


@dataclass
class Holds:
    """The lines of ``llm_legal_hold``: patterns of projects, and filters of runs."""

    patterns: Sequence[str] = ()
    filters: Mapping[str, RunFilter] = field(default_factory=dict)
    """By the line that they were read from."""
    _traces: dict[str, frozenset[str]] = field(default_factory=dict)
    _used: dict[str, None] = field(default_factory=dict)

    @classmethod
    def read(cls, lines: Sequence[str]) -> Holds:
        """Return the holds of the setting's lines: one with a bracket is a filter, any other a project.

        Raises:
            SettingsError: A filter can't be understood.
        """
        from pytest_llmobs.errors import FilterError

        patterns, filters = [], {}
        for line in lines:
            if "(" not in line:
                patterns.append(line)
                continue
            try:
                filters[line] = RunFilter(run=parse(line))
            except FilterError as error:
                raise SettingsError(
                    f"llm_legal_hold holds a filter that can't be understood. {error}"
                ) from error
        return cls(patterns, filters)

    def of(self, store: Store) -> Holds:
        """Return the holds with the traces of a store that the filters choose: a run holds the whole of its trace.

        Raises:
            StoreError: The store can't be read.
        """
        traces = {}
        for line, condition in self.filters.items():
            runs = store.runs(filter=condition, columns=["id", "trace_id"])
            traces[line] = frozenset(map(attrgetter("trace_id"), runs))
        return Holds(self.patterns, self.filters, traces)

    def keeps(self, project: str, trace_id: str) -> bool:
        """Tell whether a trace is held, and remember by which line."""
        for pattern in self.patterns:
            if fnmatchcase(project, pattern):
                self._used[pattern] = None
                return True
        for line, traces in self._traces.items():
            if trace_id in traces:
                self._used[line] = None
                return True
        return False

    @property
    def used(self) -> list[str]:
        """The lines that have kept something."""
        return list(self._used)
