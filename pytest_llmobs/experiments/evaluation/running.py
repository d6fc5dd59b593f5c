"""Runs the trials of an evaluation, and makes a row of each as it finishes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.evaluators.binding.bound import is_interruption
from pytest_llmobs.experiments.evaluation.journal import Journal
from pytest_llmobs.experiments.evaluation.planning import EvaluationRequest, EvaluationTrial
from pytest_llmobs.experiments.evaluation.results_data import Evaluation, EvaluationRow
from pytest_llmobs.experiments.evaluation.setup import Setup
from pytest_llmobs.records.trials import NotRun, Trial
from pytest_llmobs.tracing.failure import headline
from pytest_llmobs.trials.budget import BudgetReached
from pytest_llmobs.trials.cleaning import clean_trial
from pytest_llmobs.trials.llm_run import LlmRun
from pytest_llmobs.trials.outcome import PASSED, Outcome, end_run, trial_record
from pytest_llmobs.trials.refusals import is_refusal
from pytest_llmobs.trials.runner import Attempt, Refused

_MESSAGE = 300
"""Characters of an error's first line that a trial keeps; its run has the traceback."""

_CANCELLED = "a target was cancelled, as where a loop ends before its evaluation; await results.wait() in it"


class Stopped(Exception):
    """The evaluation is to end before its end; says why."""


class TrialsUnderWay:
    """The trials of one evaluation, run beside each other, kept as they finish."""

    def __init__(
        self, request: EvaluationRequest, setup: Setup, evaluation: Evaluation, journal: Journal | None
    ) -> None:
        """Prepare, without starting anything.

        Args:
            request: What is evaluated.
            setup: What it runs with.
            evaluation: Gets the rows.
            journal: Gets the finished trials; None where nothing is kept.
        """
        self._request = request
        self._setup = setup
        self._evaluation = evaluation
        self._journal = journal
        self.trials: list[Trial] = []
        """In order of completion, those included that the lab kept from running."""
        self.finished = 0
        """How many of them need not run again."""
        self.refusal: BaseException | None = None
        """What the provider refused for good."""
        self.over_budget = ""
        """Why the budget stopped it; empty where it didn't."""

    def run(self, trials: Sequence[EvaluationTrial], meanwhile: Callable[[], object] = lambda: None) -> None:
        """Run trials to their end.

        Args:
            trials: In the order in which they start.
            meanwhile: Called once as many have started as may, where they run beside each other.

        Raises:
            Stopped: It was cancelled.
            KeyboardInterrupt: The user wants it to end.
            OSError: The disk takes no more.
        """
        if not trials:
            return
        self._setup.prepare(self._request.target.function)
        by_key = {trial.key: trial for trial in trials}
        if self._setup.in_turn:
            attempts = self._in_turn(trials)
        else:
            attempts = self._side_by_side(trials, meanwhile)
        try:
            for attempt in attempts:
                self._keep(by_key[attempt.job.key], attempt)  # type: ignore[index]
        except (KeyboardInterrupt, Stopped):
            self._keep_finished(by_key)
            raise

    def _keep_finished(self, by_key: Mapping[tuple[str, int], EvaluationTrial]) -> None:
        """Keep what is through and waits to be taken: it was paid for, and the same call would pay once more."""
        for attempt in self._setup.runner.take_finished():
            if not _ends_evaluation(attempt.error):
                self._keep(by_key[attempt.job.key], attempt)  # type: ignore[index]

    def _in_turn(self, trials: Sequence[EvaluationTrial]) -> Iterator[Attempt]:
        for trial in trials:
            self._check_wanted()
            yield self._setup.runner.take(trial.job())

    def _side_by_side(
        self, trials: Sequence[EvaluationTrial], meanwhile: Callable[[], object]
    ) -> Iterator[Attempt]:
        runner = self._setup.runner
        waiting = deque(trials)
        under_way, is_first = 0, True
        while waiting or under_way:
            self._check_wanted()
            while waiting and runner.has_room:
                runner.offer([waiting.popleft().job()])
                under_way += 1
            if is_first:
                meanwhile()
                is_first = False
            attempt = runner.take_next()
            if attempt is not None:
                under_way -= 1
                yield attempt

    def _check_wanted(self) -> None:
        if self._evaluation.stop_requested.is_set():
            raise Stopped("it was cancelled")

    def _keep(self, trial: EvaluationTrial, attempt: Attempt) -> None:
        """Make a record and a row of what came of a trial."""
        error = attempt.error
        if isinstance(error, KeyboardInterrupt):
            raise error
        if _ends_evaluation(error):
            raise Stopped(_CANCELLED)
        run = LlmRun(
            None, trial.example, self._request.evaluators, self._setup.runner.scorer, self._setup.bind
        )
        run.adopt(attempt)
        outcome = _outcome(error)
        if run.root is not None:
            end_run(run, run.root, outcome, "consumed")
            run.root.settled = True
        record = clean_trial(trial_record(trial, run, outcome), self._setup.redaction)
        self._note_stop(error)
        self.trials.append(record)
        if is_finished(record) and not _refuses(error):
            if self._journal is not None:
                self._journal.keep(record)
            self.finished += 1
        if run.root is not None and not (self._request.ignores_errors and record.status == "error"):
            self._evaluation.add(_row(trial, attempt, run, record))

    def _note_stop(self, error: BaseException | None) -> None:
        """Remember what keeps all further trials from running."""
        if isinstance(error, BudgetReached):
            self.over_budget = str(error)
        elif _refuses(error):
            self.refusal = self.refusal or error


def is_finished(trial: Trial) -> bool:
    """Return True for a trial that needn't run again: its app was called."""
    return trial.not_run is None


def _ends_evaluation(error: BaseException | None) -> bool:
    return error is not None and is_interruption(error)


def _refuses(error: BaseException | None) -> bool:
    return error is not None and is_refusal(error)


def _row(trial: EvaluationTrial, attempt: Attempt, run: LlmRun, record: Trial) -> EvaluationRow:
    assert run.root is not None
    if attempt.scoring is not None:  # its evaluators have looked at a copy of the whole trace
        tree = attempt.scoring.subject.run
    else:
        tree = run.root.tree()
    counted = replace(tree, columns={**tree.columns, "attempt": "consumed"})  # as it is stored
    return EvaluationRow(run=counted, example=trial.example, trial=record, scores=run.scores)


def _outcome(error: BaseException | None) -> Outcome:
    if error is None:
        return PASSED
    if isinstance(error, BudgetReached):
        return Outcome("skipped", str(error), not_run="budget")
    if isinstance(error, Refused):
        return Outcome("error", str(error), error, "refused")
    not_run: NotRun | None = "unrecorded" if isinstance(error, CassetteError) else None
    return Outcome("error", headline(error)[:_MESSAGE], error, not_run)
