"""Raw agreement: how often two raters of an item say the same."""

from __future__ import annotations

from pytest_llmobs.measures.agreement.coefficient import (
    NOTHING_SHARED,
    Coefficient,
    Table,
    error_over_items,
    undefined,
)
from pytest_llmobs.measures.agreement.corrected import rated
from pytest_llmobs.measures.distributions import wilson_interval


def raw_agreement(table: Table) -> Coefficient:
    """Return the share of an item's pairs of ratings that are the same, as a mean over the items with two or more.

    The interval is Wilson's (1927, J. Am. Stat. Assoc. 22), with p(1 - p)/SE² in the place of the number of cases
    (Korn and Graubard 1998, Surv. Methodol. 24): of two raters that is the number of items. It holds the true share in
    92 to 99 of 100 samples (``benchmarks/agreement.py coverage``).

    Args:
        table: A row an item, a column a rater, None where a rating is missing.
    """
    ratings = rated(table)
    n, share = round(ratings.shared), ratings.agreement
    if not n:
        return undefined(0, NOTHING_SHARED)
    influences = []
    pairs = 0.0
    for row, agreement in ratings.agreements.items():
        influences.append(((agreement - share) / n, ratings.rows[row]))
        pairs += ratings.rows[row] * len(row) * (len(row) - 1) // 2
    error = error_over_items(influences, n)
    cases = float(n)
    if 0 < share < 1:
        # ratings of one item are no cases by themselves, however alike all items are
        cases = pairs
        if error:
            cases = min(cases, share * (1 - share) / error**2 * n / (n - 1))
    low, high = wilson_interval(share * cases, cases, 0.95)
    return Coefficient(n, share, min(low, share), max(high, share))
