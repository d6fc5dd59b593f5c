"""How far two categories count as the same: all or nothing, or less with every step between them."""

from __future__ import annotations

from collections.abc import Sequence

Matrix = Sequence[Sequence[float]]
"""A row for each category of one rater, a column for each of the other."""


def weights(k: int, ordered: bool) -> list[list[float]]:
    """Return the weight of every pair of ``k`` categories.

    1 - (i - j)²/(k - 1)² for ordered ones (Cohen 1968, Psychol. Bull. 70), else 1 for the same and 0 for two.
    """
    matrix = []
    for i in range(k):
        row = []
        for j in range(k):
            row.append(_weight(i, j, k, ordered))
        matrix.append(row)
    return matrix


def _weight(i: int, j: int, k: int, ordered: bool) -> float:
    if not ordered or i == j:
        return float(i == j)
    return 1 - ((i - j) / (k - 1)) ** 2
