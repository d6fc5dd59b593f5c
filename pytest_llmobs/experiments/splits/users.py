"""The users of an A/B split: their runs and arms, and how many users each arm should have."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from pytest_llmobs.experiments.splits.assignments import ServedRun
from pytest_llmobs.measures.sample_ratio import SampleRatio, sample_ratio

CONTROL = "control"
"""The arm that the others are compared with, if there is one of that name; else the heaviest."""

Weights = Mapping[str, float]


@dataclass
class User:
    """A user, who is known by a hash alone."""

    runs: list[ServedRun] = field(default_factory=list)
    """In order of time."""

    @property
    def first(self) -> ServedRun:
        """The run that the user came with."""
        return self.runs[0]

    @property
    def arm(self) -> str:
        """The arm that the user was given first."""
        return self.first.noted.arm

    @property
    def has_one_arm(self) -> bool:
        """True where the user was given no other arm later."""
        return all(run.noted.arm == self.arm for run in self.runs)


@dataclass(frozen=True, kw_only=True)
class ArmUsers:
    """Who was given an arm."""

    arm: str
    users: int
    """Those who were given it first."""
    runs: int
    """All runs of theirs."""
    expected: float | None
    """Users by the weights as they were when each came first; None where no run tells of weights."""
    commits: Sequence[str] = ()
    """The commits of the prompt that their runs used, in order of time; several where a tag was moved."""


@dataclass(frozen=True, kw_only=True)
class Dealt:
    """Users and arms of a split."""

    users: Sequence[User]
    """In order of their first run."""
    arms: Sequence[ArmUsers]
    """The first is the one that others are compared with, the others from the heaviest to the lightest."""
    weightings: Sequence[Weights]
    """The weights that users came under, in order of time."""
    ratio: SampleRatio
    without_weights: int
    """Users whose first run tells of no weights of its arm."""


def users_of(runs: Iterable[ServedRun]) -> list[User]:
    """Return the users that runs served, in order of their first run; runs that name none are left out."""
    users: dict[str, User] = defaultdict(User)
    for run in sorted(runs, key=_age):
        if run.noted.unit is not None:
            users[run.noted.unit].runs.append(run)
    return list(users.values())


def dealt(users: Sequence[User]) -> Dealt:
    """Return how users were dealt out to arms, and whether that is as it should be.

    Where weights changed on the way, each user is expected by those under which they came first.
    """
    observed: dict[str, int] = defaultdict(int)
    came_under: dict[frozenset[tuple[str, float]], int] = defaultdict(int)
    for user in users:
        weights = user.first.noted.weights
        if user.arm in weights:
            observed[user.arm] += 1
            came_under[frozenset(weights.items())] += 1
    expected: dict[str, float] = defaultdict(float)
    weightings: list[Weights] = []
    for weighting, number in came_under.items():
        weights = dict(sorted(weighting))
        weightings.append(weights)
        for arm, weight in weights.items():
            expected[arm] += number * weight / math.fsum(weights.values())
    return Dealt(
        users=users,
        arms=_arms(users, expected),
        weightings=weightings,
        ratio=sample_ratio(observed, expected),
        without_weights=len(users) - sum(observed.values()),
    )


def _arms(users: Iterable[User], expected: Mapping[str, float]) -> list[ArmUsers]:
    of_arms: dict[str, list[User]] = {arm: [] for arm in expected}
    for user in users:
        of_arms.setdefault(user.arm, []).append(user)
    arms = []
    for arm, theirs in of_arms.items():
        runs = list(chain.from_iterable(user.runs for user in theirs))
        arms.append(
            ArmUsers(
                arm=arm,
                users=len(theirs),
                runs=len(runs),
                expected=expected.get(arm),
                commits=_commits(arm, runs),
            )
        )
    return sorted(arms, key=_order)


def _commits(arm: str, runs: Iterable[ServedRun]) -> list[str]:
    """Return the commits that runs of an arm used, in order of time."""
    commits: dict[str, None] = {}
    for run in sorted(runs, key=_age):
        if run.noted.arm == arm:  # some users were given another one later
            commits.update(dict.fromkeys(run.commits))
    return list(commits)


def _order(arm: ArmUsers) -> tuple[bool, float, int, str]:
    return (arm.arm != CONTROL, -(arm.expected or 0.0), -arm.users, arm.arm)


def _age(run: ServedRun) -> tuple[float, str]:
    return (run.start_time.timestamp(), run.id)
