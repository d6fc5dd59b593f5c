"""What the fresh trials of a suite bring to its baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from operator import attrgetter

from pytest_llmobs.baselines.recorded_row import recorded_row, witness
from pytest_llmobs.baselines.records import Baseline, BaselineRow, SuiteRecord
from pytest_llmobs.baselines.texts import TextStore, updated_texts
from pytest_llmobs.measures.values import Measurements, measure
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial


def cut_short_examples(plan: SuitePlan, trials: Iterable[Trial]) -> set[str]:
    """Return the examples of which fewer trials ran than were promised."""
    ran: Counter[str] = Counter()
    for trial in trials:
        ran[trial.example_id] += trial.suite == plan.name and trial.not_run not in ("budget", "unrecorded")
    return {trial.example_id for trial in plan.expected if ran[trial.example_id] < plan.repeat}


def complete_trials(trials: Iterable[Trial], cut_short: Container[str]) -> list[Trial]:
    """Return the trials without those of examples that were cut short."""
    return [trial for trial in trials if trial.example_id not in cut_short]


def expected_hashes(plan: SuitePlan) -> dict[str, str]:
    """Return the content hash of each example that was to run."""
    return {trial.example_id: trial.example_hash for trial in plan.expected}


def measured_of(plan: SuitePlan, trials: Iterable[Trial]) -> Measurements:
    """Return what the trials of a plan's own examples measured."""
    own, expected = [], expected_hashes(plan)
    for trial in trials:
        if trial.suite == plan.name and trial.example_id in expected:
            own.append(trial)
    return measure(own)


def most_passes(rows: Mapping[str, BaselineRow], plan: SuitePlan) -> int:
    """Return the most passes that any row has; those of the plan where there is no row."""
    passes = map(attrgetter("passes"), rows.values())
    return max(map(len, passes), default=plan.repeat)


def fresh_rows(
    old: Baseline, expected: Mapping[str, str], measured: Measurements, session: str
) -> dict[str, BaselineRow]:
    """Return the rows of the examples that have a value of any metric, all of one session."""
    scored = set().union(*measured.values.values())
    fresh = {}
    # sorted: the file must not depend on the order in which workers finished
    for example in sorted(scored):
        trials = measured.trials[example]
        row = recorded_row(expected[example], trials, old.rows.get(example))
        fresh[example] = replace(row, sessions={session: len(trials)})
    return fresh


def renewed_texts(
    old: Baseline, rows: Iterable[str], measured: Measurements, fresh: Iterable[str]
) -> TextStore:
    """Return the texts of all rows, those of the fresh ones as they were sent and answered now."""
    witnesses = []
    for example in fresh:
        witnesses.append(witness(measured.trials[example]))
    return updated_texts(old.texts, list(rows), witnesses)


def own_versions(old: Baseline, row: BaselineRow, plan: SuitePlan) -> dict[str, str]:
    """Return the versions of the evaluators that scored a row, where the new top of the file says otherwise."""
    then = {**old.metrics, **row.versions}
    versions = {}
    for key in sorted({*then, *plan.metrics}):
        version = then.get(key, "")
        if version != plan.metrics.get(key, ""):
            versions[key] = version
    return versions


def suite_records(old: Baseline, plan: SuitePlan, scores: Iterable[SuiteScore]) -> Mapping[str, SuiteRecord]:
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
