"""A stored experiment scored by further evaluators: no app is called, and no score is lost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_llmobs.clocks import real
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator
from pytest_llmobs.evaluators.suites import BoundSummary
from pytest_llmobs.experiments.evaluation.finishing import finished_at_the_end
from pytest_llmobs.experiments.evaluation.journal import renew_journal
from pytest_llmobs.experiments.evaluation.replaced_scores import replaced_scores
from pytest_llmobs.experiments.evaluation.results_data import Evaluation, EvaluationRow, Interruption
from pytest_llmobs.experiments.evaluation.running import Stopped
from pytest_llmobs.experiments.evaluation.score_feedback import keep_as_feedback
from pytest_llmobs.experiments.evaluation.scoring_again import (
    ScoredTrial,
    promises_of,
    read_stored,
    score_again,
)
from pytest_llmobs.experiments.evaluation.setup import Setup
from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment, SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.wording import count, listed

_OUTSIDE = TrialScore(error="not scored: its example was not in data=", exempt=True)
"""What a trial has of a new metric that was asked for other examples alone."""
_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class RescoringRequest:
    """A stored experiment, and what is to score it."""

    experiment: Experiment
    evaluators: Sequence[BoundEvaluator] = ()
    summaries: Sequence[BoundSummary] = ()
    example_ids: Collection[str] | None = None
    """The examples to score; None for all."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Added to the experiment's."""
    description: str = ""
    """Takes the place of the experiment's, where there is any."""

    def trials(self) -> list[Trial]:
        """Return the trials to score.

        Raises:
            ArgumentError: No trial is of these examples.
        """
        if self.example_ids is None:
            return list(self.experiment.trials)
        chosen = [trial for trial in self.experiment.trials if trial.example_id in self.example_ids]
        if not chosen:
            there = sorted({trial.example_id for trial in self.experiment.trials})
            raise ArgumentError(
                f"No trial of {self.experiment.name!r} is of an example in data=: it has "
                f"{listed(list(map(repr, there)), _NAMED)}."
            )
        return chosen


class Rescoring:
    """One stored experiment that is scored again."""

    def __init__(self, request: RescoringRequest, setup: Setup) -> None:
        """Prepare, without scoring anything.

        Args:
            request: What is scored.
            setup: What it runs with.

        Raises:
            ArgumentError: No trial is of the examples that were asked for.
        """
        self._request = request
        self._setup = setup
        self._before = request.experiment
        self._chosen = request.trials()
        self._plans = list(map(self._plan, self._before.suites))
        self.evaluation = Evaluation(replace(self._before, suites=tuple(self._plans)))
        self._scored: dict[tuple[str, str, int], ScoredTrial] = {}

    def carry_out(self) -> None:
        """Score, conclude, and finish the handle, whatever happens."""
        with finished_at_the_end(self.evaluation, self._setup):
            self._conclude(self._interrupted())

    def _plan(self, plan: SuitePlan) -> SuitePlan:
        """Return a suite with the further evaluators; each metric keeps its gates."""
        metrics, summaries = dict(plan.metrics), dict(plan.summaries)
        for bound in self._request.evaluators:
            metrics[bound.key] = bound.version
        for summary in self._request.summaries:
            summaries[summary.key] = summary.version
        return replace(
            plan,
            metrics=metrics,
            summaries=summaries,
        )

    def _interrupted(self) -> Interruption | None:
        """Score all that is chosen; return what ended it early, if anything did."""
        try:
            self._score()
        except KeyboardInterrupt as error:
            return self._interruption("it was interrupted", error)
        except Stopped as error:
            return self._interruption(str(error), error)
        return None

    def _score(self) -> None:
        stored = read_stored(self._chosen, promises_of(self._before.suites), self._before, self._setup.store)
        for scored in score_again(stored, self._request.evaluators, self._setup):
            trial = scored.trial
            self._scored[_key(trial)] = scored
            self.evaluation.add(
                EvaluationRow(scored.stored.run, scored.stored.example, trial, scored.scores, resumed=True)
            )
            if self.evaluation.stop_requested.is_set():
                raise Stopped("it was cancelled")

    def _interruption(self, reason: str, cause: BaseException) -> Interruption:
        done, all_of_them = len(self._scored), count(len(self._chosen), "trial")
        message = (
            f"Scoring {self._before.name!r} again ended early: {reason}. {done:,} of {all_of_them} are scored and "
            "stored; the same call scores all of them."
        )
        return Interruption(message, cause)

    def _conclude(self, interruption: Interruption | None) -> None:
        self._setup.seal()
        before = self._before
        notes = [*before.notes, *self._notes()]
        if interruption is not None:
            notes.append(interruption.message)
            self.evaluation.interrupt(interruption)
        experiment = replace(
            before,
            suites=tuple(self._plans),
            trials=tuple(map(self._trial, before.trials)),
            decision=Decision(),
            suite_scores=(),
            description=self._request.description or before.description,
            metadata={**before.metadata, **self._request.metadata},
            earlier_scores=(
                *before.earlier_scores,
                *replaced_scores(self._scored.values(), before.suites, real.now()),
            ),
            notes=tuple(dict.fromkeys(notes)),
        )
        from pytest_llmobs.experiments.evaluation.concluding import concluded  # loads the whole gate

        conclusion = concluded(
            experiment, self._setup, self._request.summaries, self._known_scores(), recall=True
        )
        keep_as_feedback(self._scored.values(), self._setup)
        if before.interrupted:
            renew_journal(conclusion.experiment, self._setup.store)
        self.evaluation.conclude(conclusion.experiment, conclusion.recorded)

    def _trial(self, trial: Trial) -> Trial:
        """Return a trial as it is now; one outside ``data`` isn't expected to have what is new."""
        scored = self._scored.get(_key(trial))
        if scored is not None:
            return scored.trial
        outside = {bound.key: _OUTSIDE for bound in self._request.evaluators if bound.key not in trial.scores}
        if self._request.example_ids is None or not outside:
            return trial
        return replace(trial, scores={**trial.scores, **outside})

    def _notes(self) -> Iterable[str]:
        keys = [bound.key for bound in self._request.evaluators]
        if not keys:
            return
        what = listed(keys, _NAMED)
        if self._request.example_ids is None:
            yield f"scored again by {what}, without a call of the app"
        else:
            yield f"{count(len(self._chosen), 'trial')} scored again by {what}, without a call of the app"

    def _known_scores(self) -> list[SuiteScore]:
        asked = {bound.key for bound in self._request.summaries}
        return [score for score in self._before.suite_scores if score.evaluator not in asked]


def _key(trial: Trial) -> tuple[str, str, int]:
    return trial.suite, trial.example_id, trial.repeat
