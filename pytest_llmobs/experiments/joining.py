"""One experiment out of its shards: their plans and trials joined, or the reason why they don't belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.experiments.documents import experiment_from_dict
from pytest_llmobs.experiments.shards import Shard, whole_name
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.wording import listed

_ALIKE = ("dataset", "dataset_version", "metrics", "summaries", "gates", "cluster_by", "repeat", "total")
"""Fields of a suite's plan that all shards must agree on."""
_NAMED = 5
"""Examples named in a message; more are counted."""


@dataclass(frozen=True)
class Part:
    """One shard's experiment, and where it was found."""

    experiment: Experiment
    where: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of its session, as far as the gate asks."""
    baselines: Mapping[str, str] = field(default_factory=dict)
    """Suite -> hash of the baseline by which its failed assertions were left to the gate."""
    exit_status: int = 0
    """Pytest's: not 0 where a test failed that no gate judges, or the session was cut short."""

    @classmethod
    def of(cls, document: Mapping[str, Any], where: str) -> Part:
        """Read what a shard's session has written."""
        return cls(
            experiment_from_dict(document),
            where,
            document.get("settings", {}),
            document.get("baselines", {}),
            document.get("exit_status", 0),
        )

    @property
    def shard(self) -> Shard:
        """Which part it is."""
        return Shard.parse(self.experiment.shard)

    def __str__(self) -> str:
        return f"shard {self.experiment.shard} in {self.where!r}"


@dataclass(frozen=True)
class Whole:
    """What the shards make together."""

    experiment: Experiment
    """Not judged yet. Examples of missing shards are expected, without a trial."""
    missing: Sequence[int] = ()
    """Numbers of the shards that aren't there."""
    count: int = 1
    """How many there should be."""
    failed: Sequence[Part] = ()
    """Shards whose own session failed."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What all sessions were told, as far as the gate asks."""
    baselines: Mapping[str, str] = field(default_factory=dict)
    """Suite -> hash of the baseline the shards had."""

    @property
    def errors(self) -> list[str]:
        """One error for each shard that is missing or failed, for the user."""
        lost = [
            f"Shard {number} of {self.count} is missing: a verdict without it would be about other examples. "
            "Bring its store (run that shard again, if it was lost) and merge all of them."
            for number in self.missing
        ]
        failed = [
            f"The {part} failed by itself: pytest ended with status {part.exit_status}, be it for an error, a test "
            "that no gate judges, or an interruption. Its output names the reason; mend it and run that shard again."
            for part in self.failed
        ]
        return lost + failed


def join(parts: Sequence[Part]) -> Whole:
    """Join the shards of one experiment.

    Args:
        parts: At least one, in any order.

    Raises:
        StoreError: A shard is there twice, or shards differ in their name, number, commit,
            settings, baselines, data or evaluators.
    """
    parts = sorted(parts, key=lambda part: part.shard)
    _same("name", [(whole_name(part.experiment.name), part) for part in parts])
    _same("number of shards", [(part.shard.count, part) for part in parts])
    for one, other in pairwise(parts):
        if one.shard == other.shard:
            raise StoreError(
                f"The {one} is there twice: also in {other.where!r}. Name each shard's store once."
            )
    commits = [
        (part.experiment.commit.removesuffix("+dirty"), part) for part in parts if part.experiment.commit
    ]
    _same("commit", commits)
    for setting in dict.fromkeys(name for part in parts for name in part.settings):
        _same(f"setting llm_{setting}", [(part.settings.get(setting), part) for part in parts])
    baselines = {suite: digest for part in parts for suite, digest in part.baselines.items()}
    for suite in baselines:
        having = [part for part in parts if any(plan.name == suite for plan in part.experiment.suites)]
        _same(f"baseline of {suite}", [(part.baselines.get(suite), part) for part in having])
    count = parts[0].shard.count
    present = {part.shard.number for part in parts}
    missing = tuple(number for number in range(1, count + 1) if number not in present)
    failed = [part for part in parts if part.exit_status]
    joined = _joined(parts, whole=not missing)
    return Whole(joined, missing, count, failed, parts[0].settings, baselines)


def _same(what: str, values: Sequence[tuple[Any, Part]]) -> None:
    for (one, part), (other, another) in pairwise(values):
        if one != other:
            raise StoreError(
                f"These shards are of different experiments: the {what} is {one!r} for {part}, and {other!r} for "
                f"{another}. Merge shards of one build."
            )


def _joined(parts: Sequence[Part], *, whole: bool) -> Experiment:
    experiments = [part.experiment for part in parts]
    names = dict.fromkeys(plan.name for each in experiments for plan in each.suites)
    notes = dict.fromkeys(note for each in experiments for note in each.notes)
    return Experiment(
        name=whole_name(experiments[0].name),
        started=min(each.started for each in experiments),
        duration=max(each.duration for each in experiments),
        suites=tuple(_suite(name, parts, whole=whole) for name in names),
        trials=tuple(trial for each in experiments for trial in each.trials),
        commit=next((each.commit for each in experiments if each.commit), None),
        interrupted=any(each.interrupted for each in experiments),
        notes=tuple(notes),
    )


def _suite(name: str, parts: Sequence[Part], *, whole: bool) -> SuitePlan:
    plans = [(part, plan) for part in parts for plan in part.experiment.suites if plan.name == name]
    for one, other in pairwise(plans):
        _check_alike(one, other)
    owners: dict[str, Part] = {}
    for part, plan in plans:
        for example in dict.fromkeys(trial.example_id for trial in plan.expected):
            if example in owners:
                raise StoreError(f"{name}: {example!r} was run by {owners[example]} and by {part}. {_SPLIT}")
            owners[example] = part
    lost = {e: content for _, plan in plans for e, content in plan.elsewhere.items() if e not in owners}
    if lost and whole:
        raise StoreError(f"{name}: no shard ran {listed(list(map(repr, lost)), _NAMED)}. {_SPLIT}")
    first = plans[0][1]
    expected = [trial for _, plan in plans for trial in plan.expected]
    return replace(first, expected=(*expected, *_absent(lost, first.repeat)), elsewhere={})


_SPLIT = (
    "The machines split the examples differently: give all of them the same tests, data, committed baselines "
    "and options, and run the shards again."
)


def _absent(lost: dict[str, str], repeats: int) -> Iterator[ExpectedTrial]:
    for example, content in lost.items():
        for repeat in range(1, repeats + 1):
            yield ExpectedTrial(example_id=example, example_hash=content, repeat=repeat, nodeid="")


def _check_alike(one: tuple[Part, SuitePlan], other: tuple[Part, SuitePlan]) -> None:
    for name in _ALIKE:
        then, now = _comparable(getattr(one[1], name)), _comparable(getattr(other[1], name))
        if then != now:
            raise StoreError(
                f"{one[1].name}: its {name.replace('_', ' ')} is {then!r} for {one[0]}, and {now!r} for {other[0]}. "
                f"{_SPLIT}"
            )


def _comparable(value: Any) -> Any:
    if isinstance(value, tuple):
        return sorted(map(repr, value))
    return value
