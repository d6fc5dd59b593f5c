"""What summary evaluators say of whole suites besides their number: a comment, a confusion matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.reports.text.table import Column, Table, draw, total_width

NONE = "(none)"
"""The label of a trial without a prediction."""
_MOST_CONFUSIONS = 10
"""Confusions listed where the matrix is too wide to draw."""
_TITLE_WIDTHS = (24, 12, 8, 5)

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
            where = f"{score.suite.rpartition('::')[2]} " if several else ""
            lines += page.item(f"{where}{score.metric}: {score.comment}", mark=page.signs.dot)
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
    for width in _TITLE_WIDTHS:
        table = _table(matrix, before, page, width, title)
        if total_width(table) <= page.width - 4:
            titles, rule, *rows = draw(table, page)
            return [page.paint(titles, "bold"), page.paint(rule, "dim"), *rows]
    return list(_listed(matrix, page, everything))


def _table(matrix: Matrix, before: Matrix, page: Page, width: int, title: str) -> Table:
    expected = sorted({*matrix, *before})
    found = {label for each in (matrix, before) for row in each.values() for label in row}
    predicted = sorted({*expected, *found}, key=lambda label: (label == NONE, label))

    def short(label: str) -> str:
        return page.clip_middle(page.line(label), width)

    return [
        Column(
            "expected", title if width > 12 else title.partition(",")[0], [short(label) for label in expected]
        ),
        *(
            Column(
                label, short(label), [_cell(matrix, before, row, label, page) for row in expected], right=True
            )
            for label in predicted
        ),
    ]


def _cell(matrix: Matrix, before: Matrix, row: str, column: str, page: Page) -> str:
    now, then = (each.get(row, {}).get(column, 0) for each in (matrix, before))
    if now != then:
        return f"{then}{page.signs.to}{now}"
    if now:
        return str(now)
    return page.signs.dot


def _listed(matrix: Matrix, page: Page, everything: bool) -> Iterator[str]:
    wrong = Counter(
        {(row, label): n for row, labels in matrix.items() for label, n in labels.items() if label != row}
    )
    shown = wrong.most_common(None if everything else _MOST_CONFUSIONS)
    for (expected, predicted), count in shown:
        text = f"{count:,} {page.signs.times} {page.line(expected)} {page.signs.to} {page.line(predicted)}"
        yield page.clip(text, page.width - 4)
    if len(wrong) > len(shown):
        yield f"{page.signs.ellipsis} {len(wrong) - len(shown):,} more kinds of confusion"
