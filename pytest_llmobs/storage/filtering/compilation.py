"""Conditions -> what a scan needs: an Arrow expression, and a check of the rows that it lets through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.records.conditions import (
    Condition,
    Conjunction,
    Disjunction,
    FieldCondition,
    Negation,
    RecordKind,
    RunFilter,
    SameRecord,
    TextSearch,
)
from pytest_llmobs.storage.filtering.expressions import (
    among,
    comparison,
    either,
    every,
    searched_anywhere,
)
from pytest_llmobs.storage.filtering.feedback import CurrentFeedback, FeedbackCheck
from pytest_llmobs.storage.filtering.fields import SEARCHED, FilterField, by_name
from pytest_llmobs.storage.filtering.keywords import Filters, keyword_conditions
from pytest_llmobs.storage.filtering.language import parse
from pytest_llmobs.storage.filtering.language_text import written
from pytest_llmobs.storage.filtering.row_checks import RowCheck, entry_check, json_check, needs_json
from pytest_llmobs.storage.parquet.where import evaluated


class FilteredStore(Protocol):
    """What is asked of a store."""

    @property
    def feedback(self) -> CurrentFeedback:
        """Its log of feedback."""

    def tables(
        self,
        columns: Sequence[str],
        project: str | Sequence[str] | None = None,
        *,
        filter: RunFilter | None = None,
        ordered: bool = True,
    ) -> Iterator[pa.Table]:
        """Yield columns of the runs that match, in any order where that is said."""


@dataclass(frozen=True)
class CompiledFilter:
    """A filter as a scan takes it (``parquet.where.Where``), and what it consists of."""

    pushdown: pc.Expression | None
    """What every match fulfils; exact where ``mask_columns`` is empty; None where everything does."""
    mask_columns: Sequence[str]
    """What ``mask`` needs to read."""
    conditions: Sequence[str]
    """What was asked for, in the filter language."""
    checked: pc.Expression
    """What is left to say of the rows that ``pushdown`` lets through."""
    checks: Sequence[RowCheck]
    """The parts of it that Arrow can't say."""

    @property
    def row_checks(self) -> Sequence[str]:
        """What is checked row by row, in the filter language."""
        return list(map(attrgetter("meaning"), self.checks))

    def mask(self, table: pa.Table) -> pa.ChunkedArray:
        """Return for each row that ``pushdown`` lets through whether it matches."""
        for number, check in enumerate(self.checks):
            table = table.append_column(_name(number), check.matches(table))
        return evaluated(self.checked, table)


def compiled(
    filter: RunFilter | None,
    store: FilteredStore,
    project: str | Sequence[str] | None = None,
    keywords: Filters | None = None,
) -> CompiledFilter:
    """Return a filter as a scan takes it.

    Conditions of a trace's root or of any of its runs are answered first, by a scan of their own, and become a set of
    trace ids; those of feedback become a set of run ids.

    Args:
        filter: What is asked for.
        store: Where feedback and the other runs of traces lie.
        project: The project or projects whose runs are looked at; None for all.
        keywords: Conditions besides, as ``Store.runs`` takes them.

    Raises:
        FilterError: A text can't be understood.
        StoreError: A keyword is unknown or has an impossible value, or the store can't be read.
    """
    filter = filter or RunFilter()
    compiler = _Compiler(lambda: store.feedback)
    parts: list[Condition] = [*keyword_conditions(keywords or {}).parts]
    if filter.run is not None:
        parts += _conjuncts(_parsed(filter.run))
    asked = list(map(written, parts))
    traces: list[pc.Expression] = []
    for which, condition in _of_traces(filter):
        asked.append(f"{which} {written(condition)}")
        traces.append(_in_traces(store, project, condition))
    return compiler.compiled(parts, traces, asked)


def _parsed(filter: str | Condition) -> Condition:
    if isinstance(filter, str):
        return parse(filter)
    return filter


def _conjuncts(condition: Condition) -> list[Condition]:
    """Return the conditions that all must hold."""
    if not isinstance(condition, Conjunction):
        return [condition]
    parts: list[Condition] = []
    for part in condition.parts:
        parts += _conjuncts(part)
    return parts


