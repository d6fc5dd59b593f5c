"""One example in detail: its scores then and now, the reasons, and what changed for it alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_llmobs.records.decisions import ExampleRow
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.commands import show_command
from pytest_llmobs.reports.digest.examples import ExampleDetail
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.diffs import change_lines
from pytest_llmobs.reports.text.page import Page, bound, indent
from pytest_llmobs.reports.text.repeats import is_binary, repeats_text

MOST_OWN = 8
"""Lines of a change that an example has alone."""
_REASON_LINES = 3
_REASON_ROOM = 30
"""Cells below which reasons don't stand beside the scores but below them."""
_BELOW = 4
"""Cells by which reasons below the scores are indented."""
_LONGEST_METRIC = 24
_SIGN_WIDTH = 2
_GAP = 2


@dataclass(frozen=True)
class Above:
    """What was said above, for all examples or for the group."""

    changes: Sequence[str]
    remarks: Collection[str]
    """Lines of reasons."""
    several: bool
    """True where examples of several suites are shown."""

    def and_changes(self, changes: Sequence[str]) -> Above:
        """Return what was said once these changes are."""
        return replace(self, changes=(*self.changes, *changes))


def example_lines(example: ExampleDetail, above: Above, page: Page, context: Context) -> Iterator[str]:
    """Yield the example's name, a line a metric with its reasons, its own changes, and the command that opens it."""
    name = example.example_id
    if above.several:
        name = f"{example.suite.rpartition('::')[2]}[{name}]"
    style = "yellow"
    if example.red:
        style = "red"
    head = f"{_sign(example.state, page)} {page.clip_middle(page.line(name), page.width - 4)}"
    yield page.paint(head, style)
    yield from indent(_scores(example, above, page, context), 4)
    own_changes = [block for block in example.changes if block not in above.changes]
    yield from indent(blocks(own_changes, page, MOST_OWN, context))
    if example.run_id:
        yield page.paint(f"    {show_command(example.run_id, context)}", "dim")


def blocks(changes: Sequence[str], page: Page, most: int, context: Context) -> Iterator[str]:
    """Yield blocks of changes, indented and cut to ``most`` lines each unless everything is asked for."""
    for block in changes:
        yield from indent(change_lines(block, page, page.width - 6, bound(most, context.everything)))


def outcome(row: ExampleRow, page: Page) -> str:
    """Return a row's scores then and now: ``5/5 → 0/6`` where all are 0 or 1, else means: ``0.92 → 0.31``."""
    # both sides alike: a count beside a mean can't be compared
    binary = is_binary((*row.baseline, *row.candidate))
    then = now = ""
    if row.baseline:
        then = repeats_text(row.baseline, binary)
    if row.candidate:
        now = repeats_text(row.candidate, binary)
    return f" {page.signs.to} ".join(filter(None, (then, now)))


def remarks(row: ExampleRow, above: Collection[str] = ()) -> str:
    """Return a row's comment without the lines that were said above."""
    return "\n".join(line for line in row.comment.strip().split("\n") if line not in above)


def _scores(example: ExampleDetail, above: Above, page: Page, context: Context) -> Iterator[str]:
    """Yield a line a row, with its reasons beside the scores, or below them where there is too little room."""
    metrics = []
    outcomes = []
    for row in example.rows:
        metrics.append(page.line(row.metric))
        outcomes.append(outcome(row, page))
    metric_width = min(max(map(cells.width, metrics)), _LONGEST_METRIC)
    outcome_width = max(map(cells.width, outcomes))
    beside = _SIGN_WIDTH + metric_width + _GAP + outcome_width + _GAP
    # six: what examples of a group are indented by, and their scores below their name
    if page.width - 6 - beside < _REASON_ROOM:
        beside = _BELOW
    room = page.width - 6 - beside
    for row, metric, scores in zip(example.rows, metrics, outcomes, strict=True):
        name = cells.pad(page.clip_middle(metric, metric_width), metric_width)
        head = f"{_sign(row.state, page)} {name}  {cells.pad(scores, outcome_width)}"
        reasons = _reasons(row, above, page, room, context)
        if reasons and beside > _BELOW:
            head = f"{head}  {reasons.pop(0)}"
        yield head.rstrip()
        yield from indent(reasons, beside)


def _reasons(row: ExampleRow, above: Above, page: Page, room: int, context: Context) -> list[str]:
    text = page.text(remarks(row, above.remarks))
    if not text:
        return []
    lines = list(map(str.rstrip, cells.wrap(text, room)))
    if context.everything or len(lines) <= _REASON_LINES:
        return lines
    rest = " ".join(lines[_REASON_LINES - 1 :])
    return [*lines[: _REASON_LINES - 1], page.clip(rest, room)]


def _sign(state: str, page: Page) -> str:
    return {"broken": page.signs.cross, "dropped": page.signs.down}.get(state, "!")
