"""Means of what no verdict speaks of: scores made in a test body, and a session that records a baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import Trial

PASS = "pass"


def unjudged(experiment: Experiment) -> list[MetricRow]:
    """Return a row without verdict for each metric that was measured and that the gate says nothing about.

    A row's mean is that of the examples, an example's that of its repeats. The verdict of these rows means nothing.
    """
    judged = {(row.suite, row.metric) for row in experiment.decision.metrics}
    rows: list[MetricRow] = []
    for plan in experiment.suites:
        trials = [trial for trial in experiment.trials if trial.suite == plan.name]
        metrics = dict.fromkeys([PASS, *(key for trial in trials for key in trial.scores)])
        rows += _rows(plan.name, [m for m in metrics if (plan.name, m) not in judged], trials)
        rows += [
            MetricRow(
                suite=each.suite,
                metric=each.metric,
                verdict="UNPAIRED" if each.error is None else "INSUFFICIENT_DATA",
                candidate=each.score,
                n=each.n,
                expected=each.expected,
                note="" if each.error is None else f"unscored: {each.error}",
            )
            for each in experiment.suite_scores
            if each.suite == plan.name and (plan.name, each.metric) not in judged
        ]
    return rows


def _rows(suite: str, metrics: Sequence[str], trials: Sequence[Trial]) -> Iterator[MetricRow]:
    for metric in metrics:
        examples: dict[str, list[float]] = {}
        for trial in trials:
            value = _value(trial, metric)
            if value is not None:
                examples.setdefault(trial.example_id, []).append(value)
        if examples:
            means = [sum(values) / len(values) for values in examples.values()]
            n = len(means)
            yield MetricRow(
                suite=suite, metric=metric, verdict="NO_BASELINE", candidate=sum(means) / n, n=n, expected=n
            )


def _value(trial: Trial, metric: str) -> float | None:
    if metric == PASS:
        if trial.ran:
            return float(trial.status == "passed")
        return None
    score = trial.scores.get(metric)
    if score is None:
        return None
    return score.score
