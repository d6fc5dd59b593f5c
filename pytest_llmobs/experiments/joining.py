"""One experiment out of its shards: their plans and trials joined, or the reason why they don't belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from pytest_llmobs.errors import StoreError
from pytest_llmobs.experiments.shards import Shard, whole_name
from pytest_llmobs.experiments.stored import StoredExperiment, checked
from pytest_llmobs.records.experiments import Experiment, SessionEnd
from pytest_llmobs.records.fit import MisfitError
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.records.wire import from_wire
from pytest_llmobs.settings import Settings
from pytest_llmobs.storage.experiment_files import unreadable
from pytest_llmobs.storage.layout import may_be_cut
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import listed

_ALIKE = ("dataset", "dataset_version", "metrics", "summaries", "gates", "cluster_by", "repeat", "total")
"""Fields of a suite's plan that all shards must agree on."""
_NAMED = 5
"""Examples named in a message; more are counted."""
_SPLIT = (
    "The machines split the examples differently: give all of them the same tests, data, committed baselines "
    "and options, and run the shards again."
)


@dataclass(frozen=True, kw_only=True)
class _ToldOfTheSession:
    """What a shard's document says for the merge; without it a red shard might pass for a green one."""

    settings: Mapping[str, str]
    baselines: Mapping[str, str]
    exit_status: int


@dataclass(frozen=True)
class FinishedShard:
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
    def of(cls, stored: StoredExperiment, where: str) -> FinishedShard:
        """Read what a shard's session has written.

        Raises:
            MisfitError: What a merge must know isn't there, or makes no sense.
        """
        told = from_wire(_ToldOfTheSession, stored.document)
        unknown = sorted(told.settings.keys() - {field.name for field in fields(Settings)})
        if unknown:
            raise MisfitError(f"this version has no setting {listed(unknown, _NAMED)}", "settings")
        return cls(stored.experiment, where, told.settings, told.baselines, told.exit_status)

    @property
    def shard(self) -> Shard:
        """Which part of the experiment it is."""
        return Shard.parse(self.experiment.shard)

    def has_suite(self, name: str) -> bool:
        """Tell whether the suite was collected here."""
        return name in map(attrgetter("name"), self.experiment.suites)

    def __str__(self) -> str:
        return f"shard {self.experiment.shard} in {self.where!r}"


@dataclass(frozen=True)
class JoinedShards:
    """What the shards make together."""

    experiment: Experiment
    """Not judged yet. Examples of missing shards are expected, without a trial."""
    missing: Sequence[int] = ()
    """Numbers of the shards that aren't there."""
    count: int = 1
    """How many there should be."""
    failed: Sequence[FinishedShard] = ()
    """Shards whose own session failed."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What all sessions were told, as far as the gate asks."""
    baselines: Mapping[str, str] = field(default_factory=dict)
    """Suite -> hash of the baseline the shards had."""

    @property
    def errors(self) -> list[str]:
        """One error for each shard that is missing or failed, for the user."""
        errors = []
        for number in self.missing:
            errors.append(
                f"Shard {number} of {self.count} is missing: a verdict without it would be about other examples. "
                "Bring its store (run that shard again, if it was lost) and merge all of them."
            )
        for shard in self.failed:
            errors.append(
                f"The {shard} failed by itself: pytest ended with status {shard.exit_status}, be it for an error, a "
                "test that no gate judges, or an interruption. Its output names the reason; mend it and run that "
                "shard again."
            )
        return errors


class _PlanOfShard(NamedTuple):
    """A suite's plan, and the shard it is from."""

    shard: FinishedShard
    plan: SuitePlan


def read_shards(store: Store, where: str, name: str | None) -> list[FinishedShard]:
    """Return the shards that a store holds.

    Args:
        store: Holds them, beside other experiments perhaps.
        where: What messages call the store.
        name: Of the experiment that is to be merged; None for any.

    Raises:
        StoreError: One of that experiment is damaged: a verdict without it would be about other examples.
    """
    shards = []
    for part in store.experiment_names():
        if whole_name(part) == part and not may_be_cut(part):
            continue
        try:
            shard = _read_shard(part, store, where)
        except StoreError as error:
            if name in (None, whole_name(part)):
                raise StoreError(
                    f"{error} Or run that shard again: a verdict without it would be about other examples."
                ) from error
            store.leave_out(store.experiment_file(part), error)
        else:
            if shard is not None:
                shards.append(shard)
    return shards


