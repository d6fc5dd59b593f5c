"""What came of an export of training data: how much of which kind, and what was refused. Reads nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pytest_llmobs.curation.training.pairs import Pairs, Refused
from pytest_llmobs.curation.training.reach import ENOUGH, Reach
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import column, draw_painted, fitted, squeeze
from pytest_llmobs.wording import count

_NAMED = 10
"""Refused ones of a kind that are named."""
_MOST = 50
"""Cells of a category's name."""
KINDS = {
    "alike": "chosen and rejected nearly the same",
    "conflict": "reviewers disagree",
    "unfit": "no pair of answers",
    "unknown": "run not found",
    "repeated": "said by another one",
    "unreadable": "a dataset can't be read",
}
"""Why something became no pair -> the words for it, in the order of the page."""


def pairs_page(made: Pairs, page: Page) -> list[str]:
    """Return the pairs by kind of failure, and what was refused."""
    lines = reach_lines(made.reaches, page)
    if made.conflicts:
        lines += ["", *page.wrapped(f"{count(len(made.conflicts), 'conflict')} settled by most reviewers:")]
        lines += _named(made.conflicts, page)
    by_kind = Counter(refused.kind for refused in made.refused)
    for kind, words in KINDS.items():
        if by_kind[kind]:
            lines += ["", *page.wrapped(f"{by_kind[kind]:,} refused: {words}")]
            lines += _named(map(_shown, _of_kind(made.refused, kind)), page)
    return lines


def _of_kind(refused: Iterable[Refused], kind: str) -> list[Refused]:
    return [one for one in refused if one.kind == kind]


def _shown(refused: Refused) -> str:
    return f"{refused.source}: {refused.reason}"


def reach_lines(reaches: Sequence[Reach], page: Page) -> list[str]:
    """Return how many pairs each kind of failure has, and how many it lacks to be worth training on."""
    if not reaches:
        return []
    table = [
        column("kind", "kind of failure", reaches, lambda one: page.clip(page.line(one.category), _MOST)),
        column("pairs", "pairs", reaches, lambda one: f"{one.pairs:,}", right=True),
        column("lacking", f"to {ENOUGH}", reaches, _lacking, right=True),
    ]
    heading, rows = draw_painted(fitted(table, page.width, [squeeze("kind", 12, page.width, page)]), page)
    return [*heading, *rows, *page.wrapped(reach_words(reaches))]


def reach_words(reaches: Sequence[Reach]) -> str:
    """Return how many kinds of failure have enough pairs."""
    reached = sum(not one.lacking for one in reaches)
    return f"{ENOUGH} pairs: reached by {reached:,} of {count(len(reaches), 'kind')} of failure"


def _lacking(reach: Reach) -> str:
    return f"{reach.lacking:,} more" if reach.lacking else "reached"


def refused_lines(refused: Sequence[tuple[str, str]], page: Page) -> list[str]:
    """Return the runs that became no line, and why."""
    if not refused:
        return []
    lines = page.wrapped(f"{count(len(refused), 'run')} left out:")
    return [*lines, *_named([f"run {run_id}: {reason}" for run_id, reason in refused], page)]


def _named(texts: Iterable[str], page: Page) -> list[str]:
    lines: list[str] = []
    shown = list(texts)
    for text in shown[:_NAMED]:
        lines += page.item(page.line(text), mark=page.signs.cross, style="yellow")
    if len(shown) > _NAMED:
        lines.append(f"  {len(shown) - _NAMED:,} more; --json names them all")
    return lines
