"""Runs targets, ahead of the tests that consume them, and has each trial scored."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator, Subject
from pytest_llmobs.measures.model_calls import spending
from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.runs import PAID, Run
from pytest_llmobs.records.scores import Score
from pytest_llmobs.tracing.binding import importable_name
from pytest_llmobs.tracing.calls.target_run import awaited_call
from pytest_llmobs.tracing.context import Activation
from pytest_llmobs.tracing.run_tree import RunTree, start_root
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.announcements import Announcements
from pytest_llmobs.trials.budget import Budget, BudgetReached
from pytest_llmobs.trials.deadline import Deadline, TargetTimeout
from pytest_llmobs.trials.forks import leave_child
from pytest_llmobs.trials.outputs import as_outputs
from pytest_llmobs.trials.refusals import is_refusal, is_rejection, retry_after
from pytest_llmobs.trials.results import GivenUp, Streamed, finish, finish_async
from pytest_llmobs.trials.scoring import Scorer, Scoring
from pytest_llmobs.trials.targets import Target
from pytest_llmobs.trials.workers import Task, Workers

MOST_TRIES = 10
"""Times that a target is run at most while the server keeps rejecting it."""
_NAP = 0.5
"""Seconds after which ``take_next`` looks whether an attempt has hung."""


@dataclass(frozen=True)
class Job:
    """One trial to run: everything but the test."""

    key: Hashable
    """The test's node id."""
    suite: str
    name: str
    """The root run's name."""
    example: Example
    target: Target
    evaluators: Sequence[BoundEvaluator] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the root run: suite, example_id, repeat …"""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Of the whole experiment, for the root run; the example's own stands where both have a key."""
    warmed_by: Hashable = None
    """What jobs have in common of which the first to return warms the process up for the others: the target."""


@dataclass(eq=False)
class Attempt:
    """A job that was started, and what came of it."""

    job: Job
    order: int = 0
    """Attempts start in this order; 0 for one that runs inside its test."""
    tries: list[Task] = field(default_factory=list)
    """One task each time that the target runs on the workers."""
    root: RunTree | None = None
    streamed: Streamed | None = None
    """Takes what the target yields, from its start on."""
    outputs: Mapping[str, Any] | None = None
    """What the target returned."""
    error: BaseException | None = None
    """What the target raised."""
    given_up: bool = False
    """True once it was given up as hung: what its target returns later is nobody's."""
    scoring: Scoring | None = None
    """None until the target has returned."""

    def unfinished_tasks(self) -> Iterator[Task]:
        """Yield what of it is waiting or running: the target's, and the evaluators'."""
        tasks = [*self.tries]
        if self.scoring is not None:
            tasks += self.scoring.tasks
        for task in tasks:
            if not task.ended:
                yield task

    @property
    def scores(self) -> Mapping[str, Score]:
        """Those of the job's evaluators, by key."""
        return {} if self.scoring is None else self.scoring.scores

    def keep_error(self, error: BaseException | None) -> None:
        """Keep what went wrong, unless something did before."""
        if self.error is None:
            self.error = error


class Refused(Exception):
    """A trial that was not run: the provider had refused an earlier one for good."""


