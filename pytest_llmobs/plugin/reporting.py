"""What a session says: the section at its end, red verdicts in pytest's own terms, and how far it is meanwhile."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr
from _pytest._io import TerminalWriter
from _pytest.junitxml import xml_key

from pytest_llmobs.experiments.conclude import Conclusion
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.delivery import Delivery, Reports
from pytest_llmobs.reports.failures import Failure
from pytest_llmobs.reports.terminal.progress import Progress, progress_line
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.settings import STORE_FOLDER

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import Lab

EVERY = 10.0
"""Seconds between two lines of progress."""

_OUR_SWITCHES = ("--llm-experiment", "--llm-update-baseline")
"""What a printed command adds itself, where it belongs."""

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


def reports_of(lab: Lab, conclusion: Conclusion) -> Reports:
    """Return the reports of a concluded experiment: the section at its end, and all that the user asked for."""
    context = context_of(lab.config, conclusion.recorded)
    return Reports(conclusion.experiment, context, lab.session.report_orders)


def write_section(terminal: pytest.TerminalReporter, reports: Reports, files: Sequence[Delivery]) -> None:
    """Write the section at the end of an experiment, then what else is printed, then where the files are.

    Args:
        terminal: Pytest's.
        reports: Of the experiment.
        files: The reports that were written, or failed.
    """
    page = page_of(terminal)
    section, *others = reports.printed(page)
    terminal.write_sep("=", "LLM experiment")
    terminal.write_line(section.text or page.text(section.notice()))
    for report in others:
        terminal.write_line("")
        terminal.write_line(report.text or page.text(report.notice()))
    if files:
        terminal.write_line("")
    for report in files:
        terminal.write_line(page.text(report.notice()))


def page_of(terminal: pytest.TerminalReporter) -> Page:
    """Return the terminal as a page."""
    writer = terminal._tw
    encoding = getattr(writer._file, "encoding", None) or "utf-8"
    return Page(width=writer.fullwidth, color=writer.hasmarkup, encoding=encoding)


def context_of(config: pytest.Config, recorded: Sequence[str] = ()) -> Context:
    """Return what a report can't know by itself: the commands to print, and where files lie.

    Args:
        config: Says how the session was started.
        recorded: Baseline files that it wrote.
    """
    given = [str(argument) for argument in config.invocation_params.args]
    kept = [argument for argument in given if argument not in _OUR_SWITCHES]
    unselected = _without_selection(kept, config)
    by_last = any(config.getoption(name, False) for name in ("lf", "stepwise"))
    recording = _without_baseline(unselected if by_last else kept)
    pytest_command = _pytest_command()
    return Context(
        accept=shlex.join([*pytest_command, *recording, *_OUR_SWITCHES]),
        by_last=by_last,
        rerun=shlex.join([*pytest_command, *unselected, "--llm-experiment"]),
        store=store_here(config),
        rootdir=rootdir_here(config),
        recorded=recorded,
        everything=config.get_verbosity() >= 2,
    )


def _pytest_command() -> list[str]:
    if Path(sys.argv[0]).name in ("pytest", "py.test"):
        return ["pytest"]
    return ["python", "-m", "pytest"]


def _without_selection(arguments: Sequence[str], config: pytest.Config) -> list[str]:
    """Leave out what selects tests: a printed command names its own."""
    return [argument for argument in arguments if argument not in _BY_LAST and not _selects(argument, config)]


def _without_baseline(arguments: Sequence[str]) -> list[str]:
    """Leave ``--llm-baseline`` out: what is recorded is the committed baseline."""
    kept = []
    previous = ""
    for argument in arguments:
        if argument.partition("=")[0] != "--llm-baseline" and previous != "--llm-baseline":
            kept.append(argument)
        previous = argument
    return kept


def _selects(argument: str, config: pytest.Config) -> bool:
    """Tell whether an argument names tests, or a file of arguments that does nothing else."""
    if not argument.startswith("@"):
        return argument in config.args
    try:
        lines = (config.invocation_params.dir / argument[1:]).read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return set(lines) <= set(config.args)


def rootdir_here(config: pytest.Config) -> str:
    """Return the path of the rootdir from the folder that the session was started in; empty where it is that one."""
    root, here = config.rootpath, config.invocation_params.dir
    if root == here:
        return ""
    return os.path.relpath(root, here)


def store_here(config: pytest.Config) -> str:
    """Return the path of the store, or an empty string where ``llmobs`` finds it from that folder."""
    root, here = config.rootpath, config.invocation_params.dir
    if root in (here, *here.parents):
        return ""
    return str(Path(rootdir_here(config), STORE_FOLDER))


class VerdictRepr(TerminalRepr):
    """A verdict as pytest shows a failure; its first line goes into the short summary."""

    def __init__(self, failure: Failure) -> None:
        self._failure = failure
        self.reprcrash = ReprFileLocation(failure.nodeid.partition("::")[0], 0, failure.headline)

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write the verdict."""
        tw.line(self._failure.headline, red=True)
        for line in self._failure.details:
            tw.line(f"  {line}")


