"""How far two raters agree: agreement, Cohen's kappa with its interval, the confusion table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Agreement:
    """What two raters' words on the same cases amount to."""

    n: int
    """Cases rated by both."""
    agreement: float
    """The share of cases on which they say the same."""
    kappa: float | None
    """Cohen's kappa, weighted where the categories are ordered; None where it isn't defined: both always said one
    and the same thing."""
    low: float | None
    """Lower end of kappa's 95 % interval."""
    high: float | None
    """Upper end."""
    confusion: dict[str, dict[str, int]]
    """First rater's category -> second rater's -> cases."""


def agree(
    first: Sequence[Hashable], second: Sequence[Hashable], order: Sequence[Hashable] | None = None
) -> Agreement:
    """Compare two raters, case by case.

    Kappa is (p_o - p_e) / (1 - p_e), Cohen (1960). With ``order`` it is weighted by 1 - (i - j)² / (k - 1)², Cohen
    (1968): two steps apart is worse than one. The interval is kappa ± 1.96 SE, with the SE of Fleiss, Cohen and
    Everitt (1969), cut off at -1 and 1.

    Args:
        first: The first rater's categories (the people's labels).
        second: The second's (the judge's), as long as ``first``.
        order: All categories from lowest to highest, where they have an order.

    Raises:
        ValueError: The lengths differ, there are no cases, or a category is not in ``order``.
    """
    if len(first) != len(second) or not first:
        raise ValueError(f"{len(first)} and {len(second)} ratings can't be compared")
    categories = list(order) if order is not None else sorted({*first, *second}, key=str)
    counts = Counter(zip(first, second, strict=True))
    n = len(first)
    table = [[counts[row, column] / n for column in categories] for row in categories]
    if not math.isclose(sum(map(sum, table)), 1):
        raise ValueError(f"a rating is outside the categories {categories}")
    kappa, error = _kappa(table, _weights(len(categories), order is not None), n)
    shown: dict[str, dict[str, int]] = {}
    for (row, column), count in sorted(counts.items(), key=repr):
        shown.setdefault(str(row), {})[str(column)] = count
    return Agreement(
        n=n,
        agreement=sum(a == b for a, b in zip(first, second, strict=True)) / n,
        kappa=kappa,
        low=None if kappa is None else max(-1.0, kappa - _Z95 * error),
        high=None if kappa is None else min(1.0, kappa + _Z95 * error),
        confusion=shown,
    )


def _weights(k: int, ordered: bool) -> list[list[float]]:
    if not ordered or k < 2:
        return [[float(i == j) for j in range(k)] for i in range(k)]
    return [[1 - ((i - j) / (k - 1)) ** 2 for j in range(k)] for i in range(k)]


def _kappa(p: list[list[float]], w: list[list[float]], n: int) -> tuple[float | None, float]:
    k = range(len(p))
    rows, columns = [sum(p[i]) for i in k], [sum(p[i][j] for i in k) for j in k]
    observed = sum(w[i][j] * p[i][j] for i in k for j in k)
    expected = sum(w[i][j] * rows[i] * columns[j] for i in k for j in k)
    if math.isclose(expected, 1):
        return None, 0.0
    kappa = (observed - expected) / (1 - expected)
    by_row = [sum(w[i][j] * columns[j] for j in k) for i in k]
    by_column = [sum(w[i][j] * rows[i] for i in k) for j in k]
    spread = sum(p[i][j] * (w[i][j] - (by_row[i] + by_column[j]) * (1 - kappa)) ** 2 for i in k for j in k)
    variance = (spread - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    return kappa, math.sqrt(max(variance, 0.0))
