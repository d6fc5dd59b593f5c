"""The gate's tests and intervals as pure functions: paired differences in, numbers out. No numpy, no scipy.

A *difference* is an example's mean score now minus its mean in the baseline; negative is worse. The example is the
unit, never the repeat.
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from pytest_llmobs.measures.distributions import normal_cdf, t_cdf, t_quantile

EXACT_UP_TO = 16
"""Nonzero differences up to which all sign patterns are enumerated."""
SAMPLED_UP_TO = 200
"""Nonzero differences up to which sign patterns are sampled; above, the normal approximation."""
SAMPLES = 9_999
"""Sampled sign patterns; with the observed one that makes 10,000."""
SEED = 20_240_511
"""Fixed, so that the same data always gets the same verdict."""
MDE_FACTOR = 2.49
"""z(.95) + z(.80): a one-sided test at 5 % finds a drop of this many standard errors four times in five."""
FALSE_ALARM_BUDGET = 0.02
"""Most harmless builds in which guard 2 may call some example broken."""


@dataclass(frozen=True)
class Interval:
    """A mean difference with its uncertainty."""

    mean: float
    standard_error: float
    df: int
    """Degrees of freedom: units minus one; 0 where one unit leaves the error unknown."""
    low: float
    """Lower end of the 90 % interval; minus infinity with one unit."""
    high: float


def sign_flip_p(differences: Sequence[float]) -> float:
    """Return the one-sided p-value that the sum is this low if each sign were a coin's throw.

    Formula: P(Σ ±dᵢ <= Σ dᵢ) over the nonzero dᵢ (Fisher's randomisation test of paired differences, The Design of
    Experiments, 1935, §21). Exact up to 16 of them; (1 + hits)/(1 + B) with B = 9,999 patterns up to 200 (Phipson
    and Smyth 2010, doi 10.2202/1544-6115.1585); above, Φ(Σ dᵢ / √Σ dᵢ²). Ties count as hits.

    Args:
        differences: One an example, or one sum a cluster. Negate them to test for an improvement.
    """
    # sorted: the verdict must not depend on the order in which workers finished
    values = sorted(filter(None, differences))
    if not values:
        return 1.0
    if len(values) > SAMPLED_UP_TO:
        return normal_cdf(math.fsum(values) / math.sqrt(_sum_of_squares(values)))
    # a last bit lost in a sum must not tell ties apart
    limit = math.fsum(values) + 1e-9 * math.fsum(map(abs, values))
    if len(values) > EXACT_UP_TO:
        return _sampled_p(values, limit)
    sums = _all_sums(values)
    return _count_up_to(limit, sums) / len(sums)


def _sum_of_squares(values: Sequence[float]) -> float:
    return math.fsum(map(operator.mul, values, values))


def _count_up_to(limit: float, totals: Sequence[float]) -> int:
    return sum(map(limit.__ge__, totals))


def _all_sums(values: Sequence[float]) -> list[float]:
    sums = [0.0]
    for value in values:
        # map, not a loop: 16 differences have 65,536 sums
        sums = [*map(partial(operator.add, value), sums), *map(partial(operator.add, -value), sums)]
    return sums


def _sampled_p(values: Sequence[float], limit: float) -> float:
    totals = [0.0] * SAMPLES
    source = random.Random(SEED)
    for start in range(0, len(values), 8):
        # eight signs at once: a byte of randomness looks up the sum of eight signed values
        table = _all_sums(values[start : start + 8])
        # fewer than eight values need fewer bits of a byte: the others make no difference
        table *= 256 // len(table)
        looked_up = map(table.__getitem__, source.randbytes(SAMPLES))
        totals = list(map(operator.add, totals, looked_up))
    return (1 + _count_up_to(limit, totals)) / (1 + SAMPLES)


def cluster_sums(differences: Sequence[float], clusters: Sequence[Hashable]) -> list[float]:
    """Return the sum of the differences of each cluster, in order of first appearance."""
    sums: dict[Hashable, list[float]] = {}
    for difference, cluster in zip(differences, clusters, strict=True):
        sums.setdefault(cluster, []).append(difference)
    return list(map(math.fsum, sums.values()))


def mean_interval(differences: Sequence[float], clusters: Sequence[Hashable] | None = None) -> Interval:
    """Return the mean difference with its standard error and 90 % interval d̄ ± t(.95, df)·SE.

    Formulas (Miller 2024, Adding Error Bars to Evals, arXiv 2411.00640): SE = √(Σ(dᵢ-d̄)² / (n(n-1))), df = n-1;
    with clusters SE = √(C/(C-1) · Σ_c(Σ_{i∈c}(dᵢ-d̄))²) / n, df = C-1.

    Args:
        differences: One an example, at least one.
        clusters: Each example's cluster, or None where examples are independent.
    """
    n = len(differences)
    mean = math.fsum(differences) / n
    centred = [difference - mean for difference in differences]
    if clusters is not None:
        centred = cluster_sums(centred, clusters)
    units = len(centred)
    if units < 2:
        return Interval(mean, math.inf, 0, -math.inf, math.inf)
    error = math.sqrt(units / (units - 1) * _sum_of_squares(centred)) / n
    half = t_quantile(0.95, units - 1) * error
    return Interval(mean, error, units - 1, mean - half, mean + half)


def within(interval: Interval, low: float, high: float) -> Interval:
    """Return an interval without what is impossible: a rate can't drop by more than 1."""
    clipped_low, clipped_high = max(interval.low, low), min(interval.high, high)
    return replace(interval, low=clipped_low, high=clipped_high)


