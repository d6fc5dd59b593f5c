"""Krippendorff's alpha: any number of raters, missing ratings, four levels of measurement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import mul
from typing import Any, Literal

from pytest_llmobs.measures.agreement.coefficient import (
    IMAGINED,
    NOTHING_SHARED,
    Coefficient,
    Table,
    error_over_items,
    one_class,
    undefined,
    with_imagined,
    with_interval,
    without_gaps,
)

Level = Literal["nominal", "ordinal", "interval", "ratio"]
"""What the values are: names, ordered categories, numbers whose differences count, or numbers whose ratios do."""

_Rows = Mapping[tuple[Hashable, ...], float]
"""The ratings of an item -> how many items have the same ones."""
_ByValue = dict[Hashable, float]
"""In the order of the values."""


def alpha(table: Table, level: Level = "nominal", order: Sequence[Hashable] | None = None) -> Coefficient:
    """Return Krippendorff's alpha of ratings.

    α = 1 - D_o/D_e = 1 - (N - 1)·Σᵤ Σ_{i≠j} δ(xᵤᵢ, xᵤⱼ)/(mᵤ - 1) / Σ_{c,k} n_c·n_k·δ(c, k), over items u with mᵤ ≥ 2
    ratings, N in all, n_c of them c (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability; 2019, Content
    Analysis, 4th ed., ch. 12). δ is 0 or 1; or the squared difference of numbers, or of the middles of ordered
    categories' ranks; or ((c - k)/(c + k))² for ratios.

    The standard error is the infinitesimal jackknife over items, see ``error_over_items``, with the derivatives of N,
    of both sums and, for ordered categories, of the ranks; the interval is that of ``with_interval``.

    Takes time in proportion to the ratings; for ratios also to the square of the number of different ones.

    Args:
        table: A row an item, a column a rater, None where a rating is missing.
        level: What the values are.
        order: For ordered categories: all of them, the lowest first. None where they sort so by themselves.

    Raises:
        ValueError: A value isn't in ``order``, or a ratio is of a negative number.
    """
    rows: Counter[tuple[Hashable, ...]] = Counter()
    for row in table:
        ratings = without_gaps(row)
        if len(ratings) > 1:
            rows[ratings] += 1
    n = rows.total()
    if not n:
        return undefined(0, NOTHING_SHARED)
    values = _in_order(set().union(*rows), order)
    if len(values) == 1:
        return undefined(n, one_class(values[0]))
    value = _Estimate(rows, level, values).value
    estimate = _Estimate(with_imagined(rows, values), level, values)
    error = error_over_items(estimate.influences(), n + IMAGINED)
    return with_interval(n, value, estimate.value, error)


def _in_order(values: Collection[Any], order: Sequence[Hashable] | None) -> list[Any]:
    """Return values from low to high, unlike ones by how they are written.

    Raises:
        ValueError: One isn't in ``order``.
    """
    if order is None:
        try:
            return sorted(values)
        except TypeError:  # names and numbers, which have no order
            return sorted(values, key=str)
    unknown = set(values).difference(order)
    if unknown:
        raise ValueError(f"{unknown.pop()!r} is outside the categories {list(order)}")
    return [value for value in order if value in values]


@dataclass(frozen=True)
class _Distances:
    """How far apart values are, at one level."""

    within: Callable[[tuple[Any, ...]], float]
    """Sums the distances of all ordered pairs of an item's ratings."""
    to_all: _ByValue
    """Value -> sum of its distances to all ratings."""
    ranks: _ByValue | None = None
    """Of ordered categories, whose distances depend on how often each was given."""


class _Estimate:
    """Alpha of some ratings."""

    def __init__(self, rows: _Rows, level: Level, values: Sequence[Any]) -> None:
        """Compute it.

        Args:
            rows: At least two different ratings.
            level: What the values are.
            values: All different ones, in their order.
        """
        self.rows = rows
        self.counts = dict.fromkeys(values, 0.0)
        for row, count in rows.items():
            for value in row:
                self.counts[value] += count
        self.distances = _DISTANCES[level](self.counts)
        self.within = {row: self.distances.within(row) / (len(row) - 1) for row in rows}
        self.total = sum(self.counts.values())
        self.observed = sum(map(mul, self.within.values(), rows.values()))
        # both have the order of the values
        self.expected = sum(map(mul, self.distances.to_all.values(), self.counts.values()))
        self.value = 1 - (self.total - 1) * self.observed / self.expected

    def influences(self) -> Iterator[tuple[float, float]]:
        """Yield by how much one more of each kind of item raises alpha, with how many items are of that kind."""
        by_observed, by_expected = _gradients(self.rows, self.counts, self.distances)
        ratio = self.observed / self.expected
        by_rating = {}
        for value, growth in by_observed.items():
            by_rating[value] = growth - ratio * by_expected[value]
        for row, count in self.rows.items():
            here = self.within[row] + sum(map(by_rating.__getitem__, row))
            shift = len(row) * self.observed + (self.total - 1) * here
            yield -shift / self.expected, count


