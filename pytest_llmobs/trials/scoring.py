"""Scores a subject: cheap evaluators at once, the others beside each other on the workers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pytest_llmobs.evaluators.binding.bound import unscored
from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator, Subject
from pytest_llmobs.measures.model_calls import NOTHING_SPENT, Spending, spending
from pytest_llmobs.records.scores import Score
from pytest_llmobs.tracing.run_tree import RunTree, start_root
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.budget import Budget
from pytest_llmobs.trials.workers import Task, Workers


class Scorer:
    """Starts scorings: what all of them share."""

    def __init__(self, tracer: Tracer, workers: Workers, *, timeout: float, budget: Budget | None) -> None:
        """Prepare, without starting anything.

        Args:
            tracer: Makes the root runs of evaluators that call a model.
            workers: Where evaluators run that aren't cheap.
            timeout: Seconds after which an evaluator counts as hung.
            budget: What judges' calls are booked on; None for no limit.
        """
        self.tracer = tracer
        self.workers = workers
        self.timeout = timeout
        self.budget = budget
        self.gave_up = False
        """True once an evaluator was given up that may go on for ever."""

    def score(self, evaluators: Sequence[BoundEvaluator], subject: Subject, root: RunTree | None) -> Scoring:
        """Score a subject, whose trace has that root, and wait for it."""
        scoring = Scoring(self, evaluators, subject, root)
        scoring.start()
        scoring.wait()
        return scoring


class Scoring:
    """The evaluators of one subject, and what came of them."""

    def __init__(
        self,
        scorer: Scorer,
        evaluators: Sequence[BoundEvaluator],
        subject: Subject,
        root: RunTree | None,
        order: int = 0,
    ) -> None:
        """Prepare, without scoring anything.

        Args:
            scorer: What all scorings share.
            evaluators: Each scores the subject once.
            subject: The run and its example.
            root: The root run of the subject's trace.
            order: Lower goes first among those that wait for a worker; 0 for what a test asks for now.
        """
        self.scores: dict[str, Score] = {}
        self.fresh: set[str] = set()
        """Keys of the scores for which a model was asked, now: another time it may say something else."""
        self.judging = NOTHING_SPENT
        """What the evaluators' own model calls cost."""
        self.broken: Exception | None = None
        """What kept an evaluator from asking its model: no recording. Its score says so, too."""
        self.error: BaseException | None = None
        """What interrupted an evaluator; one that fails leaves an unscored score instead."""
        self._scorer = scorer
        self._evaluators = evaluators
        self.subject = subject
        """What is scored; evaluators get copies of its parts."""
        self._root = root
        self._order = order
        self._lock = threading.Lock()
        """Guards scores and spending, which several workers add to."""
        self._tasks: list[tuple[str, Task]] = []
        """Key and task of each evaluator that isn't scored at once."""

    def start(self, track: Callable[[Task], Any] = lambda task: None) -> None:
        """Score with the cheap evaluators here and now, and hand the others to the workers.

        Args:
            track: Gets each task before it is submitted.
        """
        others = []
        for bound in self._evaluators:
            if bound.cheap and not bound.is_async:
                self._add(bound.score(self.subject), NOTHING_SPENT)
            else:
                others.append(bound)
        # Only now: where a cheap one hangs, nobody must wait for a task that was never submitted.
        for bound in others:
            # (0, …) goes before every target, (1, …): it finishes a trial that a test waits for.
            task = Task(self._work(bound), (0, self._order), name=f"Evaluator {bound.key!r}")
            track(task)
            self._tasks.append((bound.key, task))
            self._scorer.workers.submit(task)

    @property
    def tasks(self) -> Sequence[Task]:
        """What was handed to the workers."""
        return [task for _, task in self._tasks]

    def wait(self) -> None:
        """Wait for all of them; one that hangs gets an unscored score."""
        for key, task in self._tasks:
            if self._scorer.workers.wait(task, self._scorer.timeout):
                if self.error is None:
                    self.error = task.error
            else:
                self._give_up(key, task)
                self._scorer.workers.cancel(task)

    def cancel(self) -> None:
        """Drop what waits, and ask what runs to stop."""
        for _, task in self._tasks:
            self._scorer.workers.cancel(task)

    def give_up_cheap(self, task: Task) -> None:
        """Leave an unscored score for each evaluator that a hung ``start`` hasn't come to.

        Args:
            task: The one that called ``start``.
        """
        for bound in self._evaluators:
            if bound.key not in self.scores:
                self._give_up(bound.key, task)

    def _give_up(self, key: str, task: Task) -> None:
        self._scorer.gave_up = True
        reason = f"The evaluator {task.describe_timeout(self._scorer.timeout)}."
        self._add([Score(key, error=reason)], NOTHING_SPENT)

    def _work(self, bound: BoundEvaluator) -> Callable[[], Any]:
        """Return the function that runs one evaluator; only the call itself differs between sync and async."""

        def work() -> None:
            with self._evaluator_run(bound) as scores:
                scores.extend(bound.score(self.subject))

        async def async_work() -> None:
            with self._evaluator_run(bound) as scores:
                scores.extend(await bound.ascore(self.subject))

        if bound.is_async:
            return async_work
        return work

    @contextmanager
    def _evaluator_run(self, bound: BoundEvaluator) -> Iterator[list[Score]]:
        """Trace what an evaluator calls beside the subject's trace, and keep the scores put into the list."""
        root = start_root(
            self._scorer.tracer,
            bound.key,
            inputs={},
            tags=("evaluator",),
            columns={"evaluates": self.subject.run.id},
            collect=True,
            beside=self._root,
        )
        scores: list[Score] = []
        with root.activate():
            yield scores
        if root.broken is not None:  # whatever the evaluator has made of it
            self.broken = root.broken
            scores[:] = [unscored(bound.key, root.broken)]
        calls = root.finished_runs()
        if calls:  # a judge: its calls are a trace of their own
            root.end(outputs={score.key: score.score for score in scores})
        cost = spending(calls)
        if self._scorer.budget is not None:
            self._scorer.budget.spend(cost)
        self._add(scores, cost)

    def _add(self, scores: Sequence[Score], cost: Spending) -> None:
        with self._lock:
            self.judging += cost
            for score in scores:
                self.scores[score.key] = score
                if cost.calls:
                    self.fresh.add(score.key)
