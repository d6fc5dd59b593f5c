"""Fleiss' kappa: several raters, who need not be the same ones for every item."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from operator import mul

from pytest_llmobs.measures.agreement.coefficient import Coefficient, Table, one_class, undefined
from pytest_llmobs.measures.agreement.corrected import corrected, rated
from pytest_llmobs.measures.agreement.weights import Matrix


def fleiss_kappa(
    table: Table, categories: Sequence[Hashable] | None = None, ordered: bool = False
) -> Coefficient:
    """Return Fleiss' kappa.

    (P̄ - P̄ₑ)/(1 - P̄ₑ) with P̄ the mean share of an item's pairs of ratings that are the same, and P̄ₑ = Σπₖ² (Fleiss
    1971, Psychol. Bull. 76); with ordered categories P̄ₑ = Σ wₖₗ·πₖ·πₗ. Items may have unlike numbers of ratings: P̄ is
    over those with two or more, π over all (Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed., ch. 2). The
    interval is that of ``corrected`` and ``with_interval``.

    Args:
        table: A row an item, a column a rater, None where a rating is missing.
        categories: All that may be said, in their order; None for what is said.
        ordered: Near categories count as partly the same.

    Raises:
        ValueError: A rating is outside the categories.
    """
    ratings = rated(table, categories, ordered)
    said = set().union(*ratings.rows)
    if ratings.shared and len(said) == 1:
        return undefined(round(ratings.shared), one_class(said.pop()))
    return corrected(ratings, _by_chance)


def _by_chance(prevalence: Sequence[float], weights: Matrix) -> tuple[float, Sequence[float]]:
    near = []
    for row in weights:
        near.append(sum(map(mul, row, prevalence)))
    return sum(map(mul, near, prevalence)), [2 * each for each in near]
