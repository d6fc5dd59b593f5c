"""One example in detail: its scores then and now, the reasons, and what changed for it alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pytest_llmobs.records.decisions import ExampleRow
from pytest_llmobs.reports.base import Context
from pytest_llmobs.reports.cases import Case, mean
from pytest_llmobs.reports.next_commands import show
from pytest_llmobs.reports.text import cells, figures
from pytest_llmobs.reports.text.diffs import change_lines
from pytest_llmobs.reports.text.page import Page, indent

MOST_OWN = 8
"""Lines of a change that an example has alone."""
_REASON_LINES = 3
_REASON_ROOM = 30
"""Cells below which reasons don't stand beside the scores but below them."""
_LONGEST_METRIC = 24


@dataclass(frozen=True)
class Told:
    """What was said above, for all examples or for the group."""

    changes: Sequence[str]
    remarks: Collection[str]
    """Lines of reasons."""
    several: bool
    """True where examples of several suites are shown."""


def case_lines(case: Case, told: Told, page: Page, context: Context) -> Iterator[str]:
    """Yield the example's name, a line a metric with its reasons, its own changes, and the command that opens it."""
    name = f"{case.suite.rpartition('::')[2]}[{case.example_id}]" if told.several else case.example_id
    style = "red" if case.red else "yellow"
    yield page.paint(f"{_sign(case.state, page)} {page.clip_middle(page.line(name), page.width - 4)}", style)
    yield from indent(_scores(case, told, page, context), 4)
    own = [block for block in case.changes if block not in told.changes]
    yield from indent(list(blocks(own, page, MOST_OWN, context)))
    if case.run_id:
        yield page.paint(f"    {show(case.run_id, context)}", "dim")


def blocks(changes: Sequence[str], page: Page, most: int, context: Context) -> Iterator[str]:
    """Yield blocks of changes, indented and cut to ``most`` lines each unless everything is asked for."""
    for block in changes:
        yield from indent(change_lines(block, page, page.width - 6, None if context.everything else most))


def outcome(row: ExampleRow, page: Page) -> str:
    """Return a row's scores then and now: ``5/5 → 0/6`` where all are 0 or 1, else means: ``0.92 → 0.31``."""
    sides = [values for values in (row.baseline, row.candidate) if values]
    binary = all(value in (0.0, 1.0, None) for values in sides for value in values)
    return f" {page.signs.to} ".join(values_text(values, binary) for values in sides)


def values_text(values: Sequence[float | None], binary: bool) -> str:
    """Return the repeats of one side: ``4/5`` passed where they are ``binary``, else their mean."""
    missing = sum(value is None for value in values)
    unscored = f" ({missing} unscored)" if missing else ""
    if binary:
        return f"{sum(value == 1.0 for value in values)}/{len(values)}{unscored}"
    return (figures.rate(mean(values)) or "-") + unscored


def remarks(row: ExampleRow, told: Collection[str] = ()) -> str:
    """Return a row's comment without the lines that were said above."""
    return "\n".join(line for line in row.comment.strip().split("\n") if line not in told)


def _scores(case: Case, told: Told, page: Page, context: Context) -> list[str]:
    outcomes = [outcome(row, page) for row in case.rows]
    metric = min(max(cells.width(page.line(row.metric)) for row in case.rows), _LONGEST_METRIC)
    score = max(map(cells.width, outcomes))
    beside = 2 + metric + 2 + score + 2
    if page.width - 6 - beside < _REASON_ROOM:
        beside = 4
    lines: list[str] = []
    for row, result in zip(case.rows, outcomes, strict=True):
        name = cells.pad(page.clip_middle(page.line(row.metric), metric), metric)
        head = f"{_sign(row.state, page)} {name}  {cells.pad(result, score)}"
        reasons = _reasons(row, told, page, page.width - 6 - beside, context)
        if reasons and beside > 4:
            head = f"{head}  {reasons.pop(0)}"
        lines += [head.rstrip(), *indent(reasons, beside)]
    return lines


def _reasons(row: ExampleRow, told: Told, page: Page, room: int, context: Context) -> list[str]:
    text = page.text(remarks(row, told.remarks))
    lines = [line.rstrip() for line in cells.wrap(text, room)] if text else []
    if context.everything or len(lines) <= _REASON_LINES:
        return lines
    return [*lines[: _REASON_LINES - 1], page.clip(" ".join(lines[_REASON_LINES - 1 :]), room)]


def _sign(state: str, page: Page) -> str:
    return {"broken": page.signs.cross, "dropped": page.signs.down}.get(state, "!")
