"""Feedback on a page: the sums of each key, of slices, and single records."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pytest_llmobs.records.feedback import Feedback, FeedbackStats
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import TextColumn, column, draw_painted, drop, fitted, squeeze, swap

_LABELS = 4
"""Labels that are named with their numbers; the rest is counted."""
_MOST = 60
"""Most cells of a label or a comment."""
_SHORT_ID = 13
"""Letters of an id that tell its time to the millisecond."""
NO_VALUE = "(none)"
"""What is shown for the slice of what has no value."""

Sums = Sequence[tuple[Sequence[str | None], FeedbackStats]]
"""What a line is about, and its figures."""


def sums_listing(titles: Sequence[str], rows: Sums, page: Page) -> list[str]:
    """Return a table of sums, in the order given.

    Args:
        titles: Of what a line is about: ``key``, or a slice and the key.
        rows: The lines.
        page: Where it goes.
    """
    table = []
    for number, title in enumerate(titles):
        names = [_shown(about[number]) for about, _ in rows]
        table.append(column(title, page.line(title), names, lambda name: page.clip(page.line(name), _MOST)))
    stats = [own for _, own in rows]
    table += [
        column("n", "n", stats, lambda own: f"{own.n:,}", right=True),
        column("mean", "mean", stats, lambda own: figures.rate(own.avg), right=True),
        column("labels", "labels", stats, lambda own: _labels(own.values, page)),
        column(
            "comments", "comments", stats, lambda own: f"{own.comments:,}" if own.comments else "", right=True
        ),
    ]
    squeezed = partial(squeeze, limit=page.width, page=page)
    steps = [squeezed("labels", 20), *(squeezed(title, 12) for title in titles), squeezed("labels", 8)]
    lines, drawn = draw_painted(fitted(table, page.width, [*steps, drop("labels")]), page)
    return [*lines, *drawn]


def feedback_listing(feedback: Sequence[Feedback], page: Page) -> list[str]:
    """Return a table of records, in the order given.

    What gives way, in this order, until it fits the page: the year, the end of comments, of the run's id and of
    labels, the source, the project.
    """
    table = [
        column("when", "when (UTC)", feedback, lambda one: f"{one.created_at:%Y-%m-%d %H:%M:%S}"),
        column("key", "key", feedback, lambda one: page.clip(page.line(one.key), _MOST)),
        column("score", "score", feedback, _score, right=True),
        _value_column(feedback, page, _MOST),
        _comment_column(feedback, page, _MOST),
        column("source", "source", feedback, lambda one: one.source.type),
        column("project", "project", feedback, lambda one: page.line(one.project or "")),
        column("run", "run", feedback, lambda one: one.run_id or ""),
    ]
    squeezed = partial(squeeze, limit=page.width, page=page)
    steps = [
        swap(column("when", "when (UTC)", feedback, lambda one: f"{one.created_at:%m-%d %H:%M:%S}")),
        swap(_comment_column(feedback, page, 40)),
        swap(column("run", "run", feedback, lambda one: (one.run_id or "")[:_SHORT_ID])),
        drop("source"),
        swap(_comment_column(feedback, page, 24)),
        swap(_value_column(feedback, page, 16)),
        swap(_comment_column(feedback, page, 16)),
        squeezed("key", 12),
        drop("project"),
        swap(_value_column(feedback, page, 10)),
        swap(_comment_column(feedback, page, 8)),
        drop("value"),
        drop("comment"),
    ]
    lines, drawn = draw_painted(fitted(table, page.width, steps), page)
    return [*lines, *drawn]


def _shown(name: str | None) -> str:
    if name is None:
        return NO_VALUE
    return name


def _labels(values: Mapping[str, int], page: Page) -> str:
    """Return the most frequent labels with their numbers: ``up 12, down 3, … 2 more``."""
    names = [f"{page.clip(page.line(label), 20)} {number:,}" for label, number in values.items()]
    return page.named(names, _LABELS)


def _score(feedback: Feedback) -> str:
    if feedback.score is None:
        return "unscored" if feedback.unscored else ""
    if isinstance(feedback.score, bool):
        return str(feedback.score).lower()
    return figures.score(feedback.score)


def _words(feedback: Feedback) -> Any:
    """Return what somebody wrote: the comment, else the correction, else why there is no score."""
    if feedback.comment:
        return feedback.comment
    if feedback.correction is not None:
        correction = feedback.correction
        return f"correction: {correction if isinstance(correction, str) else _json(correction)}"
    return feedback.unscored or ""


def _value_column(feedback: Sequence[Feedback], page: Page, most: int) -> TextColumn:
    return column("value", "value", feedback, lambda one: _clipped(one.value, page, most))


def _comment_column(feedback: Sequence[Feedback], page: Page, most: int) -> TextColumn:
    return column("comment", "comment", feedback, lambda one: _clipped(_words(one), page, most))


def _clipped(value: Any, page: Page, most: int) -> str:
    """Return the beginning of what somebody wrote, which says more than its middle."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else _json(value)
    return page.clip(page.line(text), most)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
