"""Guard 1: has the mean of a metric dropped? A test between examples, or the noise rule where they are few."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter, neg

from pytest_llmobs.gate.metric_rows import ROUNDING
from pytest_llmobs.gate.pairing import Comparison
from pytest_llmobs.measures.statistics import noise_p, sign_flip_p
from pytest_llmobs.records.plans import GateRule

SMALL = 12
"""Pairs up to which no test between examples has power: the noise between repeats decides."""
FEWEST_CLUSTERS = 6
"""Clusters below which all of them dropping could not be significant (2⁻⁵ > .025): the noise decides as well."""
SMALL_REPEATS = 5
"""Fresh repeats of a small suite."""
LEVEL = 0.05
"""Holm's p below which a larger suite is tentatively red."""
CONFIRMED_LEVEL = 0.025
"""Holm's p over both runs below which it stays red."""
SMALL_LEVEL = 0.02
"""Holm's p against the noise below which a small suite stays red: with more, harmless builds of 12 examples and five
metrics would be red more often than one in forty."""


@dataclass(frozen=True)
class DropEvidence:
    """What a comparison says about a drop, before any correction for the number of metrics."""

    small: bool
    worse: float
    """One-sided p of a drop; 1 where the noise rule applies and has nothing fresh to look at."""
    better: float
    """One-sided p of a rise."""


def is_small(comparison: Comparison) -> bool:
    """Return True where the noise rule applies instead of a test between examples."""
    return len(comparison.pairs) <= SMALL or len(comparison.units) < FEWEST_CLUSTERS


def examine(comparison: Comparison) -> DropEvidence:
    """Return the p-values of a first run, or of both runs pooled."""
    mean = comparison.mean_difference
    worse = better = 1.0
    if is_small(comparison):
        if mean > 0:
            better = against_noise(comparison, -mean)
        return DropEvidence(True, worse, better)
    # a sum on the other side of zero can't have a p-value below a half
    if mean < 0:
        worse = sign_flip_p(comparison.units)
    elif mean > 0:
        better = sign_flip_p(list(map(neg, comparison.units)))
    return DropEvidence(False, worse, better)


def against_noise(comparison: Comparison, mean: float) -> float:
    """Return the p-value of a mean difference against the noise between repeats."""
    both_sides = attrgetter("baseline", "candidate")
    return noise_p(mean, list(map(both_sides, comparison.pairs)))


def dropped(comparison: Comparison, rule: GateRule, *, strictly: bool = False) -> bool:
    """Return True where the mean dropped by ``max_drop`` or more (``strictly``: by more)."""
    rounding = ROUNDING
    if strictly:
        rounding = -ROUNDING
    # max_drop=0 asks for any drop at all, and no drop is none
    return comparison.mean_difference < min(-rule.max_drop + rounding, -ROUNDING)


def rose(comparison: Comparison, rule: GateRule) -> bool:
    """Return True where the mean rose by ``max_drop`` or more."""
    return comparison.mean_difference >= max(rule.max_drop - ROUNDING, ROUNDING)


def tentative(comparison: Comparison, rule: GateRule, small: bool, adjusted: float) -> bool:
    """Return True where the first run calls for a second look.

    Args:
        comparison: The first run against the baseline.
        rule: The metric's rule.
        small: Whether the noise rule applies.
        adjusted: Holm's p of a drop; unused where the noise rule applies.
    """
    if small:
        return dropped(comparison, rule, strictly=True)
    return adjusted < LEVEL and dropped(comparison, rule)


def confirmed(comparison: Comparison, rule: GateRule, small: bool, adjusted: float) -> bool:
    """Return True where the second look stays red.

    Args:
        comparison: Both runs pooled, or the fresh repeats alone where the noise rule applies.
        rule: The metric's rule.
        small: Whether the noise rule applies.
        adjusted: Holm's p.
    """
    level = CONFIRMED_LEVEL
    if small:
        level = SMALL_LEVEL
    return adjusted < level and dropped(comparison, rule)
