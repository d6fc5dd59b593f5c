"""One look through the runs of a store: which rows go, by their id, their trace, or whose they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.erasure import feedback, media
from pytest_llmobs.storage.erasure.found import Found, Witness
from pytest_llmobs.storage.erasure.ids import Ids
from pytest_llmobs.storage.erasure.payloads import hashes_of
from pytest_llmobs.storage.erasure.person import Person
from pytest_llmobs.storage.erasure.places import Place
from pytest_llmobs.storage.erasure.plans import Plan
from pytest_llmobs.storage.erasure.tally import Tally
from pytest_llmobs.storage.parquet.arrays import integer_scalar
from pytest_llmobs.storage.parquet.parts import Part, Source
from pytest_llmobs.storage.parquet.runs_file import RunsFile
from pytest_llmobs.storage.parquet.sought import PROJECT, Sought

_TEXTS = ("inputs", "outputs", "reference_outputs")
_FAMILY = ("id", "trace_id", "parent_id", PROJECT)
_ROWS = tuple[str, Part, pa.Table]
"""The key of a file, a part of it, and rows of that."""


@dataclass
class Scan:
    """One look through a store."""

    place: Place
    tally: Tally
    unreadable: dict[str, str] = field(default_factory=dict)
    _sources: Sequence[Source] = ()

    def __post_init__(self) -> None:
        self._sources = self.place.sources(self._leave_out)

    def of_person(self, person: Person) -> dict[str, set[str]]:
        """Return the ids of a person's runs by their trace."""
        mine: dict[str, set[str]] = {}
        for _, _, table in self._rows(("id", "trace_id", "metadata")):
            rows = table.take(pa.array(person.positions(table["metadata"]), pa.int64()))
            for run_id, trace_id in zip(rows["id"].to_pylist(), rows["trace_id"].to_pylist(), strict=True):
                mine.setdefault(trace_id, set()).add(run_id)
        return mine

    def begun_before(self, edge: int) -> set[str]:
        """Return the traces that began before a time, microseconds."""
        begun: set[str] = set()
        moment = integer_scalar(edge)
        columns = ("trace_id", "parent_id", "start_time")
        for _, _, table in self._rows(columns, lambda part: part.first < edge):
            is_early = pc.less(table["start_time"].cast(pa.int64()), moment)
            begun.update(pc.unique(table.filter(is_early)["trace_id"]).to_pylist())
        # Clocks of processes differ: a child may begin before its root.
        for _, _, table in self._rows(columns, lambda part: part.last >= edge):
            is_late = pc.greater_equal(table["start_time"].cast(pa.int64()), moment)
            late_roots = table.filter(pc.and_(is_late, pc.is_null(table["parent_id"])))
            begun.difference_update(late_roots["trace_id"].to_pylist())
        return begun

    def take_traces(self, trace_ids: set[str], projects: frozenset[str] | None) -> None:
        """Take all runs of some traces; of some projects alone, or of all."""
        for key, part, rows in self._rows_among("trace_id", Ids(trace_ids), ("id", "trace_id", PROJECT)):
            self.tally.add(key, part, _of_projects(rows, projects))

    def take_ids(self, ids: Ids) -> None:
        """Take runs by their ids."""
        for key, part, rows in self._rows_among("id", ids, ("id", "trace_id", PROJECT)):
            self.tally.add(key, part, rows)

    def take_below(self, runs: dict[str, set[str]]) -> None:
        """Take some runs, given by their trace, and all that lie below them."""
        # Of these traces alone: a child may lie in any file, before or after its parent.
        families = list(self._rows_among("trace_id", Ids(runs), _FAMILY))
        children: dict[tuple[str, str], list[str]] = {}
        for _, _, rows in families:
            columns = [rows[name].to_pylist() for name in ("trace_id", "parent_id", "id")]
            for trace_id, parent_id, run_id in zip(*columns, strict=True):
                children.setdefault((trace_id, parent_id), []).append(run_id)
        below = Ids(_with_descendants(runs, children))
        for key, part, rows in families:
            self.tally.add(key, part, rows.filter(below.among(rows["id"])))

    def related(self, run_ids: Ids, example_ids: Ids) -> Iterator[tuple[str, str | None]]:
        """Yield the traces of judges of some runs, and those of trials of some examples with their inputs."""
        columns = ("trace_id", "parent_id", "evaluates", "example_id")
        for _, part, table in self._rows(columns):
            judging = table.filter(run_ids.among(table["evaluates"]))
            for trace_id in pc.unique(judging["trace_id"]).to_pylist():
                yield trace_id, None
            trials = table.filter(
                pc.and_(example_ids.among(table["example_id"]), pc.is_null(table["parent_id"]))
            )
            if len(trials):
                yield from _asked(part, Ids(trials["trace_id"].to_pylist()))

    def found(self, plan: Plan, *, with_hashes: bool, witness: Witness | None = None) -> Found:
        """Return what was taken, with what hangs on it.

        Args:
            plan: What is to be taken besides.
            with_hashes: Hash the payloads.
            witness: Is shown what goes.
        """
        tally = self.tally
        hashes = set(plan.payload_hashes)
        named: set[str] = set()
        kept_media = frozenset(map(Path, self.place.keys("media/*")))
        has_media = bool(kept_media)
        if with_hashes or has_media or witness is not None:
            for text in self._payloads_that_go(witness):
                if with_hashes:
                    hashes.update(hashes_of(text))
                if has_media:
                    named |= media.names_in(text)
        run_ids = (tally.run_ids | plan.run_ids) - tally.known
        only_theirs = media.unnamed(self.place, frozenset(named) | plan.media, tally.known | run_ids)
        about = feedback.about(self.place, frozenset(run_ids))
        return Found(
            run_ids=frozenset(run_ids),
            by_project=dict(sorted(tally.by_project.items())),
            files=dict(sorted(tally.files.items())),
            trace_ids=frozenset(tally.trace_ids | plan.trace_ids),
            payload_hashes=frozenset(hashes),
            media=only_theirs,
            feedback=sum(about.files.values()),
            unsealed=dict(sorted({**tally.unsealed, **about.unsealed}.items())),
            kept=dict(sorted(tally.kept.items())),
            unreadable={**self.unreadable, **about.unreadable},
        )

    def _payloads_that_go(self, witness: Witness | None) -> Iterator[bytes]:
        run_ids = Ids(self.tally.run_ids)
        for part in self.tally.parts.values():
            table = part.source.matching([part], ["id", "parent_id", *_TEXTS], _EVERYTHING)
            going = table.filter(run_ids.among(table["id"]))
            if witness is not None:
                roots = going.filter(pc.is_null(going["parent_id"]))
                for inputs, outputs in zip(
                    roots["inputs"].to_pylist(), roots["outputs"].to_pylist(), strict=True
                ):
                    witness(inputs, outputs)
            for name in _TEXTS:
                for text in going[name].drop_null().to_pylist():
                    yield text.encode()

    def _rows_among(self, column: str, ids: Ids, columns: Sequence[str]) -> Iterator[_ROWS]:
        """Yield the rows in which a column holds one of some ids."""
        if not ids:
            return
        for key, part, table in self._rows(columns, lambda part: _may_hold(part, column, ids)):
            rows = table.filter(ids.among(table[column]))
            if len(rows):
                yield key, part, rows

    def _rows(
        self, columns: Sequence[str], wanted: Callable[[Part], bool] = lambda part: True
    ) -> Iterator[_ROWS]:
        for source in self._sources:
            key = self.place.key(source.path)
            for part in filter(wanted, source.parts(_EVERYTHING)):
                yield key, part, source.matching([part], columns, _EVERYTHING)

    def _leave_out(self, path: Path, error: StoreError) -> None:
        # Of a part of a file, the path is the file's with the part's number.
        file = path if path.suffix == ".parquet" else path.parent
        self.unreadable.setdefault(self.place.key(file), str(error))


