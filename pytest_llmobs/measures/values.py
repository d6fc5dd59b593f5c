"""The numbers that trials carry, by metric and example."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite

from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.records.trials import Trial, TrialScore

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
        if metric == PASS or metric in self.labels or example in self.exempt.get(metric, ()):
            return False
        if self.values.get(metric, {}).get(example):
            return False
        return any(trial.status not in _NO_DATA for trial in self.trials.get(example, ()))


def measure(trials: Iterable[Trial]) -> Measurements:
    """Collect the numbers of one suite's trials.

    Of several trials with the same example and repeat the last one counts. ``pass`` is 1 where the test passed and
    0 where it failed, an xfail of the user's own included. Trials that ended in an error or were skipped have no
    values; an unscored trial has no ``pass`` but keeps the scores it has.
    """
    once = {(trial.example_id, trial.repeat): trial for trial in trials}
    found = Measurements()
    ran = 0
    for _, trial in sorted(once.items(), key=lambda item: item[0]):
        found.trials[trial.example_id].append(trial)
        if trial.status not in _NO_DATA:
            ran += 1
            _add(found, trial)
    return Measurements(
        dict(found.values),
        dict(found.exempt),
        found.labels,
        dict(found.errors),
        found.body,
        dict(found.trials),
        ran,
    )


def pass_value(trial: Trial) -> float | None:
    """Return 1.0 for a passed test, 0.0 for a failed or xfailed one, None where the test came to no verdict."""
    if not trial.ran:
        return None
    if trial.status == "passed":
        return 1.0
    return 0.0


def score_value(trial: Trial, metric: str) -> float | None:
    """Return a trial's value of a metric, or None where it has none."""
    if metric == PASS:
        return pass_value(trial)
    score = trial.scores.get(metric)
    if score is None or not score.gating or trial.status in _NO_DATA:
        return None
    # NaN is unscored, never a number that poisons a mean
    if score.score is not None and isfinite(score.score):
        return score.score
    return None


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


def why_unscored(score: TrialScore) -> str:
    """Return why there is no score, in one line: of a traceback the last says what happened."""
    return (score.error or "").rstrip().rpartition("\n")[2]


def _add(found: Measurements, trial: Trial) -> None:
    example, values = trial.example_id, found.values
    if (passed := pass_value(trial)) is not None:
        values[PASS].setdefault(example, []).append(passed)
    for key, score in trial.scores.items():
        if not score.gating:
            found.body.add(key)
        elif key == PASS:
            found.labels.add(PASS)  # the test's own verdict has that name: the gate complains
        elif (number := score.score) is not None and isfinite(number):
            values[key].setdefault(example, []).append(float(number))
        elif score.exempt:
            found.exempt[key].add(example)
        elif score.value is not None:
            found.labels.add(key)
        else:
            found.errors[key] += 1
