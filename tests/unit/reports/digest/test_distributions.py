"""How values are spread, now and in the baseline."""

from __future__ import annotations

import math
from dataclasses import replace

from pytest_llmobs.baselines.records import Baseline, BaselineRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import TrialScore
from pytest_llmobs.reports.digest.distributions import (
    Distribution,
    metric_distributions,
    spending_distributions,
)
from pytest_llmobs.reports.digest.experiment import digest
from tests.unit.reports.conftest import GALLERY, SUITE
from tests.unit.reports.plots.conftest import Past


def scored(scores: list[TrialScore]) -> Experiment:
    known = GALLERY["small"]()
    trials = []
    for trial, score in zip(known.trials, scores, strict=True):
        trials.append(replace(trial, scores={"tone": score}))
    return replace(known, trials=tuple(trials))


def spread_of(experiment: Experiment, metric: str, past: Past | None = None) -> Distribution:
    spreads = metric_distributions(digest(experiment), past or Past())
    (spread,) = [spread for spread in spreads if spread.metric == metric]
    return spread


def test_numbers_are_counted_by_bin_on_both_sides() -> None:
    rows = {"e0": BaselineRow(hash="h", passes=[1.0, 0.0], scores={"tone": [0.9, 0.95]})}
    rows["gone"] = BaselineRow(hash="h", passes=[1.0], scores={"tone": [0.1]})
    past = Past(accepted=Baseline(suite=SUITE, rows=rows))

    spread = spread_of(
        scored([TrialScore(score=0.2), TrialScore(score=0.25), TrialScore(score=1.0)]), "tone", past
    )

    assert spread.now.counts == [0, 0, 2, 0, 0, 0, 0, 0, 0, 1]
    assert (spread.now.total, spread.now.median) == (3, 0.25)
    assert spread.then is not None  # without the example that is no more
    assert spread.then.counts == [0] * 9 + [2]


def test_passes_are_told_as_such() -> None:
    spread = spread_of(GALLERY["small"](), "pass")

    assert (spread.labels, spread.now.counts, spread.then) == (("failed", "passed"), [3, 0], None)


def test_labels_are_counted_the_most_common_first() -> None:
    spread = spread_of(scored([TrialScore(value="a"), TrialScore(value="b"), TrialScore(value="b")]), "tone")

    assert (list(spread.labels), list(spread.now.counts)) == (["b", "a"], [2, 1])


def test_more_labels_than_can_be_told_are_others() -> None:
    known = GALLERY["green"]()
    trials = []
    for number, trial in enumerate(known.trials):
        trials.append(replace(trial, scores={"topic": TrialScore(value=f"label {number % 12}")}))

    spread = spread_of(replace(known, trials=tuple(trials)), "topic")

    assert spread.labels[-1] == "others"
    assert len(spread.labels) == 9
    assert sum(spread.now.counts) == spread.now.total == 36


def test_what_is_no_number_is_no_value() -> None:
    spread = spread_of(
        scored([TrialScore(score=math.nan), TrialScore(score=math.inf), TrialScore(score=3.0)]), "tone"
    )

    assert (spread.now.total, spread.now.median) == (1, 3.0)


def test_what_needs_attention_comes_first() -> None:
    spreads = metric_distributions(digest(GALLERY["many_suites"]()), Past())

    assert [spread.metric for spread in spreads[:1]] == ["pass"]  # tone_quality has no scores there


def test_latency_and_cost_are_told_where_they_are_known() -> None:
    known = GALLERY["small"]()
    trials = []
    for trial, latency in zip(known.trials, (1.0, 2.0, 4.0), strict=True):
        trials.append(replace(trial, latency=latency))
    rows = {"e1": BaselineRow(hash="h", passes=[1.0], latency=1.5, cost=0.001)}
    past = Past(accepted=Baseline(suite=SUITE, rows=rows))

    latency, cost = spending_distributions(replace(known, trials=tuple(trials)), past)

    assert (latency.metric, latency.now.median) == ("latency", 2.0)
    assert latency.then is not None
    assert latency.then.median == 1.5
    assert (cost.metric, cost.now.total) == ("cost", 3)


def test_replayed_trials_have_neither() -> None:
    known = GALLERY["small"]()
    trials = [replace(trial, latency=None, replayed_calls=1) for trial in known.trials]

    assert spending_distributions(replace(known, trials=tuple(trials)), Past()) == []
