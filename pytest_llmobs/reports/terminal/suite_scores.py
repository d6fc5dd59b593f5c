"""What summary evaluators say of whole suites besides their number: a comment, a confusion matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.reports.text.page import Page, bound, indent
from pytest_llmobs.reports.text.short_names import test_of
from pytest_llmobs.reports.text.table import Table, TextColumn, column, draw_painted, total_width

NONE = "(none)"
"""The label of a trial without a prediction."""
_MOST_CONFUSIONS = 10
"""Confusions listed where the matrix is too wide to draw."""
_TITLE_WIDTHS = (24, 12, 8, 5)
"""Cells a label, tried until the table fits."""

Matrix = Mapping[str, Mapping[str, int]]
"""Expected label -> predicted label -> trials."""


def suite_section(
    scores: Sequence[SuiteScore], page: Page, *, before: Sequence[SuiteScore] = (), everything: bool = False
) -> list[str]:
    """Return an item for each comment, followed by the confusion matrix where there is one.

    Args:
        scores: Of all suites.
        page: Where it goes.
        before: Those of an earlier experiment; its matrices are shown beside the new ones.
        everything: List all confusions where the matrix is too wide to draw.
    """
    earlier = {(score.suite, score.metric): score.matrix for score in before}
    several = len({score.suite for score in scores}) > 1
    lines: list[str] = []
    for score in scores:
        if score.comment:
            text = f"{score.metric}: {score.comment}"
            if several:
                text = f"{test_of(score.suite)} {text}"
            lines += page.item(text, mark=page.signs.dot)
        if score.matrix:
            then = earlier.get((score.suite, score.metric), score.matrix)
            lines += indent(matrix_lines(score.matrix, page, before=then, everything=everything), 4)
    return lines


def matrix_lines(
    matrix: Matrix, page: Page, *, before: Matrix, title: str = "", everything: bool = False
) -> list[str]:
    """Return a confusion matrix as a table, or its largest confusions where it is too wide for the page.

    Args:
        matrix: A row an expected label.
        page: Where it goes; four cells are left free on its left.
        before: The matrix to compare with; a cell that differs shows both numbers.
        title: Of the rows and columns, where they aren't what is expected and what is predicted.
        everything: List all confusions.
    """
    title = title or f"expected, then predicted {page.signs.to}"
    # labels give way before the table does: numbers side by side say more than a list
    for width in _TITLE_WIDTHS:
        table = _table(matrix, before, page, width, title)
        if total_width(table) <= page.width - 4:
            heading, rows = draw_painted(table, page)
            return [*heading, *rows]
    return list(_largest(matrix, page, bound(_MOST_CONFUSIONS, everything)))


def _table(matrix: Matrix, before: Matrix, page: Page, width: int, title: str) -> Table:
    expected = sorted({*matrix, *before})
    if width <= 12:
        title = title.partition(",")[0]

    def short(label: str) -> str:
        return page.clip_middle(page.line(label), width)

    columns: list[TextColumn] = [column("expected", title, expected, short)]
    for label in _predicted(expected, matrix, before):
        cell = _cells(matrix, before, label, page)
        columns.append(column(label, short(label), expected, cell, right=True))
    return columns


def _predicted(expected: Sequence[str], *matrices: Matrix) -> list[str]:
    """Return all labels, that of a missing prediction last."""
    labels = set(expected)
    for matrix in matrices:
        labels.update(*matrix.values())
    return sorted(labels, key=lambda label: (label == NONE, label))


def _cells(matrix: Matrix, before: Matrix, label: str, page: Page) -> Callable[[str], str]:
    """Return what says how many trials of an expected label were predicted as ``label``."""

    def cell(expected: str) -> str:
        now = matrix.get(expected, {}).get(label, 0)
        then = before.get(expected, {}).get(label, 0)
        if now != then:
            return f"{then}{page.signs.to}{now}"
        if now:
            return str(now)
        return page.signs.dot

    return cell


def _largest(matrix: Matrix, page: Page, most: int | None) -> Iterator[str]:
    confusions: Counter[tuple[str, str]] = Counter()
    for expected, predicted in matrix.items():
        for label, number in predicted.items():
            # what is right is no confusion
            if label != expected:
                confusions[expected, label] = number
    shown = confusions.most_common(most)
    for (expected, label), number in shown:
        text = f"{number:,} {page.signs.times} {page.line(expected)} {page.signs.to} {page.line(label)}"
        yield page.clip(text, page.width - 4)
    if len(confusions) > len(shown):
        yield f"{page.signs.ellipsis} {len(confusions) - len(shown):,} more kinds of confusion"
