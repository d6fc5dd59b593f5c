"""Student's t, the normal, chi-square, Wilson's interval and percentiles, without scipy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

_NORMAL = NormalDist()
_TINY = 1e-300
"""Stands for zero in a denominator of Lentz's method."""


def normal_cdf(z: float) -> float:
    """Return P(Z <= z) of the standard normal, accurate in both tails: erfc(-z/√2)/2."""
    return math.erfc(-z / math.sqrt(2)) / 2


def t_cdf(t: float, df: float) -> float:
    """Return P(T <= t) of Student's t.

    Formula: 1 - I_x(df/2, 1/2)/2 with x = df/(df + t²) for t >= 0, mirrored below (Abramowitz and Stegun 26.7.1).

    Args:
        t: The quantile; infinite values are allowed.
        df: Degrees of freedom, > 0.
    """
    if math.isinf(t):
        return float(t > 0)
    tail = incomplete_beta(df / 2, 0.5, df / (df + t * t)) / 2
    if t >= 0:
        return 1 - tail
    return tail


@lru_cache(maxsize=1024)
def t_quantile(probability: float, df: float) -> float:
    """Return the t with ``t_cdf(t, df) == probability``, to about 1e-10.

    Method: bracket by doubling, then bisect; 0.5 gives 0.

    Args:
        probability: Strictly between 0 and 1.
        df: Degrees of freedom, > 0.

    Raises:
        ValueError: ``probability`` is not strictly between 0 and 1, or ``df`` is not positive.
    """
    if not 0 < probability < 1 or not df > 0:
        raise ValueError(f"No t quantile for probability {probability!r} with {df!r} degrees of freedom.")
    if probability < 0.5:
        return -t_quantile(1 - probability, df)
    low, high = _bracket(probability, df)
    while high - low > 1e-12 * max(1.0, high):
        middle = (low + high) / 2
        if t_cdf(middle, df) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _bracket(probability: float, df: float) -> tuple[float, float]:
    """Return two numbers with the quantile of a probability from .5 between them."""
    low, high = 0.0, 1.0
    while t_cdf(high, df) < probability:
        low, high = high, high * 2
    return low, high


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b).

    Method: Lentz's continued fraction (Press et al., Numerical Recipes, 3rd ed., 6.4), on the side of the mean
    where it converges fast.
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    if x < (a + 1) / (a + b + 2):
        return math.exp(log_front) * _beta_fraction(a, b, x) / a
    return 1 - math.exp(log_front) * _beta_fraction(b, a, 1 - x) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _nonzero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _nonzero(1 + even * d), _nonzero(1 + even / c)
        result *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _nonzero(1 + odd * d), _nonzero(1 + odd / c)
        result *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return result


def _nonzero(value: float) -> float:
    return value or _TINY


def chi_square_tail(statistic: float, df: int) -> float:
    """Return P(X >= statistic) of chi-square, to about 1e-14.

    Formula: in closed form for whole degrees of freedom, erfc(√h) for an odd number and 0 for an even one, plus the
    sum of e^-h·h^a/Γ(a + 1) over a = df/2 - 1, df/2 - 2, … >= 0, with h = statistic/2 (Abramowitz and Stegun 26.4.4,
    26.4.5).

    Args:
        statistic: From 0 on; infinite values are allowed.
        df: Degrees of freedom, at least 1.
    """
    if math.isinf(statistic):
        return 0.0
    if statistic <= 0:
        return 1.0
    half = statistic / 2
    tail = math.erfc(math.sqrt(half)) if df % 2 else 0.0
    exponent = df / 2 - 1
    while exponent >= 0:
        tail += math.exp(exponent * math.log(half) - half - math.lgamma(exponent + 1))
        exponent -= 1
    return min(tail, 1.0)


def wilson_interval(successes: float, trials: float, level: float = 0.9) -> tuple[float, float]:
    """Return Wilson's score interval of a single rate (Wilson 1927, J. Am. Stat. Assoc. 22).

    Formula: (p̂ + z²/2n ± z√(p̂(1-p̂)/n + z²/4n²)) / (1 + z²/n).

    Args:
        successes: How many passed; a sum of per-example rates is allowed.
        trials: Out of how many, > 0; a number of independent trials that others amount to is allowed.
        level: Two-sided coverage.
    """
    z = _NORMAL.inv_cdf(0.5 + level / 2)
    rate, square = successes / trials, z * z
    middle = rate + square / (2 * trials)
    half = z * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials * trials))
    scale = 1 + square / trials
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return a percentile of numbers in ascending order, interpolated between the closest ranks.

    Definition 7 of Hyndman and Fan 1996, Am. Stat. 50.

    Args:
        ordered: At least one number.
        percent: 0 to 100.
    """
    place = (len(ordered) - 1) * percent / 100
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
