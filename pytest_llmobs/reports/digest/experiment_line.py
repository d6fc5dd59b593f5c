"""One experiment in a line, for a table of many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_llmobs.measures.trial_spending import trial_spending
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.digest.metrics import unjudged
from pytest_llmobs.reports.digest.verdict import verdict_word


@dataclass(frozen=True, kw_only=True)
class ExperimentLine:
    """One experiment in a line."""

    name: str
    started: str
    """ISO 8601, UTC."""
    duration: float
    """Seconds."""
    trials: int
    """Trials, those of further looks included."""
    means: Mapping[str, float]
    """Metric -> the candidate's mean; over several suites weighted by their examples. Scores that don't gate too."""
    cost: float | None
    """USD, judges included; None where nothing is known."""
    verdict: str
    """``red``, ``green``, ``no baseline`` or ``interrupted``."""
    partial: bool
    """True where the user ran a selection."""
    commit: str | None
    at_least: bool = False
    """True where the cost leaves out calls whose price isn't known."""


def experiment_line(experiment: Experiment) -> ExperimentLine:
    """Reduce an experiment to its line."""
    trials = experiment.all_trials
    spent = trial_spending(trials)
    return ExperimentLine(
        name=experiment.name,
        started=experiment.started,
        duration=experiment.duration,
        trials=len(trials),
        means=_means(experiment),
        cost=spent.cost,
        at_least=bool(spent.unpriced),
        verdict=verdict_word(experiment),
        partial=experiment.partial,
        commit=experiment.commit,
    )


def _means(experiment: Experiment) -> dict[str, float]:
    """Return each metric's mean over the suites, weighted by their examples."""
    weights: dict[str, int] = {}
    for plan in experiment.suites:
        # a suite without a plan of its own still has a mean
        weights[plan.name] = max(len(plan.example_ids), 1)
    sums: dict[str, float] = {}
    totals: dict[str, int] = {}
    for row in (*experiment.decision.metrics, *unjudged(experiment)):
        if row.candidate is not None:
            weight = weights.get(row.suite, 1)
            sums[row.metric] = sums.get(row.metric, 0.0) + row.candidate * weight
            totals[row.metric] = totals.get(row.metric, 0) + weight
    return {metric: total / totals[metric] for metric, total in sums.items()}
