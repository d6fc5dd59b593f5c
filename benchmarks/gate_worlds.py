"""Simulated applications for the gate: examples that pass by chance, scores beside them, days, lost trials.

A world holds each example's chance to pass, with the accepted code and with the new one. A day is what all trials of
one session share: a provider's deployment, a cache, an index. No file, no clock; the chance is the caller's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from statistics import NormalDist
from typing import Literal

Process = Literal["bimodal", "beta", "logit", "two", "even"]
"""How the examples' chances to pass are spread.

``bimodal``: most are sure, a few never pass, the rest is Beta; ``beta``: Beta with a + b = 1.2; ``logit``: normal on
the logit's scale, sd 2; ``two``: sure or a coin's throw; ``even``: all alike.
"""
Kind = Literal["grade", "binary", "continuous"]
"""A score's values: 1 to 5 with ties; 0 or 1; any between 0 and 1."""

LIKENESS = 0.6
"""Correlation of a score's cause with that of ``pass``, within a trial."""
CLUSTER = 10
"""Examples that move together."""
BETA_SUM = 1.2
BIMODAL_SUM = 3.0
LOGIT_SD = 2.0
GRADES = 5
SLIP = 0.005
"""Least chance of each step of a grade: that of a sure example slips now and then too."""
NOISE = 0.1
"""Standard deviation of a continuous score around its example's chance."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One kind of build."""

    process: Process = "logit"
    mean: float = 0.85
    examples: int = 100
    scores: Sequence[Kind] = ()
    """Gating metrics beside ``pass``."""
    repeat: int = 1
    drop: float = 0.0
    """Points by which the new code's mean falls."""
    dropped: int = 1000
    """Metrics that fall with it, ``pass`` first."""
    broken: int = 0
    """Examples that always passed."""
    broken_rate: float = 0.0
    """Their chance now."""
    swapped: float = 0.0
    """Share of the examples that trade places."""
    missing: float = 0.0
    """Share of the trials that are lost."""
    unparsable: float = 0.0
    """Share of the scores that a judge doesn't give."""
    day: float = 0.0
    """Standard deviation by which a session moves every chance."""
    sticky: float = 0.0
    """Chance of an example to fail all day."""
    cluster_day: float = 0.0
    """Standard deviation, on the logit's scale, by which a session moves each cluster."""
    cluster_pass: float = 0.0
    """The same for each pass of the suite."""
    clusters_told: bool = False
    baseline: int = 5
    """Passes recorded."""
    sessions: int = 1
    """In so many sessions."""
    control: bool = False
    """Whether the accepted code can be run today."""


@cache
def logit_center(mean: float) -> float:
    """Return the centre of a logistic-normal distribution with this mean."""
    low, high = -30.0, 30.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        if _logistic_normal_mean(middle) < mean:
            low = middle
        else:
            high = middle
    return low


def _logistic_normal_mean(center: float) -> float:
    total = weights = 0.0
    for step in range(-80, 81):
        z = step / 10
        weight = math.exp(-z * z / 2)
        total += weight * logistic(center + LOGIT_SD * z)
        weights += weight
    return total / weights


def logistic(x: float) -> float:
    """Return the chance that belongs to a logit."""
    return 1 / (1 + math.exp(-x))


def logit_moved(p: float, shift: float) -> float:
    """Return a chance moved on the logit's scale; 0 and 1 stay."""
    if not shift or p <= 0.0 or p >= 1.0:
        return p
    odds = p / (1 - p) * math.exp(shift)
    return odds / (1 + odds)


def draw_bimodal(mean: float, chance: random.Random) -> float:
    """Draw a chance: at 85 % two thirds are sure and one in twenty never passes."""
    sure, never = mean**2.65, (1 - mean) / 3
    kind = chance.random()
    if kind < sure:
        return 1.0
    if kind < sure + never:
        return 0.0
    center = (mean - sure) / (1 - sure - never)
    return chance.betavariate(BIMODAL_SUM * center, BIMODAL_SUM * (1 - center))


def draw_beta(mean: float, chance: random.Random) -> float:
    """Draw a chance that is most often near 0 or 1."""
    return chance.betavariate(mean * BETA_SUM, (1 - mean) * BETA_SUM)


def draw_logit(mean: float, chance: random.Random) -> float:
    """Draw a chance of any size."""
    return logistic(chance.gauss(logit_center(mean), LOGIT_SD))


def draw_two(mean: float, chance: random.Random) -> float:
    """Draw sure or a coin's throw."""
    return 0.5 if chance.random() < 2 * (1 - mean) else 1.0


def draw_even(mean: float, chance: random.Random) -> float:
    """Return the mean."""
    return mean


DRAWS: Mapping[Process, Callable[[float, random.Random], float]] = {
    "bimodal": draw_bimodal,
    "beta": draw_beta,
    "logit": draw_logit,
    "two": draw_two,
    "even": draw_even,
}


