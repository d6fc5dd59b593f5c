"""Which runs are asked for: those of a filter, or those that failed as far as anybody can tell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmobs.curation.candidates import DISMISSED, NEGATIVE, PEOPLE, Found
from pytest_llmobs.feedback.reading import chosen_feedback, selected
from pytest_llmobs.feedback.selection import Selection
from pytest_llmobs.records.conditions import (
    Condition,
    Conjunction,
    Disjunction,
    FieldCondition,
    RunFilter,
    SameRecord,
    asks_of,
)
from pytest_llmobs.records.feedback import Feedback

if TYPE_CHECKING:
    from pytest_llmobs.storage.store import Store

_COLUMNS = (
    *("parent_id", "name", "run_type", "start_time", "end_time", "status"),
    *("inputs", "outputs", "error", "metadata"),
)
_ERRORS = 'eq(status, "error")'


@dataclass(frozen=True)
class Failures:
    """What counts as a failure where nobody says which runs are meant."""

    filter: str
    """In the filter language."""
    corrected: tuple[str, ...]
    """Ids of runs that somebody corrected: no filter asks for that."""
    other_scales: Mapping[str, float]
    """Keys whose scores go beyond 1, with the highest: what is bad among them has to be said."""

    @property
    def condition(self) -> Condition:
        """All of it."""
        from pytest_llmobs.storage.filtering.language import parse

        return Disjunction((parse(self.filter), FieldCondition("id", "in", self.corrected)))


def failures(store: Store, projects: Sequence[str]) -> Failures:
    """Return what counts as a failure: an error, feedback below 0.5 from people or the app, or a correction."""
    import pyarrow as pa
    import pyarrow.compute as pc

    tables = []
    for project in projects:
        selection = Selection(project=project, source_types=PEOPLE)
        tables.append(selected(store, selection, ["run_id", "key", "score", "correction"]))
    said = pa.concat_tables(tables)
    corrected = pc.unique(said.filter(pc.is_valid(said["correction"]))["run_id"].drop_null()).to_pylist()
    keys: list[str] = []
    other_scales: dict[str, float] = {}
    highest = said.filter(pc.is_valid(said["score"])).group_by("key").aggregate([("score", "max")])
    for row in highest.sort_by("key").to_pylist():
        if row["key"] == DISMISSED:
            continue
        if row["score_max"] > 1:
            other_scales[row["key"]] = row["score_max"]
        else:
            keys.append(row["key"])
    return Failures(_filter(keys), tuple(corrected), other_scales)


def _filter(keys: Sequence[str]) -> str:
    if not keys:
        return _ERRORS
    names = json.dumps(list(keys), ensure_ascii=False)
    return f"or({_ERRORS}, and(in(feedback_key, {names}), lt(feedback_score, {NEGATIVE:g})))"


def feedback_keys(condition: Condition) -> frozenset[str]:
    """Return the keys of feedback that a condition asks for."""
    match condition:
        case FieldCondition("feedback_key", "eq" | "in", value):
            return frozenset([value] if isinstance(value, str) else value or ())
        case Conjunction(parts) | Disjunction(parts):
            return frozenset().union(*map(feedback_keys, parts))
        case SameRecord(_, part):
            return feedback_keys(part)
    return frozenset()


def find(store: Store, projects: Sequence[str], condition: Condition, limit: int) -> Found:
    """Return the newest runs that fulfil a condition: root runs, and no judges, unless it speaks of those itself.

    Args:
        store: Whose runs are read.
        projects: Their projects.
        condition: What is asked of them.
        limit: Most runs; 0 for all.
    """
    parts = [condition]
    if not (asks_of(condition, "is_root") or asks_of(condition, "parent_run_id")):
        parts.append(FieldCondition("is_root", "eq", True))
    if not asks_of(condition, "evaluates"):
        parts.append(FieldCondition("evaluates", "eq", None))
    # one more than asked for, to know whether there are more
    reading = store.runs(
        projects,
        filter=RunFilter(Conjunction(tuple(parts))),
        limit=limit + 1 if limit else None,
        newest_first=True,
        columns=_COLUMNS,
    )
    runs = list(islice(reading, limit or None))
    has_more = next(reading, None) is not None
    ids = list(map(attrgetter("id"), runs))
    return Found(runs, feedback_of(store, ids), feedback_keys(condition), has_more)


def feedback_of(store: Store, run_ids: Sequence[str]) -> Mapping[str, Sequence[Feedback]]:
    """Return what was said of some runs, by the run's id."""
    by_run: dict[str, list[Feedback]] = {}
    for said in chosen_feedback(store, Selection(run_ids=run_ids), None):
        if said.run_id is not None:
            by_run.setdefault(said.run_id, []).append(said)
    return by_run
