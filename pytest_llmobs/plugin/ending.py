"""Hooks of the process that sees every report: collect the trials, conclude, set the exit status.

What concludes and reports is imported at the end: before the first test it would only delay it.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.clocks import real
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.plugin import options
from pytest_llmobs.plugin.failed_tests.failed_reports import FailedReports
from pytest_llmobs.plugin.outcome import crashed_trial
from pytest_llmobs.plugin.progress import ProgressLine
from pytest_llmobs.plugin.pytest_internals import JunitFile, import_test_file, report_failure
from pytest_llmobs.plugin.state import LOOKS, NODEID
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.tracing.redaction.pipeline import RedactorError
from pytest_llmobs.wording import noun

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.suites import BoundSummary
    from pytest_llmobs.experiments.conclude import Conclusion
    from pytest_llmobs.plugin.confirming.further_sessions import FurtherSessions
    from pytest_llmobs.plugin.confirming.plan import ConfirmingPlan
    from pytest_llmobs.plugin.state import ProcessState
    from pytest_llmobs.plugin.suites import Suites
    from pytest_llmobs.records.looks import Look, LookRequest
    from pytest_llmobs.reports.delivery import Delivery, Reports
    from pytest_llmobs.reports.failures import Failure


class Ending:
    """Sees all trials of a session, whether they ran here or in xdist's workers."""

    def __init__(self, state: ProcessState, suites: Suites, confirming: ConfirmingPlan | None) -> None:
        self._state = state
        self._suites = suites
        self._confirming = confirming
        self._trials: dict[tuple[str, str, int], Trial] = {}
        self._crashes: dict[str, str] = {}
        self._began = real.seconds()
        self._progress = ProgressLine(state.config, state.manifest)
        self._failed = FailedReports()
        self._junit = JunitFile(state.config)
        self._reports: Reports | None = None
        self._pytest_session: pytest.Session | None = None
        self._files: Sequence[Delivery] = ()
        self._further: FurtherSessions | None = None
        """None until the gate asks for one."""
        self._left = False
        self._red = False
        self._reported: dict[str, str] = {}
        """Node id -> what pytest has reported the test under, where that is another one."""

    def keep(self, trial: Trial) -> None:
        """Take a trial that ended; of a test that is run again the last one counts."""
        self._trials[trial.suite, trial.example_id, trial.repeat] = trial
        self._progress.update(self._trials.values())

    def note_crash(self, nodeid: str, message: str) -> None:
        """Take what xdist says of a test whose worker died in it."""
        self._crashes[nodeid] = message

    @pytest.hookimpl(tryfirst=True)  # before JUnit, which forgets a test as it is torn down
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of what fails: the last line is to tell of it."""
        self._junit.note(report)
        nodeid = getattr(report, NODEID, report.nodeid)
        if nodeid != report.nodeid:
            self._reported[nodeid] = report.nodeid
        if report.failed:
            self._failed.note_test(nodeid, report.when)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take note of what can't be collected."""
        if report.failed:
            self._failed.note_uncollected(report.nodeid)

    def pytest_unconfigure(self) -> None:
        """Hold the exit status against plugins that make one of their own as the session ends."""
        self._state.session.end()  # it may have ended before its first test
        if self._red and self._pytest_session is not None:
            _fail(self._pytest_session)

    def pytest_keyboard_interrupt(self) -> None:
        """Learn of ``pytest.exit`` too, which may ask for exit status 0."""
        self._left = True

    @pytest.hookimpl(tryfirst=True)  # before xdist starts its workers, who learn the name
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Take the experiment's name, and learn of sessions that ended without a verdict."""
        if session.config.option.collectonly or self._confirming is not None:
            return
        store = self._state.session.store.root
        if store.joinpath(LOOKS).is_dir():
            from pytest_llmobs.plugin.control.leftovers import remove_leftovers

            remove_leftovers(store, session.config.rootpath)
        try:
            note = self._state.session.begin()
        except LlmobsError as error:
            raise options.usage_error(error) from None
        if note is not None:
            self._state.notes.add(note)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Conclude the experiment and set the exit status; pytest's own 2 to 5 stay."""
        self._pytest_session = session
        if not session.config.option.collectonly:
            self._seal()
            self._finish(session, exitstatus)
            if self._junit.is_wanted:
                self._complete_junit()
            self._state.session.end()

    # outermost: below pytest's own list of failed tests, which may be long, so that the verdict is what stands last
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, object, object]:
        """Print the section at the end."""
        result = yield
        if self._reports is not None and self._pytest_session is not None:
            from pytest_llmobs.plugin.reporting import write_section

            # another plugin may have failed the session since
            reports = self._reports.ended(int(self._pytest_session.exitstatus))
            write_section(terminalreporter, reports, self._files)
        return result

    def _seal(self) -> None:
        """Complete what is known of the trials, now that every process has ended its own."""
        self._state.session.stop()
        if self._state.session.loss:
            self._state.notes.add(self._state.session.loss)
        if note := self._state.session.unclaimed.note():
            self._state.notes.add(note)
        if self._state.controller:
            self._state.manifest.read()
        if self._crashes:
            for plan in self._state.manifest.plans:
                self._keep_crashed(plan)

    def _keep_crashed(self, plan: SuitePlan) -> None:
        for expected in plan.expected:
            key = plan.name, expected.example_id, expected.repeat
            if expected.nodeid in self._crashes and key not in self._trials:
                self.keep(crashed_trial(plan, expected, self._crashes[expected.nodeid]))

    def _finish(self, session: pytest.Session, exitstatus: int) -> None:
        if self._confirming is not None:
            from pytest_llmobs.plugin.confirming.plan import hand_over

            hand_over(self._confirming, list(self._trials.values()), self._state.manifest.plans)
            return
        refused = exitstatus == pytest.ExitCode.USAGE_ERROR and not self._trials
        if refused or (not self._state.manifest.plans and exitstatus != pytest.ExitCode.OK):
            return  # pytest itself says what went wrong before anything ran
        from pytest_llmobs.plugin.reporting import reports_of
        from pytest_llmobs.reports.delivery import FOLDER

        try:
            conclusion = self._conclude(session, exitstatus)
        except LlmobsError as error:
            from pytest_llmobs.reports.failures import error_failure

            self._redden(session, [error_failure(str(error))])
            return
        self._reports = reports_of(self._state, conclusion)
        if conclusion.red:
            # of a session that a failed test has stopped nothing more can be said
            is_told = conclusion.experiment.interrupted and session.testsfailed > 0
            self._redden(session, () if is_told else self._reports.failures())
        # here and not with the section: that is not printed where the terminal is switched off
        self._files = list(self._reports.written(self._state.session.store.root / FOLDER))

    def _complete_junit(self) -> None:
        """Tell pytest's JUnit file of the trials and the verdict; what fails there is a line at the end."""
        from pytest_llmobs.reports.delivery import Delivery
        from pytest_llmobs.reports.junit.session_file import complete

        digest = None
        if self._reports is not None:
            digest = self._reports.digest
        # the trials as they ended here: a session that was stopped has no digest, and its trials have scores
        problem = complete(self._junit, self._trials.values(), self._reported, digest)
        if problem:
            self._files = (*self._files, Delivery("--junitxml", problem=problem))

    def _conclude(self, pytest_session: pytest.Session, exitstatus: int) -> Conclusion:
        from pytest_llmobs.experiments.conclude import Surroundings, conclude

        asked_to_stop = bool(pytest_session.shouldfail or pytest_session.shouldstop)
        stopped = self._left or asked_to_stop or exitstatus == pytest.ExitCode.INTERRUPTED
        session = self._state.session
        surroundings = Surroundings(
            settings=session.settings,
            store=session.store,
            baseline_of=session.baseline_of,
            baseline_folder=session.baseline_folder,
            prompt_folder=session.prompt_folder,
            find_summaries=self._find_summaries,
            redaction=session.redaction,
            look=None if stopped else self._look,
            debugging=options.debugging(self._state.config),
            remote=session.remote,
        )
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            exitstatus = pytest.ExitCode.OK
        conclusion = conclude(self._experiment(stopped, int(exitstatus)), surroundings)
        if self._further is not None:
            self._further.say_what_it_took()
        session.clear_messages()
        return conclusion

    def _experiment(self, stopped: bool, exit_status: int) -> Experiment:
        """Return everything that ran, not judged yet."""
        from pytest_llmobs.experiments.conditions import conditions
        from pytest_llmobs.experiments.git import commit_problem, current_commit, is_clean

        session = self._state.session
        commit = current_commit(session.rootdir)
        if commit is None and (problem := commit_problem(session.rootdir)):
            self._state.notes.add(problem)
        if others := self._failed.names(self._state.manifest.plans):
            self._state.notes.add(others)
        return Experiment(
            name=session.identity.name,
            started=session.identity.started,
            duration=real.seconds() - self._began,
            suites=tuple(self._state.manifest.plans),
            trials=tuple(self._trials.values()),
            commit=commit,
            clean=is_clean(session.rootdir, session.baseline_folder, commit),
            commands=self._commands(),
            interrupted=stopped and len(self._trials) < self._state.manifest.expected,
            conditions=conditions(session.settings),
            end=self._failed.session_end(exit_status, self._state.manifest.plans, self._trials.values()),
            notes=(*self._budget_note(), *self._state.notes),
        )

    def _commands(self) -> Mapping[str, str]:
        """Return the commands that belong to this session; none where the last run selected its tests."""
        from pytest_llmobs.plugin.reporting import context_of

        context = context_of(self._state.config)
        if context.by_last:
            return {}
        commands = {
            "accept": context.accept,
            "accept_some": context.accept_some,
            "rerun": context.rerun,
            "record": context.record,
        }
        clean = self._state.session.redaction.clean_strictly
        try:
            return {name: clean(command) for name, command in commands.items()}
        except RedactorError:  # what a redactor of the user's own fails at must not be shown
            return {}

    def _budget_note(self) -> Sequence[str]:
        """Return a note about the trials that the budget kept from running, if any."""
        budget = self._state.session.budget
        if budget is None or not (reason := budget.exhausted()):
            return ()
        unpaid = sum(trial.not_run == "budget" for trial in self._trials.values())
        if not unpaid:
            return ()
        return (f"{unpaid} {noun(unpaid, 'trial')} {reason}",)

    def _look(self, request: LookRequest) -> Look:
        """Run what the gate asks for in a further session."""
        if self._further is None:
            from pytest_llmobs.plugin.confirming.further_sessions import FurtherSessions

            self._further = FurtherSessions(self._state, list(self._trials.values()))
        return self._further.look(request)

    def _redden(self, session: pytest.Session, verdicts: Sequence[Failure]) -> None:
        self._red = True
        _fail(session)
        tests: set[str] = set()
        for plan in self._state.manifest.plans:
            tests.update(expected.nodeid for expected in plan.expected)
        for verdict in verdicts:
            reported = None
            if verdict.nodeid in tests:
                reported = self._reported.get(verdict.nodeid, verdict.nodeid)
            report_failure(
                session.config,
                verdict.nodeid,
                verdict.headline,
                verdict.details,
                junit=self._junit,
                reported=reported,
            )

    def _find_summaries(self, plan: SuitePlan) -> Sequence[BoundSummary]:
        """Return the summary evaluators of a suite.

        Its file is imported once more where this process did not collect it, as xdist's controller.

        Raises:
            EvaluatorError: The file can't be imported, or an evaluator is misdeclared.
        """
        from pytest_llmobs.experiments.suite_scores import find_again, function_of

        source = self._suites.source_of(function_of(plan))
        if source is not None:
            return source.summaries
        config = self._state.config
        return find_again(plan, lambda path: import_test_file(config, config.rootpath / path))


def _fail(session: pytest.Session) -> None:
    """Let a red verdict be exit status 1, also where nothing was left of the selection; 2 to 4 stay."""
    if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