def draw_chances(scenario: Scenario, chance: random.Random) -> list[float]:
    """Draw each example's chance to pass with the accepted code; those that will break are sure."""
    if scenario.mean >= 1.0:
        return [1.0] * scenario.examples
    draw = DRAWS[scenario.process]
    chances = [draw(scenario.mean, chance) for _ in range(scenario.examples)]
    chances[: scenario.broken] = [1.0] * scenario.broken
    return chances


def changed_chances(before: Sequence[float], scenario: Scenario, chance: random.Random) -> list[float]:
    """Return each example's chance with the new code."""
    after = [p * (1 - scenario.drop / scenario.mean) for p in before]
    after[: scenario.broken] = [scenario.broken_rate] * scenario.broken
    swapped = chance.sample(range(len(after)), round(scenario.swapped * len(after)))
    for here, there in zip(swapped, [*swapped[1:], *swapped[:1]], strict=True):
        after[here] = before[there]
    return after


@dataclass
class Day:
    """What the trials of one session share."""

    scenario: Scenario
    chance: random.Random
    shift: float = 0.0
    stuck: Sequence[bool] = ()
    clusters: Sequence[float] = ()
    passes: dict[int, list[float]] = field(default_factory=dict)
    """Pass -> how far each cluster moves in it."""

    def __post_init__(self) -> None:
        scenario, chance = self.scenario, self.chance
        if scenario.day:
            self.shift = chance.gauss(0, scenario.day)
        if scenario.sticky:
            self.stuck = [chance.random() < scenario.sticky for _ in range(scenario.examples)]
        if scenario.cluster_day:
            self.clusters = self._moves(scenario.cluster_day)

    def _moves(self, spread: float) -> list[float]:
        return [self.chance.gauss(0, spread) for _ in range(0, self.scenario.examples, CLUSTER)]

    def of(self, p: float, example: int, number: int) -> float:
        """Return what a chance is today, in one pass."""
        if self.stuck and self.stuck[example]:
            return 0.0
        if self.shift:
            p = min(1.0, max(0.0, p + self.shift))
        if self.clusters:
            p = logit_moved(p, self.clusters[example // CLUSTER])
        if self.scenario.cluster_pass:
            if number not in self.passes:
                self.passes[number] = self._moves(self.scenario.cluster_pass)
            p = logit_moved(p, self.passes[number][example // CLUSTER])
        return p


_normal = NormalDist()


def grade(p: float, z: float) -> float:
    """Return a grade from 1 to 5: the quantile of a binomial at the normal ``z``."""
    p = min(1 - SLIP, max(SLIP, p))
    left, steps = _normal.cdf(z), GRADES - 1
    for step in range(steps):
        left -= math.comb(steps, step) * p**step * (1 - p) ** (steps - step)
        if left < 0:
            return 1.0 + step
    return float(GRADES)


def binary(p: float, z: float) -> float:
    """Return 1 with chance ``p``, the more likely the higher ``z``."""
    return float(_normal.cdf(-z) < p)


def continuous(p: float, z: float) -> float:
    """Return a score around ``p``."""
    return min(1.0, max(0.0, p + NOISE * z))


KINDS: Mapping[Kind, Callable[[float, float], float]] = {
    "grade": grade,
    "binary": binary,
    "continuous": continuous,
}


class World:
    """The application under test, and how it fares."""

    def __init__(self, scenario: Scenario, chance: random.Random) -> None:
        self.scenario, self.chance = scenario, chance
        self.before = draw_chances(scenario, chance)
        self.after = changed_chances(self.before, scenario, chance)

    def new_day(self) -> Day:
        """Begin a session."""
        return Day(self.scenario, self.chance)

    def values(
        self, day: Day, example: int, number: int, accepted: bool = False
    ) -> list[float | None] | None:
        """Run one trial; return ``pass`` and each score, None for those nobody could parse, or None where it is lost.

        Args:
            day: Of the session.
            example: Its number.
            number: Of the pass.
            accepted: Run the accepted code instead of the new one.
        """
        scenario, chance = self.scenario, self.chance
        if scenario.missing and chance.random() < scenario.missing:
            return None
        then = day.of(self.before[example], example, number)
        now = then if accepted else day.of(self.after[example], example, number)
        if not scenario.scores:
            return [float(chance.random() < now)]
        cause = chance.gauss(0, 1)
        values: list[float | None] = [binary(now, cause)]
        own = math.sqrt(1 - LIKENESS**2)
        for metric, kind in enumerate(scenario.scores, 1):
            p = now if metric < scenario.dropped else then
            z = LIKENESS * cause + own * chance.gauss(0, 1)
            lost = scenario.unparsable and chance.random() < scenario.unparsable
            values.append(None if lost else KINDS[kind](p, z))
        return values