def report_failures(config: pytest.Config, verdicts: Iterable[Failure]) -> None:
    """Give each red verdict to the terminal's statistics and to JUnit.

    Not through the logging hook: plugins such as ``--lf`` would take the verdict for a test.
    """
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    xml = config.stash.get(xml_key, None)
    for failure in verdicts:
        report = _report(failure)
        if terminal is not None:
            terminal.stats.setdefault("failed", []).append(report)
        if xml is not None:
            xml.pytest_runtest_logreport(report)


def _report(failure: Failure) -> pytest.TestReport:
    path, _, name = failure.nodeid.partition("::")
    return pytest.TestReport(
        nodeid=failure.nodeid,
        location=(path, None, name or path),
        keywords={},
        outcome="failed",
        longrepr=VerdictRepr(failure),
        when="call",
        duration=0.0,
        start=0.0,
        stop=0.0,
    )


class ProgressLine:
    """Writes a line of its own between pytest's dots, every ten seconds; a short session gets none."""

    def __init__(self, lab: Lab, clock: Callable[[], float] = time.monotonic) -> None:
        self._lab = lab
        self._clock = clock
        self._began: float | None = None
        self._written = 0.0

    def update(self, trials: Collection[Trial]) -> None:
        """Write the line where one is due.

        Args:
            trials: Those that have ended so far.
        """
        now = self._clock()
        if self._began is None:
            self._began = self._written = now
        if now - self._written >= EVERY:
            self._written = now
            self._write(trials, now - self._began)

    def _write(self, trials: Collection[Trial], elapsed: float) -> None:
        terminal = self._lab.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return
        if not self._lab.plans:
            self._lab.collect_manifests()
        total = sum(len(plan.expected) for plan in self._lab.plans)
        costs = [
            cost for trial in trials for cost in (trial.total_cost, trial.judge_cost) if cost is not None
        ]
        progress = Progress(
            done=len(trials),
            total=max(total, len(trials)),
            elapsed=elapsed,
            means=_means(trials),
            cost=sum(costs) if costs else None,
            failed=sum(trial.status in ("failed", "error", "unscored") for trial in trials),
        )
        encoding = getattr(terminal._tw._file, "encoding", None) or "utf-8"
        line = progress_line(progress, Page(width=terminal._tw.fullwidth, encoding=encoding))
        say(self._lab.config, line)


def _means(trials: Iterable[Trial]) -> dict[str, float]:
    values: dict[str, list[float]] = defaultdict(list)
    for trial in trials:
        if trial.ran:
            values["pass"].append(float(trial.status == "passed"))
        for key, score in trial.scores.items():
            if score.score is not None:
                values[key].append(score.score)
    return {key: sum(found) / len(found) for key, found in values.items()}


def say(config: pytest.Config, line: str) -> None:
    """Write a line of its own to the terminal, if there is one."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal.ensure_newline()
        if terminal._tw.width_of_current_line:  # with -q pytest has written dots and doesn't know it
            terminal._tw.line()
        terminal.write_line(line)
