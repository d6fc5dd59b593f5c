"""How much a latency or a cost grew, and whether repeats of the same code would explain it.

Such quantities are skewed: what repeats of one example differ by is a factor, so that everything here is in logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, stdev

from pytest_llmobs.measures.distributions import t_quantile

MEDIAN_LOSS = math.pi / 2
"""Variance of a median over that of a mean, for normal values (its limit for many of them)."""
LEVEL = 0.99
"""One-sided: without any change one comparison in a hundred is beyond it at most."""
_FEWEST_FREEDOMS = 5
"""Degrees of freedom below which the spread between repeats is no more than a guess."""


@dataclass(frozen=True, kw_only=True)
class RatioPair:
    """One example on both sides."""

    before: float
    """Median of the baseline's repeats, positive."""
    after: float
    """Median of today's repeats, positive."""
    repeats_before: int = 1
    repeats_after: int = 1
    spread_before: float | None = None
    """Standard deviation of the logarithms of the baseline's repeats; None where it is unknown."""
    spread_after: float | None = None

    @property
    def log_ratio(self) -> float:
        """ln(after / before)."""
        return math.log(self.after / self.before)


@dataclass(frozen=True)
class Rise:
    """How the median example changed."""

    ratio: float
    """exp of the median log-ratio."""
    at_least: float
    """Lower end of its one-sided interval at ``LEVEL``; above 1 repeats of the same code don't explain it."""


def log_spread(values: Iterable[float]) -> float | None:
    """Return the standard deviation of the logarithms of positive values, or None for fewer than two."""
    logs = [math.log(value) for value in values if value > 0]
    if len(logs) < 2:
        return None
    # ten thousand examples pass here, and statistics.stdev, exact to the last bit, takes twenty times as long
    mean = math.fsum(logs) / len(logs)
    squares = math.fsum([(each - mean) * (each - mean) for each in logs])
    return math.sqrt(squares / (len(logs) - 1))


def rise(pairs: Sequence[RatioPair]) -> Rise:
    """Return how the median example changed.

    The standard error of the median log-ratio is √(π/2 · σ²·Σᵢ(c(K_bᵢ)/K_bᵢ + c(Kᵢ)/Kᵢ))/n, with σ the pooled spread
    within examples, both sides, and c(K) = π/2 from three repeats on, because each side is a median itself. Where the
    ratios differ more than that explains, or σ isn't known, their own spread takes its place.

    Args:
        pairs: One an example, at least one.
    """
    ratios = [pair.log_ratio for pair in pairs]
    middle = median(ratios)
    error, freedoms = _between(ratios)
    spread, within_freedoms = _pooled_spread(pairs)
    if within_freedoms >= _FEWEST_FREEDOMS:
        error, freedoms = max(error, _within(pairs, spread)), within_freedoms
    if not freedoms:
        return Rise(math.exp(middle), 0.0)
    return Rise(math.exp(middle), math.exp(middle - t_quantile(LEVEL, freedoms) * error))


def _between(ratios: Sequence[float]) -> tuple[float, int]:
    """Return the standard error of the median by the spread of the ratios, and its degrees of freedom."""
    if len(ratios) < 2:
        return 0.0, 0
    return math.sqrt(MEDIAN_LOSS / len(ratios)) * stdev(ratios), len(ratios) - 1


def _within(pairs: Sequence[RatioPair], spread: float) -> float:
    """Return the standard error of the median by the spread within examples."""
    shares = 0.0
    for pair in pairs:
        shares += _variance(pair.repeats_before) + _variance(pair.repeats_after)
    return spread * math.sqrt(MEDIAN_LOSS * shares) / len(pairs)


def _variance(repeats: int) -> float:
    """Return the variance of a median of so many values of variance 1; of two it is their mean."""
    if repeats < 3:
        return 1 / repeats
    return MEDIAN_LOSS / repeats


def _pooled_spread(pairs: Iterable[RatioPair]) -> tuple[float, int]:
    squares, freedoms = 0.0, 0
    for pair in pairs:
        for spread, repeats in (
            (pair.spread_before, pair.repeats_before),
            (pair.spread_after, pair.repeats_after),
        ):
            if spread is not None and repeats > 1:
                squares += (repeats - 1) * spread**2
                freedoms += repeats - 1
    if not freedoms:
        return 0.0, 0
    return math.sqrt(squares / freedoms), freedoms
