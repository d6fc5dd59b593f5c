"""How far a mean has moved, how far it may have, and which drop would be found.

One model of the variance for all of it, the one within examples: a drop by X adds at most X·scale of variance to each
new trial, because an example that fails once where it always passed has begun to vary.
"""

from __future__ import annotations

import math
from statistics import NormalDist

_NORMAL = NormalDist()
Z_ONE_SIDED = _NORMAL.inv_cdf(0.95)
"""1.645: each end of a 90 % interval is wrong in one build of twenty."""
LAST_LEVEL = 0.025
"""p below which guard 1 is red at its last look."""
POWER = 0.80
SEQUENTIAL_LOSS = 1.25
"""What the looks, and the mean that must have fallen by epsilon, cost; simulated."""

MORE_PASSES = 10
"""Passes in the baseline of which a row says what they would make of the drop that it could find."""
MORE_REPEATS = 3
"""Repeats of which it says the same."""


def drop_interval(
    mean: float, variance: float, units: int, passes: float, scale: float = 1.0
) -> tuple[float, float]:
    """Return the 90 % interval of a mean difference.

    Formulas: SE(X)² = variance + max(0, X)·scale/(k·n). The low end is -X with (X + d̄)² = 1.645²·SE(X)², the
    largest X >= 0 that does, as in Wilson's interval of a rate; where d̄ is so high that none does it is
    d̄ - 1.645·SE(0). The high end is d̄ + 1.645·SE(min(-d̄, scale/4)). Never empty: with no difference at all it says
    how large a drop would have shown.

    Args:
        mean: d̄, negative is worse.
        variance: Of d̄ over all deals within units, V/n².
        units: n, the examples that d̄ is a mean of, at least 1.
        passes: k, new trials an example, at least 1.
        scale: Highest minus lowest value of the metric.

    Returns:
        The low and the high end, not yet cut to what is possible.
    """
    share = scale / (passes * units)
    # no value within the scale varies by more than a quarter of its square
    drop = min(max(0.0, -mean), scale / 4)
    return _low_end(mean, variance, share), mean + Z_ONE_SIDED * math.sqrt(variance + drop * share)


def _low_end(mean: float, variance: float, share: float) -> float:
    square = Z_ONE_SIDED**2
    # X² - 2·half·X + mean² - square·variance = 0
    half = square * share / 2 - mean
    root = half**2 - mean**2 + square * variance
    if root >= 0:
        largest = half + math.sqrt(root)
        if largest >= 0:
            return -largest
    return mean - Z_ONE_SIDED * math.sqrt(variance)


def detectable_drop(
    spread: float, old_passes: float, passes: float, units: int, tests: int, scale: float = 1.0
) -> float:
    """Return the drop that is found in about four builds of five.

    Formula: the X with X = c·SE(X), SE(X)² = (σ²·(1/K_b + 1/k) + X·scale/k)/n:
    X = (b + √(b² + 4a))/2, b = c²·scale/(n·k), a = c²·σ²·(1/K_b + 1/k)/n.

    Args:
        spread: σ², the mean of the examples' variances sᵢ²; of clusters the sum of theirs over n.
        old_passes: K_b.
        passes: k, new trials an example at the last look: those of the session and of every further pass.
        units: n, the examples compared, at least 1.
        tests: G, gating metrics.
        scale: Highest minus lowest value of the metric.
    """
    square = detection_factor(tests) ** 2
    rising = square * scale / (units * passes)
    constant = square * spread * (1 / old_passes + 1 / passes) / units
    return (rising + math.sqrt(rising**2 + 4 * constant)) / 2


def detection_factor(tests: int) -> float:
    """Return c = 1.25·(z(1 - .025/G) + z(.80)): how many standard errors a drop must measure to be found."""
    level = _NORMAL.inv_cdf(1 - LAST_LEVEL / tests)
    return SEQUENTIAL_LOSS * (level + _NORMAL.inv_cdf(POWER))
