"""The numbers that trials carry, by metric and example."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite

from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import mean
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.wording import error_line

Values = dict[str, list[float]]
"""Example id -> the values of its repeats, in their order; missing ones are left out."""

_NO_DATA = ("error", "skipped")
"""Statuses after which nothing that a trial carries is trusted."""


@dataclass(frozen=True)
class Measurements:
    """What some trials of one suite measured."""

    values: dict[str, Values] = field(default_factory=lambda: defaultdict(dict))
    """By metric: ``pass`` and every gating score."""
    exempt: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By metric: examples to which its evaluator says that it does not apply."""
    labels: set[str] = field(default_factory=set)
    """Gating evaluators that gave a label, or called their score ``pass``."""
    errors: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """By gating score: trials in which it is unscored."""
    body: set[str] = field(default_factory=set)
    """Scores made inside a test body; they never gate."""
    trials: dict[str, list[Trial]] = field(default_factory=lambda: defaultdict(list))
    """By example, in the order of the repeats."""
    ran: int = 0
    """Trials whose scores count: neither error nor skipped."""

    def unscored(self, metric: str, example: str) -> bool:
        """Return True where an example ran and its evaluator had no score for it, though it applies."""
        if metric in {PASS, *self.labels} or example in self.exempt.get(metric, ()):
            return False
        if self.values.get(metric, {}).get(example):
            return False
        for trial in self.trials.get(example, ()):
            if trial.status not in _NO_DATA:
                return True
        return False


def measure(trials: Iterable[Trial]) -> Measurements:
    """Collect the numbers of one suite's trials.

    Of several trials with the same example and repeat the last one counts. ``pass`` is 1 where the test passed and
    0 where it failed, an xfail of the user's own included. Trials that ended in an error or were skipped have no
    values; an unscored trial has no ``pass`` but keeps the scores it has.
    """
    once = {(trial.example_id, trial.repeat): trial for trial in trials}
    growing = Measurements()
    ran = 0
    for key in sorted(once):
        trial = once[key]
        growing.trials[trial.example_id].append(trial)
        if trial.status not in _NO_DATA:
            ran += 1
            _add(growing, trial)
    # plain dicts: asking for a metric that nobody scored must not create it
    return Measurements(
        values=dict(growing.values),
        exempt=dict(growing.exempt),
        labels=growing.labels,
        errors=dict(growing.errors),
        body=growing.body,
        trials=dict(growing.trials),
        ran=ran,
    )


def _add(growing: Measurements, trial: Trial) -> None:
    """Add what a trial scored; 30,000 trials pass here, so that one function sorts all kinds of scores."""
    example = trial.example_id
    passed = pass_value(trial)
    if passed is not None:
        growing.values[PASS].setdefault(example, []).append(passed)
    for key, score in trial.scores.items():
        number = score.score
        if not score.gating:
            growing.body.add(key)
        elif key == PASS:
            growing.labels.add(PASS)  # the test's own verdict has that name: the gate complains
        elif number is not None and isfinite(number):
            growing.values[key].setdefault(example, []).append(float(number))
        elif score.exempt:
            growing.exempt[key].add(example)
        elif score.value is not None:
            growing.labels.add(key)
        else:
            growing.errors[key] += 1


def pass_value(trial: Trial) -> float | None:
    """Return 1.0 for a passed test, 0.0 for a failed or xfailed one, None where the test came to no verdict."""
    if not trial.ran:
        return None
    return float(trial.status == "passed")


def score_value(trial: Trial, metric: str) -> float | None:
    """Return a trial's value of a metric, or None where it has none."""
    if metric == PASS:
        return pass_value(trial)
    score = trial.scores.get(metric)
    if score is None or not score.gating or trial.status in _NO_DATA:
        return None
    if score.score is None or not isfinite(score.score):
        return None  # NaN is unscored, never a number that poisons a mean
    return score.score


def score_values(trials: Iterable[Trial], metric: str) -> tuple[float | None, ...]:
    """Return each trial's value of a metric, None where it has none."""
    values = []
    for trial in trials:
        values.append(score_value(trial, metric))
    return tuple(values)


def shown_value(trial: Trial, metric: str) -> float | None:
    """Return the number a trial shows for a metric, whether it gates or not; None where it has none.

    For tables and progress, never for a verdict: scores of a test body count, and those of a trial that ended in an
    error.
    """
    if metric == PASS:
        return pass_value(trial)
    score = trial.scores.get(metric)
    if score is None:
        return None
    return score.score


def running_means(trials: Iterable[Trial]) -> dict[str, float]:
    """Return each metric's plain mean over the trials that have ended so far, for the progress of a session.

    Half-way through, the examples have unequal repeats, and which ones are lacking is chance: weighing them alike
    would promise more than it can keep.
    """
    values: dict[str, list[float]] = {}
    for trial in trials:
        for metric in dict.fromkeys((PASS, *trial.scores)):
            value = shown_value(trial, metric)
            if value is not None:
                values.setdefault(metric, []).append(value)
    return dict(zip(values, map(mean, values.values()), strict=True))


def why_unscored(score: TrialScore) -> str:
    """Return why there is no score, in one line."""
    return error_line(score.error or "")


def warm_latency(trial: Trial) -> float | None:
    """Return the seconds that a trial took; None where it ran cold, was replayed, or came to no verdict."""
    if trial.cold or not trial.ran:
        return None
    return trial.latency


def own_cost(trial: Trial) -> float | None:
    """Return the USD that a trial's app spent.

    None where part of that is unknown, where replayed calls spent nothing, or where it came to no verdict.
    """
    if not trial.ran or trial.replayed_calls:
        return None
    return trial.whole_cost