def minimal_detectable_effect(standard_error: float) -> float:
    """Return 2.49 · SE: the smallest drop found with 80 % power at a one-sided 5 % (Miller 2024, section 5)."""
    return MDE_FACTOR * standard_error


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values in the order given.

    Formula: p₍ᵢ₎ adjusted = max over j <= i of min(1, (G-j+1)·p₍ⱼ₎) (Holm 1979, Scand. J. Stat. 6).
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    smallest_first = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, index in enumerate(smallest_first):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def failures_needed(baseline_repeats: int, tests: int) -> int:
    """Return how many consecutive failures make an example broken that always passed in the baseline.

    Formula: the smallest m >= 3 with tests / ((K_b+m+1) · C(K_b+m, m)) <= .02. The denominator is one over the chance
    that an example passes K_b times and then fails m times if its pass rate is anybody's guess:
    ∫p^K_b·(1-p)^m dp = K_b!·m!/(K_b+m+1)!.

    Args:
        baseline_repeats: K_b, the passes it has in the baseline, >= 1.
        tests: n·G, examples times gating metrics.
    """
    needed = 3
    while tests > _most_tests(baseline_repeats, needed):
        needed += 1
    return needed


def _most_tests(passes: int, failures: int) -> float:
    """Return the tests up to which so many failures after so many passes stay within the budget."""
    return FALSE_ALARM_BUDGET * (passes + failures + 1) * math.comb(passes + failures, failures)


def noise_p(mean: float, groups: Sequence[tuple[Sequence[float], Sequence[float]]]) -> float:
    """Return the one-sided p-value of a mean difference against the noise between repeats of the same example.

    The rule for suites too small for a test between examples: t = d̄ / (s·√(Σᵢ(1/K_bᵢ + 1/Kᵢ))·1/n), s the pooled
    spread within examples (both sides) with Σᵢ(K_bᵢ-1 + Kᵢ-1) degrees of freedom. With equal repeats the
    denominator is s·√((1/K_b + 1/K)/n). A deterministic application has s = 0: any drop gives p = 0. Where no
    example was repeated the noise is unknown and p is 1.

    Args:
        mean: d̄, sign-turned so that negative is worse.
        groups: For each example the baseline's and the candidate's scores, neither empty.
    """
    spread, df = within_spread(list(chain.from_iterable(groups)))
    if df == 0:
        return 1.0
    if spread == 0:
        if mean < 0:
            return 0.0
        return 1.0
    inverse_counts = []
    for baseline, candidate in groups:
        inverse_counts.append(1 / len(baseline) + 1 / len(candidate))
    error = spread * math.sqrt(math.fsum(inverse_counts)) / len(groups)
    return t_cdf(mean / error, df)


def within_spread(groups: Sequence[Sequence[float]]) -> tuple[float, int]:
    """Return the pooled standard deviation within groups and its degrees of freedom Σ(Kᵢ-1).

    Formula: s = √(ΣᵢΣᵣ(xᵢᵣ-x̄ᵢ)² / Σᵢ(Kᵢ-1)), the root of a one-way analysis of variance's error mean square.
    """
    squares, df = 0.0, 0
    for group in groups:
        count = len(group)
        if count < 2:
            continue
        df += count - 1
        # most groups are those of an example that gives one value again and again
        if group.count(group[0]) != count:
            mean = sum(group) / count
            squares += sum([(value - mean) * (value - mean) for value in group])
    if df == 0:
        return 0.0, 0
    return math.sqrt(squares / df), df


def repeats_to_halve(
    standard_error: float, spread: float | None, baseline_repeats: float, repeats: float, n: int
) -> int | None:
    """Return the repeats K with which the standard error would halve, or None where repeats alone can't do it.

    SE² = (τ² + s²(1/K + 1/K_b))/n has a part τ² between examples that no repeat removes. Baseline and candidate are
    both taken to grow by the same factor f: s²(1/K + 1/K_b)/f = n·SE²/4 - τ².

    Args:
        standard_error: SE of the mean difference.
        spread: s, the pooled spread within examples; None where nothing was repeated (all noise counts as s).
        baseline_repeats: K_b.
        repeats: K.
        n: Pairs.
    """
    total = standard_error**2 * n
    if not math.isfinite(total):
        return None
    within = total
    if spread is not None:
        within = spread**2 * (1 / repeats + 1 / baseline_repeats)
    between = max(0.0, total - within)
    room = total / 4 - between
    if room <= 0:  # also where there is no error at all, or none within examples
        return None
    return math.ceil(repeats * min(within, total) / room - 1e-9)
