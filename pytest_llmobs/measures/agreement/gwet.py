"""Gwet's AC1 and AC2: agreement beyond chance that one common category doesn't drive towards 0."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from pytest_llmobs.measures.agreement.coefficient import Coefficient, Table, undefined
from pytest_llmobs.measures.agreement.corrected import corrected, rated
from pytest_llmobs.measures.agreement.weights import Matrix


def gwet(table: Table, categories: Sequence[Hashable] | None = None, ordered: bool = False) -> Coefficient:
    """Return Gwet's AC1, or AC2 where categories are ordered.

    (p_a - p_e)/(1 - p_e) with p_a as in Fleiss' kappa, and p_e = T/(q(q - 1))·Σπₖ(1 - πₖ), q the number of categories
    and T the sum of the weights, which is q where they are not ordered (Gwet 2008, Br. J. Math. Stat. Psychol. 61;
    2014, Handbook of Inter-Rater Reliability, 4th ed., ch. 5). The interval is that of ``corrected`` and
    ``with_interval``.

    Args:
        table: A row an item, a column a rater, None where a rating is missing.
        categories: All that may be said, in their order: what nobody said counts, too. None for what is said.
        ordered: Near categories count as partly the same.

    Raises:
        ValueError: A rating is outside the categories.
    """
    ratings = rated(table, categories, ordered)
    if len(ratings.categories) == 1:
        return undefined(round(ratings.shared), f"{ratings.categories[0]!r} is all that may be said")
    return corrected(ratings, _by_chance)


def _by_chance(prevalence: Sequence[float], weights: Matrix) -> tuple[float, Sequence[float]]:
    q = len(prevalence)
    scale = sum(map(sum, weights)) / (q * (q - 1))
    chance = scale * sum(share * (1 - share) for share in prevalence)
    return chance, [scale * (1 - 2 * share) for share in prevalence]