def _read_shard(name: str, store: Store, where: str) -> FinishedShard | None:
    """Return a shard by its own name; None where the experiment of that name is whole."""
    document = store.read_experiment(name)
    experiment = checked(document, store.experiment_file(name), store)
    shard = experiment.shard
    if may_be_cut(name) and not shard:
        return None
    shown = store.shown(store.experiment_file(name))
    if not shard or Shard.parse(shard).name(whole_name(experiment.name)) != experiment.name:
        raise unreadable(
            shown, f"its name says that it is a shard, and its content that it is {shard or 'none'!r}"
        )
    try:
        return FinishedShard.of(StoredExperiment(experiment, document), where)
    except MisfitError as error:
        raise unreadable(shown, error) from error


def join(shards: Sequence[FinishedShard]) -> JoinedShards:
    """Join the shards of one experiment.

    Args:
        shards: At least one, in any order.

    Raises:
        StoreError: A shard is there twice, or shards differ in their name, number, commit,
            settings, baselines, data or evaluators.
    """
    shards = sorted(shards, key=lambda shard: shard.shard)
    _check_one_build(shards)
    baselines: dict[str, str] = {}
    for shard in shards:
        baselines.update(shard.baselines)
    for suite in baselines:
        _check_baseline(suite, shards)
    count = shards[0].shard.count
    missing = set(range(1, count + 1))
    failed = []
    for shard in shards:
        missing.discard(shard.shard.number)
        if shard.exit_status:
            failed.append(shard)
    return JoinedShards(
        experiment=_joined(shards, complete=not missing),
        missing=tuple(sorted(missing)),
        count=count,
        failed=failed,
        settings=shards[0].settings,
        baselines=baselines,
    )


def _check_one_build(shards: Sequence[FinishedShard]) -> None:
    """Make sure that the shards are parts of one experiment, each there once, run from one commit and told the same."""
    _check_same("name", shards, lambda shard: whole_name(shard.experiment.name))
    _check_same("number of shards", shards, lambda shard: shard.shard.count)
    for one, other in pairwise(shards):
        if one.shard == other.shard:
            raise StoreError(
                f"The {one} is there twice: also in {other.where!r}. Name each shard's store once."
            )
    names: dict[str, None] = {}
    with_commit = []
    for shard in shards:
        names.update(dict.fromkeys(shard.settings))
        if shard.experiment.commit:  # a machine without git says nothing against the others
            with_commit.append(shard)
    _check_same("commit", with_commit, _clean_commit)
    for name in names:
        _check_setting(name, shards)


def _check_setting(name: str, shards: Sequence[FinishedShard]) -> None:
    _check_same(f"setting llm_{name}", shards, lambda shard: shard.settings.get(name))


def _clean_commit(shard: FinishedShard) -> str:
    # what a build leaves behind may make the work tree dirty on one machine only
    return (shard.experiment.commit or "").removesuffix("+dirty")


def _check_baseline(suite: str, shards: Sequence[FinishedShard]) -> None:
    """Make sure that the shards that have a suite had one baseline of it."""
    having = [shard for shard in shards if shard.has_suite(suite)]
    _check_same(f"baseline of {suite}", having, lambda shard: shard.baselines.get(suite))


def _check_same(what: str, shards: Sequence[FinishedShard], value_of: Callable[[FinishedShard], Any]) -> None:
    for one, other in pairwise(shards):
        value, other_value = value_of(one), value_of(other)
        if value != other_value:
            raise StoreError(
                f"These shards are of different experiments: the {what} is {value!r} for {one}, and {other_value!r} "
                f"for {other}. Merge shards of one build."
            )


