"""Everything private of pytest and xdist that the plugin uses, each with the version in which it was read.

No other module touches such a name. ``tests/plugin/test_pytest_internals.py`` fails where one is gone, and names it.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from _pytest import runner  # pytest 9.2: names the current test in an environment variable
from _pytest._code.code import ReprFileLocation, TerminalRepr  # pytest 9.2: bases of a report's `longrepr`
from _pytest._io import TerminalWriter  # pytest 9.2: what a `longrepr` is written to
from _pytest.fixtures import FixtureDef  # pytest 9.2: public as `pytest.FixtureDef`, without `func`
from _pytest.junitxml import xml_key  # pytest 9.2: where the JUnit plugin keeps its file
from _pytest.pathlib import import_path  # pytest 9.2: imports as the collection does

from pytest_llmobs.files import encodable
from pytest_llmobs.wording import inert, without_commands

CURRENT_TEST = "PYTEST_CURRENT_TEST"
USUAL_WIDTH = 80
"""Cells of a terminal that there isn't."""


@dataclass(frozen=True)
class Screen:
    """What pytest writes to."""

    width: int = USUAL_WIDTH
    """Cells."""
    color: bool = False
    encoding: str = "utf-8"


def screen_of(config: pytest.Config) -> Screen:
    """Return what the session's terminal is like; without a terminal the usual."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:
        return Screen()
    # pytest 9.2: `TerminalReporter._tw`, a TerminalWriter, has `fullwidth` and `hasmarkup`, and in `_file` its stream
    writer = terminal._tw
    encoding = getattr(writer._file, "encoding", None) or "utf-8"
    return Screen(width=int(writer.fullwidth), color=bool(writer.hasmarkup), encoding=encoding)


def write_own_line(config: pytest.Config, line: str) -> None:
    """Write a line of its own to the terminal, if there is one."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:
        return
    terminal.ensure_newline()
    # pytest 9.2: with -q the reporter has written dots and doesn't know it; `_tw.width_of_current_line` does
    if terminal._tw.width_of_current_line:
        terminal._tw.line()
    terminal.write_line(without_commands(line))


