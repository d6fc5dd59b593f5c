"""The accepted scores of one suite, example by example, and how fresh trials renew them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from pytest_llmobs.baselines.addition import added_baseline
from pytest_llmobs.baselines.file import load_baseline, remove_baseline, write_baseline
from pytest_llmobs.baselines.fresh import (
    complete_trials,
    cut_short_examples,
    expected_hashes,
    fresh_rows,
    measured_of,
    most_passes,
    own_versions,
    renewed_texts,
    suite_records,
    without,
)
from pytest_llmobs.baselines.paths import baseline_path
from pytest_llmobs.baselines.records import (
    Baseline,
    BaselineRow,
    BaselineUpdate,
    RecordedSession,
    named_sessions,
)
from pytest_llmobs.baselines.renames import follow_renames
from pytest_llmobs.files import locked
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import present
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial


def updated_baseline(
    old: Baseline | None,
    plan: SuitePlan,
    trials: Iterable[Trial],
    *,
    source: RecordedSession | None = None,
    texts: bool = True,
) -> BaselineUpdate:
    """Return the baseline that accepts these trials.

    Rows of examples that did not run stay as they are, with the versions of the evaluators that scored them. Rows of
    examples that the whole suite no longer has are dropped; a partial selection drops nothing.

    Args:
        old: The baseline so far, or None for the first.
        plan: The suite as collected.
        trials: Fresh trials; those of other suites are ignored.
        source: The session of these trials, or None where nobody knows more of it.
        texts: Keep redacted prompts and outputs beside the baseline (``llm_baseline_texts``).
    """
    source = source or RecordedSession()
    old = follow_renames(old or Baseline(suite=plan.name), plan)
    expected = expected_hashes(plan)
    measured = measured_of(plan, trials)
    fresh = fresh_rows(old, expected, measured, source.key)
    rows = {**_kept_rows(old, plan, expected, fresh), **fresh}
    baseline = replace(
        _head(old, plan, source.suite_scores),
        repeat=most_passes(rows, plan),
        rows=dict(sorted(rows.items())),
        sessions=named_sessions({**old.sessions, source.key: source.session}, rows.values()),
        metadata=dict(source.metadata),
        texts=renewed_texts(old, rows, measured, fresh) if texts else None,
    )
    return _update(baseline, old, expected, fresh)


def record_baseline(
    directory: Path | str,
    plan: SuitePlan,
    trials: Iterable[Trial],
    *,
    source: RecordedSession | None = None,
    texts: bool = True,
    accept_failing: bool = False,
    add: bool = False,
    dry_run: bool = False,
) -> BaselineUpdate:
    """Renew the baseline of a suite on disk, under one lock; one without rows is deleted.

    An example is recorded with all its repeats or not at all: fewer would make it harder to see it break.

    Args:
        directory: The folder of the baselines.
        plan: The suite as collected.
        trials: Fresh trials; those of other suites are ignored.
        source: See ``updated_baseline``.
        texts: See there.
        accept_failing: Write also what would be a baseline in which most examples never passed.
        add: Add the passes to the rows that there are; see ``baselines.addition``.
        dry_run: Write nothing.

    Raises:
        BaselineError: The old file can't be read, or the new one not be written.
    """
    path, trials = baseline_path(directory, plan.name), list(trials)
    cut_short = cut_short_examples(plan, trials)
    renew = added_baseline if add else updated_baseline
    # read under the lock as well: what another process has written since must not be lost
    with locked(path):
        complete = complete_trials(trials, cut_short)
        update = renew(load_baseline(path), plan, complete, source=source, texts=texts)
        update = update if accept_failing else _without_failing(update, source)
        if not update.refused and not dry_run:
            _write(path, update)
    unrecorded = without(update.unrecorded, cut_short)
    return replace(update, unrecorded=unrecorded, cut_short=without(update.unrecorded, unrecorded))


def _write(path: Path, update: BaselineUpdate) -> None:
    if not update.baseline.rows:
        remove_baseline(path)
    elif update.changes:
        write_baseline(path, update.baseline)


def _without_failing(update: BaselineUpdate, source: RecordedSession | None) -> BaselineUpdate:
    """Return an update that is refused where most of its examples never passed."""
    failing = [*_never_passed(update), *_never_passed_again(update, source)]
    if not failing:
        return update
    return replace(update, recorded=(), added=(), removed=(), renamed={}, known_failures=(), refused=failing)


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


def _never_passed_again(update: BaselineUpdate, source: RecordedSession | None) -> list[str]:
    """Return the examples that passed before and in none of the added passes, if they are most of those."""
    session = (source or RecordedSession()).key
    failing = []
    for example in update.added:
        row = update.baseline.rows[example]
        passes = present(row.by_session(PASS).get(session, ()))
        if passes and max(passes) == 0 < max(row.values(PASS)):
            failing.append(example)
    return failing if len(failing) * 2 > len(update.added) else []


def _head(old: Baseline, plan: SuitePlan, suite_scores: Iterable[SuiteScore]) -> Baseline:
    """Return a baseline without rows."""
    return Baseline(
        suite=plan.name,
        dataset=plan.dataset,
        dataset_version=plan.dataset_version,
        metrics=dict(plan.metrics),
        suite_scores=suite_records(old, plan, suite_scores),
    )


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


def _kept_rows(
    old: Baseline, plan: SuitePlan, expected: Container[str], fresh: Container[str]
) -> dict[str, BaselineRow]:
    kept = {}
    for example, row in old.rows.items():
        if example in fresh:
            continue
        # what a selection leaves out may still be in the dataset
        if plan.partial or example in expected:
            kept[example] = replace(row, versions=own_versions(old, row, plan))
    return kept
