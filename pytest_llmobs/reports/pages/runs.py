"""Many runs as one table: a line each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import (
    Step,
    TextColumn,
    column,
    draw_painted,
    drop,
    fitted,
    squeeze,
    swap,
)
from pytest_llmobs.wording import error_line

_SHORTEST_ID = 13
"""Letters of an id that tell its time to the millisecond; what follows is chance."""
_MOST = 60
"""Most cells of a value that is no figure."""

Row = Mapping[str, Any]


def run_listing(names: Sequence[str], rows: Sequence[Row], page: Page) -> list[str]:
    """Return the table, in the order given.

    What gives way, in this order, until it fits the page: the end of the id, the year, the middle of long values and
    of names, tokens, cost, and further columns from the last on. A column
    without any value isn't drawn.

    Args:
        names: The columns, keys of each row.
        rows: Values of JSON types; ``feedback`` holds statistics by key.
        page: Where it goes.
    """
    if len(without_values(names, rows)) == len(names):
        return []
    table = [_column(name, rows, page) for name in names]
    table = list(fitted(table, page.width, _steps(names, rows, page)))
    lines, drawn = draw_painted(table, page)
    for row, line in zip(rows, drawn, strict=True):
        lines.append(page.paint(line, "red") if row.get("status") == "error" else line)
    hidden = list(filter(partial(_is_filled, rows), names))
    for shown in table:
        if shown.key in hidden:
            hidden.remove(shown.key)
    if hidden:
        lines += page.wrapped(f"no room for {', '.join(hidden)}: widen the terminal, or use --json", "dim")
    return lines


def without_values(names: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Return the columns of which no row has a value."""
    return [name for name in names if not _is_filled(rows, name)]


def _telling_letters(ids: Sequence[str]) -> int:
    """Return how many letters of the ids tell them apart."""
    for letters in range(_SHORTEST_ID, max(map(len, ids))):
        if len({id[:letters] for id in ids}) == len(ids):
            return letters
    return max(map(len, ids))


def _is_filled(rows: Sequence[Row], name: str) -> bool:
    """Return True where any row has a value of that name."""
    return any(row.get(name) not in (None, {}) for row in rows)


def _steps(names: Sequence[str], rows: Sequence[Row], page: Page) -> list[Step]:
    letters = _telling_letters([str(row.get("id")) for row in rows])
    short_id = column("id", "id", rows, lambda row: str(row.get("id"))[:letters])
    short_time = column("start_time", "time (UTC)", rows, lambda row: _time(row.get("start_time"))[5:])
    # Its first words, where of other values beginning and end tell more.
    feedback = column(
        "feedback", "feedback", rows, lambda row: page.clip(_feedback(row.get("feedback")), _LEAST)
    )
    squeezed, dropped = [], []
    for name in reversed(names):
        if name not in _KEPT:
            squeezed.append(squeeze(name, _LEAST, page.width, page))
        if name not in ("id", "name", "status"):
            dropped.append(drop(name))
    return [
        swap(short_id),
        swap(short_time),
        swap(feedback),
        *squeezed,
        drop("total_tokens"),
        drop("total_cost"),
        *dropped,
    ]


_LEAST = 14
"""Cells that a long value keeps as long as anything else can give way."""
_KEPT = ("id", "start_time", "end_time", "status", "latency", "total_tokens", "total_cost", "feedback")
"""Columns of feedback, figures and times: half of one says nothing."""


def _column(name: str, rows: Sequence[Row], page: Page) -> TextColumn:
    title, cell, right = _CELLS.get(name, (name, _anything, False))
    return column(
        name, title, rows, lambda row: page.line(page.clip(cell(row.get(name)), _MOST)), right=right
    )


def _time(value: Any) -> str:
    return str(value or "")[:19].replace("T", " ")


def _anything(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, float):
        return f"{value:g}"
    return json.dumps(value, ensure_ascii=False)


def _feedback(stats: Any) -> str:
    """Return each key with its mean, or with its most frequent label: ``tone 0.31, helpful yes``."""
    parts = []
    for key in sorted(stats or {}):
        average, labels = stats[key]["avg"], stats[key]["values"]
        if average is not None:
            parts.append(f"{key} {figures.score(average)}")
        elif labels:
            parts.append(f"{key} {max(labels, key=labels.get)}")
        else:
            parts.append(key)
    return ", ".join(parts)


_CELLS: Mapping[str, tuple[str, Callable[[Any], str], bool]] = {
    "start_time": ("time (UTC)", _time, False),
    "end_time": ("end (UTC)", _time, False),
    "error": ("error", lambda error: error_line(error or ""), False),
    "latency": ("latency", figures.seconds, True),
    "total_tokens": ("tokens", figures.tokens, True),
    "total_cost": ("cost", lambda value: "" if value is None else figures.cost(value), True),
    "feedback": ("feedback", _feedback, False),
}
"""Title, text and alignment of the columns that have their own."""
