"""Did an A/B split deal out the shares that it was told to?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_llmobs.measures.distributions import chi_square_tail

ALARM = 0.001
"""p below which the shares are no chance: one right split in a thousand is called broken at each look."""
LEAST_EXPECTED = 5.0
"""Users that every arm should have before the chi-square distribution holds (Cochran 1954, Biometrics 10)."""


@dataclass(frozen=True)
class SampleRatio:
    """What the counts of an A/B split say about its assignment."""

    p: float | None
    """Of shares so far off by chance; None where the users are too few to tell, or there is one arm alone."""

    @property
    def broken(self) -> bool:
        """True where chance doesn't explain the shares."""
        return self.p is not None and self.p < ALARM


def sample_ratio(observed: Mapping[str, int], expected: Mapping[str, float]) -> SampleRatio:
    """Return whether the arms have the users that they should, by Pearson's chi-square test.

    Formula: Σ (observed - expected)²/expected over the arms, with as many degrees of freedom as there are arms but one
    (Pearson 1900, Phil. Mag. 50). As a check of A/B tests, with p < .001 as the alarm: Fabijan et al. 2019, Diagnosing
    Sample Ratio Mismatch, KDD '19.

    Where weights changed on the way, ``expected`` is the sum of what each weighing expects: the statistic is then
    smaller, if anything, than that of one weighing.

    Args:
        observed: Arm -> users.
        expected: Arm -> users by the weights; the same sum.
    """
    arms = []
    for arm, count in expected.items():
        if count > 0:
            arms.append(arm)
        elif observed.get(arm, 0):  # an arm that nobody was to get
            return SampleRatio(0.0)
    if len(arms) < 2 or min(map(expected.__getitem__, arms)) < LEAST_EXPECTED:
        return SampleRatio(None)
    squares = []
    for arm in arms:
        squares.append((observed.get(arm, 0) - expected[arm]) ** 2 / expected[arm])
    return SampleRatio(chi_square_tail(math.fsum(squares), len(arms) - 1))
