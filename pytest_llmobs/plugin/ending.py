"""Hooks of the process that sees every report: collect the trials, conclude, set the exit status."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.experiments.conclude import Conclusion, Surroundings, conclude
from pytest_llmobs.experiments.git import current_commit
from pytest_llmobs.plugin import confirmation as confirm
from pytest_llmobs.plugin.outcome import crashed_trial
from pytest_llmobs.plugin.reporting import ProgressLine, report_failures, reports_of, write_section
from pytest_llmobs.plugin.summary_evaluators import find_summaries
from pytest_llmobs.records.decisions import Rerun
from pytest_llmobs.records.experiments import Confirmation, Experiment
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.delivery import FOLDER as REPORTS_FOLDER
from pytest_llmobs.reports.delivery import Delivery, Reports
from pytest_llmobs.reports.failures import Failure, error_failure

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import Lab


class Ending:
    """Sees all trials of a session, whether they ran here or in xdist's workers."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._trials: dict[tuple[str, str, int], Trial] = {}
        self._began = time.monotonic()
        self._progress = ProgressLine(lab)
        lab.take_trial = self._keep
        self._reports: Reports | None = None
        self._files: Sequence[Delivery] = ()
        self._left = False

    def _keep(self, trial: Trial) -> None:
        self._trials[trial.suite, trial.example_id, trial.repeat] = (
            trial  # of a rerun test the last one counts
        )
        self._progress.update(self._trials.values())

    def pytest_keyboard_interrupt(self) -> None:
        """Learn of ``pytest.exit`` too, which may ask for exit status 0."""
        self._left = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Conclude the experiment and set the exit status; pytest's own 2 to 5 stay."""
        if session.config.option.collectonly:
            return
        self._seal()
        if self._lab.confirming is not None:
            confirm.hand_over(self._lab.confirming, list(self._trials.values()))
            return
        asked = bool(session.shouldfail or session.shouldstop)
        stopped = self._left or asked or exitstatus == pytest.ExitCode.INTERRUPTED
        if not self._lab.plans and exitstatus != pytest.ExitCode.OK:
            return  # pytest itself says what went wrong before anything was collected
        try:
            conclusion = self._conclude(stopped, exitstatus)
        except LlmobsError as error:
            self._redden(session, [error_failure(str(error))])
            return
        self._reports = reports_of(self._lab, conclusion)
        if conclusion.red:
            self._redden(session, self._reports.failures())
        # here and not with the section: that is not printed where the terminal is switched off
        self._files = list(self._reports.written(self._lab.session.store.root / REPORTS_FOLDER))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the section at the end."""
        if self._reports is not None:
            write_section(terminalreporter, self._reports, self._files)

    def _redden(self, session: pytest.Session, verdicts: Sequence[Failure]) -> None:
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        report_failures(session.config, verdicts)

    def _seal(self) -> None:
        self._lab.session.stop()
        if self._lab.controller:
            self._lab.collect_manifests()
        crashed = self._lab.crashed
        for plan in self._lab.plans if crashed else ():
            for expected in plan.expected:
                key = plan.name, expected.example_id, expected.repeat
                if expected.nodeid in crashed and key not in self._trials:
                    self._keep(crashed_trial(plan, expected, crashed[expected.nodeid]))

    def _conclude(self, stopped: bool, exitstatus: int) -> Conclusion:
        expected = sum(len(plan.expected) for plan in self._lab.plans)
        self._lab.notes[:0] = self._unpaid()
        session = self._lab.session
        experiment = Experiment(
            name=session.identity.name,
            started=session.identity.started,
            duration=time.monotonic() - self._began,
            suites=tuple(self._lab.plans),
            trials=tuple(self._trials.values()),
            commit=current_commit(session.rootdir),
            interrupted=stopped and len(self._trials) < expected,
            notes=tuple(self._lab.notes),
        )
        surroundings = Surroundings(
            settings=session.settings,
            store=session.store,
            baseline=session.baseline,
            baseline_folder=session.baseline_folder,
            find_summaries=lambda plan: find_summaries(self._lab, plan),
            confirm=None if stopped else self._confirm,
            remote=session.remote,
        )
        status = 0 if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED else int(exitstatus)
        conclusion = conclude(experiment, surroundings, exit_status=status)
        session.clear_messages()
        return conclusion

    def _unpaid(self) -> list[str]:
        """Return a note about the trials that the budget kept from running, if any."""
        budget = self._lab.session.budget
        reason = budget.exhausted() if budget is not None else None
        count = sum(trial.not_run == "budget" for trial in self._trials.values())
        if reason and count:
            return [f"{count} trial{'s' * (count > 1)} {reason}"]
        return []

    def _confirm(self, reruns: Sequence[Rerun]) -> Confirmation:
        return confirm.run(self._lab, reruns)
