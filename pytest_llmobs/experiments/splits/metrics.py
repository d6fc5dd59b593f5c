"""One metric of all arms: means over users, differences, and the users that it takes to find one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_llmobs.experiments.splits.users import ArmUsers, User
from pytest_llmobs.measures.means import mean
from pytest_llmobs.measures.two_samples import Difference, Sample, difference_of_means, holm, needed, sample


@dataclass(frozen=True)
class Detect:
    """The size of a difference that should be found."""

    size: float
    """Above 0."""
    relative: bool = False
    """True: the size is a share of the first arm's mean."""


@dataclass(frozen=True, kw_only=True)
class ArmMetric:
    """What one arm came to in one metric."""

    arm: str
    users: int
    """Users with a value."""
    mean: float | None
    """Over the users, of each user's mean over their runs."""
    difference: Difference | None = None
    """From the first arm; None of that arm itself, and where one of the two has no value."""
    adjusted: float | None = None
    """p after Holm, over all differences that the comparison shows."""
    detect: float | None = None
    """The difference that should be found; None where nobody knows."""
    needed: int | None = None
    """Users with a value, in this arm and the first together, with whom it is found in four tests of five."""
    more_users: int | None = None
    """Users still needed in the two arms, those who will have no value counted in."""

    @property
    def is_tested(self) -> bool:
        """True where the difference has a p."""
        return self.difference is not None and self.difference.p is not None


@dataclass(frozen=True, kw_only=True)
class MetricComparison:
    """One metric of all arms, the first arm first."""

    metric: str
    arms: Sequence[ArmMetric]


def compare_metric(
    metric: str, values: Mapping[str, float], users: Iterable[User], arms: Sequence[ArmUsers], detect: Detect
) -> MetricComparison:
    """Lay the arms side by side.

    Args:
        metric: Its name.
        values: The id of a run -> its value.
        users: Those who were given one arm.
        arms: The first is the one that others are compared with.
        detect: The size of a difference that should be found.
    """
    if not arms:
        return MetricComparison(metric=metric, arms=())
    by_arm = _user_means(users, values)
    base, *others = arms
    first = sample(by_arm.get(base.arm, ()))
    rows = [ArmMetric(arm=base.arm, users=first.n, mean=first.mean)]
    for other in others:
        second = sample(by_arm.get(other.arm, ()))
        row = ArmMetric(
            arm=other.arm, users=second.n, mean=second.mean, difference=difference_of_means(first, second)
        )
        rows.append(_with_needed(row, (base, other), (first, second), detect))
    return MetricComparison(metric=metric, arms=rows)


def _user_means(users: Iterable[User], values: Mapping[str, float]) -> dict[str, list[float]]:
    """Return, by arm, the mean of each user who has a value."""
    by_arm: dict[str, list[float]] = defaultdict(list)
    for user in users:
        own = []
        for run in user.runs:
            if run.id in values:
                own.append(values[run.id])
        if own:
            by_arm[user.arm].append(mean(own))
    return by_arm


def _with_needed(
    row: ArmMetric, arms: tuple[ArmUsers, ArmUsers], samples: tuple[Sample, Sample], detect: Detect
) -> ArmMetric:
    """Return a row with the users that it takes to find the difference that should be found."""
    first, second = samples
    size = detect.size
    if detect.relative:
        size *= abs(first.mean or 0.0)
    share = _share(*arms)
    if not size or share is None:
        return row
    enough = needed(first, second, size, share)
    having, users = first.n + second.n, arms[0].users + arms[1].users
    more = None
    if enough is not None and having:
        # not everybody rates: those who don't come along
        more = max(0, math.ceil((enough - having) * users / having))
    return replace(row, detect=size, needed=enough, more_users=more)


def _share(first: ArmUsers, second: ArmUsers) -> float | None:
    """Return the second arm's share of the users of two, by the weights if they are known; None where one has none."""
    sizes = (first.expected, second.expected)
    if None in sizes:
        sizes = (first.users, second.users)
    before, after = sizes
    if not before or not after:
        return None
    return after / (before + after)


def adjusted(metrics: Sequence[MetricComparison]) -> list[MetricComparison]:
    """Return metrics in which each p is adjusted for how many there are."""
    ps = iter(holm(tested(metrics)))
    result = []
    for metric in metrics:
        rows = []
        for row in metric.arms:
            rows.append(replace(row, adjusted=next(ps)) if row.is_tested else row)
        result.append(replace(metric, arms=rows))
    return result


def tested(metrics: Iterable[MetricComparison]) -> list[float]:
    """Return the p of every difference that has one, in order."""
    ps = []
    for metric in metrics:
        for row in metric.arms:
            if row.difference is not None and row.difference.p is not None:
                ps.append(row.difference.p)
    return ps
