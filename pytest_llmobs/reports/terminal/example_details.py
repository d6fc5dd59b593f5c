"""One example in detail: its scores then and now, the reasons, and what changed for it alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pytest_llmobs.records.decisions import ExampleRow
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.commands import show_command
from pytest_llmobs.reports.digest.examples import ExampleDetail, ExamplesDigest
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.diffs import change_lines
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.reports.text.repeats import is_binary, repeats_text
from pytest_llmobs.reports.text.short_names import short_example

_REASON_ROOM = 30
"""Cells below which reasons don't stand beside the scores but below them."""
_BELOW = 4
"""Cells by which reasons below the scores are indented."""
_LONGEST_METRIC = 24
_LONGEST_NAME = 40
_SHORT_REASON = 40
"""Cells up to which a reason is repeated: it is as short as the reference to where it was given."""
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
    reasons: dict[str, str] = field(default_factory=dict)
    """The example that a reason was given for first; grows from example to example."""

    def and_changes(self, changes: Sequence[str]) -> Above:
        """Return what was said once these changes are."""
        return replace(self, changes=(*self.changes, *changes))


def example_lines(example: ExampleDetail, above: Above, page: Page, context: Context) -> Iterator[str]:
    """Yield the example's name, a line a metric with its reasons, its own changes, and the command that opens it."""
    head = (
        f"{sign(example.state, page)} {page.clip_middle(_name(example, above.several, page), page.width - 4)}"
    )
    yield page.paint(head, style(example))
    yield from indent(_scores(example, above, page), 4)
    own_changes = [block for block in example.changes if block not in above.changes]
    yield from indent(blocks(own_changes, page))
    if example.run_id:
        yield page.paint(f"    {show_command(example.run_id, context)}", "dim")


def example_name(example: ExampleDetail, examples: ExamplesDigest, page: Page) -> str:
    """Return an example's id, with its test's name where examples of several suites are shown; cut in the middle."""
    several = len({detail.suite for detail in examples.detailed}) > 1
    return page.clip_middle(_name(example, several, page), _LONGEST_NAME)


def style(example: ExampleDetail) -> str:
    """Return the colour of an example's name."""
    if example.red:
        return "red"
    return "yellow"


def sign(state: str, page: Page) -> str:
    """Return the sign of a state: a cross for what broke, an arrow for what dropped, a wave for what drifted."""
    signs = {"broken": page.signs.cross, "dropped": page.signs.down, "drifted": page.signs.alike}
    return signs.get(state, "!")


def _name(example: ExampleDetail, several: bool, page: Page) -> str:
    return page.line(short_example(example.suite, example.example_id, several=several))


def blocks(changes: Sequence[str], page: Page) -> Iterator[str]:
    """Yield blocks of changes, indented."""
    for block in changes:
        yield from indent(change_lines(block, page, page.width - 6))


def outcome(row: ExampleRow, page: Page) -> str:
    """Return a row's scores then and now, and those of the accepted code today where it ran.

    ``5/5 → 0/6 trials, accepted code 1/5`` where all are 0 or 1, else means: ``0.92 → 0.31``.
    """
    # all sides alike: a count beside a mean can't be compared
    binary = is_binary((*row.baseline, *row.candidate, *row.control))
    then = now = ""
    if row.baseline:
        then = repeats_text(row.baseline, binary)
    if row.candidate:
        now = repeats_text(row.candidate, binary)
    sides = f" {page.signs.to} ".join(filter(None, (then, now)))
    if binary and sides:
        sides = f"{sides} trials"
    if row.control:
        return f"{sides}, accepted code today {repeats_text(row.control, binary)}"
    return sides


def remarks(row: ExampleRow, above: Collection[str] = ()) -> str:
    """Return a row's comment without the lines that were said above."""
    return "\n".join(line for line in row.comment.strip().split("\n") if line not in above)


def _scores(example: ExampleDetail, above: Above, page: Page) -> Iterator[str]:
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
        head = f"{sign(row.state, page)} {name}  {cells.pad(scores, outcome_width)}"
        reasons = _reasons(row, above, page, room)
        if reasons and beside > _BELOW:
            head = f"{head}  {reasons.pop(0)}"
        yield head.rstrip()
        yield from indent(reasons, beside)


def _reasons(row: ExampleRow, above: Above, page: Page, room: int) -> list[str]:
    text = page.text(remarks(row, above.remarks))
    if not text:
        return []
    # a judge tends to say one sentence of many examples
    first = above.reasons.setdefault(text, row.example_id)
    if first != row.example_id and cells.width(text) > _SHORT_REASON:
        text = f"(as for {page.line(first)})"
    return list(map(str.rstrip, cells.wrap(text, room)))
