"""The arms of an A/B split side by side: their users, what they came to, whether chance explains the difference.

The unit is the user: runs of one user are not independent, so that each user's mean counts once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.experiments.splits.assignments import Assignments
from pytest_llmobs.experiments.splits.metrics import (
    Detect,
    MetricComparison,
    adjusted,
    compare_metric,
    tested,
)
from pytest_llmobs.experiments.splits.users import ArmUsers, Weights, dealt, users_of
from pytest_llmobs.experiments.splits.values import OWN_METRICS, RunValues
from pytest_llmobs.measures.sample_ratio import SampleRatio
from pytest_llmobs.wording import known, nearest

ALPHA = 0.05
"""The adjusted p below which a difference is called one."""
MOST_MOVED = 0.01
"""Share of the users who may have been given several arms: some have two devices."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A difference that chance doesn't explain."""

    metric: str
    arm: str
    difference: float
    """From the first arm."""
    p: float
    """After Holm."""


@dataclass(frozen=True, kw_only=True)
class SplitComparison:
    """What a split has shown so far."""

    prompt: str
    users: int
    runs: int
    arms: Sequence[ArmUsers]
    """The first is the one that others are compared with; without runs that name users there is none."""
    ratio: SampleRatio
    weightings: Sequence[Weights]
    """The weights that users came under, in order of time."""
    metrics: Sequence[MetricComparison]
    detect: Detect
    tests: int
    """Differences that have a p."""
    in_several_arms: int
    """Users who were given several arms: left out of the means."""
    without_user: int
    """Runs that name no user: left out."""
    without_weights: int
    """Users whose first run tells of no weights: left out of the check of the assignment."""
    of_several_users: int
    """Traces that served several users at once: left out."""

    @property
    def is_mixed(self) -> bool:
        """True where the arms have unlike users, though everybody was dealt out rightly.

        Under weights that changed, one arm's users came earlier than another's (Crook et al. 2009, Seven Pitfalls to
        Avoid when Running Controlled Experiments on the Web, KDD '09); and whoever was given several arms, who is left
        out, is somebody who came often.
        """
        return len(self.weightings) > 1 or self.in_several_arms > MOST_MOVED * self.users

    @property
    def findings(self) -> list[Finding]:
        """The differences that chance doesn't explain; none where the assignment is broken, or the users are unlike."""
        if self.ratio.broken or self.is_mixed:
            return []
        return list(self._differences())

    def _differences(self) -> Iterator[Finding]:
        for metric in self.metrics:
            for row in metric.arms:
                if row.difference is None or row.adjusted is None or row.adjusted >= ALPHA:
                    continue
                yield Finding(
                    metric=metric.metric,
                    arm=row.arm,
                    difference=row.difference.difference,
                    p=row.adjusted,
                )


def compare_arms(
    prompt: str,
    assignments: Assignments,
    values: RunValues,
    detect: Detect,
    metrics: Sequence[str] | None = None,
) -> SplitComparison:
    """Compare the arms of a split with its first one.

    Args:
        prompt: Its name.
        assignments: Whom it gave what.
        values: What the runs came to.
        detect: The size of a difference that should be found.
        metrics: Only these; None for all that have a value.

    Raises:
        NotFoundError: Nothing is known of a metric.
    """
    split = dealt(users_of(assignments.runs))
    steady = [user for user in split.users if user.has_one_arm]
    compared = []
    for metric in _chosen(values, metrics):
        compared.append(compare_metric(metric, values[metric], steady, split.arms, detect))
    runs = sum(map(attrgetter("runs"), split.arms))
    return SplitComparison(
        prompt=prompt,
        users=len(split.users),
        runs=runs,
        arms=split.arms,
        ratio=split.ratio,
        weightings=split.weightings,
        metrics=adjusted(compared),
        detect=detect,
        tests=len(tested(compared)),
        in_several_arms=len(split.users) - len(steady),
        without_user=len(assignments.runs) - runs,
        without_weights=split.without_weights,
        of_several_users=assignments.of_several_users,
    )


def _chosen(values: RunValues, metrics: Sequence[str] | None) -> list[str]:
    """Return the metrics to compare: what was said of runs by name, then what every run has.

    Raises:
        NotFoundError: Nothing is known of one that is asked for.
    """
    having = list(filter(values.__getitem__, values))
    for metric in metrics or ():
        if metric not in having:
            raise NotFoundError(
                f"No run of the A/B test has a value of {metric!r}.{nearest(metric, having)} {known(having)}"
            )
    if metrics:
        return list(dict.fromkeys(metrics))
    keys = sorted(set(having).difference(OWN_METRICS))
    return [*keys, *filter(having.__contains__, OWN_METRICS)]
