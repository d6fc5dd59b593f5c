"""Failure modes counted: how often each was found, among the reviewed runs of each prompt, model or week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pytest_llmobs.measures.distributions import wilson_interval
from pytest_llmobs.review.outcomes.settled import SettledItem

NO_MODE = "(no mode)"
"""What was rejected, and nobody said why."""
LEVEL = 0.95
"""Coverage of the intervals."""
FEW = 200
"""Reviewed runs up to which a share is told with its interval: above, it says little more than the share."""


@dataclass(frozen=True)
class ModeCount:
    """How often reviewers found a failure mode in a group of runs."""

    mode: str
    runs: int
    reviewed: int
    """Reviewed runs of the group, the good ones included."""
    share: float
    low: float
    """Of Wilson's interval of the share, 95 %."""
    high: float


@dataclass(frozen=True)
class Group:
    """Reviewed runs that have something in common."""

    name: str | None
    """Such as a prompt's commit; None for runs that say nothing of the kind."""
    reviewed: int
    rejected: int
    modes: Sequence[ModeCount]
    """The most frequent first; those that nobody found are left out."""


@dataclass(frozen=True)
class FailureModes:
    """What reviewers found wrong, by group."""

    groups: Sequence[Group]
    """That with the most reviewed runs first, that of runs which say nothing last."""
    reviewed: int
    contested: int
    """Runs that nobody counts: their reviewers differ, and nobody has adjudicated."""


def failure_modes(items: Iterable[SettledItem], groups_of: Mapping[str, Sequence[str]]) -> FailureModes:
    """Count failure modes.

    Args:
        items: What a queue has come to.
        groups_of: The groups that each run belongs to, by its id; a run that used two prompts belongs to both.
    """
    contested = 0
    members: dict[str | None, list[SettledItem]] = {}
    counted: list[SettledItem] = []
    for item in items:
        # what it comes to, nobody knows yet
        if item.is_contested:
            contested += 1
            continue
        counted.append(item)
        for name in groups_of.get(item.run_id) or (None,):
            members.setdefault(name, []).append(item)
    groups = [_group(name, own) for name, own in members.items()]
    groups.sort(key=lambda group: (group.name is None, -group.reviewed, group.name or ""))
    return FailureModes(groups, len(counted), contested)


def _group(name: str | None, items: Sequence[SettledItem]) -> Group:
    # a mode without a verdict is none of a good answer
    rejected = [item for item in items if item.verdict == "reject" or item.mode]
    found = Counter(item.mode or NO_MODE for item in rejected)
    ranked = sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))
    modes = []
    for mode, runs in ranked:
        low, high = wilson_interval(runs, len(items), LEVEL)
        modes.append(ModeCount(mode, runs, len(items), runs / len(items), low, high))
    return Group(name, len(items), len(rejected), modes)
