"""Which ``min_mean`` accepted code would keep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from pytest_llmobs.measures.distributions import t_quantile

FEWEST_EXPERIMENTS = 5
"""Below, nobody can say how far accepted code moves."""
ALARMS = 0.005
"""Level of the whole session: about one harmless build in 100 is red by such thresholds at worst."""


def proposed_min_mean(means: Sequence[float], tests: int) -> float | None:
    """Return a threshold that the mean of one more experiment of accepted code stays above, or None for too few.

    Formula: m - t(1 - .005/G, h-1)·s·√(1 + 1/h), the one-sided prediction limit of a further value (Hahn and Meeker
    1991, Statistical Intervals, 4.8), rounded down to .01.

    Args:
        means: The metric's means in h experiments of accepted code, red or green.
        tests: G, gating metrics.
    """
    count = len(means)
    if count < FEWEST_EXPERIMENTS:
        return None
    error = stdev(means) * math.sqrt(1 + 1 / count)
    limit = fmean(means) - t_quantile(1 - ALARMS / tests, count - 1) * error
    # .29 · 100 is 28.999999999999996
    return math.floor(limit * 100 + 1e-9) / 100
