"""Red verdicts in pytest's own terms: failed reports in the terminal's statistics and in JUnit."""

from __future__ import annotations

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr
from _pytest._io import TerminalWriter
from _pytest.junitxml import xml_key

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.failures import Failure, failures


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


def report_failures(config: pytest.Config, experiment: Experiment | None, error: str | None) -> None:
    """Give each red verdict to the terminal's statistics and to JUnit.

    Not through the logging hook: plugins such as ``--lf`` would take the verdict for a test.
    """
    found = failures(experiment) if experiment is not None else []
    if error is not None:
        found = [*found, Failure("llm-gate", error.partition("\n")[0], error.splitlines()[1:])]
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    xml = config.stash.get(xml_key, None)
    for failure in found:
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
