"""Many prompts as one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS
from pytest_llmobs.reports.pages.prompts.versions import minute
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import Table, column, draw_painted, drop, fitted, squeeze, swap
from pytest_llmobs.wording import count


@dataclass(frozen=True, kw_only=True)
class PromptLine:
    """One prompt as it is now."""

    name: str
    commit: str | None
    """What its file holds, or the newest one; None where it has none."""
    heads: int = 1
    """More than one where branches haven't been joined."""
    edited: bool = False
    """True where its file holds what is in no commit."""
    tags: Sequence[str] = ()
    variables: int | None = None
    """None where it has no file, or that can't be read."""
    when: datetime | None = None
    """When it changed last."""
    problem: str = ""
    """Why it can't be read; empty where it can."""


def prompt_listing(prompts: Sequence[PromptLine], page: Page) -> list[str]:
    """Return the table, in the order given.

    What gives way, in this order, until it fits the page: the year, tags from the third on, the time, tags from the
    second on, the middle of names, the variables.
    """
    table = [
        column("name", "name", prompts, lambda line: page.line(line.name)),
        column("commit", "commit", prompts, _commit),
        column("state", "state", prompts, _state),
        column("tags", "tags", prompts, lambda line: page.line(", ".join(line.tags))),
        column("variables", "variables", prompts, _variables, right=True),
        column("when", "when (UTC)", prompts, _when),
    ]
    steps = [
        swap(column("when", "when (UTC)", prompts, lambda line: _when(line)[len("2026-") :])),
        swap(column("tags", "tags", prompts, lambda line: page.line(page.named(line.tags, 2)))),
        drop("when"),
        swap(column("tags", "tags", prompts, lambda line: page.line(page.named(line.tags, 1)))),
        squeeze("name", 24, page.width, page),
        drop("variables"),
        squeeze("tags", 10, page.width, page),
        squeeze("name", 8, page.width, page),
    ]
    shown = fitted(table, page.width, steps)
    lines, rows = draw_painted(shown, page)
    for line, row in zip(prompts, rows, strict=True):
        lines.append(page.paint(row, "red" if line.problem else ""))
    return [*lines, *_without_room(table, shown, page)]


def _without_room(table: Table, shown: Table, page: Page) -> list[str]:
    """Return the line that names what was left out, but for what nobody has."""
    kept = [column.key for column in shown]
    hidden = [column.key for column in table if any(column.cells) and column.key not in kept]
    if not hidden:
        return []
    return page.wrapped(f"no room for {', '.join(hidden)}: widen the terminal, or use --json", "dim")


def _commit(line: PromptLine) -> str:
    return (line.commit or "none")[:SHOWN_DIGITS]


def _state(line: PromptLine) -> str:
    if line.problem:
        return "broken"
    words = []
    if line.heads > 1:
        words.append(count(line.heads, "head"))
    if line.edited:
        words.append("edited")
    return ", ".join(words)


def _variables(line: PromptLine) -> str:
    return "?" if line.variables is None else str(line.variables)


def _when(line: PromptLine) -> str:
    return "" if line.when is None else minute(line.when)
