"""Stored trials scored by further evaluators: no app is called."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator, Subject
from pytest_llmobs.experiments.evaluation.setup import Setup
from pytest_llmobs.experiments.stored_trials import root_runs, subject_of
from pytest_llmobs.measures.model_calls import NOTHING_SPENT, Spending
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.storage.store import Store
from pytest_llmobs.trials.cleaning import clean_trial
from pytest_llmobs.trials.outcome import as_trial_score
from pytest_llmobs.trials.scoring import Scoring

_AT_ONCE = 200
"""Trials whose traces are read at once."""
_NOT_STORED = "Its trace isn't stored, so there is nothing to score: a sampling rate below 1 leaves some out."


@dataclass(frozen=True)
class StoredTrial:
    """A trial that ran before, with what the store has of it."""

    trial: Trial
    subject: Subject
    """As evaluators see it: outputs are those that are stored, after redaction."""
    is_stored: bool
    """False where its trace isn't stored."""

    @property
    def run(self) -> Run:
        """The root run, or a stand-in where it isn't stored."""
        return self.subject.run

    @property
    def example(self) -> Example:
        """The example, its content as far as the trace has it."""
        assert self.subject.example is not None
        return self.subject.example


@dataclass(frozen=True)
class ScoredTrial:
    """A stored trial with its further scores."""

    stored: StoredTrial
    trial: Trial
    """With the new scores in it."""
    fresh: Mapping[str, Score]
    """The new ones alone."""

    @property
    def scores(self) -> dict[str, Score]:
        """All scores by key, the new ones as their evaluators gave them."""
        return {**kept_scores(self.trial), **self.fresh}


Promises = Mapping[tuple[str, str, int], ExpectedTrial]
"""Suite, example and repeat -> what was promised."""


def promises_of(plans: Iterable[SuitePlan]) -> Promises:
    """Return what some suites have promised."""
    promises = {}
    for plan in plans:
        for promise in plan.expected:
            promises[plan.name, promise.example_id, promise.repeat] = promise
    return promises


def read_stored(
    trials: Iterable[Trial],
    promises: Promises,
    experiment: Experiment,
    store: Store,
) -> Iterator[StoredTrial]:
    """Yield trials with their runs, read from the store some hundred at a time.

    Args:
        trials: Some of the experiment's.
        promises: What was promised of them.
        experiment: Whose project has the runs.
        store: Has the runs.

    Raises:
        StoreError: The store can't be read.
    """
    waiting = iter(trials)
    while batch := list(islice(waiting, _AT_ONCE)):
        runs = root_runs(store, experiment.name, batch)
        for trial in batch:
            run = runs.get(trial.run_id or "")
            promise = promises[trial.suite, trial.example_id, trial.repeat]
            yield StoredTrial(trial, subject_of(promise, run, experiment), run is not None)


def score_again(
    stored: Iterable[StoredTrial], evaluators: Sequence[BoundEvaluator], setup: Setup
) -> Iterator[ScoredTrial]:
    """Yield trials with the scores of further evaluators, in their order; several are scored beside each other.

    One whose app failed has no scores, as in its own session; one whose trace isn't stored is unscored.
    """
    window = max(4 * setup.settings.concurrency, 32)
    if setup.in_turn:
        window = 1
    under_way: deque[tuple[StoredTrial, Scoring | None]] = deque()
    for each in stored:
        under_way.append((each, _start(each, evaluators, setup)))
        if len(under_way) >= window:
            yield _finish(*under_way.popleft(), evaluators, setup)
    while under_way:
        yield _finish(*under_way.popleft(), evaluators, setup)


def _start(stored: StoredTrial, evaluators: Sequence[BoundEvaluator], setup: Setup) -> Scoring | None:
    if not stored.is_stored or stored.subject.outputs is None or not evaluators:
        return None
    scoring = Scoring(setup.runner.scorer, evaluators, stored.subject, None)
    scoring.start()
    return scoring


def _finish(
    stored: StoredTrial, scoring: Scoring | None, evaluators: Sequence[BoundEvaluator], setup: Setup
) -> ScoredTrial:
    scores: Mapping[str, Score] = {}
    spent = NOTHING_SPENT
    asked: Collection[str] = ()
    if scoring is not None:
        scoring.wait()
        if scoring.error is not None:  # an interruption: evaluators that fail leave unscored scores
            raise scoring.error
        scores, spent, asked = scoring.scores, scoring.judging, scoring.fresh
    elif not stored.is_stored and stored.trial.ran:
        scores = {bound.key: Score(bound.key, error=_NOT_STORED) for bound in evaluators}
    return ScoredTrial(
        stored, clean_trial(_with(stored.trial, scores, spent, asked), setup.redaction), scores
    )


def _with(trial: Trial, scores: Mapping[str, Score], spent: Spending, asked: Collection[str]) -> Trial:
    """Return a trial with further scores, those that a model was asked for, and what they cost."""
    if not scores:
        return trial
    further = {}
    for key, score in scores.items():
        further[key] = as_trial_score(score, gating=True, fresh=key in asked)
    judging = spent + Spending(cost=trial.judge_cost, saved=trial.saved_cost)
    return replace(
        trial,
        scores={**trial.scores, **further},
        judge_cost=judging.cost,
        judge_calls=trial.judge_calls + spent.all_calls,
        judge_replayed=trial.judge_replayed + spent.replayed,
        saved_cost=judging.saved,
        judge_unpriced=tuple(sorted({*trial.judge_unpriced, *spent.unpriced})),
    )


def kept_scores(trial: Trial) -> dict[str, Score]:
    """Return what a document keeps of a trial's scores, by key."""
    return {key: as_score(key, score) for key, score in trial.scores.items()}


def as_score(key: str, score: TrialScore) -> Score:
    """Return what a document keeps of a score as a score."""
    return Score(key, score.score, score.value, score.comment, score.error, exempt=score.exempt)
