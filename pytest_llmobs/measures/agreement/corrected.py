"""What Fleiss' kappa and Gwet's coefficients share: (p_a - p_e)/(1 - p_e), over items with any number of ratings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import mul

from pytest_llmobs.measures.agreement.coefficient import (
    NOTHING_SHARED,
    Coefficient,
    Table,
    error_over_items,
    undefined,
    with_imagined,
    with_interval,
    without_gaps,
)
from pytest_llmobs.measures.agreement.weights import Matrix, weights

Chance = Callable[[Sequence[float], Matrix], tuple[float, Sequence[float]]]
"""Prevalence of each category and the weights -> the agreement by chance, and its derivative by each prevalence."""


@dataclass(frozen=True)
class Rated:
    """Ratings in categories, counted."""

    rows: Mapping[tuple[Hashable, ...], float]
    """The ratings of an item, at least one -> how many items have the same ones."""
    categories: Sequence[Hashable]
    weights: Matrix

    @cached_property
    def n(self) -> float:
        """Items with a rating."""
        return sum(self.rows.values())

    @cached_property
    def shared(self) -> float:
        """Items that two or more rated."""
        return sum(count for row, count in self.rows.items() if len(row) > 1)

    @cached_property
    def prevalence(self) -> list[float]:
        """The mean share of an item's ratings that each category has, over all items with a rating."""
        totals = [0.0] * len(self.categories)
        for row, count in self.rows.items():
            for place in self.places(row):
                totals[place] += count / len(row)
        return [total / self.n for total in totals]

    @cached_property
    def agreements(self) -> dict[tuple[Hashable, ...], float]:
        """The ratings of an item that two or more rated -> the mean weight of two of them."""
        return {row: self._agreement(row) for row in self.rows if len(row) > 1}

    @cached_property
    def agreement(self) -> float:
        """The mean of that over items; 0 where there is no such item."""
        total = 0.0
        for row, share in self.agreements.items():
            total += share * self.rows[row]
        return total / max(self.shared, 1)

    def places(self, row: tuple[Hashable, ...]) -> list[int]:
        """Return the categories of ratings, each as its place among all."""
        return list(map(self._places.__getitem__, row))

    @cached_property
    def _places(self) -> dict[Hashable, int]:
        return {category: place for place, category in enumerate(self.categories)}

    def _agreement(self, row: tuple[Hashable, ...]) -> float:
        numbers = Counter(self.places(row))
        alike = 0.0
        for place, count in numbers.items():
            for other, times in numbers.items():
                alike += count * times * self.weights[place][other]
        return (alike - len(row)) / (len(row) * (len(row) - 1))


def rated(table: Table, categories: Sequence[Hashable] | None = None, ordered: bool = False) -> Rated:
    """Count ratings.

    Args:
        table: A row an item, a column a rater, None where a rating is missing.
        categories: All that may be said, from lowest to highest where they are ordered; None for what is said.
        ordered: Near categories count as partly the same, see ``weights``.

    Raises:
        ValueError: A rating is outside the categories.
    """
    rows = Counter(filter(None, map(without_gaps, table)))
    said: dict[Hashable, None] = {}
    for row in rows:
        said.update(dict.fromkeys(row))
    known = list(said) if categories is None else list(categories)
    unknown = set(said).difference(known)
    if unknown:
        raise ValueError(f"{unknown.pop()!r} is outside the categories {known}")
    return Rated(rows, known, weights(len(known), ordered))


def corrected(ratings: Rated, by_chance: Chance) -> Coefficient:
    """Return (p_a - p_e)/(1 - p_e) with its interval, or undefined where chance alone would always agree.

    The standard error is that of Gwet 2008 (Br. J. Math. Stat. Psychol. 61), the same as the infinitesimal jackknife
    over items (``error_over_items``); where some items have one rating alone, p_a is taken as a ratio.
    """
    if not ratings.shared:
        return undefined(0, NOTHING_SHARED)
    chance, _ = by_chance(ratings.prevalence, ratings.weights)
    if math.isclose(chance, 1):
        return undefined(round(ratings.shared), "chance alone would always agree")
    together = replace(ratings, rows=with_imagined(ratings.rows, ratings.categories))
    value, _ = _estimate(ratings, by_chance)
    imagined_value, influences = _estimate(together, by_chance)
    return with_interval(
        round(ratings.shared), value, imagined_value, error_over_items(influences, together.n)
    )


def _estimate(ratings: Rated, by_chance: Chance) -> tuple[float, list[tuple[float, float]]]:
    """Return the coefficient, and by how much one more of each kind of item raises it, with how many there are."""
    chance, gradient = by_chance(ratings.prevalence, ratings.weights)
    value = (ratings.agreement - chance) / (1 - chance)
    level = sum(map(mul, gradient, ratings.prevalence))
    influences = []
    for row, count in ratings.rows.items():
        share = sum(map(gradient.__getitem__, ratings.places(row))) / len(row)
        moved = -(1 - value) * (share - level) / ratings.n
        # who rated alone says how common a category is, and nothing of agreement
        if row in ratings.agreements:
            moved += (ratings.agreements[row] - ratings.agreement) / ratings.shared
        influences.append((moved / (1 - chance), count))
    return value, influences
