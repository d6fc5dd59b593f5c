"""Results in a notebook: a compact table of HTML, in which everything foreign is escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.results.frames import why_failed
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page

if TYPE_CHECKING:
    from pytest_llmobs.client.results.summaries import SummaryScores
    from pytest_llmobs.experiments.evaluation.results_data import EvaluationRow
    from pytest_llmobs.records.scores import Score

_ROWS = 10
"""Rows shown; the others are counted."""
_CELL = 80
"""Characters of inputs, outputs and errors that are shown."""
_PAGE = Page()


def notebook_table(title: str, summaries: SummaryScores | None, rows: Sequence[EvaluationRow]) -> str:
    """Return an evaluation as HTML.

    Args:
        title: What it is called, and how far it is.
        summaries: What it comes to; None while it goes on.
        rows: Those there are.
    """
    parts = [f"<p><b>{_text(title)}</b></p>"]
    if summaries:
        lines = [(name, str(summary)) for name, summary in summaries.items()]
        parts.append(_table(("metric", "mean"), lines))
    shown = rows[:_ROWS]
    metrics = list(_metrics(shown))
    if shown:
        heads = ("example_id", "inputs", "outputs", *metrics, "error")
        parts.append(_table(heads, (_cells(row, metrics) for row in shown)))
    if len(rows) > len(shown):
        parts.append(f"<p>{len(rows) - len(shown):,} more rows: to_pandas() has all of them</p>")
    return "\n".join(parts)


def _metrics(rows: Iterable[EvaluationRow]) -> Mapping[str, None]:
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row.scores))
    return names


def _cells(row: EvaluationRow, metrics: Iterable[str]) -> Iterator[str]:
    yield row.trial.example_id
    yield _payload(row.example.inputs)
    yield _payload(row.run.outputs or {})
    for metric in metrics:
        yield _score(row.scores.get(metric))
    yield _PAGE.clip(why_failed(row) or "", _CELL)


def _score(score: Score | None) -> str:
    if score is None:
        return ""
    if score.score is None and score.value is not None:
        return score.value
    number = None if score.score is None else float(score.score)
    return figures.score(number)


def _payload(value: Mapping[str, Any]) -> str:
    shown: Any = value
    if len(value) == 1:
        (shown,) = value.values()
    text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, default=str)
    return _PAGE.clip(_PAGE.line(text), _CELL)


def _table(heads: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    parts = ["<table>", _line("th", heads)]
    for line in lines:
        parts.append(_line("td", line))
    return "\n".join([*parts, "</table>"])


def _line(tag: str, cells: Iterable[str]) -> str:
    written = [f'<{tag} style="text-align: left">{_text(cell)}</{tag}>' for cell in cells]
    return f"<tr>{''.join(written)}</tr>"


def _text(value: str) -> str:
    return escape(_PAGE.line(value))
