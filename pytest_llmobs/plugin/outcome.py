"""What became of a trial, in the words of ``records.trials``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from pytest_llmobs.errors import UnscoredError
from pytest_llmobs.measures.model_calls import model_calls, output_text
from pytest_llmobs.plugin.suites import TrialPlan
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.scores import Score
from pytest_llmobs.records.trials import NotRun, Trial, TrialScore, TrialStatus
from pytest_llmobs.tracing.run_tree import RunTree
from pytest_llmobs.trials.llm_run import LlmRun

_MESSAGE = 300
"""Characters of a failure's first line that travel; the whole of it is in the test's own report."""
_NOTHING: Mapping[str, Any] = {}
"""One for all trials: ten thousand of them would be felt."""
_WORSE: Sequence[TrialStatus] = ("xfailed", "failed", "unscored", "error")
"""What a subtest may make of its test, the worst last."""


@dataclass(frozen=True)
class Outcome:
    """A trial's status and what explains it."""

    status: TrialStatus
    message: str | None = None
    error: BaseException | None = None
    """What the app or the infrastructure raised; None for a failed assertion."""
    not_run: NotRun | None = None
    """Why the lab kept the trial from running."""


PASSED = Outcome("passed")


def judge_outcome(report: pytest.TestReport, call: pytest.CallInfo[None], run: LlmRun | None) -> Outcome:
    """Read a finished report (of setup or call) as a trial's outcome."""
    if report.skipped:
        status: TrialStatus = "xfailed" if hasattr(report, "wasxfail") else "skipped"
        return Outcome(status, getattr(report, "wasxfail", None) or _message(report))
    if report.passed or call.excinfo is None:  # without an exception it is a strict xfail that passed
        return PASSED
    error = call.excinfo.value
    if report.when == "setup":
        return Outcome("error", _message(report), error)
    if isinstance(error, UnscoredError):
        return Outcome("unscored", str(error))
    # without a root run the target never answered: something else gave up waiting for it
    answered = run is not None and run.root is not None and run.root.error is None
    if isinstance(error, AssertionError | pytest.fail.Exception) and answered:
        return Outcome("failed", _message(report))
    return Outcome("error", _message(report), error)


def worse(test: Outcome, subtest: Outcome) -> Outcome:
    """Return the worse of what became of a test and of one of its subtests; one that skips is no part of it."""
    told = subtest.status in _WORSE
    if told and (test.status not in _WORSE or _rank(subtest) > _rank(test)):
        return subtest
    return test


def _rank(outcome: Outcome) -> int:
    return _WORSE.index(outcome.status)


def _message(report: pytest.TestReport) -> str | None:
    longrepr = report.longrepr
    if isinstance(longrepr, tuple):  # a skip: path, line, reason
        return str(longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(longrepr, "reprcrash", None)
    text = str(crash.message if crash is not None else longrepr or "")
    # pytest drops the name, too, but not where the text has quotes
    if text.startswith("AssertionError: assert "):
        text = text.removeprefix("AssertionError: ")
    return text.partition("\n")[0][:_MESSAGE] or None


def trial_record(plan: TrialPlan, run: LlmRun | None, outcome: Outcome) -> Trial:
    """Return the record of a trial that ended."""
    root = run.root if run is not None else None
    if run is None or root is None:
        return Trial(
            suite=plan.suite,
            example_id=plan.example_id,
            example_hash=plan.example_hash,
            repeat=plan.repeat,
            nodeid=plan.nodeid,
            status=outcome.status,
            message=outcome.message,
            not_run=outcome.not_run,
            cluster=plan.cluster,
        )
    spent, judging, scores = run.spending, run.judging, run.scores
    calls = model_calls(run.llm_calls)
    return Trial(
        suite=plan.suite,
        example_id=plan.example_id,
        example_hash=plan.example_hash,
        repeat=plan.repeat,
        nodeid=plan.nodeid,
        status=outcome.status,
        scores={key: _trial_score(score, key in run.gating) for key, score in scores.items()} or _NOTHING,
        message=outcome.message,
        not_run=outcome.not_run,
        run_id=run.id,
        latency=root.latency,
        total_tokens=spent.tokens,
        total_cost=spent.cost,
        judge_cost=judging.cost,
        llm_calls=spent.calls,
        judge_calls=judging.calls,
        judge_hits=sum(int(score.metadata.get("cached", 0)) for score in scores.values()),
        unpriced=tuple(sorted(spent.unpriced | judging.unpriced)),
        cluster=plan.cluster,
        calls=calls,
        inputs=_inputs(plan, root) if calls else _NOTHING,
        output=output_text(root.outputs),
    )


def _inputs(plan: TrialPlan, root: RunTree) -> Mapping[str, Any]:
    """Return the run's inputs as they were logged, after redaction; the example's own dict where they are equal."""
    inputs = root.inputs
    if plan.example is not None and inputs == plan.example.inputs:
        return plan.example.inputs  # ten thousand copies would be a lot of memory
    return inputs


def _trial_score(score: Score, gating: bool) -> TrialScore:
    return TrialScore(
        score=None if score.score is None else float(score.score),
        value=score.value,
        comment=score.comment,
        error=score.error,
        exempt=score.exempt,
        gating=gating,
    )


def crashed_trial(plan: SuitePlan, expected: ExpectedTrial, message: str) -> Trial:
    """Return the record of a trial whose worker died in it."""
    return Trial(
        suite=plan.name,
        example_id=expected.example_id,
        example_hash=expected.example_hash,
        repeat=expected.repeat,
        nodeid=expected.nodeid,
        status="error",
        message=message,
    )
