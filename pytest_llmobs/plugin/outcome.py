"""What became of a trial by its test's report, and whether a failed one fails its test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.errors import BaselineError, CassetteError, PromptVariableError, UnscoredError
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.plugin.suites import TrialPlan
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import NotRun, Trial, TrialStatus
from pytest_llmobs.trials.llm_run import LlmRun
from pytest_llmobs.trials.outcome import PASSED, Outcome

if TYPE_CHECKING:  # a baseline is read where an assertion failed, and not before
    from pytest_llmobs.baselines.records import Baseline
    from pytest_llmobs.plugin.state import Manifest
    from pytest_llmobs.session import Session
    from pytest_llmobs.settings import Settings

_MESSAGE = 300
"""Characters of a failure's first line that travel; the whole of it is in the test's own report."""
_WORSE: Sequence[TrialStatus] = ("xfailed", "failed", "unscored", "error")
"""What a subtest may make of its test, the worst last."""


def judge_outcome(report: pytest.TestReport, call: pytest.CallInfo[None], run: LlmRun | None) -> Outcome:
    """Read a finished report (of setup or call) as a trial's outcome."""
    if report.skipped:
        return _skipped(report)
    if report.passed or call.excinfo is None:  # without an exception it is a strict xfail that passed
        return PASSED
    error = call.excinfo.value
    if isinstance(error, CassetteError):
        return Outcome("error", _message(report), error, "unrecorded")
    if report.when == "setup":
        return Outcome("error", _message(report), error)
    if isinstance(error, UnscoredError):
        return Outcome("unscored", str(error))
    # without a root run the target never answered: something else gave up waiting for it
    answered = run is not None and run.root is not None and run.root.error is None
    if isinstance(error, AssertionError | pytest.fail.Exception) and answered:
        return Outcome("failed", _message(report))
    not_run: NotRun | None = None
    if isinstance(error, PromptVariableError) and error.is_certain:
        not_run = "unfilled"
    return Outcome("error", _message(report), error, not_run)


def _skipped(report: pytest.TestReport) -> Outcome:
    if not hasattr(report, "wasxfail"):
        return Outcome("skipped", _message(report))
    return Outcome("xfailed", report.wasxfail or _message(report))


def worse(test: Outcome, subtest: Outcome) -> Outcome:
    """Return the worse of what became of a test and of one of its subtests; one that skips is no part of it."""
    if _rank(subtest) > _rank(test):
        return subtest
    return test


def _rank(outcome: Outcome) -> int:
    """Return how bad an outcome is; -1 for one that is no matter of good and bad."""
    if outcome.status in _WORSE:
        return _WORSE.index(outcome.status)
    return -1


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


class AcceptedBaselines:
    """The baselines that the session is compared with, each read when it is first asked for."""

    def __init__(self, session: Session, manifest: Manifest) -> None:
        """Prepare, without reading anything.

        Args:
            session: Has the baselines.
            manifest: Has the plans of all suites, by which renamed examples are followed.
        """
        self._session = session
        self._manifest = manifest
        self._baselines: dict[str, Baseline | None] = {}

    def of(self, suite: str) -> Baseline | None:
        """Return the baseline of a suite; None where there is none, or none that can be read: the gate reports that."""
        if suite not in self._baselines:
            try:
                self._baselines[suite] = self._read(suite)
            except BaselineError:
                self._baselines[suite] = None
        return self._baselines[suite]

    def known_failure(self, suite: str, example_id: str) -> bool:
        """Return True where the failure of an example is a known one."""
        baseline = self.of(suite)
        return baseline is not None and baseline.known_failure(example_id)

    def _read(self, suite: str) -> Baseline | None:
        baseline = self._session.baseline_of(suite)
        if baseline is None:
            return None
        from pytest_llmobs.baselines.renames import follow_renames

        for plan in self._manifest.plans:
            if plan.name == suite:
                return follow_renames(baseline, plan)
        return baseline


class Pardons:
    """Tells of a failed assertion why it doesn't fail its test: over a baseline the gate is the judge."""

    def __init__(self, settings: Settings, session: Session, manifest: Manifest, *, debugging: bool) -> None:
        """Prepare, without reading anything.

        Args:
            settings: The session's.
            session: Has the baselines.
            manifest: Has the plans of all suites.
            debugging: Whether the first failure is to stop the session or to open the debugger.
        """
        self._settings = settings
        self._debugging = debugging
        self._accepted = AcceptedBaselines(session, manifest)

    def reason(self, plan: TrialPlan) -> str | None:
        """Return why a failed assertion doesn't fail its test, or None where it does."""
        settings = self._settings
        if not settings.experiment or settings.strict:
            return None
        if settings.update_baseline:
            return "recorded in the baseline"
        baseline = self._accepted.of(plan.suite)
        if baseline is None or baseline.row_of(plan.example_id, plan.example_hash) is None:
            return None  # no gate judges a new or an edited example: its assertion does
        if _is_gate_off(plan):
            return "no gate decides: llm_gate('pass', rule='off')"
        if baseline.known_failure(plan.example_id):
            return "known failure"
        if self._debugging:
            return None
        return "the gate decides"


def _is_gate_off(plan: TrialPlan) -> bool:
    """Tell whether the user has switched the gate of the assertions off."""
    for gate in plan.source.gates:
        if gate.metric == PASS and gate.rule == "off":
            return True
    return False