class VerdictRepr(TerminalRepr):
    """A verdict as pytest shows a failure; its headline goes into the short summary."""

    def __init__(self, path: str, headline: str, details: Sequence[str]) -> None:
        self._headline = headline
        self._details = details
        self.reprcrash = ReprFileLocation(path, 0, inert(headline))

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write the verdict."""
        tw.line(inert(self._headline), red=True)
        for line in self._details:
            tw.line(inert(f"  {line}"))


def _failed_report(
    nodeid: str, location: tuple[str, int | None, str], verdict: VerdictRepr
) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=nodeid,
        location=location,
        keywords={},
        outcome="failed",
        longrepr=verdict,
        when="call",
        duration=0.0,
        start=0.0,
        stop=0.0,
    )


def report_failure(
    config: pytest.Config,
    nodeid: str,
    headline: str,
    details: Sequence[str],
    *,
    junit: JunitFile,
    reported: str | None = None,
) -> None:
    """Give a red verdict to the terminal's statistics, to ``--lf`` and to JUnit.

    A test that the verdict is about and that was reported as passed or as xfailed is a failed one from now on, in all
    of them.

    Args:
        config: The session's.
        nodeid: What the verdict is about: a test, a suite, or something else.
        headline: All of it in a line.
        details: Further lines.
        junit: Has noted the session's reports.
        reported: The node id under which pytest has reported the test; None where it is about no test.
    """
    headline, details = encodable(headline), list(map(encodable, details))
    path, _, name = encodable(nodeid).partition("::")
    report = _failed_report(nodeid, (path, None, name or path), VerdictRepr(path, headline, details))
    earlier = None
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        if any(failed.nodeid == reported for failed in terminal.stats.get("failed", ())):
            return
        earlier = _take_report(terminal, reported)
        terminal.stats.setdefault("failed", []).append(report)
    if reported is not None:
        _note_last_failed(config, earlier, reported)
    if not junit.fail(reported, headline, details):
        junit.add_failed(report)


def junit_takes_properties(config: pytest.Config) -> bool:
    """Return True where a testcase of ``--junitxml`` may have properties."""
    return bool(config.getini("junit_family") != "xunit2")


class JunitFile:
    """The file that ``--junitxml`` asks for, before pytest writes it; where nobody asks, it has no testcase."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._reporters: dict[str, Any] = {}
        """By the node id that a test was reported under; the last one where it ran twice."""
        self._passed: set[str] = set()

    @property
    def _xml(self) -> Any:
        return self._config.stash.get(xml_key, None)

    @property
    def is_wanted(self) -> bool:
        """True where pytest is going to write it."""
        return self._xml is not None

    @property
    def takes_properties(self) -> bool:
        """True where a testcase may have properties."""
        return junit_takes_properties(self._config)

    def note(self, report: pytest.TestReport) -> None:
        """Take a report, before pytest's plugin has seen it."""
        xml = self._xml
        if xml is None:
            return
        if report.when == "call" or not report.passed:
            # pytest 9.2: its testcase for the same test and worker, made where there is none yet, until teardown
            self._reporters[report.nodeid] = xml.node_reporter(report)
        if report.when == "call" and report.passed:
            self._passed.add(report.nodeid)

    def testcase(self, nodeid: str | None) -> ET.Element | None:
        """Return the testcase of a test by the node id that it was reported under; None where it has none."""
        reporter = self._reporters.get(nodeid or "")
        if reporter is None:
            return None
        reporter.finalize()  # pytest 9.2: makes the element for good, if it isn't made yet
        element: ET.Element = reporter.to_xml()
        return element

    def add_property(self, name: str, value: str) -> None:
        """Add a property of the whole file."""
        self._xml.add_global_property(name, value)

    def add_failed(self, report: pytest.TestReport) -> None:
        """Add a failed testcase of its own."""
        xml = self._xml
        if xml is not None:
            xml.pytest_runtest_logreport(report)
            # pytest 9.2: else the next failure of that name would be told in the same testcase, and counted as another
            xml.finalize(report)

    def fail(self, nodeid: str | None, headline: str, details: Sequence[str]) -> bool:
        """Make a failure of a testcase that passed, failed as expected or ended in an error, and count it as one.

        Args:
            nodeid: Its test's, as it was reported.
            headline: Why it failed, in a line.
            details: Further lines.

        Returns:
            False where the test has no testcase.
        """
        testcase = self.testcase(nodeid)
        if testcase is None:
            return False
        if testcase.find("failure") is not None:  # what has failed by itself says why
            return True
        from pytest_llmobs.reports.junit.elements import add_outcome  # few sessions need it

        xml = self._xml
        # a subtest may have been skipped besides
        expected = testcase.findall("skipped[@type='pytest.xfail']")
        for skipped in expected:
            testcase.remove(skipped)
        add_outcome(testcase, "failure", headline, details)
        # pytest 9.2: `stats` count what was reported, `cnt_double_fail_tests` the tests that two of them are of
        xml.stats["failure"] += 1
        xml.stats["skipped"] -= len(expected)
        if nodeid in self._passed:
            xml.stats["passed"] -= 1
        elif not expected:
            xml.cnt_double_fail_tests += 1
        return True


def clean_suite_properties(config: pytest.Config, clean: Callable[[str], str]) -> None:
    """Clean what ``record_testsuite_property`` was given."""
    xml = config.stash.get(xml_key, None)
    if xml is not None:
        # pytest 9.2: `LogXML.global_properties`, pairs of texts
        xml.global_properties = [(name, clean(value)) for name, value in xml.global_properties]


def _take_report(terminal: Any, nodeid: str | None) -> pytest.TestReport | None:
    """Take a test's report out of the xfailed or the passed ones; return it."""
    for outcome in ("xfailed", "passed"):
        reports: list[pytest.TestReport] = terminal.stats.get(outcome, [])
        for report in reports:
            if report.nodeid == nodeid:
                reports.remove(report)
                return report
    return None


def _note_last_failed(config: pytest.Config, report: pytest.TestReport | None, nodeid: str) -> None:
    """Have ``--lf`` run a test again."""
    plugin = config.pluginmanager.get_plugin("lfplugin")
    if plugin is not None:
        # pytest 9.2: `LFPlugin.lastfailed` has the `id` of reports for keys; before, their node ids
        plugin.lastfailed[getattr(report, "id", nodeid)] = True


def parameters_of(item: pytest.Function) -> Mapping[str, object]:
    """Return a test's parameters by name; none where it isn't parametrized."""
    callspec = getattr(item, "callspec", None)  # pytest 9.2: missing where there are none
    if callspec is None:
        return {}
    parameters: Mapping[str, object] = callspec.params
    return parameters


def set_parameter(item: pytest.Function, name: str, value: object) -> None:
    """Give a test, and the fixtures that ask for it, another value of one of its parameters."""
    # pytest 9.2: `params` is each item's own dict, read as it is set up
    callspec = getattr(item, "callspec", None)
    if callspec is not None and name in callspec.params:
        callspec.params[name] = value


