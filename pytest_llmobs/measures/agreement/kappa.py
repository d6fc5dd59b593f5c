"""How far two raters agree: agreement, Cohen's kappa with its interval, the confusion table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import eq, mul

from pytest_llmobs.measures.agreement.coefficient import (
    IMAGINED,
    NOTHING_SHARED,
    Coefficient,
    Table,
    one_class,
    undefined,
    with_imagined,
    with_interval,
)
from pytest_llmobs.measures.agreement.weights import Matrix, weights


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
    (1968): two steps apart is worse than one. The standard error is that of Fleiss, Cohen and Everitt (1969, Psychol.
    Bull. 72); the interval made of it is that of ``with_interval``. Kappa ± 1.96 SE holds the true kappa in no more
    than 55 of 100 samples of 20 cases where that is .9, and has no length where nobody differs.

    Args:
        first: The first rater's categories (the people's labels).
        second: The second's (the judge's), as long as ``first``.
        order: All categories from lowest to highest, where they have an order.

    Raises:
        ValueError: The lengths differ, there are no cases, or a category is not in ``order``.
    """
    if len(first) != len(second) or not first:
        raise ValueError(f"{len(first)} and {len(second)} ratings can't be compared")
    categories = sorted({*first, *second}, key=str) if order is None else list(order)
    n = len(first)
    counts: Counter[tuple[Hashable, ...]] = Counter(zip(first, second, strict=True))
    shares = _shares(counts, categories, n)
    if not math.isclose(sum(map(sum, shares)), 1):
        raise ValueError(f"a rating is outside the categories {categories}")
    alike = weights(len(categories), order is not None)
    kappa, _ = _kappa(shares, alike, n)
    ends = Coefficient(n, None)
    if kappa is not None:
        ends = _with_interval(kappa, counts, categories, alike)
    return Agreement(
        n=n,
        agreement=sum(map(eq, first, second)) / n,
        kappa=kappa,
        low=ends.low,
        high=ends.high,
        confusion=_confusion(counts),
    )


def cohen_kappa(
    table: Table, categories: Sequence[Hashable] | None = None, ordered: bool = False
) -> Coefficient:
    """Return Cohen's kappa of two raters, see ``agree``.

    Args:
        table: A row an item, a column for each of the two, None where a rating is missing: such items don't count.
        categories: All that may be said, in their order; None for what is said.
        ordered: Near categories count as partly the same.

    Raises:
        ValueError: A rating is outside the ordered categories.
    """
    both = [row for row in table if None not in row]
    if not both:
        return undefined(0, NOTHING_SHARED)
    first, second = zip(*both, strict=True)
    result = agree(first, second, categories if ordered else None)
    if result.kappa is None:
        return undefined(result.n, one_class(first[0]))
    return Coefficient(result.n, result.kappa, result.low, result.high)


def _with_interval(
    kappa: float, counts: Counter[tuple[Hashable, ...]], categories: Sequence[Hashable], alike: Matrix
) -> Coefficient:
    n = counts.total() + IMAGINED
    shares = _shares(with_imagined(counts, categories), categories, n)
    imagined_kappa, error = _kappa(shares, alike, n)
    return with_interval(counts.total(), kappa, imagined_kappa or 0.0, error)


def _shares(
    counts: Mapping[tuple[Hashable, ...], float], categories: Sequence[Hashable], n: int
) -> list[list[float]]:
    """Return the share of the cases in each cell of the confusion table."""
    shares = []
    for row in categories:
        row_shares = []
        for column in categories:
            row_shares.append(counts.get((row, column), 0) / n)
        shares.append(row_shares)
    return shares


def _confusion(counts: Mapping[tuple[Hashable, ...], int]) -> dict[str, dict[str, int]]:
    confusion: dict[str, dict[str, int]] = {}
    for (row, column), count in sorted(counts.items(), key=repr):
        confusion.setdefault(str(row), {})[str(column)] = count
    return confusion


def _kappa(shares: Matrix, weights: Matrix, n: int) -> tuple[float | None, float]:
    """Return kappa and its standard error; no kappa where chance alone would always agree."""
    rows = list(map(sum, shares))
    columns = list(map(sum, zip(*shares, strict=True)))
    observed = sum(map(mul, chain(*weights), chain(*shares)))
    expected = _by_chance(weights, rows, columns)
    if math.isclose(expected, 1):
        return None, 0.0
    kappa = (observed - expected) / (1 - expected)
    spread = _spread(shares, weights, rows, columns, kappa)
    variance = (spread - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    return kappa, math.sqrt(max(variance, 0.0))


def _by_chance(weights: Matrix, rows: Sequence[float], columns: Sequence[float]) -> float:
    """Return the agreement of two raters who throw dice with these shares of each category."""
    terms = []
    for row_weights, row in zip(weights, rows, strict=True):
        for weight, column in zip(row_weights, columns, strict=True):
            terms.append(weight * row * column)
    return sum(terms)


def _spread(
    shares: Matrix, weights: Matrix, rows: Sequence[float], columns: Sequence[float], kappa: float
) -> float:
    """Return the first term of the variance of Fleiss, Cohen and Everitt (1969), formula 13."""
    by_row = _times(weights, columns)
    by_column = _times(list(zip(*weights, strict=True)), rows)
    terms: list[float] = []
    for i, row_shares in enumerate(shares):
        for j, share in enumerate(row_shares):
            off = weights[i][j] - (by_row[i] + by_column[j]) * (1 - kappa)
            terms.append(share * off**2)
    return sum(terms)


def _times(matrix: Matrix, vector: Sequence[float]) -> list[float]:
    """Return the product of a matrix and a column."""
    return [sum(map(mul, row, vector)) for row in matrix]
