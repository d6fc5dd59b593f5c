"""Failure modes by prompt, model, metadata or week: what ``llmobs review modes`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import column, draw_painted, drop, fitted, squeeze
from pytest_llmobs.review.outcomes.modes import FEW, FailureModes, Group, ModeCount
from pytest_llmobs.wording import count

NONE_BY = {"prompt": "(no prompt)", "model": "(no model)"}
"""What a group of runs is called that say nothing of the kind."""
GONE = "(not known)"
_MOST = 40
"""Cells of a failure mode's or a group's name."""
_NOTHING = ModeCount("(none)", 0, 0, 0.0, 0.0, 0.0)


class _Row(NamedTuple):
    """One line of the table."""

    group: str
    """Empty below its first line."""
    reviewed: str
    mode: ModeCount


def failure_modes_page(counted: FailureModes, by: str, page: Page) -> list[str]:
    """Return a line for each group and failure mode, the most frequent first.

    Args:
        counted: What reviewers found.
        by: What the groups are: ``prompt``, ``model``, ``week`` or ``metadata.KEY``.
        page: Where it goes.
    """
    rows: list[_Row] = []
    for group in counted.groups:
        rows += _rows(group, by, page)
    table = [
        column("group", page.line(by), rows, lambda row: row.group),
        column("reviewed", "reviewed", rows, lambda row: row.reviewed, right=True),
        column("mode", "failure mode", rows, lambda row: page.clip(page.line(row.mode.mode), _MOST)),
        column("runs", "runs", rows, lambda row: f"{row.mode.runs:,}", right=True),
        column("share", "share", rows, lambda row: figures.rate(row.mode.share), right=True),
        column("interval", "95 % interval", rows, lambda row: _interval(row.mode)),
    ]
    steps = [
        squeeze("group", 20, page.width, page),
        squeeze("mode", 12, page.width, page),
        drop("interval"),
        squeeze("group", 8, page.width, page),
    ]
    heading, lines = draw_painted(fitted(table, page.width, steps), page)
    told = [*heading, *lines]
    if counted.contested:
        told += page.wrapped(
            f"{count(counted.contested, 'run')} left out: their reviewers differ, and nobody has adjudicated."
        )
    return told


def _rows(group: Group, by: str, page: Page) -> Sequence[_Row]:
    name = NONE_BY.get(by, GONE) if group.name is None else page.clip_middle(page.line(group.name), _MOST)
    modes = group.modes or (_NOTHING,)
    first = _Row(name, f"{group.reviewed:,}", modes[0])
    return [first, *(_Row("", "", mode) for mode in modes[1:])]


def _interval(mode: ModeCount) -> str:
    """Return where the share may lie; of many runs it says little more than the share."""
    if not mode.runs or mode.reviewed > FEW:
        return ""
    return f"{figures.rate(mode.low)} to {figures.rate(mode.high)}"
