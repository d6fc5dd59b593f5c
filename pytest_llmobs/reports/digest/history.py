"""The experiments before one, each in a line: how they ended, and the means of the suites that they share with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from operator import attrgetter

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import number_of_trials
from pytest_llmobs.reports.digest.examples import digest_examples
from pytest_llmobs.reports.digest.experiment_line import experiment_line
from pytest_llmobs.reports.digest.metrics import unjudged
from pytest_llmobs.reports.digest.spending import digest_spending
from pytest_llmobs.reports.digest.verdict import Light, digest_verdict, judged_light
from pytest_llmobs.reports.evidence import Evidence

HISTORY = 50
"""Experiments that a report looks back on, itself included."""


@dataclass(frozen=True, kw_only=True)
class PastExperiment:
    """One experiment of a history."""

    name: str
    started: str
    """ISO 8601, UTC."""
    verdict: str
    """``red``, ``green``, ``no baseline``, ``recorded`` or ``interrupted``."""
    light: Light
    """Red: it failed; yellow: nothing was judged, or there was a warning; green: nothing stood against it."""
    commit: str | None
    trials: int
    """Trials there were; those there should have been where they aren't at hand. Further looks are left out."""
    cost: float | None
    """USD, judges included; None where it isn't known."""
    partial: bool
    """True where the user ran a selection."""
    means: Mapping[str, float]
    """Metric -> the mean over the suites that both have."""
    suites: Mapping[str, int]
    """Metric -> how many suites that mean is over."""


def past_experiments(experiment: Experiment, evidence: Evidence) -> list[PastExperiment]:
    """Return at most ``HISTORY`` experiments, the oldest first.

    Those that share no suite with it are left out, and so are parts of experiments: their means are others' business.
    It is the last one, also in a report that is made long after: later ones would not tell what it was held against.

    Args:
        experiment: The one that is told; it is among them.
        evidence: Has the others.
    """
    suites = set(experiment.suite_names)
    earlier = [past for past in evidence.history() if past.started <= experiment.started]
    related = sorted(_related(experiment.name, suites, earlier), key=attrgetter("started"))
    # the last place is its own
    return [_line(each, suites) for each in (*related[1 - HISTORY :], experiment)]


def _related(name: str, suites: Set[str], experiments: Sequence[Experiment]) -> Iterator[Experiment]:
    for other in experiments:
        shared = suites & set(other.suite_names)
        # the store's copy of the one that is told may lack its trials
        if shared and not other.shard and other.name != name:
            yield other


def _line(experiment: Experiment, suites: Collection[str]) -> PastExperiment:
    part = _part(experiment, suites)
    line = experiment_line(part)
    verdict, light = _ending(experiment)
    return PastExperiment(
        name=experiment.name,
        started=experiment.started,
        verdict=verdict,
        light=light,
        commit=experiment.commit,
        trials=len(experiment.trials) or number_of_trials(experiment.suites),
        cost=line.cost,
        partial=experiment.partial,
        means=line.means,
        suites=_suites_of(part),
    )


def _part(experiment: Experiment, suites: Collection[str]) -> Experiment:
    """Return an experiment with what it says of some suites alone."""
    metrics = tuple(row for row in experiment.decision.metrics if row.suite in suites)
    plans = tuple(plan for plan in experiment.suites if plan.name in suites)
    return replace(experiment, suites=plans, decision=replace(experiment.decision, metrics=metrics))


def _suites_of(experiment: Experiment) -> dict[str, int]:
    """Return metric -> the number of suites that have a mean of it."""
    suites: dict[str, set[str]] = {}
    for row in (*experiment.decision.metrics, *unjudged(experiment)):
        if row.candidate is not None:
            suites.setdefault(row.metric, set()).add(row.suite)
    return {metric: len(names) for metric, names in suites.items()}


def _ending(experiment: Experiment) -> tuple[str, Light]:
    """Return how an experiment ended; without its trials, too."""
    examples = digest_examples(experiment.decision.examples)
    verdict = digest_verdict(experiment, examples, digest_spending(experiment))
    if verdict.word == "green":  # that no trial is here says nothing: a store keeps them apart
        return verdict.word, judged_light(experiment, examples)
    if experiment.trials or experiment.red or experiment.interrupted or experiment.decision.metrics:
        return verdict.word, verdict.light
    if number_of_trials(experiment.suites):  # a whole one that nothing judged has recorded a baseline
        return "recorded", "green"
    return verdict.word, verdict.light
