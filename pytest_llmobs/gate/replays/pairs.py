"""Which trials replay recordings that passes of the baseline have: nothing but the code can make them differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmobs.measures.gate_rules import PASS, map_score
from pytest_llmobs.measures.values import score_value
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.records.trials import Trial

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import BaselineRow


class RecordingPair(NamedTuple):
    """A metric on one recording, mapped to the scale of its rule."""

    then: float
    """In the baseline."""
    now: float


class Replays(NamedTuple):
    """The trials of an example that have a value of a metric, sorted by whether the baseline has their recordings."""

    pairs: Sequence[RecordingPair]
    """At least one."""
    others: Sequence[float]
    """Values of the other trials, mapped as well."""


def recorded_value(row: BaselineRow, trial: Trial, metric: str) -> float | None:
    """Return what the baseline has of a metric on a trial's recordings; None where the two can differ by chance.

    They can where a judge was asked anew, and where passes of the baseline differ among themselves though their
    recordings don't.

    Args:
        row: The example's.
        trial: One of now.
        metric: ``pass`` or a score's key.
    """
    if trial.recording is None or trial.recording not in row.recordings or _is_fresh(trial, metric):
        return None
    values = set()
    for recording, value in zip(row.recordings, row.repeats(metric), strict=False):
        if recording == trial.recording and value is not None:
            values.add(value)
    return values.pop() if len(values) == 1 else None


def _is_fresh(trial: Trial, metric: str) -> bool:
    """Tell whether a judge was asked for a metric's value; an assertion may be about any score."""
    if metric == PASS:
        return any(map(attrgetter("fresh"), trial.scores.values()))
    score = trial.scores.get(metric)
    return score is not None and score.fresh


def replays_of(
    rows: Mapping[str, BaselineRow], trials: Mapping[str, Sequence[Trial]], rule: GateRule
) -> dict[str, Replays]:
    """Return the replays of a metric by example, without examples that have none.

    Args:
        rows: The baseline's, of the examples to compare.
        trials: Those of now, by example.
        rule: The metric's.
    """
    replays = {}
    for example, row in rows.items():
        if example in trials:
            of_example = _replays(row, trials[example], rule)
            if of_example.pairs:
                replays[example] = of_example
    return replays


def _replays(row: BaselineRow, trials: Sequence[Trial], rule: GateRule) -> Replays:
    pairs, others = [], []
    for trial in trials:
        now = score_value(trial, rule.metric)
        if now is None:
            continue
        then = recorded_value(row, trial, rule.metric)
        if then is None:
            others.append(map_score(now, rule))
        else:
            pairs.append(RecordingPair(map_score(then, rule), map_score(now, rule)))
    return Replays(pairs, others)
