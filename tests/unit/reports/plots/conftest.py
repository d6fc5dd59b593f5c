"""An experiment with metrics of every kind, its baseline, and a history."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from pytest_llmobs.baselines.records import Baseline, BaselineRow
from pytest_llmobs.records.experiments import Experiment, SessionEnd
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import Digest, digest
from pytest_llmobs.reports.evidence import NoEvidence
from tests.unit.reports.conftest import red_metric

LABELS = ("refund", "refund", "billing question", "a label that is far longer than its column")


@dataclass(frozen=True)
class Past(NoEvidence):
    """Knows experiments, and one baseline for every suite."""

    experiments: Sequence[Experiment] = ()
    accepted: Baseline | None = None

    def history(self) -> Sequence[Experiment]:
        return self.experiments

    def baseline(self, suite: str) -> Baseline | None:
        return self.accepted


def scored(trial: Trial, chance: random.Random) -> Trial:
    scores = {
        "tone_quality": TrialScore(score=min(1.0, chance.random() + 0.3), gating=True),
        "required_keywords": TrialScore(score=float(chance.random() < 0.8), gating=True),
        "stars": TrialScore(score=float(chance.randint(1, 5)), gating=True),
        "length": TrialScore(score=chance.lognormvariate(5, 0.6), gating=True),
        "intent": TrialScore(value=chance.choice(LABELS), gating=True),
    }
    latency, cost = chance.lognormvariate(0.5, 0.7), chance.lognormvariate(-7, 0.5)
    return replace(trial, scores=scores, latency=latency, total_cost=cost)


def accepted(trials: Sequence[Trial], chance: random.Random) -> Baseline:
    rows = {}
    for trial in trials:
        scores = {"tone_quality": [0.9] * 5, "stars": [5.0] * 5, "length": [150.0] * 5}
        rows[trial.example_id] = BaselineRow(
            hash="h", passes=[1.0] * 5, scores=scores, latency=chance.lognormvariate(0.4, 0.6), cost=0.0011
        )
    return Baseline(suite=trials[0].suite, rows=rows)


def before(experiment: Experiment, number: int, **columns: object) -> Experiment:
    """Return an experiment of so many days before, as a store's list has it: without its trials."""
    started = (datetime.fromisoformat(experiment.started) - timedelta(days=number)).isoformat()
    metrics = [
        replace(row, candidate=0.9 + number % 5 / 100, red=False, verdict="NEUTRAL")
        for row in experiment.decision.metrics
    ]
    decision = replace(experiment.decision, metrics=tuple(metrics), examples=())
    columns = {"name": f"before-{number}", "started": started, "decision": decision, **columns}
    return replace(experiment, trials=(), looks=(), end=SessionEnd(), **columns)  # type: ignore[arg-type]


@pytest.fixture
def experiment() -> Experiment:
    chance = random.Random(3)
    known = red_metric()
    return replace(known, trials=tuple(scored(trial, chance) for trial in known.trials))


@pytest.fixture
def past(experiment: Experiment) -> Past:
    experiments = [before(experiment, number) for number in range(20, 0, -1)]
    return Past(experiments, accepted(experiment.trials, random.Random(5)))


@pytest.fixture
def context(past: Past) -> Context:
    return Context(evidence=past)


@pytest.fixture
def told(experiment: Experiment, context: Context) -> Digest:
    return digest(experiment, context)
