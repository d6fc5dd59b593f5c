"""Stored experiments of accepted code, pooled into the baselines: every one of them, red or green."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from pytest_llmobs.baselines.addition import Outdated, pooled_baseline
from pytest_llmobs.baselines.file import load_baseline, write_baseline
from pytest_llmobs.baselines.records import (
    MOST_PASSES,
    Baseline,
    BaselineRow,
    BaselineUpdate,
    RecordedSession,
)
from pytest_llmobs.baselines.sameness import has_what_it_sent
from pytest_llmobs.experiments.accepted import Objection
from pytest_llmobs.experiments.git import same_code
from pytest_llmobs.experiments.references import recorded_session
from pytest_llmobs.experiments.stored import find_readable
from pytest_llmobs.experiments.stored_trials import recalled
from pytest_llmobs.files import locked
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import count


@dataclass(frozen=True, kw_only=True)
class PooledExperiment:
    """What became of an experiment."""

    suite: str
    experiment: str
    started: str
    """ISO 8601, UTC."""
    red: bool
    passes: int = 0
    """Passes of its own session that were added to each example's row."""
    examples: int = 0
    """Examples that got them."""
    objection: str = ""
    """Why nothing was added."""
    left_out: str = ""
    """Which examples got nothing, and why."""


class Pool:
    """Pools experiments into baselines."""

    def __init__(
        self,
        store: Store,
        heads: Sequence[Experiment],
        objection: Objection,
        since: datetime | None = None,
    ) -> None:
        """Prepare to pool.

        Args:
            store: Has the experiments, with their trials and traces.
            heads: The experiments, in any order.
            objection: Tells those that say nothing of accepted code.
            since: The moment before which experiments are left out; None for the whole past, without what ran other
                code before a row was recorded anew.
        """
        self._store = store
        self._heads = sorted(heads, key=lambda head: head.started)
        self._objection = objection
        self._since = since

    def add_to(self, path: Path, *, dry_run: bool = False) -> Iterator[PooledExperiment]:
        """Add to one baseline, and yield what became of each experiment that has its suite, the oldest first.

        Args:
            path: The baseline's file.
            dry_run: Write nothing.

        Raises:
            BaselineError: The file can't be read or written.
            StoreError: Traces can't be read.
        """
        with locked(path):
            baseline = load_baseline(path)
            if baseline is None:
                return
            before = baseline
            for head in self._heads:
                plan = head.plan_of(baseline.suite)
                if plan is not None and plan.expected:
                    baseline, pooled = self._added(baseline, plan, head, path.parent)
                    yield pooled
            if baseline is not before and not dry_run:
                write_baseline(path, baseline)

    def _added(
        self, baseline: Baseline, plan: SuitePlan, head: Experiment, folder: Path
    ) -> tuple[Baseline, PooledExperiment]:
        pooled = PooledExperiment(suite=plan.name, experiment=head.name, started=head.started, red=head.red)
        source = _named_as_before(recorded_session(head, plan.name), baseline)
        objection = self._too_early(head) or self._objection(head) or _nothing_to_add(baseline, plan, source)
        if objection:
            return baseline, replace(pooled, objection=objection)
        experiment = find_readable(head.name, self._store)
        if experiment is None:
            return baseline, replace(pooled, objection="can't be read")
        source = replace(source, session=recorded_session(experiment, plan.name).session)
        keys = {(plan.name, example) for example in plan.example_ids}
        trials = recalled(experiment.trials_of(plan.name), self._store, experiment.name, keys)
        if not any(map(has_what_it_sent, trials)):
            return baseline, replace(pooled, objection="what was sent to models is not stored any more")
        update = pooled_baseline(baseline, plan, trials, source, self._outdated(head, folder))
        if update.differing:
            return baseline, replace(
                pooled, objection=f"not of what was recorded, different: {'; '.join(update.differing)}"
            )
        left_out = ", ".join(_left_out(update))
        if not update.added:
            return baseline, replace(pooled, objection=left_out or "no example gave a result")
        pooled = replace(pooled, passes=plan.repeat, examples=len(update.added), left_out=left_out)
        return update.baseline, pooled

    def _too_early(self, head: Experiment) -> str:
        if self._since is not None and datetime.fromisoformat(head.started) < self._since:
            return "older than --since says"
        return ""

    def _outdated(self, head: Experiment, folder: Path) -> Outdated:
        """Return what tells the rows that were recorded anew since an experiment ran other code."""
        same = cache(partial(same_code, folder, now=head.commit or ""))

        def is_outdated(baseline: Baseline, row: BaselineRow) -> bool:
            if self._since is not None or not row.sessions:
                return False
            first = baseline.session(next(iter(row.sessions)))
            return head.started < first.recorded and not (first.code and same(first.code))

        return is_outdated


def _named_as_before(source: RecordedSession, baseline: Baseline) -> RecordedSession:
    """Return a session by the name that the baseline has for it: files of version 1 have none of their own."""
    for key, session in baseline.sessions.items():
        if (session.experiment, session.recorded) == (source.session.experiment, source.session.recorded):
            return replace(source, key=key)
    return source


def _nothing_to_add(baseline: Baseline, plan: SuitePlan, source: RecordedSession) -> str:
    """Return why an experiment has nothing new for a baseline, so that its traces need not be read."""
    rows = []
    for trial in plan.expected:
        row = baseline.row_of(trial.example_id, trial.example_hash)
        if row is not None:
            rows.append(row)
    if not rows:
        return "without an example that the baseline has, unchanged"
    for row in rows:
        if source.key not in row.sessions:
            return ""
    return "in the baseline already"


def _left_out(update: BaselineUpdate) -> Iterator[str]:
    reasons = {
        "edited since": update.edited,
        "answered by recordings that the baseline has already": update.replayed,
        "not in the baseline": update.rowless,
        "recorded anew since, for other code (--since DATE adds to them)": update.outdated,
        f"with {MOST_PASSES} newer passes": update.full,
        "without a result": update.unrecorded,
    }
    for reason, examples in reasons.items():
        if examples:
            yield f"{count(len(examples), 'example')} {reason}"