def _of_traces(filter: RunFilter) -> Iterator[tuple[str, Condition]]:
    is_root = FieldCondition("is_root", "eq", True)
    if filter.trace is not None:
        yield "root of the trace:", Conjunction((is_root, _parsed(filter.trace)))
    if filter.tree is not None:
        yield "any run of the trace:", _parsed(filter.tree)


def _in_traces(
    store: FilteredStore, project: str | Sequence[str] | None, condition: Condition
) -> pc.Expression:
    ids = [pa.array([], pa.string())]
    for table in store.tables(["trace_id"], project, filter=RunFilter(run=condition), ordered=False):
        ids.append(table["trace_id"].combine_chunks())
    return among("trace_id", pa.concat_arrays(ids).unique())


@dataclass(frozen=True)
class _Said:
    """One condition, twice."""

    bound: pc.Expression
    """Of the store's columns alone: it holds of every run that matches; within a ``not``, of none but those."""
    exact: pc.Expression
    """Of the store's columns and those of row checks."""
    columns: Sequence[str]
    """The store's columns that ``exact`` needs."""


class _Compiler:
    """Turns conditions into expressions; those that Arrow can't say become row checks."""

    def __init__(self, log: Callable[[], CurrentFeedback]) -> None:
        self._log = log
        self._checks: list[RowCheck] = []

    def compiled(
        self, parts: Sequence[Condition], traces: Sequence[pc.Expression], asked: Sequence[str]
    ) -> CompiledFilter:
        """Return conditions that all hold; what is exact in the pushdown is not checked again."""
        pushed, checked, columns = list(traces), [], {}
        for part in parts:
            before = len(self._checks)
            said = self._said(part, positive=True)
            pushed.append(said.bound)
            if len(self._checks) > before:
                checked.append(said.exact)
                columns.update(dict.fromkeys(said.columns))
        pushdown = every(pushed) if pushed else None
        return CompiledFilter(pushdown, tuple(columns), asked, every(checked), tuple(self._checks))

    def _said(self, condition: Condition, positive: bool) -> _Said:
        match condition:
            case Conjunction(parts):
                return self._joined(every, parts, positive)
            case Disjunction(parts):
                return self._joined(either, parts, positive)
            case Negation(part):
                said = self._said(part, not positive)
                return _Said(~said.bound, ~said.exact, said.columns)
            case TextSearch(text):
                return _plain(searched_anywhere(text), SEARCHED)
            case FieldCondition(name, _, _):
                return self._field(by_name()[name], condition, positive)
            case SameRecord(kind, part):
                return self._record(kind, part, positive)

    def _joined(
        self, join: Callable[[list[pc.Expression]], pc.Expression], parts: Sequence[Condition], positive: bool
    ) -> _Said:
        bounds: list[pc.Expression] = []
        exacts: list[pc.Expression] = []
        columns: list[str] = []
        for part in parts:
            said = self._said(part, positive)
            bounds.append(said.bound)
            exacts.append(said.exact)
            columns += said.columns
        return _Said(join(bounds), join(exacts), columns)

    def _field(self, field: FilterField, condition: FieldCondition, positive: bool) -> _Said:
        if field.record is not None and condition.comparator == "neq":
            # Alone it is of all records: none has the value.
            return self._said(Negation(replace(condition, comparator="eq")), positive)
        if field.record is not None:
            return self._record(field.record, condition, positive)
        if needs_json(field, condition):
            return self._checked(json_check(field, condition), positive)
        return _plain(comparison(field, condition), (field.column,))

    def _record(self, kind: RecordKind, condition: Condition, positive: bool) -> _Said:
        if kind == "feedback":
            return self._checked(FeedbackCheck(condition, self._log()), positive)
        return self._checked(entry_check(by_name()[f"{kind}_key"], kind, condition), positive)

    def _checked(self, check: RowCheck, positive: bool) -> _Said:
        if not check.columns:
            return _plain(check.possible(), ("id",))
        name = _name(len(self._checks))
        self._checks.append(check)
        bound = check.possible() if positive else check.certain()
        return _Said(bound, pc.field(name), check.columns)


def _plain(expression: pc.Expression, columns: Sequence[str]) -> _Said:
    return _Said(expression, expression, columns)


def _name(number: int) -> str:
    """Return the column in which the outcome of a row check stands."""
    return f"row check {number}"
