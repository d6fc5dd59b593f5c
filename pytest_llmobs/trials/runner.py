"""Runs targets and evaluators, ahead of the tests that consume them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator, Subject
from pytest_llmobs.measures.model_calls import NOTHING_SPENT, PAID, Spending, spending
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.scores import Score
from pytest_llmobs.tracing.run_tree import RunTree
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.budget import Budget, BudgetReached
from pytest_llmobs.trials.deadline import Deadline, TargetTimeout
from pytest_llmobs.trials.targets import Target, as_outputs
from pytest_llmobs.trials.workers import Slots, Task

REFUSALS = (401, 403, 404)
"""HTTP statuses that no further call of the suite would survive."""
REJECTIONS = (429, 529)
"""HTTP statuses of a server that has enough for now."""
MOST_TRIES = 10
"""Times that a target is run at most while the server keeps rejecting it."""


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


@dataclass(eq=False)
class Attempt:
    """A job that was started, and what came of it."""

    job: Job
    order: int
    tasks: list[Task] = field(default_factory=list)
    """The target's task first, then one task an evaluator."""
    root: RunTree | None = None
    outputs: Mapping[str, Any] | None = None
    """What the target returned."""
    error: BaseException | None = None
    """What the target raised."""
    scores: dict[str, Score] = field(default_factory=dict)
    judging: Spending = NOTHING_SPENT
    done: bool = False


class Refused(Exception):
    """A trial that was not run: the provider had refused an earlier one for good."""