class Runner:
    """Starts attempts as workers come free and hands each to the test that wants it."""

    def __init__(
        self,
        tracer: Tracer,
        workers: Workers,
        *,
        timeout: float,
        window: int,
        budget: Budget | None = None,
        evaluator_tracer: Tracer | None = None,
        announces: bool = False,
    ) -> None:
        """Prepare, without starting anything.

        Args:
            tracer: Makes the root runs.
            workers: Where targets and evaluators run.
            timeout: Seconds after which a target or an evaluator counts as hung.
            window: Most attempts that may be started and not yet taken.
            budget: What may be spent; None for no limit.
            evaluator_tracer: Makes the root runs of evaluators; None for ``tracer``.
            announces: Attempts are taken in the order in which they are through, by ``take_next``.
        """
        self.budget = budget
        self.tracer = tracer
        self.workers = workers
        self.timeout = timeout
        self.deadline = Deadline(timeout)
        self.window = window
        self.scorer = Scorer(evaluator_tracer or tracer, workers, timeout=timeout, budget=budget)
        self._attempts: dict[Hashable, Attempt] = {}
        """Those that no test has taken yet."""
        self._started = 0
        self._refused: dict[str, BaseException] = {}
        """Why a suite's further trials are not run."""
        self._gave_up = False
        self._warm: set[Hashable] = set()
        """``Job.warmed_by`` of the jobs whose targets have returned."""
        self._announcements: Announcements[Attempt] | None = Announcements() if announces else None

    @property
    def left_hanging(self) -> bool:
        """True where something was given up that may go on for ever."""
        return self._gave_up or self.scorer.gave_up or self.deadline.passed

    @property
    def wants_more(self) -> bool:
        """True where so few attempts are ahead that more should be offered."""
        return len(self._attempts) <= self.window // 2

    @property
    def has_room(self) -> bool:
        """True where the window allows one more attempt."""
        return len(self._attempts) < self.window

    def offer(self, jobs: Iterable[Job]) -> None:
        """Start those of ``jobs`` that are not started yet, in this order, as far as the window allows."""
        for job in jobs:
            if len(self._attempts) >= self.window:
                return
            if job.key not in self._attempts:
                self._start(job)

    def take(self, job: Job) -> Attempt:
        """Wait for the job's attempt and hand it over; starts it where it wasn't offered before.

        Never raises for the target: ``Attempt.error`` holds what it raised, a ``TargetTimeout`` where it hung,
        or ``Refused`` where the provider refused the suite for good.
        """
        attempt = self._attempts.get(job.key) or self._start(job)
        try:
            self._wait(attempt)
        finally:
            self._attempts.pop(job.key, None)
        return attempt

    def take_next(self) -> Attempt | None:
        """Wait for whichever started attempt is through first, and hand it over; one that hangs is given up.

        Returns:
            None where nothing was through for half a second: the caller may have other things to look after.
        """
        assert self._announcements is not None
        attempt = self._announcements.next(_NAP) or self._find_hung()
        # one that was given up may end later
        if attempt is None or self._attempts.get(attempt.job.key) is not attempt:
            return None
        return self.take(attempt.job)

    def take_finished(self) -> Iterator[Attempt]:
        """Hand over what is through by now, without waiting for anything."""
        if self._announcements is None:
            return
        while (attempt := self._announcements.next(0)) is not None:
            if self._attempts.get(attempt.job.key) is attempt:
                yield self.take(attempt.job)

    def _find_hung(self) -> Attempt | None:
        """Return an attempt of which nothing will end in time any more."""
        for attempt in self._attempts.values():
            unfinished = list(attempt.unfinished_tasks())
            if unfinished and all(self.workers.is_overdue(task, self.timeout) for task in unfinished):
                return attempt
        return None

    def _track(self, attempt: Attempt, task: Task) -> None:
        """Have an attempt announced once the last of its tasks has ended; the task isn't submitted yet."""
        if self._announcements is not None:
            self._announcements.track(attempt, task)

    def run_inline(self, job: Job) -> Attempt:
        """Run a job's target here and now, in this thread and context; an async one on the event loop."""
        if job.target.is_async:
            return self.take(job)
        attempt = Attempt(job)
        with self.deadline.limit(f"Target {job.target.name!r}"):
            self._work(attempt)()
        self._wait(attempt)
        return attempt

    def close(self) -> None:
        """Cancel what is ahead. A hung target keeps its thread and nothing waits for it."""
        for attempt in self._attempts.values():
            for task in attempt.tries:
                self.workers.cancel(task)
            if attempt.scoring is not None:
                attempt.scoring.cancel()
        self._attempts.clear()
        self.deadline.close()
        self.workers.close()

    def _start(self, job: Job) -> Attempt:
        self._started += 1
        attempt = Attempt(job, self._started)
        self._attempts[job.key] = attempt
        self._try(attempt)
        return attempt

    def _try(self, attempt: Attempt) -> None:
        target = attempt.job.target
        task = Task(self._work(attempt), (1, attempt.order), name=f"Target {target.name!r}")
        self._track(attempt, task)
        attempt.tries.append(self.workers.submit(task))

    def _work(self, attempt: Attempt) -> Callable[[], Any]:
        """Return the function that runs the target once; only the call itself differs between sync and async."""
        target, example = attempt.job.target, attempt.job.example

        def work() -> None:
            __tracebackhide__ = True
            if self._may_start(attempt):
                with _TargetRun(self, attempt) as run:
                    run.result = finish(target.call(example), run.streamed, self.workers.wait_for)

        async def async_work() -> None:
            __tracebackhide__ = True
            if self._may_start(attempt):
                with _TargetRun(self, attempt) as run:
                    run.result = await finish_async(target.call(example), run.streamed)

        if target.is_async:
            return async_work
        return work

    def _may_start(self, attempt: Attempt) -> bool:
        """Return False, and leave the reason, where the suite was refused or the budget is spent."""
        refusal = self._refused.get(attempt.job.suite)
        if refusal is not None:
            attempt.error = Refused(f"not run: {refusal}")
        elif self.budget is not None:
            reason = self.budget.exhausted()
            if reason is not None:
                attempt.error = BudgetReached(reason)
        return attempt.error is None

    def _open_root(self, attempt: Attempt) -> RunTree:
        """Start the root run of an attempt."""
        job = attempt.job
        attempt.root = start_root(
            self.tracer,
            job.name,
            inputs=dict(job.example.inputs),
            metadata=copied({**job.metadata, **job.example.metadata}),
            columns={**job.columns, "attempt": "unused", "cold": job.warmed_by not in self._warm},
            collect=True,
        )
        attempt.root.awaited = awaited_call(job.target.function)
        attempt.root.entry_point = importable_name(job.target.function)
        return attempt.root

    def _fail(self, attempt: Attempt, error: BaseException) -> None:
        """Keep what the target raised, or run it again later where the server has enough for now."""
        if isinstance(attempt.error, TargetTimeout) or isinstance(error, GivenUp | GeneratorExit):
            return  # it was given up meanwhile, and booked then; or its loop is gone
        if attempt.root is not None:
            if attempt.streamed is not None and attempt.streamed.started and not attempt.root.ended:
                attempt.root.add_outputs(as_outputs(attempt.streamed.whole))  # what came before the end
            attempt.root.finish(None, error)
            self._book(attempt.root.finished_runs(*PAID))
        if self._may_try_again(attempt, error):
            self.workers.rate_limit.rejected(retry_after(error))
            attempt.root = None
            self._try(attempt)
            return
        attempt.keep_error(error)
        if is_refusal(error):
            self._refused.setdefault(attempt.job.suite, error)

    def _may_try_again(self, attempt: Attempt, error: BaseException) -> bool:
        if not is_rejection(error) or is_refusal(error):
            return False
        if attempt.error is not None or retry_after(error) > self.timeout:
            return False
        # One that runs inside its test has none: to wait for the server there would stop the session.
        return 0 < len(attempt.tries) < MOST_TRIES

    def _book(self, calls: Sequence[Run]) -> None:
        if self.budget is not None:
            self.budget.spend(spending(calls))

    def _succeed(self, attempt: Attempt, result: Any) -> None:
        """Keep what the target returned, and begin to score it."""
        root, job = attempt.root, attempt.job
        if root is None or attempt.given_up:
            return
        outputs = attempt.outputs = copied(as_outputs(result))  # the app may go on changing it
        root.add_outputs(outputs)
        root.finish(None)
        self._warm.add(job.warmed_by)
        calls = root.finished_runs(*PAID)
        self._book(calls)
        if any(run.retries for run in calls):
            self.workers.rate_limit.rejected()
        self.workers.rate_limit.succeeded()
        if job.evaluators:
            subject = Subject(root.tree(), job.example, job.example.inputs, outputs, job.example.outputs)
            attempt.scoring = Scoring(self.scorer, job.evaluators, subject, root, attempt.order)
            attempt.scoring.start(partial(self._track, attempt))

    def _wait(self, attempt: Attempt) -> None:
        for task in attempt.tries:  # grows meanwhile: a rejected target is tried again
            if self.workers.wait(task, self.timeout):
                attempt.keep_error(task.error)
                continue
            self._give_up(attempt, task)
            self.workers.cancel(task)  # afterwards, or the trial's error would be the cancellation's
        if attempt.scoring is not None:
            attempt.scoring.wait()
            attempt.keep_error(attempt.scoring.error)

    def _give_up(self, attempt: Attempt, task: Task) -> None:
        self._gave_up = attempt.given_up = True
        if attempt.scoring is not None:  # the target has returned: a cheap evaluator holds the task
            attempt.scoring.give_up_cheap(task)
            return
        reason = task.describe_timeout(self.timeout)
        self._fail(attempt, TargetTimeout(f"Target {attempt.job.target.name!r} {reason}."))


class _TargetRun:
    """The ``with`` block in which a target is called: traced, and never raising."""

    # A class: a generator would leave frames of its own in the traceback of what the target raised.
    __slots__ = ("_activation", "_attempt", "_process", "_runner", "result", "streamed")

    streamed: Streamed

    def __init__(self, runner: Runner, attempt: Attempt) -> None:
        self._runner = runner
        self._attempt = attempt
        self._process = os.getpid()
        self.result: Any = None
        """What the target returned."""

    def __enter__(self) -> _TargetRun:
        root = self._runner._open_root(self._attempt)
        self.streamed = self._attempt.streamed = Streamed(root)
        self._activation: Activation[RunTree] = root.activate()
        self._activation.__enter__()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        leave_child(self._process, error)
        self._activation.__exit__()
        root = self._attempt.root
        if root is not None and root.broken is not None and (error is None or isinstance(error, Exception)):
            error = root.broken  # whatever the app has made of it
        if error is not None:
            self._runner._fail(self._attempt, error)
        else:
            self._runner._succeed(self._attempt, self.result)
        return True
