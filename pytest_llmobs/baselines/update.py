"""The accepted scores of one suite, example by example, and how fresh trials renew them."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_llmobs.baselines.file import (
    baseline_path,
    load_baseline,
    remove_baseline,
    write_baseline,
)
from pytest_llmobs.baselines.records import Baseline, BaselineRow, SuiteRecord
from pytest_llmobs.baselines.texts import fingerprints, updated_texts
from pytest_llmobs.files import locked
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.values import Measurements, measure, pass_value, score_value
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial

STEADY = 1.25
"""Ratio up to which a latency or cost counts as unchanged."""


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
    expected = {trial.example_id: trial.example_hash for trial in plan.expected}
    measured = measure(t for t in trials if t.suite == plan.name and t.example_id in expected)
    fresh = {
        example: _row(expected[example], found, old.rows.get(example) if old else None)
        for example, found in sorted(measured.trials.items())
        if any(example in values for values in measured.values.values())
    }
    kept = _kept_rows(old, plan, expected, fresh)
    rows = {**kept, **fresh}
    baseline = Baseline(
        suite=plan.name,
        dataset=plan.dataset,
        dataset_version=plan.dataset_version,
        repeat=max((len(row.passes) for row in rows.values()), default=plan.repeat),
        metrics=dict(plan.metrics),
        suite_scores=_suite_records(old, plan, suite_scores),
        rows=dict(sorted(rows.items())),
        metadata=dict(metadata or {}),
        texts=updated_texts(old.texts if old else None, list(rows), _witnesses(measured, fresh))
        if texts
        else None,
    )
    return BaselineUpdate(
        baseline=baseline,
        known_failures=[example for example in fresh if baseline.known_failure(example)],
        recorded=list(fresh),
        removed=[example for example in (old.rows if old else ()) if example not in rows],
        unrecorded=[example for example in expected if example not in fresh],
    )


def record_baseline(
    directory: Path | str,
    plan: SuitePlan,
    trials: Iterable[Trial],
    *,
    metadata: Mapping[str, str] | None = None,
    texts: bool = True,
    suite_scores: Iterable[SuiteScore] = (),
) -> BaselineUpdate:
    """Renew the baseline of a suite on disk: read, update and write under one lock; one without rows is deleted.

    An example is recorded with all its repeats or not at all: with fewer, it would be harder to see it break.

    Args:
        directory: The folder of the baselines.
        plan: The suite as collected.
        trials: Fresh trials; those of other suites are ignored.
        metadata: What else to keep at the top of the file, such as the commit and the time.
        texts: Keep redacted prompts and outputs beside the baseline (``llm_baseline_texts``).
        suite_scores: What summary evaluators say of these trials; those of other suites are ignored.

    Raises:
        BaselineError: The old file can't be read, or the new one not be written.
    """
    path = baseline_path(directory, plan.name)
    own = [trial for trial in trials if trial.suite == plan.name]
    cut_short = _cut_short(plan, own)
    whole = [trial for trial in own if trial.example_id not in cut_short]
    with locked(path):
        update = updated_baseline(
            load_baseline(path), plan, whole, metadata=metadata, texts=texts, suite_scores=suite_scores
        )
        if not update.baseline.rows:
            remove_baseline(path)
        elif update.recorded or update.removed:
            write_baseline(path, update.baseline)
    return replace(
        update,
        unrecorded=[example for example in update.unrecorded if example not in cut_short],
        cut_short=[example for example in update.unrecorded if example in cut_short],
    )


def _cut_short(plan: SuitePlan, trials: Iterable[Trial]) -> set[str]:
    ran = Counter(trial.example_id for trial in trials if trial.not_run != "budget")
    return {t.example_id for t in plan.expected if ran[t.example_id] < plan.repeat}


def witness(trials: Sequence[Trial]) -> Trial:
    """Return the trial of an example that stands for the others in diffs: the first that passed, else the first."""
    return next((trial for trial in trials if trial.status == "passed"), trials[0])


def _witnesses(measured: Measurements, fresh: Iterable[str]) -> list[Trial]:
    return [witness(measured.trials[example]) for example in fresh]


def _row(example_hash: str, trials: Sequence[Trial], old: BaselineRow | None) -> BaselineRow:
    metrics = sorted({key for t in trials for key, score in t.scores.items() if score.gating and key != PASS})
    scores = {key: tuple(score_value(trial, key) for trial in trials) for key in metrics}
    return BaselineRow(
        hash=example_hash,
        passes=tuple(pass_value(trial) for trial in trials),
        scores={key: values for key, values in scores.items() if any(value is not None for value in values)},
        fingerprints=fingerprints(witness(trials)),
        latency=_median((trial.latency for trial in trials), old.latency if old else None),
        cost=_median((trial.total_cost for trial in trials), old.cost if old else None),
    )


def _median(values: Iterable[float | None], old: float | None) -> float | None:
    """Return the median, or the old value where it is nearly the same: noise would change every line of the file."""
    found = [value for value in values if value is not None]
    if not found:
        return None
    median = statistics.median(found)
    if old is not None and old / STEADY <= median <= old * STEADY:
        return old
    return float(f"{median:.3g}")


def _suite_records(
    old: Baseline | None, plan: SuitePlan, scores: Iterable[SuiteScore]
) -> Mapping[str, SuiteRecord]:
    """Return what summary evaluators said of the whole suite; what they say of a part is no baseline."""
    if plan.partial:
        if old is not None:
            return old.suite_scores
        return {}
    return {
        each.metric: SuiteRecord(
            value=float(f"{each.score:.6g}"), version=plan.summaries.get(each.evaluator, "")
        )
        for each in scores
        if each.suite == plan.name and each.score is not None
    }


def _kept_rows(
    old: Baseline | None, plan: SuitePlan, expected: Mapping[str, str], fresh: Mapping[str, BaselineRow]
) -> dict[str, BaselineRow]:
    if old is None:
        return {}
    stay = {e: row for e, row in old.rows.items() if e not in fresh and (plan.partial or e in expected)}
    return {example: replace(row, versions=_own_versions(old, row, plan)) for example, row in stay.items()}


def _own_versions(old: Baseline, row: BaselineRow, plan: SuitePlan) -> dict[str, str]:
    """Return the versions of the evaluators that scored a row, where the new top of the file says otherwise."""
    then = {**old.metrics, **row.versions}
    keys = sorted({*then, *plan.metrics})
    return {key: then.get(key, "") for key in keys if then.get(key, "") != plan.metrics.get(key, "")}
