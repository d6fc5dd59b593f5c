"""A trace as a tree: every run with its time, tokens, cost and error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_llmobs.records.runs import Run
from pytest_llmobs.reports.text import cells, figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import Column, draw, drop, fitted, squeeze
from pytest_llmobs.wording import count

MOST_SIBLINGS = 20
"""Children of one run that are drawn, unless everything is asked for: the first and those that failed."""


@dataclass(frozen=True)
class Branch:
    """One line of the tree: a run, or a note on runs that are left out."""

    lead: str
    """The lines that connect it with its parent."""
    run: Run | None
    note: str = ""
    stem: str = ""
    """What stands before further lines of this run."""


def run_tree(run: Run, page: Page, *, everything: bool = False) -> list[str]:
    """Draw ``run`` and its children.

    What gives way, in this order, until it fits: the kind, long models and names, the model, tokens, cost.

    Args:
        run: The root, with ``child_runs`` nested.
        page: Where it goes.
        everything: Draw every child and whole error messages.
    """
    branches = list(_branches(run, page, "", "", everything))
    drawn = _lines(branches, page)
    lines: list[str] = []
    for branch, line in zip(branches, drawn, strict=True):
        failed = branch.run is not None and branch.run.status != "success"
        lines.append(page.paint(line, "red") if failed else line)
        lines += _error(branch, page, everything)
    return lines


def _branches(run: Run, page: Page, lead: str, stem: str, everything: bool) -> Iterator[Branch]:
    yield Branch(lead, run, stem=stem + (page.signs.stem if run.child_runs else ""))
    shown = [
        child
        for number, child in enumerate(run.child_runs)
        if everything or number < MOST_SIBLINGS or child.status != "success"
    ]
    left_out = len(run.child_runs) - len(shown)
    for number, child in enumerate(shown):
        last = number == len(shown) - 1 and not left_out
        fork, pipe = (page.signs.corner, "   ") if last else (page.signs.tee, page.signs.stem)
        yield from _branches(child, page, stem + fork, stem + pipe, everything)
    if left_out:
        yield Branch(stem + page.signs.corner, None, f"{page.signs.ellipsis} {count(left_out, 'more run')}")


def _lines(branches: list[Branch], page: Page) -> list[str]:
    runs = [branch.run for branch in branches]
    names = [branch.lead + (_name(branch.run, page) if branch.run else branch.note) for branch in branches]
    table = [
        Column("name", "run", names),
        Column("kind", "kind", [run.run_type if run else "" for run in runs]),
        Column("model", "model", [page.line(run.model or "") if run else "" for run in runs]),
        Column("time", "time", [figures.seconds(run.latency) if run else "" for run in runs], right=True),
        Column("tokens", "tokens", [_tokens(run, page) if run else "" for run in runs], right=True),
        Column("cost", "cost", [_cost(run) if run else "" for run in runs], right=True),
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
    return draw(fitted(table, page.width, steps), page)[2:]


def _name(run: Run, page: Page) -> str:
    mark = {"error": f"{page.signs.cross} ", "incomplete": "! ", "abandoned": "! "}.get(run.status, "")
    return mark + page.line(run.name)


def _tokens(run: Run, page: Page) -> str:
    usage = run.usage
    if usage.total_tokens is None:
        return ""
    given, made = figures.tokens(usage.input_tokens or 0), figures.tokens(usage.output_tokens or 0)
    return f"{given} {page.signs.to} {made}"


def _cost(run: Run) -> str:
    if run.total_cost is not None:
        return figures.cost(run.total_cost)
    if run.usage.total_tokens is not None:
        return "?"
    return ""


def _error(branch: Branch, page: Page, everything: bool) -> list[str]:
    """Return what went wrong, for below the run's line: its traceback's end, or why a stream isn't whole."""
    run = branch.run
    if run is None or run.status == "success":
        return []
    text = {
        "incomplete": "the stream ended without its stop reason",
        "abandoned": "nobody read the stream to its end",
    }
    said = page.text(run.error or text.get(run.status, "failed without a message")).strip()
    room = max(page.width - cells.width(branch.stem) - 2, 20)
    wrapped = cells.wrap(said if everything else said.split("\n")[-1], room)
    shown = wrapped if everything else wrapped[:2]
    return [f"{branch.stem}  {page.paint(line, 'red')}" for line in shown]
