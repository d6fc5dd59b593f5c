"""Many experiments as one table: a line each, the means of their metrics side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.reports.digest.experiment_line import ExperimentLine
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
from pytest_llmobs.wording import commit_id

_WIDE, _NARROW, _NARROWEST = 16, 12, 9
"""Cells of a metric's title: as it should be, and as it gives way."""


def listing(experiments: Sequence[ExperimentLine], page: Page) -> list[str]:
    """Return the table, in the order given.

    What gives way, in this order, until it fits the page: the year, the commit, the middle of metrics' titles,
    metrics from the rarest on, the cost, the middle of names, the number of trials.
    """
    metrics = _ranked(experiments)
    table = [
        column("name", "name", experiments, lambda line: page.line(line.name)),
        column("when", "when (UTC)", experiments, _when),
        column("trials", "trials", experiments, lambda line: f"{line.trials:,}", right=True),
        *_metrics(metrics, experiments, page, _WIDE),
        column("cost", "cost", experiments, _cost, right=True),
        column("verdict", "verdict", experiments, lambda line: _verdict(line, page)),
        column("commit", "commit", experiments, lambda line: page.line(commit_id(line.commit))),
    ]
    table = list(fitted(table, page.width, _steps(metrics, experiments, page)))
    lines, rows = draw_painted(table, page)
    for line, row in zip(experiments, rows, strict=True):
        if line.verdict == "red":
            lines.append(page.paint(row, "red"))
        else:
            lines.append(row)
    wanted = ["trials"]
    if any(map(_cost, experiments)):  # an empty column isn't missed
        wanted.insert(0, "cost")
    return [*lines, *_without_room(metrics, wanted, table, page)]


def _cost(line: ExperimentLine) -> str:
    if line.cost is None and not line.at_least:  # no model was called
        return ""
    return figures.spent(line.cost, is_whole=not line.at_least)


def _without_room(
    metrics: Sequence[str], others: Sequence[str], table: Sequence[TextColumn], page: Page
) -> list[str]:
    """Return the line that names what was left out."""
    kept = {column.key for column in table}
    hidden = []
    for metric in metrics:
        if _key(metric) not in kept:
            hidden.append(metric)
    for key in others:
        if key not in kept:
            hidden.append(key)
    if not hidden:
        return []
    return page.wrapped(f"no room for {', '.join(hidden)}: widen the terminal, or use --json", "dim")


def _steps(metrics: Sequence[str], experiments: Sequence[ExperimentLine], page: Page) -> list[Step]:
    short = column("when", "when (UTC)", experiments, lambda line: _when(line)[len("2026-") :])
    shorter = map(swap, _metrics(metrics, experiments, page, _NARROW))
    shortest = map(swap, _metrics(metrics, experiments, page, _NARROWEST))
    # `pass` stays: every experiment has it
    rarest_first = map(drop, map(_key, reversed(metrics[1:])))
    return [
        swap(short),
        drop("commit"),
        *shorter,
        *shortest,
        *rarest_first,
        squeeze("name", 32, page.width, page),
        drop("cost"),
        squeeze("name", 16, page.width, page),
        drop("trials"),
        squeeze("name", 8, page.width, page),
    ]


def _ranked(experiments: Sequence[ExperimentLine]) -> list[str]:
    """Return all metrics: ``pass`` first, then those that most experiments have."""
    spread: Counter[str] = Counter()
    for line in experiments:
        spread.update(line.means.keys())
    return sorted(spread, key=lambda metric: (metric != PASS, -spread[metric]))


def _metrics(
    metrics: Sequence[str], experiments: Sequence[ExperimentLine], page: Page, most: int
) -> list[TextColumn]:
    """Return a column a metric, its title cut to ``most`` cells."""
    columns = []
    for metric in metrics:
        title = page.clip_middle(page.line(metric), most)
        means = [figures.rate(line.means.get(metric)) for line in experiments]
        columns.append(TextColumn(_key(metric), title, means, right=True))
    return columns


def _key(metric: str) -> str:
    """Return a metric's key among the columns, where one may be called ``cost``."""
    return f"metric {metric}"


def _when(line: ExperimentLine) -> str:
    return figures.moment(line.started).removesuffix(" UTC")


def _verdict(line: ExperimentLine, page: Page) -> str:
    signs = {"red": page.signs.cross, "green": page.signs.tick, "interrupted": "!"}
    verdict = f"{signs.get(line.verdict, page.signs.dot)} {line.verdict}"
    if line.partial:
        return f"{verdict}, partial"
    return verdict