_EVERYTHING = Sought.of(None)


def _may_hold(part: Part, column: str, ids: Ids) -> bool:
    """Tell whether a part may hold one of some ids, going by the statistics of its file."""
    if not isinstance(part.source, RunsFile):
        return True
    statistics = part.source.row_groups.statistics(part.number, column)
    if statistics is None or not isinstance(statistics.min, str):
        return True
    return ids.may_be_between(statistics.min, statistics.max)


def _asked(part: Part, trace_ids: Ids) -> Iterator[tuple[str, str | None]]:
    """Yield the inputs of the root runs of some traces."""
    rows = part.source.matching([part], ["trace_id", "parent_id", "inputs"], _EVERYTHING)
    roots = rows.filter(pc.and_(trace_ids.among(rows["trace_id"]), pc.is_null(rows["parent_id"])))
    yield from zip(roots["trace_id"].to_pylist(), roots["inputs"].to_pylist(), strict=True)


def _of_projects(rows: pa.Table, projects: frozenset[str] | None) -> pa.Table:
    if projects is None:
        return rows
    return rows.filter(pc.is_in(rows[PROJECT], value_set=pa.array(sorted(projects), pa.string())))


def _with_descendants(runs: dict[str, set[str]], children: dict[tuple[str, str], list[str]]) -> Iterator[str]:
    """Yield some runs, given by their trace, and all that lie below them."""
    for trace_id, own in runs.items():
        seen = set(own)
        waiting = list(own)
        while waiting:
            run_id = waiting.pop()
            yield run_id
            for child in children.get((trace_id, run_id), ()):
                if child not in seen:
                    seen.add(child)
                    waiting.append(child)