class Runner:
    """Starts attempts as slots come free and hands each to the test that wants it."""

    def __init__(
        self, tracer: Tracer, slots: Slots, *, timeout: float, window: int, budget: Budget | None = None
    ) -> None:
        """Prepare, without starting anything.

        Args:
            tracer: Makes the root runs.
            slots: Where targets and evaluators run.
            timeout: Seconds after which a target or an evaluator counts as hung.
            window: Most attempts that may be started and not yet taken.
            budget: What may be spent; None for no limit.
        """
        self.budget = budget
        self.tracer = tracer
        self.slots = slots
        self.timeout = timeout
        self.deadline = Deadline(timeout)
        self.window = window
        self._attempts: dict[Hashable, Attempt] = {}
        self._started = 0
        self._refused: dict[str, BaseException] = {}
        self._gave_up = False

    @property
    def left_hanging(self) -> bool:
        """True where something was given up that may go on for ever."""
        return self._gave_up or self.deadline.passed

    @property
    def hungry(self) -> bool:
        """True where so few attempts are ahead that more should be offered."""
        return len(self._attempts) <= self.window // 2

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
            self._settle(attempt)
        finally:
            self._attempts.pop(job.key, None)
        return attempt

    def run_inline(self, job: Job) -> Attempt:
        """Run a job's target here and now, in this thread and context; an async one on the event loop."""
        if job.target.is_async:
            return self.take(job)
        attempt = Attempt(job, order=-1)
        with self.deadline.limit(f"Target {job.target.name!r}"):
            self._sync_work(attempt)()
        self._settle(attempt)
        return attempt

    def evaluate(
        self, evaluators: Sequence[BoundEvaluator], subject: Subject, root: RunTree | None = None
    ) -> tuple[list[Score], Spending]:
        """Score one subject, whose trace has that root, with several evaluators at once and wait for them."""
        attempt = Attempt(Job("", "", "", _NOBODY, _NOTHING), order=-1, root=root)
        self._begin_scoring(attempt, evaluators, subject)
        self._settle(attempt)
        return list(attempt.scores.values()), attempt.judging

    def close(self) -> None:
        """Cancel what is ahead. A hung target keeps its thread and nothing waits for it."""
        for attempt in self._attempts.values():
            for task in attempt.tasks:
                self.slots.cancel(task)
        self._attempts.clear()
        self.deadline.close()
        self.slots.close()

    def _start(self, job: Job) -> Attempt:
        self._started += 1
        attempt = Attempt(job, self._started)
        self._attempts[job.key] = attempt
        attempt.tasks.append(self.slots.submit(Task(self._work(attempt), (1, attempt.order))))
        return attempt

    def _work(self, attempt: Attempt) -> Callable[[], Any]:
        if attempt.job.target.is_async:
            return self._async_work(attempt)
        return self._sync_work(attempt)

    def _sync_work(self, attempt: Attempt) -> Callable[[], Any]:
        def work() -> None:
            __tracebackhide__ = True
            if self._broke(attempt):
                return
            root = self._open(attempt)
            try:
                with root.activate():
                    result = attempt.job.target.call(attempt.job.example)
            except BaseException as error:
                self._failed(attempt, error)
            else:
                self._succeeded(attempt, result)

        return work

    def _async_work(self, attempt: Attempt) -> Callable[[], Any]:
        async def work() -> None:
            __tracebackhide__ = True
            if self._broke(attempt):
                return
            root = self._open(attempt)
            try:
                with root.activate():
                    result = await attempt.job.target.call(attempt.job.example)
            except BaseException as error:
                self._failed(attempt, error)
            else:
                self._succeeded(attempt, result)

        return work

    def _broke(self, attempt: Attempt) -> bool:
        reason = self.budget.exhausted() if self.budget is not None else None
        if attempt.job.suite in self._refused:
            attempt.error = Refused(f"not run: {self._refused[attempt.job.suite]}")
        elif reason is not None:
            attempt.error = BudgetReached(reason)
        return attempt.error is not None

    def _open(self, attempt: Attempt) -> RunTree:
        job = attempt.job
        attempt.root = self.tracer.start_root(
            job.name,
            inputs=dict(job.example.inputs),
            metadata=dict(job.example.metadata),
            columns={**job.columns, "attempt": "unused"},
            collect=True,
        )
        return attempt.root

    def _failed(self, attempt: Attempt, error: BaseException) -> None:
        if isinstance(attempt.error, TargetTimeout):
            return  # it was given up meanwhile, and booked then
        status = getattr(error, "status_code", None)
        if attempt.root is not None:
            attempt.root.end(error=error)
            self._book(spending(attempt.root.finished_runs(*PAID)))
        wait = _retry_after(error)
        again = status in REJECTIONS and not _refused_for_good(error) and wait <= self.timeout
        if again and 0 < len(attempt.tasks) < MOST_TRIES and attempt.error is None:
            self.slots.pace.rejected(wait)
            attempt.root = None
            attempt.tasks.append(self.slots.submit(Task(self._work(attempt), (1, attempt.order))))
            return
        attempt.error = attempt.error or error
        if _refused_for_good(error):
            self._refused.setdefault(attempt.job.suite, error)

    def _book(self, spent: Spending) -> None:
        if self.budget is not None:
            self.budget.spend(spent)

    def _succeeded(self, attempt: Attempt, result: Any) -> None:
        root, job = attempt.root, attempt.job
        if root is None or root.ended:  # it was given up as hung meanwhile
            return
        outputs = attempt.outputs = as_outputs(result)
        root.end(outputs=outputs)
        calls = root.finished_runs(*PAID)
        self._book(spending(calls))
        if any(run.retries for run in calls):
            self.slots.pace.rejected()
        self.slots.pace.succeeded()
        if job.evaluators:
            subject = Subject(root.tree(), job.example, job.example.inputs, outputs, job.example.outputs)
            self._begin_scoring(attempt, job.evaluators, subject)

    def _begin_scoring(
        self, attempt: Attempt, evaluators: Sequence[BoundEvaluator], subject: Subject
    ) -> None:
        for bound in evaluators:
            if bound.cheap and not bound.is_async:
                attempt.scores.update((score.key, score) for score in bound.score(subject))
        tasks = [
            Task(self._scoring(attempt, bound, subject), (0, attempt.order))
            for bound in evaluators
            if bound.is_async or not bound.cheap
        ]
        attempt.tasks.extend(tasks)
        for task in tasks:
            self.slots.submit(task)

    def _scoring(self, attempt: Attempt, bound: BoundEvaluator, subject: Subject) -> Callable[[], Any]:
        def keep(root: RunTree, scores: Sequence[Score]) -> None:
            calls = root.finished_runs()
            if calls:  # a judge: its calls are a trace of their own
                root.end(outputs={score.key: score.score for score in scores})
            with self.slots.changed:
                attempt.judging += spending(calls)
                self._book(spending(calls))
                attempt.scores.update((score.key, score) for score in scores)

        def open_root() -> RunTree:
            columns = {"evaluates": subject.run.id}
            return self.tracer.start_root(
                bound.key,
                inputs={},
                tags=("evaluator",),
                columns=columns,
                collect=True,
                beside=attempt.root,
            )

        def work() -> None:
            root = open_root()
            with root.activate():
                scores = bound.score(subject)
            keep(root, scores)

        async def awork() -> None:
            root = open_root()
            with root.activate():
                scores = await bound.ascore(subject)
            keep(root, scores)

        work.__name__ = awork.__name__ = bound.key
        if bound.is_async:
            return awork
        return work

    def _settle(self, attempt: Attempt) -> None:
        index = 0
        while index < len(attempt.tasks):  # the target's task appends the evaluators' tasks when it ends
            task = attempt.tasks[index]
            index += 1
            if self.slots.wait(task, self.timeout):
                if task.error is not None and attempt.error is None:
                    attempt.error = task.error
                continue
            self._give_up(attempt, task)
            self.slots.cancel(task)  # afterwards, or the trial's error would be the cancellation's
        attempt.done = True

    def _give_up(self, attempt: Attempt, task: Task) -> None:
        self._gave_up = True
        waited = "did not end" if task.started is not None else "found no free slot"
        message = f"{waited} within {self.timeout:g} s (llm_timeout)"
        target_ended = attempt.root is not None and attempt.root.ended
        if target_ended or attempt.order < 0:
            key = task.work.__name__
            attempt.scores[key] = Score(key, error=f"The evaluator {message}.")
            return
        self._failed(attempt, TargetTimeout(f"Target {attempt.job.target.name!r} {message}."))


def _refused_for_good(error: BaseException) -> bool:
    # OpenAI answers 429 as well where no money is left, which waiting doesn't mend.
    quota = getattr(error, "code", None) == "insufficient_quota"
    return quota or getattr(error, "status_code", None) in REFUSALS


def _retry_after(error: BaseException) -> float:
    """Return the seconds that the server asked to wait, 0 where it said nothing."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", 0)))
    except (TypeError, ValueError):  # a date: the pace alone has to do
        return 0.0


_NOBODY = Example("", {})
_NOTHING = Target(lambda: None, "", whole=False)
