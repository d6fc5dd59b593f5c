"""Hooks around each test: trace it, run its target, score it, and say what became of the trial."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.files import encodable
from pytest_llmobs.measures.model_calls import spending
from pytest_llmobs.plugin import garbage_collection, options
from pytest_llmobs.plugin.ahead import Ahead
from pytest_llmobs.plugin.cassettes.unrecorded_calls import insisting
from pytest_llmobs.plugin.failed_tests.repeated_errors import described_briefly, note_cause, shorten_traceback
from pytest_llmobs.plugin.failed_tests.report_redaction import clean_report, clean_warning
from pytest_llmobs.plugin.outcome import Pardons, judge_outcome, worse
from pytest_llmobs.plugin.pytest_internals import (
    clean_suite_properties,
    junit_takes_properties,
    set_parameter,
)
from pytest_llmobs.plugin.state import LLM_RUN, NODEID
from pytest_llmobs.plugin.suites import PLAN, TrialPlan
from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.trials import NotRun
from pytest_llmobs.records.wire import to_wire
from pytest_llmobs.tracing.run_tree import RunTree, start_root
from pytest_llmobs.trials.budget import BudgetReached
from pytest_llmobs.trials.cleaning import clean_trial
from pytest_llmobs.trials.deadline import exit_anyway
from pytest_llmobs.trials.llm_run import NO_TARGET, LlmRun
from pytest_llmobs.trials.log_functions import enter, leave
from pytest_llmobs.trials.outcome import PASSED, Outcome, end_run, trial_record
from pytest_llmobs.trials.runner import Refused
from pytest_llmobs.wording import inert

if TYPE_CHECKING:
    from warnings import WarningMessage

    from pytest_llmobs.plugin.confirming.plan import ConfirmingPlan
    from pytest_llmobs.plugin.ending import Ending
    from pytest_llmobs.plugin.state import ProcessState
    from pytest_llmobs.plugin.suites import Suites

WIRE = "llmobs_trial"
"""Attribute of a test report that carries the trial, as a string (nothing else survives every transport)."""

_ANSWERED = frozenset({"passed", "failed", "unscored"})
"""What becomes of a test whose app has answered."""
_GRACE = 5.0
"""Seconds that a process with hung threads has for its ordinary end."""


@dataclass
class RunningTrial:
    """The trial of the test that runs now."""

    item: pytest.Function
    plan: TrialPlan
    run: LlmRun | None = None
    """None where another plugin's setup failed before ours."""
    in_test: bool = False
    """True while fixtures are set up or the body runs: a report that is made meanwhile is a subtest's."""
    worst: Outcome = PASSED
    """The worst that became of a subtest."""
    not_run: NotRun | None = None
    """Why it is kept from running."""
    recorded: bool = False
    """True once its outcome is recorded, while fixtures may still be torn down."""