def _gradients(rows: _Rows, counts: _ByValue, distances: _Distances) -> tuple[_ByValue, _ByValue]:
    """Return by how much one more rating of each value raises the sum over items (by itself), and that over all."""
    # distances that don't depend on the ratings are the same with one more of them
    if distances.ranks is None:
        return dict.fromkeys(counts, 0.0), {value: 2 * far for value, far in distances.to_all.items()}
    ranks = distances.ranks
    total = sum(counts.values())
    pull = dict.fromkeys(counts, 0.0)
    for row, count in rows.items():
        here = list(map(ranks.__getitem__, row))
        middle, weight = sum(here), count / (len(row) - 1)
        for value, rank in zip(row, here, strict=True):
            pull[value] += weight * (len(row) * rank - middle)
    pull_by_chance = {}
    for value, count in counts.items():
        pull_by_chance[value] = count * (total * ranks[value] - total**2 / 2)
    by_expected = _shifted_ranks(pull_by_chance, ranks)
    for value, far in distances.to_all.items():
        by_expected[value] += 2 * far
    return _shifted_ranks(pull, ranks), by_expected


def _shifted_ranks(pull: _ByValue, ranks: _ByValue) -> dict[Hashable, float]:
    """Return by how much a sum of squared differences of ranks grows with one more rating of each value.

    It moves the ranks above it by 1, and its own by a half.

    Args:
        pull: For each value, a quarter of the sum's derivative by its rank.
        ranks: The ranks, the lowest first.
    """
    growth = {}
    above = 0.0
    for value in reversed(ranks):
        growth[value] = 4 * (above + pull[value] / 2)
        above += pull[value]
    return growth


def _nominal(counts: _ByValue) -> _Distances:
    total = sum(counts.values())
    to_all = {value: total - count for value, count in counts.items()}
    return _Distances(_different, to_all)


def _different(row: tuple[Hashable, ...]) -> float:
    return float(len(row) ** 2 - sum(map(row.count, row)))


def _ordinal(counts: _ByValue) -> _Distances:
    ranks = {}
    below = 0.0
    for value, count in counts.items():
        ranks[value] = below + count / 2
        below += count
    return _squared(ranks, counts, ranks)


def _interval(counts: dict[Any, float]) -> _Distances:
    # from their middle, so that squares of large numbers don't cancel each other out
    middle = sum(value * count for value, count in counts.items()) / sum(counts.values())
    return _squared({value: value - middle for value in counts}, counts, None)


def _squared(places: _ByValue, counts: _ByValue, ranks: _ByValue | None) -> _Distances:
    """Return squared differences of places on a line."""
    total = sum(counts.values())
    # places have the order of the counts
    weighted = list(map(mul, places.values(), counts.values()))
    plain = sum(weighted)
    squares = sum(map(mul, weighted, places.values()))

    def within(row: tuple[Hashable, ...]) -> float:
        here = list(map(places.__getitem__, row))
        middle = sum(here) / len(here)
        far = 0.0
        for place in here:
            far += (place - middle) * (place - middle)
        return 2 * len(here) * far

    to_all = {}
    for value, place in places.items():
        to_all[value] = total * place**2 - 2 * place * plain + squares
    return _Distances(within, to_all, ranks)


def _ratio(counts: Mapping[Any, float]) -> _Distances:
    if min(counts) < 0:
        raise ValueError(f"{min(counts)!r} is below 0, and has no ratio to other numbers")
    to_all = {}
    for value in counts:
        far = 0.0
        for other, count in counts.items():
            far += count * _apart(value, other)
        to_all[value] = far
    return _Distances(_ratios, to_all)


def _ratios(row: tuple[Any, ...]) -> float:
    far = 0.0
    for first, second in combinations(row, 2):
        far += 2 * _apart(first, second)
    return far


def _apart(first: float, second: float) -> float:
    if first == second:
        return 0.0
    return ((first - second) / (first + second)) ** 2


_DISTANCES: Mapping[Level, Callable[[_ByValue], _Distances]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
    "ratio": _ratio,
}