def fixture_definition(item: pytest.Function, name: str) -> FixtureDef[Any] | None:
    """Return the fixture of that name as a test sees it, or None."""
    # pytest 9.2: `Session._fixturemanager`; the last definition is the nearest one
    definitions = item.session._fixturemanager.getfixturedefs(name, item)
    if not definitions:
        return None
    return definitions[-1]


def first_fixtures(item: pytest.Function) -> tuple[list[str], list[str]]:
    """Return the names of the fixtures that a test asks for itself, and of those that are set up unasked."""
    # pytest 9.2: `argnames` are the test's parameters; `initialnames` holds those of `usefixtures` and autouse as well
    info = item._fixtureinfo
    asked = dict.fromkeys(info.argnames)
    for mark in item.iter_markers("usefixtures"):
        asked.update(dict.fromkeys(mark.args))
    unasked = [name for name in info.initialnames if name not in asked]
    return list(asked), unasked


def fixture_arguments(item: pytest.Function, name: str) -> list[str]:
    """Return the names of the fixtures that a fixture asks for, those of what it overrides included."""
    definitions = item.session._fixturemanager.getfixturedefs(name, item) or ()
    names: list[str] = []
    for definition in definitions:
        names += definition.argnames  # pytest 9.2: public in its name alone
    return names


def fixture_value(item: pytest.Function, name: str) -> Any:
    """Return the value of a fixture, setting it up where it isn't yet."""
    return item._request.getfixturevalue(name)  # pytest 9.2: the request is public to fixtures alone


def break_fixture(definition: pytest.FixtureDef[Any], error: Exception) -> None:
    """Have a fixture that was set up raise an error instead, for each test that needs it."""
    # pytest 9.2: `cached_result` is the value, the parameter it was made for, and what was raised in its place
    if definition.cached_result is not None:
        _, parameter, _ = definition.cached_result
        definition.cached_result = None, parameter, (error, error.__traceback__)


def import_test_file(config: pytest.Config, path: Path) -> ModuleType:
    """Import a test file as collecting it would."""
    return import_path(
        path,
        mode=config.getoption("importmode"),
        root=config.rootpath,
        consider_namespace_packages=config.getini("consider_namespace_packages"),
    )


def ini_keys(config: pytest.Config) -> list[str]:
    """Return the keys that the ini file sets."""
    keyed: Any = getattr(config, "_inicfg", None)  # pytest 9.2: a mapping by key; before 9 it was public
    if keyed is None:
        keyed = config.inicfg
    return list(keyed)


def queued_items(config: pytest.Config) -> list[int]:
    """In a worker of xdist: return the indices of the items that it was given and has not started."""
    for plugin in config.pluginmanager.get_plugins():
        # xdist 3.8: `WorkerInteractor.torun`, a queue that also holds marks, is being read by another thread;
        # `nextitem_index` has left it already
        queue = getattr(plugin, "torun", None)
        if queue is not None:
            with queue.lock() as waiting:
                coming = [getattr(plugin, "nextitem_index", None), *waiting]
            return [index for index in coming if isinstance(index, int)]
    return []


def is_stopping(config: pytest.Config) -> bool:
    """In xdist's controller: return True where ``-x`` or ``--maxfail`` is reached."""
    session: Any = config.pluginmanager.get_plugin("dsession")  # xdist 3.8: the name of its plugin
    return bool(session.shouldstop)


def deal_out_pending(scheduler: Any) -> None:
    """Give every worker its whole share of what xdist's ``LoadScheduling`` has not dealt yet."""
    # xdist 3.8: `pending` are indices of items, `nodes` the workers; `_send_tests` takes the first ones for a worker
    nodes = scheduler.nodes
    for position, node in enumerate(nodes):
        workers_left = len(nodes) - position
        share = -(-len(scheduler.pending) // workers_left)  # rounded up
        scheduler._send_tests(node, share)


def keep_current_test(config: pytest.Config) -> None:
    """Have the environment variable of the current test stay between tests, until the session ends.

    It goes and comes with each phase of a test otherwise, and with it moves the whole environment of the process: a
    program that a target starts meanwhile, in a thread of its own, may get none ("Bad address").
    """
    private: Any = runner
    update = private._update_current_test_var  # pytest 9.2

    def keep(item: pytest.Item, when: str | None) -> None:
        if when is not None:
            update(item, when)

    def restore() -> None:
        private._update_current_test_var = update
        os.environ.pop(CURRENT_TEST, None)

    os.environ.setdefault(CURRENT_TEST, "")
    private._update_current_test_var = keep
    config.add_cleanup(restore)
