"""A trace as a tree: every run with its time, tokens, cost and error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pytest_llmobs.records.runs import COST_UNKNOWN, NO_USAGE, Run
from pytest_llmobs.reports.text import cells, figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import column, draw, drop, fitted, squeeze
from pytest_llmobs.wording import count, error_line

MOST_SIBLINGS = 20
"""Children of one run that are drawn, unless everything is asked for: the first and those that failed."""
_ERROR_LINES = 2
_REASONS = {
    "incomplete": "the stream ended without its stop reason",
    "abandoned": "nobody read the stream to its end",
}
"""What went wrong with a run that has no error of its own, by its status."""


@dataclass(frozen=True)
class Branch:
    """One line of the tree: a run, or a note on runs that are left out."""

    lead: str
    """The lines that connect it with its parent."""
    run: Run | None
    note: str = ""
    stem: str = ""
    """What stands before further lines of this run."""

    @property
    def failed(self) -> bool:
        """True for a run that came to no good end."""
        return self.run is not None and _failed(self.run)


def run_tree(run: Run, page: Page, *, everything: bool = False) -> list[str]:
    """Draw ``run`` and its children.

    What gives way, in this order, until it fits: the kind, long models and names, the model, tokens, cost.

    Args:
        run: The root, with ``child_runs`` nested.
        page: Where it goes.
        everything: Draw every child and whole error messages.
    """
    branches = list(_branches(run, page, "", "", everything))
    lines: list[str] = []
    for branch, line in zip(branches, _drawn(branches, page), strict=True):
        if branch.failed:
            lines.append(page.paint(line, "red"))
            lines += _error(branch, page, everything)
        else:
            lines.append(line)
    return lines


def _branches(run: Run, page: Page, lead: str, stem: str, everything: bool) -> Iterator[Branch]:
    below = stem
    if run.child_runs:
        below = stem + page.signs.stem
    yield Branch(lead, run, stem=below)
    shown = run.child_runs
    if not everything:
        # whoever opens a trace looks for what went wrong
        shown = [*run.child_runs[:MOST_SIBLINGS], *filter(_failed, run.child_runs[MOST_SIBLINGS:])]
    left_out = len(run.child_runs) - len(shown)
    for child in shown:
        fork, pipe = page.signs.tee, page.signs.stem
        if child is shown[-1] and not left_out:
            fork, pipe = page.signs.corner, "   "
        yield from _branches(child, page, stem + fork, stem + pipe, everything)
    if left_out:
        note = f"{page.signs.ellipsis} {count(left_out, 'more run')}"
        yield Branch(stem + page.signs.corner, None, note)


def _failed(run: Run) -> bool:
    return run.status != "success"


def _drawn(branches: Sequence[Branch], page: Page) -> list[str]:
    """Return one drawn line for each branch."""

    def of_run(cell: Callable[[Run], str]) -> Callable[[Branch], str]:
        """Return a cell that is empty for a note."""
        return lambda branch: "" if branch.run is None else cell(branch.run)

    table = [
        column("name", "run", branches, lambda branch: branch.lead + _name(branch, page)),
        column("kind", "kind", branches, of_run(lambda run: run.run_type)),
        column("model", "model", branches, of_run(lambda run: page.line(run.model or ""))),
        column("time", "time", branches, of_run(figures.took), right=True),
        column("tokens", "tokens", branches, of_run(lambda run: _tokens(run, page)), right=True),
        column("cost", "cost", branches, of_run(_cost), right=True),
    ]
    steps = [
        drop("kind"),
        squeeze("model", 12, page.width, page),
        squeeze("name", 24, page.width, page),
        drop("model"),
        drop("tokens"),
        squeeze("name", 8, page.width, page),
        drop("cost"),
    ]
    # a tree explains itself
    _titles, _rule, *rows = draw(fitted(table, page.width, steps), page)
    return rows


def _name(branch: Branch, page: Page) -> str:
    run = branch.run
    if run is None:
        return branch.note
    marks = {"error": f"{page.signs.cross} ", "incomplete": "! ", "abandoned": "! "}
    return marks.get(run.status, "") + page.line(run.name)


def _tokens(run: Run, page: Page) -> str:
    usage = run.usage
    if usage.total_tokens is None:
        return ""
    given, made = figures.tokens(usage.input_tokens or 0), figures.tokens(usage.output_tokens or 0)
    return f"{given} {page.signs.to} {made}"


def _cost(run: Run) -> str:
    if run.usage.total_cost is not None:
        return figures.cost(run.usage.total_cost)
    if run.usage.total_tokens is not None or run.metadata.keys() & {COST_UNKNOWN, NO_USAGE}:
        return "?"
    return ""


def _error(branch: Branch, page: Page, everything: bool) -> list[str]:
    """Return what went wrong, for below the run's line: its traceback's end, or why a stream isn't whole."""
    run = branch.run
    if run is None:
        return []
    reason = run.error or _REASONS.get(run.status, "failed without a message")
    text = page.text(reason).strip()
    room = max(page.width - cells.width(branch.stem) - 2, 20)
    if everything:
        lines = cells.wrap(text, room)
    else:
        lines = cells.wrap(error_line(text), room)[:_ERROR_LINES]
    return [f"{branch.stem}  {line}" for line in page.painted(lines, "red")]
