"""Two independent samples: how far their means are apart, whether chance explains it, and how many more it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from pytest_llmobs.measures.distributions import t_cdf, t_quantile
from pytest_llmobs.measures.drops import POWER
from pytest_llmobs.measures.means import mean

LEVEL = 0.95
"""Two-sided coverage of intervals."""
_NORMAL = NormalDist()
_LAST_BITS = 1e-12
"""Of the largest value, squared: what a variance of equal values may come to."""


@dataclass(frozen=True)
class Sample:
    """Independent values, one a unit."""

    n: int
    mean: float | None
    """None without a value."""
    variance: float | None
    """Over n - 1; None with fewer than two values."""


@dataclass(frozen=True)
class Difference:
    """How far a second mean is from a first."""

    difference: float
    """Second minus first."""
    low: float | None = None
    """Lower end of its interval at ``LEVEL``; None where too few values, or values that never vary, allow none."""
    high: float | None = None
    p: float | None = None
    """Two-sided; None where there is no interval."""


def sample(values: Sequence[float]) -> Sample:
    """Return what some values come to."""
    n = len(values)
    if not n:
        return Sample(0, None, None)
    middle = mean(values)
    if n == 1:
        return Sample(1, middle, None)
    deviations = [value - middle for value in values]
    variance = math.fsum([each * each for each in deviations]) / (n - 1)
    largest = max(map(abs, values))
    # 0.1 a thousand times has a mean of 0.1 but for a last bit
    if variance <= (_LAST_BITS * largest) ** 2:
        variance = 0.0
    return Sample(n, middle, variance)


def difference_of_means(first: Sample, second: Sample) -> Difference | None:
    """Return the difference of two means, with its interval and p; None where one has no value.

    Formula: t = (m₂ - m₁)/SE, with the larger of two standard errors. Welch's (1947, Biometrika 34) is SE² = s₁²/n₁ +
    s₂²/n₂, with SE⁴/(s₁⁴/(n₁²(n₁ - 1)) + s₂⁴/(n₂²(n₂ - 1))) degrees of freedom; Student's (1908, Biometrika 6) is SE² =
    s²(1/n₁ + 1/n₂), s² being the variance within both samples, with n₁ + n₂ - 2.

    Welch's alone takes a small sample at its word. Of errors in 2 % of runs an arm of 50 users often has none, and so
    no variance: beside 200 others, with no difference at all, p was below .05 in 21 % of simulated tests, and in 9 %
    for skewed latencies. Student's alone fails where the smaller sample varies more. With the larger error, no more
    than 5 % were, in any of these. Of zeros and ones, the difference of two rates, it is the same.
    """
    if first.mean is None or second.mean is None:
        return None
    difference = second.mean - first.mean
    if first.variance is None or second.variance is None:
        return Difference(difference)
    share_1, share_2 = first.variance / first.n, second.variance / second.n
    own = share_1 + share_2
    if own == 0:
        # nothing varied: how much chance there is can't be told
        return Difference(difference)
    degrees_1, degrees_2 = first.n - 1, second.n - 1
    within = (degrees_1 * first.variance + degrees_2 * second.variance) / (degrees_1 + degrees_2)
    pooled = within * (1 / first.n + 1 / second.n)
    freedoms: float = degrees_1 + degrees_2
    if own >= pooled:
        freedoms = own**2 / (share_1**2 / degrees_1 + share_2**2 / degrees_2)
    error = math.sqrt(max(own, pooled))
    half = t_quantile(0.5 + LEVEL / 2, freedoms) * error
    p = 2 * t_cdf(-abs(difference) / error, freedoms)
    return Difference(difference, difference - half, difference + half, p)


def holm(ps: Sequence[float]) -> list[float]:
    """Return p-values adjusted for how many were looked at, in the order given.

    Formula: the k-th smallest of m times m - k + 1, at least the one before it, at most 1 (Holm 1979, Scand. J. Stat.
    6).
    """
    adjusted = [0.0] * len(ps)
    lowest = 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        lowest = max(lowest, min(1.0, ps[place] * (len(ps) - rank)))
        adjusted[place] = lowest
    return adjusted


def needed(first: Sample, second: Sample, difference: float, share: float) -> int | None:
    """Return how many values both samples need together so that a difference is found in four tests of five.

    Formula: n = (z(.975) + z(.80))²·(s₁²/(1 - q) + s₂²/q)/δ², of which the second sample gets the share q (Cohen 1988,
    Statistical Power Analysis, ch. 2, with unequal sizes and spreads). Without a variance of one side, that of the
    other stands for it.

    Args:
        first: As far as it is known.
        second: The same.
        difference: δ, above 0.
        share: q, between 0 and 1.

    Returns:
        The number, at least 4; None where neither side has a variance above 0.
    """
    known = [one.variance for one in (first, second) if one.variance is not None]
    if not known or max(known) == 0:
        return None
    variance_1 = first.variance if first.variance is not None else known[0]
    variance_2 = second.variance if second.variance is not None else known[0]
    factor = (_NORMAL.inv_cdf(0.5 + LEVEL / 2) + _NORMAL.inv_cdf(POWER)) ** 2
    values = factor * (variance_1 / (1 - share) + variance_2 / share) / difference**2
    if values > 1e15:
        return None
    return max(4, math.ceil(values))
