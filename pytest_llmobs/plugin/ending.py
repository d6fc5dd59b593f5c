"""Hooks of the process that sees every report: collect the trials, conclude, set the exit status, report."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.experiments.conclude import Conclusion, conclude
from pytest_llmobs.plugin import confirmation as confirm
from pytest_llmobs.plugin import verdict_reports as verdict
from pytest_llmobs.plugin.outcome import crashed_trial
from pytest_llmobs.plugin.paths import rootdir_here, store_here
from pytest_llmobs.plugin.progress import ProgressLine
from pytest_llmobs.plugin.summary_evaluators import find_summaries
from pytest_llmobs.records.decisions import Rerun
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.base import Context
from pytest_llmobs.reports.terminal.section import render
from pytest_llmobs.trials.budget import was_stopped

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import Lab

_BY_LAST = (
    "--lf",
    "--last-failed",
    "--ff",
    "--failed-first",
    "--sw",
    "--stepwise",
    "--sw-skip",
    "--stepwise-skip",
)
"""What selects or orders by the last run, which is another one by the time a printed command runs."""


class Recorder:
    """Sees all trials of a session, whether they ran here or in xdist's workers."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._trials: dict[tuple[str, str, int], Trial] = {}
        self._began = time.monotonic()
        self._progress = ProgressLine(lab)
        lab.take_trial = self._keep
        self._conclusion: Conclusion | None = None
        self._failure: str | None = None
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
            self._conclusion = self._conclude(stopped, exitstatus)
        except LlmobsError as error:
            self._failure = str(error)
        red = self._failure is not None or (self._conclusion is not None and self._conclusion.red)
        if red:
            verdict.report_failures(session.config, self._experiment, self._failure)
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the section at the end."""
        if self._experiment is None:
            return
        writer = terminalreporter._tw
        text = render(
            self._experiment,
            width=writer.fullwidth,
            color=writer.hasmarkup,
            encoding=getattr(writer._file, "encoding", None) or "utf-8",
            context=self._context(),
        )
        terminalreporter.write_sep("=", "LLM experiment")
        terminalreporter.write_line(text)

    @property
    def _experiment(self) -> Experiment | None:
        if self._conclusion:
            return self._conclusion.experiment
        return None

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
        return conclude(
            self._lab.session,
            self._lab.plans,
            list(self._trials.values()),
            duration=time.monotonic() - self._began,
            interrupted=stopped and len(self._trials) < expected,
            confirm=None if stopped else self._confirm,
            notes=self._lab.notes,
            find_summaries=lambda plan: find_summaries(self._lab, plan),
            exit_status=0 if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED else int(exitstatus),
        )

    def _unpaid(self) -> list[str]:
        """Return a note about the trials that the budget kept from running, if any."""
        budget = self._lab.session.budget
        reason = budget.exhausted() if budget is not None else None
        count = sum(map(was_stopped, self._trials.values()))
        if reason and count:
            return [f"{count} trial{'s' * (count > 1)} {reason}"]
        return []

    def _confirm(self, reruns: Sequence[Rerun]) -> confirm.Confirmation:
        return confirm.run(self._lab, reruns)

    def _context(self) -> Context:
        arguments = [str(argument) for argument in self._lab.config.invocation_params.args]
        kept = [
            argument
            for argument in arguments
            if argument not in ("--llm-experiment", "--llm-update-baseline")
        ]
        command = (
            ["pytest"] if Path(sys.argv[0]).name in ("pytest", "py.test") else ["python", "-m", "pytest"]
        )
        options = [
            argument
            for argument in kept
            if argument not in _BY_LAST and not _selects(argument, self._lab.config)
        ]
        by_last = any(self._lab.config.getoption(each, False) for each in ("lf", "stepwise"))
        recording = [*_without_baseline(options if by_last else kept), "--llm-experiment"]
        return Context(
            accept=shlex.join([*command, *recording, "--llm-update-baseline"]),
            by_last=by_last,
            rerun=shlex.join([*command, *options, "--llm-experiment"]),
            store=store_here(self._lab.config),
            rootdir=rootdir_here(self._lab.config),
            recorded=self._conclusion.recorded if self._conclusion else (),
            everything=self._lab.config.get_verbosity() >= 2,
        )


def _without_baseline(arguments: Sequence[str]) -> list[str]:
    """Leave ``--llm-baseline`` out: what is recorded is the committed baseline."""
    before = ("", *arguments)
    return [
        argument
        for argument, previous in zip(arguments, before, strict=False)
        if argument.partition("=")[0] != "--llm-baseline" and previous != "--llm-baseline"
    ]


def _selects(argument: str, config: pytest.Config) -> bool:
    """Tell whether an argument names tests, or a file of arguments that does nothing else."""
    if not argument.startswith("@"):
        return argument in config.args
    try:
        lines = (config.invocation_params.dir / argument[1:]).read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return set(lines) <= set(config.args)