class TrialHooks:
    """Runs trials, one test after the other; registered wherever tests run (not in the xdist controller)."""

    def __init__(
        self,
        state: ProcessState,
        suites: Suites,
        confirming: ConfirmingPlan | None,
        ending: Ending | None,
    ) -> None:
        """Prepare, without starting anything.

        Args:
            state: The process.
            suites: Knows what an item is.
            confirming: In a further session what it is about.
            ending: Takes the trials; None in a worker, whose reports carry them, and outside an experiment.
        """
        self._state = state
        self._session = state.session
        self._suites = suites
        self._confirming = confirming
        self._attempt = "consumed"
        """What its run is marked as, once its test has had it."""
        if confirming is not None and confirming.is_control:
            self._attempt = "control"
        self._ending = ending
        self._ahead = Ahead(
            state, suites, one_repeat=confirming is not None and confirming.purpose == "suspects"
        )
        self._pardons = Pardons(
            state.settings, state.session, state.manifest, debugging=options.debugging(state.config)
        )
        self._current: RunningTrial | None = None
        self._in_junit = junit_takes_properties(state.config)
        self._warm: set[str] = set()
        """Suites without a target of which a test has ended."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Switch tracing on, now that something will run."""
        self._start()
        if self._state.experiment:
            garbage_collection.freeze(self._state.config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Give the test its ``llm_run``."""
        plan = self._suites.plan_of(item)
        if plan is not None and isinstance(item, pytest.Function):  # a plan is of nothing else
            # its own, as are what the target and each evaluator get: whatever one changes, no other sees
            set_parameter(item, "example", copied(plan.example))
            run = item.stash[LLM_RUN] = self._new_run(item, plan)
            self._current = RunningTrial(item, plan, run, in_test=True)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Run the target before the test and the evaluators after it, and trace what the test calls."""
        __tracebackhide__ = True
        trial = self._current
        if trial is None or trial.item is not item or trial.run is None:
            return (yield)
        return (yield from self._call(trial, trial.run))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the trial to its report; a failed assertion over a baseline is for the gate to judge."""
        plan = item.stash.get(PLAN, None)
        if plan is None or not isinstance(item, pytest.Function):
            return (yield)
        with described_briefly(item, call):
            report = yield
        if plan.nodeid != report.nodeid:
            setattr(report, NODEID, plan.nodeid)
        self._read_report(item, plan, report, call)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: WarningMessage) -> None:
        """Clean a warning before pytest's summary takes it."""
        if self._state.experiment:
            clean_warning(warning_message, self._session.redaction)

    # a second implementation of the same hook; pytest looks at no method whose name doesn't begin so
    @pytest.hookimpl(specname="pytest_sessionfinish", tryfirst=True)
    def pytest_clean_properties(self, session: pytest.Session) -> None:
        """Clean the properties of the whole session before JUnit's file takes them."""
        if self._state.experiment:
            clean_suite_properties(session.config, self._session.redaction.clean_if_suspect)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop what still runs ahead, seal this process's runs, and see that the process will end."""
        self._session.stop()
        if self._session.loss:
            self._state.notes.add(self._session.loss)
        if self._state.worker is not None:
            if note := self._session.unclaimed.note(str(self._state.worker["workerid"])):
                self._state.notes.add(note)
            self._state.config.workeroutput["llmobs_notes"] = list(self._state.notes)  # type: ignore[attr-defined]
        elif self._session.left_hanging:  # xdist ends its workers itself
            exit_anyway(lambda: int(session.exitstatus), _GRACE)

    def explain_comparison(self, op: str, left: Any, right: Any) -> list[str] | None:
        """Return the lines that explain a failed comparison of a score, or None to leave it to pytest."""
        from pytest_llmobs.plugin.failed_tests.assertions import explain

        trial = self._current
        if trial is None:
            return explain(self._state, None, None, op, left, right)
        return explain(self._state, trial.item, trial.run, op, left, right)

    def _start(self) -> None:
        # summary evaluators read their suites' trials back from the store, whatever the sampling rate
        read_back = [plan.name for plan in self._state.manifest.plans if plan.summaries]
        try:
            self._session.start(always_stored=read_back)
        except LlmobsError as error:
            raise options.usage_error(error) from None

    def _new_run(self, item: pytest.Item, plan: TrialPlan) -> LlmRun:
        session = self._session
        root = None
        if not plan.source.has_target:
            root = start_root(
                session.tracer,
                item.name,
                inputs=plan.example.inputs if plan.example else None,
                metadata=copied(plan.example.metadata) if plan.example else None,
                columns={**plan.columns, "cold": plan.suite not in self._warm},
                collect=True,
            )
        return LlmRun(root, plan.example, plan.source.evaluators, session.runner.scorer, session.bind)

    def _call(self, trial: RunningTrial, run: LlmRun) -> Generator[None, None, None]:
        __tracebackhide__ = True
        if self._is_settled(trial.plan):
            trial.not_run = "settled"
            pytest.skip("settled by its earlier trials")
        if trial.plan.source.has_target:
            self._adopt_attempt(trial, run)
        elif self._session.budget is not None and (reason := self._session.budget.exhausted()):
            trial.not_run = "budget"
            pytest.skip(reason)
        trial.in_test = True
        try:
            with insisting(lambda: run.broken), self._traced(trial.item, run), self._limited(trial.plan):
                result = yield
        except Exception as error:
            if run.lacks_target and not isinstance(error, LlmobsError):
                error.add_note(NO_TARGET)
            if isinstance(error, AssertionError):
                run.finish_scoring()
            raise
        except pytest.fail.Exception:
            run.finish_scoring()
            raise
        finally:
            trial.in_test = False
        run.finish_scoring()
        return result

    def _is_settled(self, plan: TrialPlan) -> bool:
        if self._confirming is None:
            return False
        return self._confirming.settled(plan.suite, plan.example_id)

    def _adopt_attempt(self, trial: RunningTrial, run: LlmRun) -> None:
        """Take what the target did, ahead of the test or now; raise what it raised."""
        __tracebackhide__ = True
        attempt = self._ahead.take(trial.item, trial.plan)
        run.adopt(attempt)
        if isinstance(attempt.error, BudgetReached):
            trial.not_run = "budget"
            pytest.skip(str(attempt.error))
        if isinstance(attempt.error, Refused):
            trial.not_run = "refused"
        if attempt.error is not None:
            raise attempt.error

    def _limited(self, plan: TrialPlan) -> AbstractContextManager[None]:
        """Limit a test that calls the app itself; its target would have been limited before."""
        if not self._state.experiment or plan.source.has_target:
            return nullcontext()
        return self._session.runner.deadline.limit("The test")

    @contextmanager
    def _traced(self, item: pytest.Function, run: LlmRun) -> Iterator[None]:
        """Make what the test calls part of its trace.

        Of an async test the run is set around the call of the function itself, so that the runners of such tests see
        it whatever context they were started in. Where a target made the trace already, the test's own calls are
        judging: a trace of their own.
        """
        root = run.root
        aside = None
        if root is None or root.ended:
            tracer, columns = self._session.tracer, {"evaluates": run.id}
            aside = start_root(tracer, item.name, columns=columns, collect=True, beside=root)
            root = aside
        enter(root.id, run)
        body = item.obj
        if inspect.iscoroutinefunction(body):
            item.obj = _activated(body, root)
        try:
            with root.activate():
                yield
        finally:
            item.obj = body
            leave(root.id)
            if aside is not None:
                run.broken_by = aside.broken
            if aside is not None and (calls := aside.finished_runs()):
                aside.end()
                run.judging += spending(calls)

    def _read_report(
        self,
        item: pytest.Function,
        plan: TrialPlan,
        report: pytest.TestReport,
        call: pytest.CallInfo[None],
    ) -> None:
        clean_report(report, self._session.redaction)
        if report.when == "teardown":
            self._forget(item, plan)
            return
        if self._current is None or self._current.item is not item:
            self._current = RunningTrial(item, plan)
        trial = self._current
        outcome = self._outcome_so_far(trial, report, call)
        if outcome is None:
            return
        # unscored: a judge without a key has no score for any trial, and each test that asks for it says so
        if outcome.status in ("error", "unscored"):
            shorten_traceback(report, call, item.config)
            clean_report(report, self._session.redaction)
            note_cause(report, call, trial.run.unscored_by if trial.run is not None else None)
        if outcome.status == "failed" and (reason := self._pardons.reason(plan)):
            report.outcome = "skipped"
            report.wasxfail = reason

    def _outcome_so_far(
        self, trial: RunningTrial, report: pytest.TestReport, call: pytest.CallInfo[None]
    ) -> Outcome | None:
        """Judge a setup, a call or a subtest; return None where it decides nothing."""
        if trial.recorded:  # a subtest while fixtures are torn down: no part of the trial
            return None
        if report.when == "call" and trial.in_test:
            outcome = judge_outcome(report, call, trial.run)
            trial.worst = worse(trial.worst, outcome)
            return outcome
        trial.in_test = False
        if report.when == "setup" and report.passed:
            return None
        return self._record(trial, report, call)

    def _forget(self, item: pytest.Function, plan: TrialPlan) -> None:
        """Let go of the trace and of the test's own example: ten thousand tests must not keep as many of them."""
        self._current = None
        set_parameter(item, "example", plan.example)
        if item.stash.get(LLM_RUN, None) is not None:
            del item.stash[LLM_RUN]

    def _record(self, trial: RunningTrial, report: pytest.TestReport, call: pytest.CallInfo[None]) -> Outcome:
        """Record what became of a trial, now that its test has ended; return it."""
        outcome = worse(judge_outcome(report, call, trial.run), trial.worst)
        trial.recorded = True
        if outcome.status in _ANSWERED:
            self._warm.add(trial.plan.suite)
        if trial.run is not None and trial.run.root is not None:
            self._book(trial.plan, trial.run)
            numbers = end_run(trial.run, trial.run.root, outcome, self._attempt)
            for key, number in numbers.items():
                name = inert(encodable(f"score.{key}"))
                report.user_properties.append((name, number))
                # JUnit reads those of the teardown's report; in some families it may not have any
                if self._in_junit:
                    trial.item.user_properties.append((name, number))
        if self._state.experiment:
            self._hand_over(trial, report, replace(outcome, not_run=trial.not_run or outcome.not_run))
        return outcome

    def _book(self, plan: TrialPlan, run: LlmRun) -> None:
        """Book what the test itself spent; targets and evaluators that run ahead are booked as they end."""
        budget = self._session.budget
        if budget is None:
            return
        if not plan.source.has_target:
            budget.spend(run.spending)
        if not budget.limits_cost:
            return
        for model in run.spending.unpriced | run.judging.unpriced:
            self._state.notes.add(
                f"the price of {model!r} is unknown: with it no further trial starts under --llm-max-cost"
            )

    def _hand_over(self, trial: RunningTrial, report: pytest.TestReport, outcome: Outcome) -> None:
        """Give the trial to the ending, be it in this process or in xdist's controller."""
        record = clean_trial(trial_record(trial.plan, trial.run, outcome), self._session.redaction)
        if trial.run is not None and trial.run.root is not None:
            trial.run.root.settled = True
        if self._confirming is not None:
            self._confirming.note_ended(record)
        if self._ending is not None:
            self._ending.keep(record)
        else:
            setattr(report, WIRE, json.dumps(to_wire(record), default=str))


def _activated(body: Callable[..., Any], root: RunTree) -> Callable[..., Any]:
    """Return the async test function, running under ``root``."""

    @functools.wraps(body)
    async def traced(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        with root.activate():
            return await body(*args, **kwargs)

    return traced
