"""The accepted scores of one suite, example by example, and how fresh trials renew them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path

from pytest_llmobs.baselines.file import (
    baseline_path,
    load_baseline,
    remove_baseline,
    write_baseline,
)
from pytest_llmobs.baselines.recorded_row import recorded_row, witness
from pytest_llmobs.baselines.records import Baseline, BaselineRow, SuiteRecord
from pytest_llmobs.baselines.renames import follow_renames
from pytest_llmobs.baselines.texts import TextStore, updated_texts
from pytest_llmobs.files import locked
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.values import Measurements, measure
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial


@dataclass(frozen=True, kw_only=True)
class BaselineUpdate:
    """A renewed baseline and what a reader should know before committing it."""

    baseline: Baseline
    known_failures: Sequence[str] = ()
    """Examples recorded now that failed in some repeat: from now on their failure is no news."""
    recorded: Sequence[str] = ()
    """Examples written."""
    removed: Sequence[str] = ()
    """Examples dropped because their dataset no longer has them."""
    unrecorded: Sequence[str] = ()
    """Examples that should have run and gave nothing: their old rows, if any, stay."""
    refused: Sequence[str] = ()
    """Examples that passed in no repeat, where they are most of the baseline: it wasn't written."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Examples whose rows go by another name now -> their old name."""
    cut_short: Sequence[str] = ()
    """Examples of which some repeat was never run (Ctrl-C, a budget, a dead worker, ``--lf``): their old rows, if any,
    stay."""


def updated_baseline(
    old: Baseline | None,
    plan: SuitePlan,
    trials: Iterable[Trial],
    *,
    metadata: Mapping[str, str] | None = None,
    texts: bool = True,
    suite_scores: Iterable[SuiteScore] = (),
) -> BaselineUpdate:
    """Return the baseline that accepts these trials.

    Rows of examples that did not run stay as they are, with the versions of the evaluators that scored them. Rows of
    examples that the whole suite no longer has are dropped; a partial selection drops nothing.

    Args:
        old: The baseline so far, or None for the first.
        plan: The suite as collected.
        trials: Fresh trials; those of other suites are ignored.
        metadata: What else to keep at the top of the file, such as the commit and the time.
        texts: Keep redacted prompts and outputs beside the baseline (``llm_baseline_texts``).
        suite_scores: What summary evaluators say of these trials; those of other suites are ignored.
    """
    old = follow_renames(old or Baseline(suite=plan.name), plan)
    expected = {trial.example_id: trial.example_hash for trial in plan.expected}
    measured = _measured(plan.name, expected, trials)
    fresh = _fresh_rows(old, expected, measured)
    rows = {**_kept_rows(old, plan, expected, fresh), **fresh}
    passes = map(attrgetter("passes"), rows.values())
    baseline = replace(
        _head(old, plan, suite_scores),
        repeat=max(map(len, passes), default=plan.repeat),
        rows=dict(sorted(rows.items())),
        metadata=dict(metadata or {}),
        texts=_texts(old, rows, measured, fresh) if texts else None,
    )
    return _update(baseline, old, expected, fresh)


def record_baseline(
    directory: Path | str,
    plan: SuitePlan,
    trials: Iterable[Trial],
    *,
    metadata: Mapping[str, str] | None = None,
    texts: bool = True,
    suite_scores: Iterable[SuiteScore] = (),
    accept_failing: bool = False,
) -> BaselineUpdate:
    """Renew the baseline of a suite on disk, under one lock; one without rows is deleted.

    An example is recorded with all its repeats or not at all: with fewer, it would be harder to see it break.

    Args:
        directory: The folder of the baselines.
        plan: The suite as collected.
        trials: Fresh trials; those of other suites are ignored.
        metadata: See ``updated_baseline``.
        texts: See there.
        suite_scores: See there.
        accept_failing: Write also what would be a baseline in which most examples never passed.

    Raises:
        BaselineError: The old file can't be read, or the new one not be written.
    """
    path, trials = baseline_path(directory, plan.name), list(trials)
    cut_short = _cut_short(plan, trials)
    complete = _complete(trials, cut_short)
    # read under the lock as well: what another process has written since must not be lost
    with locked(path):
        update = updated_baseline(
            load_baseline(path), plan, complete, metadata=metadata, texts=texts, suite_scores=suite_scores
        )
        if not accept_failing:
            update = _without_failing(update)
        if not update.refused:
            _write(path, update)
    unrecorded = without(update.unrecorded, cut_short)
    return replace(update, unrecorded=unrecorded, cut_short=without(update.unrecorded, unrecorded))


def _complete(trials: Iterable[Trial], cut_short: Container[str]) -> list[Trial]:
    return [trial for trial in trials if trial.example_id not in cut_short]