def _joined(shards: Sequence[FinishedShard], *, complete: bool) -> Experiment:
    plans: dict[str, list[_PlanOfShard]] = {}
    trials: list[Trial] = []
    notes: dict[str, None] = {}
    started: list[str] = []
    durations: list[float] = []
    commit: str | None = None
    interrupted = False
    for shard in shards:
        experiment = shard.experiment
        started.append(experiment.started)
        durations.append(experiment.duration)
        commit = commit or experiment.commit
        interrupted = interrupted or experiment.interrupted
        for plan in experiment.suites:
            plans.setdefault(plan.name, []).append(_PlanOfShard(shard, plan))
        trials.extend(experiment.trials)
        notes.update(dict.fromkeys(experiment.notes))
    suites = []
    for name, same in plans.items():
        suites.append(_joined_plan(name, same, complete=complete))
    return Experiment(
        name=whole_name(shards[0].experiment.name),
        started=min(started),
        duration=max(durations),
        suites=tuple(suites),
        trials=tuple(trials),
        commit=commit,
        clean=all(shard.experiment.clean for shard in shards),
        interrupted=interrupted,
        end=_joined_end(shards),
        conditions=shards[0].experiment.conditions,
        notes=tuple(notes),
    )


def _joined_end(shards: Sequence[FinishedShard]) -> SessionEnd:
    """Return what failed in all sessions together, and the highest exit status."""
    counts = {}
    for column in fields(SessionEnd):
        counts[column.name] = sum(getattr(shard.experiment.end, column.name) for shard in shards)
    counts["exit_status"] = max(shard.exit_status for shard in shards)
    return SessionEnd(**counts)


def _joined_plan(name: str, plans: Sequence[_PlanOfShard], *, complete: bool) -> SuitePlan:
    """Return one suite's plan out of those of the shards.

    Args:
        name: The suite's.
        plans: Its plans.
        complete: True where no shard is missing, so that each example must have been run.
    """
    for one, other in pairwise(plans):
        _check_alike(one, other)
    owners = _owners(name, plans)
    expected: list[ExpectedTrial] = []
    lost: dict[str, str] = {}
    for _, plan in plans:
        expected.extend(plan.expected)
        for example, content_hash in plan.elsewhere.items():
            if example not in owners:
                lost[example] = content_hash
    if lost and complete:
        raise StoreError(f"{name}: no shard ran {listed(list(map(repr, lost)), _NAMED)}. {_SPLIT}")
    first = plans[0].plan
    # by those that are there: a number that was read may have been damaged
    repeats = max(Counter(map(attrgetter("example_id"), expected)).values(), default=1)
    for example, content_hash in lost.items():
        expected.extend(_unrun(example, content_hash, min(first.repeat, repeats)))
    lines: dict[str, int] = {}
    for _, plan in plans:
        lines.update(plan.lines)
    return replace(first, expected=tuple(expected), lines=lines, elsewhere={})


def _owners(name: str, plans: Sequence[_PlanOfShard]) -> Mapping[str, FinishedShard]:
    """Return which shard ran each example; raises ``StoreError`` where two did."""
    owners: dict[str, FinishedShard] = {}
    for shard, plan in plans:
        for example in plan.example_ids:
            if example in owners:
                raise StoreError(f"{name}: {example!r} was run by {owners[example]} and by {shard}. {_SPLIT}")
            owners[example] = shard
    return owners


def _unrun(example: str, content_hash: str, repeats: int) -> list[ExpectedTrial]:
    """Return the trials of an example whose shard is missing."""
    trials = []
    for repeat in range(1, repeats + 1):
        trials.append(ExpectedTrial(example_id=example, example_hash=content_hash, repeat=repeat, nodeid=""))
    return trials


def _check_alike(one: _PlanOfShard, other: _PlanOfShard) -> None:
    for name in _ALIKE:
        value = _comparable(getattr(one.plan, name))
        other_value = _comparable(getattr(other.plan, name))
        if value != other_value:
            raise StoreError(
                f"{one.plan.name}: its {name.replace('_', ' ')} is {value!r} for {one.shard}, and {other_value!r} for "
                f"{other.shard}. {_SPLIT}"
            )


def _comparable(value: Any) -> Any:
    if isinstance(value, tuple):  # gates, in whatever order markers were read
        return sorted(map(repr, value))
    return value
