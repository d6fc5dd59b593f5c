"""A coefficient of agreement with its interval, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.measures.distributions import t_quantile

Row = Sequence[Hashable | None]
"""What was said of one item, a place for each rater; None where a rater said nothing."""
Table = Sequence[Row]
"""A row for each item."""

NOTHING_SHARED = "nobody rated the same item"


@dataclass(frozen=True)
class Coefficient:
    """How far raters agree, in one number."""

    n: int
    """Items that two or more of them rated."""
    value: float | None
    """1 is full agreement; 0, of what is corrected for chance, no more than dice would reach. None: undefined."""
    low: float | None = None
    """Lower end of the 95 % interval."""
    high: float | None = None
    """Upper end."""
    reason: str = ""
    """Why it is undefined."""


IMAGINED = 2
"""Items that ``with_imagined`` adds."""
_MOST_IMAGINED = 100
"""Values that take part in them."""


def undefined(n: int, reason: str) -> Coefficient:
    """Return a coefficient that has no value, and why."""
    return Coefficient(n, None, reason=reason)


def one_class(value: object) -> str:
    """Return why a coefficient is undefined where there is but one class."""
    return f"every rating is {value!r}: chance alone would agree as well"


def with_imagined(
    rows: Mapping[tuple[Any, ...], float], values: Sequence[Any]
) -> dict[tuple[Any, ...], float]:
    """Return items with two imagined ones among them: one of agreement, one of disagreement.

    Estimates from samples without any disagreement, or with but a few ratings of a rare value, vary more than they
    show. The imagined items give them a standard error that isn't 0, much as two successes and two failures do for a
    rate (Agresti and Coull 1998, Am. Stat. 52). They count for that alone, not for the estimate. They are dealt out
    to the values: each agrees with itself, and differs from the one that is half of all values away.

    Args:
        rows: The ratings of an item -> how many items have the same ones.
        values: Two or more different ones, in their order where they have one. Of many, a hundred or so take part.
    """
    together = dict(rows)
    # 50,000 values that are all different would be 100,000 more items to go through
    chosen = values[:: -(-len(values) // _MOST_IMAGINED)]
    for place, value in enumerate(chosen):
        other = chosen[(place + len(chosen) // 2) % len(chosen)]
        for pair in ((value, value), (value, other)):
            together[pair] = together.get(pair, 0) + 1 / len(chosen)
    return together


def with_interval(n: int, value: float, imagined_value: float, imagined_error: float) -> Coefficient:
    """Return a coefficient with its 95 % interval.

    With D = 1 - value, the disagreement by that of chance, the ends are those D at which the estimate lies t standard
    errors off, where the variance grows in proportion to D, as that of a rare event does: (D̂ - D)² = t²·v·D. This is
    Wilson's construction (1927, J. Am. Stat. Assoc. 22) with the variance of a count; t is Student's with n - 1
    degrees of freedom, and v is SE²/D with the items of ``with_imagined``. For large n it equals
    value ± t·SE; unlike that it has a length where no two ratings differ.

    In samples of 10 to 200 items by two to five raters with gaps, of 2 and 5 categories, one of which may be given to
    95 of 100 items, it holds the true value in 88 to 98 of 100, and where it doesn't, the true value is above it more
    often than below (``benchmarks/agreement.py coverage``).

    Args:
        n: Items that two or more rated, at least 1; of one alone nothing is known.
        value: The estimate, at most 1.
        imagined_value: The estimate with the imagined items, below 1.
        imagined_error: Its standard error over items.
    """
    if n < 2:
        return Coefficient(n, value, -1.0, 1.0)
    disagreement = 1 - value
    spread = t_quantile(0.975, n - 1) ** 2 * imagined_error**2 / (1 - imagined_value)
    low = 1 - disagreement - spread / 2 - _half(spread, disagreement)
    # the few ratings of a rare value differ more often than not, and those of the next sample may all agree
    disagreement = min(disagreement, 1 - imagined_value)
    high = 1 - disagreement - spread / 2 + _half(spread, disagreement)
    return Coefficient(n, value, min(max(-1.0, low), value), max(min(1.0, high), value))


def _half(spread: float, disagreement: float) -> float:
    """Return half the length of the interval, whose middle is above the disagreement by half the spread."""
    return math.sqrt(spread * disagreement + spread**2 / 4)


def error_over_items(influences: Iterable[tuple[float, float]], n: float) -> float:
    """Return the standard error of an estimate from how much each item moves it: the infinitesimal jackknife.

    √(n/(n - 1)·Σ(dᵢ - d̄)²) with dᵢ the derivative of the estimate by the weight of item i (Efron 1982, The Jackknife,
    the Bootstrap and Other Resampling Plans, 6.2).

    Args:
        influences: Derivatives, each with how many items have it.
        n: Items in all.
    """
    known = list(influences)
    if n <= 1:
        return 0.0
    total = math.fsum(value * count for value, count in known)
    mean = total / n
    squares = math.fsum(count * (value - mean) ** 2 for value, count in known)
    return math.sqrt(n / (n - 1) * squares)


def without_gaps(row: Row) -> tuple[Hashable, ...]:
    """Return the ratings of an item, without those that are missing."""
    return tuple([value for value in row if value is not None])
