"""Conditions of feedback: the log says which runs have one that matches; trials' scores lie in their own column."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.records.conditions import (
    Condition,
    Conjunction,
    Disjunction,
    FieldCondition,
    Negation,
    SameRecord,
)
from pytest_llmobs.storage.filtering.expressions import among, comparison, either, every
from pytest_llmobs.storage.filtering.fields import by_name
from pytest_llmobs.storage.filtering.language_text import written

_RECORD = pa.schema(
    [("key", pa.string()), ("score", pa.float64()), ("value", pa.string()), ("comment", pa.string())]
)
UNCOUNTED_ATTEMPTS = ("unused", "control")
"""Attempts whose scores count nowhere: no test consumed them, or they are of the accepted code."""
_SCORE_COLUMNS = ("repeat", "attempt", "scores")
# Trials alone have scores. Their own column has no statistics; that of the repeat lets Arrow skip what has no trials.
_IS_SCORED_TRIAL = (
    pc.field("repeat").is_valid()
    & pc.field("scores").is_valid()
    & ~pc.field("attempt").isin(pa.array(UNCOUNTED_ATTEMPTS))
)


class CurrentFeedback(Protocol):
    """What is asked of the log of feedback."""

    def current(self, *, keys: Sequence[str] | None, columns: Sequence[str]) -> pa.Table:
        """Return one row a feedback, as it stands now.

        Args:
            keys: Only of those keys; None for all.
            columns: What is read of it.
        """


class FeedbackCheck:
    """Whether a run has a feedback, or a trial a score, that fulfils a condition."""

    def __init__(self, condition: Condition, log: CurrentFeedback) -> None:
        """Find the runs whose feedback fulfils it.

        Args:
            condition: Of fields of feedback alone.
            log: The store's feedback.
        """
        self.meaning = written(SameRecord("feedback", condition))
        self._record = record_expression(condition)
        columns = sorted({"run_id", "trace_id"} | _columns(condition))
        self._ids = self._matching_ids(log.current(keys=_keys(condition), columns=columns))
        self.columns: Sequence[str] = ("id", *_SCORE_COLUMNS)
        if _needs_text(condition):
            self.columns = ()

    def _matching_ids(self, feedback: pa.Table) -> pa.Array:
        matching = feedback.filter(self._record)
        # Feedback of a trace is that of its root run, which has the trace's id.
        ids = pc.coalesce(matching["run_id"], matching["trace_id"]).cast(pa.string())
        return ids.combine_chunks().drop_null().unique()

    def possible(self) -> pc.Expression:
        """Return that the run is one of those found, or a trial with scores; exact where it has no ``columns``."""
        if not self.columns:
            return self.certain()
        return self.certain() | _IS_SCORED_TRIAL

    def certain(self) -> pc.Expression:
        """Return that the run is one of those found."""
        return among("id", self._ids)

    def matches(self, table: pa.Table) -> pa.Array:
        """Return for each row whether it has such feedback, or such a score."""
        found = pc.is_in(table["id"], self._ids)
        numbers = pa.array(range(len(table)), pa.int64())
        trials = table.select(_SCORE_COLUMNS).append_column("row", numbers).filter(_IS_SCORED_TRIAL)
        fulfilling = _score_records(trials).filter(self._record)["row"]
        return pc.or_(found, pc.is_in(numbers, value_set=fulfilling.combine_chunks()))


def _score_records(trials: pa.Table) -> pa.Table:
    """Return the scores of trials as feedback is laid out, and the number of each one's row."""
    rows: list[int] = []
    records: list[dict[str, Any]] = []
    for row, scores in zip(trials["row"].to_pylist(), trials["scores"].to_pylist(), strict=True):
        for key, score in scores:
            rows.append(row)
            records.append({"key": key, "score": score})
    return pa.Table.from_pylist(records, schema=_RECORD).append_column("row", pa.array(rows, pa.int64()))


def record_expression(condition: Condition) -> pc.Expression:
    """Return a condition of one feedback as an expression over its columns."""
    match condition:
        case Conjunction(parts):
            return every(map(record_expression, parts))
        case Disjunction(parts):
            return either(map(record_expression, parts))
        case Negation(part):
            return ~record_expression(part)
        case FieldCondition(field, _, _):
            return comparison(by_name()[field], condition)
    raise AssertionError(f"{condition!r} is no condition of a feedback")


def _parts(condition: Condition) -> Sequence[Condition]:
    if isinstance(condition, Conjunction):
        return condition.parts
    return (condition,)


def _keys(condition: Condition) -> Sequence[str] | None:
    """Return the keys that a record must have one of, or None where any may do."""
    for part in _parts(condition):
        if isinstance(part, FieldCondition) and part.field == "feedback_key":
            if part.comparator == "eq":
                return [part.value]
            if part.comparator == "in":
                return list(part.value)
    return None


def _columns(condition: Condition) -> Set[str]:
    """Return the columns of feedback that a condition speaks of."""
    match condition:
        case FieldCondition(field, _, _):
            return {by_name()[field].column}
        case Negation(part):
            return _columns(part)
        case Conjunction(parts) | Disjunction(parts):
            return set().union(*map(_columns, parts))
    return set()


def _needs_text(condition: Condition) -> bool:
    """Return True where a record needs a label or a comment, which no trial's score has."""
    for part in _parts(condition):
        if isinstance(part, FieldCondition) and part.field in ("feedback_value", "feedback_comment"):
            return True
    return False
