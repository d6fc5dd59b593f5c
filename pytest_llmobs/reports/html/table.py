"""What the page's table of trials shows: its columns, and the filters that are asked for most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

NAMES = ("example", "status", "state", "repeat", "look")
"""Columns before the scores."""
FIGURES = ("latency", "cost", "tokens")
"""Columns after them, of which the largest values are asked for first."""
LAST = "suite"
"""Behind all that differs from trial to trial."""
FLAGS = ("red", "replayed")
"""Words of the filter that are no column of the table."""
_KINDS = {"example": "text", "suite": "text", "repeat": "number"}
_DIFFERING = ("repeat", "suite")
"""Columns that say nothing where all trials have the same."""
_QUICK = ("red", "status", "state", "look")


class Column(TypedDict):
    """A column, by whose name the filter and the order call it."""

    name: str
    title: str
    kind: str
    """``text`` holds anything, ``choice`` one of a few words, ``list`` several, ``number``, ``score`` a number or a
    label."""
    metric: str | None
    """Set where the values are a metric's."""
    shown: bool
    """False where it says nothing; the filter knows it all the same."""
    first: str
    """``-`` where a first click sorts from the largest down."""


def table_columns(trials: Mapping[str, Any], metrics: Sequence[str]) -> list[Column]:
    """Return the columns in their order.

    Args:
        trials: The index's columns of trials.
        metrics: The names of scores.
    """
    # the order is that of a reader on a phone: which one, how it ended, its scores, and what it took
    columns = []
    for name in NAMES:
        columns.append(_column(name, name.title(), _KINDS.get(name, "choice"), trials[name]))
    taken = {*NAMES, *FIGURES, *FLAGS, LAST, "tag"}
    for metric in metrics:
        # an evaluator may be called "cost"
        name = f"score.{metric}" if metric in taken else metric
        columns.append(_column(name, metric, "score", trials["scores"][metric], metric=metric))
    for name in FIGURES:
        columns.append(_column(name, name.title(), "number", trials[name], first="-"))
    columns.append(_column(LAST, LAST.title(), _KINDS[LAST], trials[LAST]))
    columns.append(_column("tag", "Tags", "list", trials["tags"]))
    return columns


def _column(
    name: str, title: str, kind: str, values: Sequence[Any], metric: str | None = None, first: str = ""
) -> Column:
    shown = (
        len(set(values)) > 1 if name in _DIFFERING else any(value not in (None, "", []) for value in values)
    )
    return Column(name=name, title=title, kind=kind, metric=metric, shown=shown, first=first)


def quick_filters(trials: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return filters, each with its number of trials; those that hold for all trials are left out."""
    counts: Counter[str] = Counter()
    for column in _QUICK:
        counts.update(_terms(column, trials[column]))
    filters = []
    for term, number in counts.items():
        if number < len(trials["red"]):
            filters.append((term, number))
    return filters


def _terms(column: str, values: Sequence[Any]) -> Iterator[str]:
    for value in values:
        if value:
            yield column if column in FLAGS else f"{column}:{value}"
