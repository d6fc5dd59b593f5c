"""Hooks around each test: trace it, run its target, score it, and say what became of the trial."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.errors import BaselineError, LlmobsError
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.model_calls import spending
from pytest_llmobs.plugin import garbage_collection as garbage
from pytest_llmobs.plugin.ahead import Ahead
from pytest_llmobs.plugin.outcome import PASSED, Outcome, judge_outcome, trial_record, worse
from pytest_llmobs.plugin.redaction import clean_report, clean_trial
from pytest_llmobs.plugin.state import LLM_RUN
from pytest_llmobs.plugin.suites import PLAN, TrialPlan
from pytest_llmobs.records.trials import NotRun
from pytest_llmobs.tracing.run_tree import RunTree, start_root
from pytest_llmobs.trials.budget import BudgetReached
from pytest_llmobs.trials.deadline import exit_anyway
from pytest_llmobs.trials.llm_run import LlmRun
from pytest_llmobs.trials.log_functions import announce, forget
from pytest_llmobs.trials.runner import Refused

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import Lab

WIRE = "llmobs_trial"
"""Attribute of a test report that carries the trial, as a string (nothing else survives every transport)."""


_GRACE = 5.0
"""Seconds that a process with hung threads has for its ordinary end."""


class Protocol:
    """Runs trials, one test after the other; registered wherever tests run (not in the xdist controller)."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._ahead = Ahead(lab)
        self._baselines: dict[str, Baseline | None] = {}
        self._running: pytest.Item | None = None
        """The test whose fixtures or body run: a report that is made meanwhile is a subtest's."""
        self._part: Outcome | None = PASSED
        """The worst that became of a subtest of the current test; None once its trial is finished."""
        self._not_run: NotRun | None = None
        """Why the current trial is kept from running."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Switch tracing on, now that something will run."""
        try:
            self._lab.session.start()
        except LlmobsError as error:
            raise pytest.UsageError(str(error)) from None
        if self._lab.experiment:
            garbage.freeze()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Give the test its ``llm_run``."""
        plan = self._lab.suites.plan_of(item)
        if plan is not None:
            self._not_run = None
            item.stash[LLM_RUN] = self._open(item, plan)
            self._running = item

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Run the target before the test and the evaluators after it, and trace what the test calls."""
        __tracebackhide__ = True
        plan = item.stash.get(PLAN, None)
        if plan is None or not isinstance(item, pytest.Function):
            return (yield)
        run = item.stash[LLM_RUN]
        self._lab.current_item, self._lab.current_run = item, run
        confirming = self._lab.confirming
        if confirming is not None and confirming.settled(plan.suite, plan.example_id, plan.repeat):
            self._not_run = "settled"
            pytest.skip("cleared by an earlier rerun")
        if plan.source.has_target:
            attempt = self._ahead.take(item, plan)
            run.adopt(attempt)
            if isinstance(attempt.error, BudgetReached):
                self._not_run = "budget"
                pytest.skip(str(attempt.error))
            if attempt.error is not None:
                if isinstance(attempt.error, Refused):
                    self._not_run = "refused"
                raise attempt.error
        elif self._lab.session.budget is not None and (reason := self._lab.session.budget.exhausted()):
            self._not_run = "budget"
            pytest.skip(reason)
        self._running = item
        try:
            with self._traced(item, run), self._limited(plan):
                result = yield
        except (AssertionError, pytest.fail.Exception):
            run.finish_scoring()
            raise
        finally:
            self._running = None
        run.finish_scoring()
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the trial to its report; a failed assertion over a baseline is for the gate to judge."""
        report = yield
        plan = item.stash.get(PLAN, None)
        if plan is None:
            return report
        clean_report(report, self._lab.session.redaction)
        if report.when == "teardown":
            self._forget(item)
            self._part = PASSED
            return report
        if self._part is None:  # a subtest while fixtures are torn down: no part of the trial either
            return report
        run = item.stash.get(LLM_RUN, None)
        if report.when == "call" and self._running is item:
            outcome = judge_outcome(report, call, run)
            self._part = worse(self._part, outcome)
        else:
            self._running = None
            if report.when == "setup" and report.passed:
                return report
            self._book(plan, run)
            outcome = worse(judge_outcome(report, call, run), self._part)
            outcome = replace(outcome, not_run=self._not_run)
            self._part = None
            self._finish(item, plan, run, report, outcome)
        if outcome.status == "failed" and (reason := self._pardon(plan)):
            report.outcome = "skipped"
            report.wasxfail = reason
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop what still runs ahead, seal this process's runs, and see that the process will end."""
        self._lab.session.stop()
        if self._lab.session.left_hanging and self._lab.worker is None:  # xdist ends its workers
            exit_anyway(lambda: int(session.exitstatus), _GRACE)
        if self._lab.worker is not None:
            self._lab.config.workeroutput["llmobs_notes"] = self._lab.notes  # type: ignore[attr-defined]

    def _forget(self, item: pytest.Item) -> None:
        """Let go of the trace: ten thousand tests must not keep ten thousand traces."""
        if item.stash.get(LLM_RUN, None) is not None:
            del item.stash[LLM_RUN]
            self._lab.current_item = self._lab.current_run = None

    def _open(self, item: pytest.Item, plan: TrialPlan) -> LlmRun:
        session = self._lab.session
        root = None
        if not plan.source.has_target:
            root = start_root(
                session.tracer,
                item.name,
                inputs=plan.example.inputs if plan.example else None,
                metadata=plan.example.metadata if plan.example else None,
                columns=plan.columns,
                collect=True,
            )
        return LlmRun(root, plan.example, plan.source.evaluators, session.runner.scorer, session.bind)

    def _limited(self, plan: TrialPlan) -> AbstractContextManager[None]:
        """Limit a test that calls the app itself; its target would have been limited before."""
        if not self._lab.experiment or plan.source.has_target:
            return nullcontext()
        return self._lab.session.runner.deadline.limit("The test")

    @contextmanager
    def _traced(self, item: pytest.Function, run: LlmRun) -> Iterator[None]:
        """Make what the test calls part of its trace.

        Of an async test the run is set around the call of the function itself, so that the runners of such tests see
        it whatever context they were started in. Where a target made the trace already, the test's own calls are
        judging: a trace of their own.
        """
        tracer, root = self._lab.session.tracer, run.root
        aside = None
        if root is None or root.ended:
            aside = root = start_root(
                tracer, item.name, columns={"evaluates": run.id}, collect=True, beside=root
            )
        announce(root.id, run)
        body = item.obj
        if inspect.iscoroutinefunction(body):
            item.obj = _activated(body, root)
        try:
            with root.activate():
                yield
        finally:
            item.obj = body
            forget(root.id)
            if aside is not None and (calls := aside.finished_runs()):
                aside.end()
                run.judging += spending(calls)

    def _finish(
        self,
        item: pytest.Item,
        plan: TrialPlan,
        run: LlmRun | None,
        report: pytest.TestReport,
        outcome: Outcome,
    ) -> None:
        root = run.root if run is not None else None
        if run is not None and root is not None:
            root.abandon_unfinished()
            numbers = {
                key: float(score.score) for key, score in run.scores.items() if score.score is not None
            }
            root.patch(attempt="consumed", trial_status=outcome.status, scores=numbers)
            if not root.ended:
                run.end(outcome.error)
            properties = [(f"score.{key}", number) for key, number in numbers.items()]
            report.user_properties.extend(properties)
            item.user_properties.extend(properties)  # JUnit reads those of the teardown's report
        if self._lab.experiment:
            trial = clean_trial(trial_record(plan, run, outcome), self._lab.session.redaction)
            if self._lab.confirming is not None:
                self._lab.confirming.saw(trial)
            if self._lab.worker is not None:
                setattr(report, WIRE, json.dumps(trial.to_wire(), default=str))
            else:
                self._lab.take_trial(trial)

    def _book(self, plan: TrialPlan, run: LlmRun | None) -> None:
        """Book what the test itself spent; targets and evaluators that run ahead are booked as they end."""
        budget = self._lab.session.budget
        if budget is not None and run is not None and run.root is not None:
            if not plan.source.has_target:
                budget.spend(run.spending)
            for model in run.spending.unpriced:
                note = (
                    f"the price of {model!r} is unknown: its calls cost nothing in the eyes of --llm-max-cost"
                )
                if note not in self._lab.notes:
                    self._lab.notes.append(note)

    def _pardon(self, plan: TrialPlan) -> str | None:
        """Return why a failed assertion doesn't fail its test, or None where it does."""
        settings = self._lab.settings
        if not settings.experiment or settings.strict:
            return None
        if settings.update_baseline:
            return "recorded in the baseline as a known failure"
        baseline = self._baseline(plan.suite)
        if baseline is None or baseline.row_of(plan.example_id, plan.example_hash) is None:
            return None  # no gate judges a new or an edited example: its assertion does
        if any(gate.metric == PASS and gate.rule == "off" for gate in plan.source.gates):
            return "no gate decides: llm_gate('pass', rule='off')"
        if baseline.known_failure(plan.example_id):
            return "known failure"
        return "the gate decides"

    def _baseline(self, suite: str) -> Baseline | None:
        if suite not in self._baselines:
            try:
                self._baselines[suite] = self._lab.session.baseline(suite)
            except BaselineError:  # the gate reports it; until then this is plain pytest
                self._baselines[suite] = None
        return self._baselines[suite]


def _activated(body: Callable[..., Any], root: RunTree) -> Callable[..., Any]:
    """Return the async test function, running under ``root``."""

    @functools.wraps(body)
    async def traced(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        with root.activate():
            return await body(*args, **kwargs)

    return traced
