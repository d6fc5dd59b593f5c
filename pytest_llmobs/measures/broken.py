"""Guard 2's bound: how rarely may an example pass that nearly always passed, before chance no longer explains it?

Throughout, an example passed ``recorded_passes`` (s) of the ``recorded_trials`` (K_b) of its baseline.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

CHECKPOINTS = (8, 16)
"""Numbers of a suspect's trials at which it is judged."""
BUDGET = 0.01
"""Most harmless builds in which a checkpoint may call some example broken."""


def nearly_always(recorded_passes: int, recorded_trials: int) -> bool:
    """Return whether an example passed in at least nine tenths of its baseline."""
    # in whole numbers: as a float, .9 of 30 is more than 27
    return 10 * recorded_passes >= 9 * recorded_trials


def is_known_failure(passes: Sequence[float]) -> bool:
    """Return whether an example failed in more than a tenth of its baseline, so that it fails is no news.

    Args:
        passes: 1 or 0 for each of the baseline's passes that came to a verdict.
    """
    return not nearly_always(round(sum(passes)), len(passes))


def values_nearly_always(recorded_trials: int) -> int:
    """Return c: how many values of s are at least .9·K_b."""
    return recorded_trials // 10 + 1


def lower_tail(passes: int, trials: int, recorded_passes: int, recorded_trials: int) -> float:
    """Return the chance of at most j = ``passes`` in m = ``trials``, if the pass rate is what the baseline leaves open.

    Formula: the beta-binomial tail under a uniform prior of the rate (Skellam 1948, J. R. Stat. Soc. B 10),
    Σ_{i≤j} C(m,i)·B(s+1+i, K_b-s+1+m-i)/B(s+1, K_b-s+1), in whole numbers
    Σ_{i≤j} C(s+i, i)·C(K_b-s+m-i, m-i) / C(K_b+m+1, m).

    Args:
        passes: j, from 0 to ``trials``; below 0 the chance is 0.
        trials: m.
        recorded_passes: s.
        recorded_trials: K_b.
    """
    recorded_failures = recorded_trials - recorded_passes
    ways = 0
    for passed in range(passes + 1):
        failed = trials - passed
        ways += math.comb(recorded_passes + passed, passed) * math.comb(recorded_failures + failed, failed)
    return ways / math.comb(recorded_trials + trials + 1, trials)


def most_passes(trials: int, recorded_passes: int, recorded_trials: int, tests: int) -> int:
    """Return the most passes in m = ``trials`` with which an example is broken, or -1 where none are few enough.

    Formula: the largest j <= m·s/(2·K_b) with tests · c/(K_b+1) · ``lower_tail(j, m, s, K_b)`` <= .01. Under the
    uniform prior each s has the chance 1/(K_b+1), so that c/(K_b+1) of the examples can become suspect at all.

    Args:
        trials: m, one of ``CHECKPOINTS``.
        recorded_passes: s, at least .9·K_b.
        recorded_trials: K_b, at least 1.
        tests: n·G, examples times gating metrics.
    """
    suspects = tests * values_nearly_always(recorded_trials) / (recorded_trials + 1)
    passes = 0
    # half as often as before, or more, is not broken, whatever chance says
    while 2 * recorded_trials * passes <= trials * recorded_passes:
        if suspects * lower_tail(passes, trials, recorded_passes, recorded_trials) > BUDGET:
            break
        passes += 1
    return passes - 1
