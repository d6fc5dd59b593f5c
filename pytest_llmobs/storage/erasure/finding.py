"""Which runs are to go: those of a user with what lies below them, and those of traces that are too old."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.clocks import microseconds_of
from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.erasure import feedback, media
from pytest_llmobs.storage.erasure.found import Found, Held
from pytest_llmobs.storage.erasure.ids import Ids
from pytest_llmobs.storage.erasure.payloads import hashes_of
from pytest_llmobs.storage.erasure.person import Person
from pytest_llmobs.storage.erasure.places import Place
from pytest_llmobs.storage.erasure.plans import Plan
from pytest_llmobs.storage.erasure.stores import place_of
from pytest_llmobs.storage.erasure.tally import Tally
from pytest_llmobs.storage.parquet.arrays import integer_scalar
from pytest_llmobs.storage.parquet.damage import VanishedError
from pytest_llmobs.storage.parquet.listing import PATIENCE
from pytest_llmobs.storage.parquet.parts import Part, Source
from pytest_llmobs.storage.parquet.runs_file import RunsFile
from pytest_llmobs.storage.parquet.sought import PROJECT, Sought
from pytest_llmobs.storage.store import Store

_TEXTS = ("inputs", "outputs", "reference_outputs")
_FAMILY = ("id", "trace_id", "parent_id", PROJECT)
_ROWS = tuple[str, Part, pa.Table]
"""The key of a file, a part of it, and rows of that."""


def find_runs(
    store: Store, keys: Sequence[str], user: str, *, held: Held | None = None, whole_traces: bool = False
) -> Found:
    """Return the runs of a user, and everything below them in their traces: in whatever file, sealed or not.

    What an erasure that was killed had set out to take is found as well.

    Args:
        store: On this machine, or a ``RemoteStore``.
        keys: Keys of metadata, such as ``user_id``: a run is the user's where one of them has the value ``user``.
        user: The user's id. A whole number in the metadata counts as its digits.
        held: Tells which traces a rule keeps; they are counted in ``Found.kept``.
        whole_traces: Take the whole of each trace; otherwise what lies above the user's runs, or beside them, stays.

    Raises:
        StoreError: The store can't be reached.
    """
    person = Person(keys, user)

    def tell(look: _Look) -> None:
        mine = look.of_person(person)
        if whole_traces:
            look.take_traces(set(mine), None)
        else:
            look.take_below(mine)

    return _found(store, held, tell, with_hashes=True)


def find_old(
    store: Store, before: datetime, projects: Sequence[str] | None = None, *, held: Held | None = None
) -> Found:
    """Return the runs of all traces whose root started before a time; of one without a root, whose first run did.

    What an erasure that was killed had set out to take is found as well.

    Args:
        store: On this machine, or a ``RemoteStore``.
        before: Aware.
        projects: Only the runs of these; None for all.
        held: Tells which traces a rule keeps; they are counted in ``Found.kept``.

    Raises:
        StoreError: The store can't be reached.
    """
    edge = microseconds_of(before)
    only = None if projects is None else frozenset(projects)

    def tell(look: _Look) -> None:
        look.take_traces(look.begun_before(edge), only)

    return _found(store, held, tell, with_hashes=False)


def find_traces(
    store: Store, trace_ids: Collection[str], *, held: Held | None = None, besides: Found | None = None
) -> Found:
    """Return all runs of some traces, such as the trials of an example that goes.

    Args:
        store: On this machine, or a ``RemoteStore``.
        trace_ids: The traces' ids.
        held: Tells which traces a rule keeps; they are counted in ``Found.kept``.
        besides: What was found already, and is not counted once more (see ``found.joined``).

    Raises:
        StoreError: The store can't be reached.
    """

    def tell(look: _Look) -> None:
        look.take_traces(set(trace_ids), None)

    return _found(store, held, tell, with_hashes=True, besides=besides)


def _found(
    store: Store,
    held: Held | None,
    tell: Callable[[_Look], None],
    *,
    with_hashes: bool,
    besides: Found | None = None,
) -> Found:
    """Look through a store, once more where files are merged meanwhile."""
    place = place_of(store)
    place.begin()
    known: frozenset[str] = frozenset()
    if besides is not None:
        known = besides.run_ids
    for _ in range(PATIENCE - 1):
        try:
            return _look_through(place, Tally(held, known), tell, with_hashes)
        except VanishedError:
            continue
    return _look_through(place, Tally(held, known), tell, with_hashes)


def _look_through(place: Place, tally: Tally, tell: Callable[[_Look], None], with_hashes: bool) -> Found:
    look = _Look(place, tally)
    tell(look)
    # The rows that told whose these runs are may be gone already.
    plan = place.unfinished()
    look.take_ids(Ids(plan.run_ids))
    return look.found(plan, with_hashes=with_hashes)


@dataclass
class _Look:
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

    def found(self, plan: Plan, *, with_hashes: bool) -> Found:
        """Return what was taken, with what hangs on it.

        Args:
            plan: What is to be taken besides.
            with_hashes: Hash the payloads.
        """
        tally = self.tally
        hashes = set(plan.payload_hashes)
        named: set[str] = set()
        kept_media = frozenset(map(Path, self.place.keys("media/*")))
        has_media = bool(kept_media)
        if with_hashes or has_media:
            for text in self._payloads_that_go():
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

    def _payloads_that_go(self) -> Iterator[bytes]:
        run_ids = Ids(self.tally.run_ids)
        for part in self.tally.parts.values():
            table = part.source.matching([part], ["id", *_TEXTS], _EVERYTHING)
            going = table.filter(run_ids.among(table["id"]))
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