def _write(path: Path, update: BaselineUpdate) -> None:
    if not update.baseline.rows:
        remove_baseline(path)
    elif update.recorded or update.removed or update.renamed:
        write_baseline(path, update.baseline)


def _cut_short(plan: SuitePlan, trials: Iterable[Trial]) -> set[str]:
    """Return the examples of which fewer trials ran than were promised."""
    ran: Counter[str] = Counter()
    for trial in trials:
        ran[trial.example_id] += trial.suite == plan.name and trial.not_run != "budget"
    return {trial.example_id for trial in plan.expected if ran[trial.example_id] < plan.repeat}


def _without_failing(update: BaselineUpdate) -> BaselineUpdate:
    """Return an update that is refused where most of its examples never passed."""
    failing = _never_passed(update)
    if not failing:
        return update
    return replace(update, recorded=(), removed=(), renamed={}, known_failures=(), refused=failing)


def _never_passed(update: BaselineUpdate) -> list[str]:
    """Return the examples that passed in no repeat, if they are most of a baseline; some are known failures."""
    failing = []
    for example, row in update.baseline.rows.items():
        passes = row.values(PASS)
        if passes and max(passes) == 0:
            failing.append(example)
    # what was accepted before is not asked about again
    if len(failing) * 2 <= len(update.baseline.rows) or set(failing).isdisjoint(update.recorded):
        return []
    return failing


def _head(old: Baseline, plan: SuitePlan, suite_scores: Iterable[SuiteScore]) -> Baseline:
    """Return a baseline without rows."""
    return Baseline(
        suite=plan.name,
        dataset=plan.dataset,
        dataset_version=plan.dataset_version,
        metrics=dict(plan.metrics),
        suite_scores=_suite_records(old, plan, suite_scores),
    )


def _texts(old: Baseline, rows: Iterable[str], measured: Measurements, fresh: Iterable[str]) -> TextStore:
    witnesses = []
    for example in fresh:
        witnesses.append(witness(measured.trials[example]))
    return updated_texts(old.texts, list(rows), witnesses)


def _update(
    baseline: Baseline, old: Baseline, expected: Iterable[str], fresh: Mapping[str, BaselineRow]
) -> BaselineUpdate:
    return BaselineUpdate(
        baseline=baseline,
        known_failures=list(filter(baseline.known_failure, fresh)),
        recorded=list(fresh),
        removed=without(old.rows, baseline.rows),
        unrecorded=without(expected, fresh),
        renamed=old.renamed,
    )


def _measured(suite: str, expected: Container[str], trials: Iterable[Trial]) -> Measurements:
    own = []
    for trial in trials:
        if trial.suite == suite and trial.example_id in expected:
            own.append(trial)
    return measure(own)


def _fresh_rows(old: Baseline, expected: Mapping[str, str], measured: Measurements) -> dict[str, BaselineRow]:
    """Return the rows of the examples that have a value of any metric."""
    scored = set().union(*measured.values.values())
    fresh = {}
    # sorted: the file must not depend on the order in which workers finished
    for example in sorted(scored):
        trials = measured.trials[example]
        fresh[example] = recorded_row(expected[example], trials, old.rows.get(example))
    return fresh


def _kept_rows(
    old: Baseline, plan: SuitePlan, expected: Container[str], fresh: Container[str]
) -> dict[str, BaselineRow]:
    kept = {}
    for example, row in old.rows.items():
        if example in fresh:
            continue
        # what a selection leaves out may still be in the dataset
        if plan.partial or example in expected:
            kept[example] = replace(row, versions=_own_versions(old, row, plan))
    return kept


def _own_versions(old: Baseline, row: BaselineRow, plan: SuitePlan) -> dict[str, str]:
    """Return the versions of the evaluators that scored a row, where the new top of the file says otherwise."""
    then = {**old.metrics, **row.versions}
    versions = {}
    for key in sorted({*then, *plan.metrics}):
        version = then.get(key, "")
        if version != plan.metrics.get(key, ""):
            versions[key] = version
    return versions


def _suite_records(old: Baseline, plan: SuitePlan, scores: Iterable[SuiteScore]) -> Mapping[str, SuiteRecord]:
    """Return what summary evaluators said of the whole suite; what they say of a part is no baseline."""
    if plan.partial:
        return old.suite_scores
    records = {}
    for score in scores:
        if score.suite == plan.name and score.score is not None:
            version = plan.summaries.get(score.evaluator, "")
            records[score.metric] = SuiteRecord(value=float(f"{score.score:.6g}"), version=version)
    return records


def without(names: Iterable[str], others: Container[str]) -> list[str]:
    """Return the names that are not among others, in their order."""
    return [name for name in names if name not in others]
