"""What is private to pytest and xdist and used all the same is there, and does what it is used for."""

from __future__ import annotations

import inspect
import os
from collections import deque
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import _pytest
import pytest
import xdist
from _pytest import runner
from _pytest._code.code import ReprFileLocation, TerminalRepr
from _pytest._io import TerminalWriter
from _pytest.fixtures import FixtureManager, FuncFixtureInfo
from _pytest.junitxml import LogXML, _NodeReporter, xml_key
from _pytest.pathlib import import_path
from _pytest.python import CallSpec
from xdist import remote
from xdist.dsession import DSession
from xdist.scheduler import LoadScheduling

from pytest_llmobs.plugin import pytest_internals as internals
from tests.plugin.conftest import OTHERS, PLUGINS

VERSIONS = f"pytest {_pytest.__version__}, xdist {xdist.__version__}"


def parameters(function: Any) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


ATTRIBUTES = [
    (TerminalWriter, "fullwidth", "terminal width of the section at the end"),
    (TerminalWriter, "width_of_current_line", "whether a line of progress begins on a line of its own"),
    (TerminalRepr, "toterminal", "how a red verdict is shown"),
    (LogXML, "pytest_runtest_logreport", "red verdicts in JUnit"),
    (LogXML, "node_reporter", "testcases of JUnit"),
    (LogXML, "finalize", "red verdicts in JUnit"),
    (LogXML, "add_global_property", "the verdict at the head of JUnit's file"),
    (_NodeReporter, "to_xml", "testcases of JUnit"),
    (_NodeReporter, "finalize", "testcases of JUnit"),
    (FixtureManager, "getfixturedefs", "whether a target may run ahead"),
    (FuncFixtureInfo, "argnames", "whether a target may run ahead"),
    (FuncFixtureInfo, "initialnames", "whether a target may run ahead"),
    (CallSpec, "params", "each test's own example"),
    (pytest.FixtureRequest, "getfixturevalue", "targets that are fixtures"),
    (remote.TestQueue, "lock", "the coming trials of a worker"),
    (LoadScheduling, "schedule", "dealing all items up front"),
    (LoadScheduling, "_send_tests", "dealing all items up front"),
    (LoadScheduling, "nodes", "dealing all items up front"),
]


@pytest.mark.parametrize("owner, name, use", ATTRIBUTES, ids=lambda value: getattr(value, "__name__", None))
def test_the_class_still_has_it(owner: type, name: str, use: str) -> None:
    known = name in dir(owner) or name in getattr(owner, "__annotations__", ())
    assert known, f"{VERSIONS}: {owner.__name__}.{name} is gone. plugin/pytest_internals uses it for: {use}."


SOURCES = [
    (pytest.TerminalReporter, "self._tw"),
    (TerminalWriter, "self._file"),
    (TerminalWriter, "self.hasmarkup"),
    (pytest.Session, "_fixturemanager"),
    (pytest.Session, "self.items"),
    (pytest.Function, "self.callspec = callspec"),
    (pytest.Function, "self._request"),
    (remote.WorkerInteractor, "self.torun"),
    (remote.WorkerInteractor, "self.nextitem_index"),
    (DSession, "self.shouldstop"),
    (LogXML, "self.stats"),
    (LogXML, "self.cnt_double_fail_tests"),
    (LogXML, "self.global_properties"),
    (LoadScheduling, "self.pending"),
    (LoadScheduling, "self.collection"),
]
"""Attributes that the constructor sets."""


@pytest.mark.parametrize("owner, text", SOURCES, ids=lambda value: getattr(value, "__name__", value))
def test_the_instance_still_has_it(owner: type, text: str) -> None:
    source = inspect.getsource(owner)
    assert text in source, (
        f"{VERSIONS}: {owner.__name__} no longer has {text!r}. See plugin/pytest_internals."
    )


SIGNATURES = [
    (import_path, ("path", "mode", "root", "consider_namespace_packages")),
    (ReprFileLocation, ("path", "lineno", "message")),
    (FixtureManager.getfixturedefs, ("self", "argname", "node")),
    (LoadScheduling._send_tests, ("self", "node", "num")),
]


@pytest.mark.parametrize("function, expected", SIGNATURES, ids=lambda value: getattr(value, "__name__", None))
def test_it_is_still_called_like_that(function: Any, expected: tuple[str, ...]) -> None:
    found = parameters(function)
    assert found == expected, (
        f"{VERSIONS}: {function.__name__} takes {found}; plugin/pytest_internals expects {expected}."
    )


@pytest.fixture
def configured(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTEST_ADDOPTS", f"{OTHERS} {' '.join(PLUGINS)}")
    return pytester


def test_a_terminal_tells_what_it_is_like(configured: pytest.Pytester) -> None:
    config = configured.parseconfigure("--color=yes")
    screen = internals.screen_of(config)
    assert (screen.width > 0, screen.color, bool(screen.encoding)) == (True, True, True)
    config.pluginmanager.unregister(name="terminalreporter")
    assert internals.screen_of(config) == internals.Screen(internals.USUAL_WIDTH, False, "utf-8")


def test_parameters_and_fixtures_of_a_test_are_found(configured: pytest.Pytester) -> None:
    plain, with_parameter = configured.getitems(
        """
        import pytest

        @pytest.fixture
        def app():
            return 1

        def test_plain(app):
            pass

        @pytest.mark.parametrize("word", ["yes"])
        def test_word(word):
            pass
        """
    )
    assert isinstance(plain, pytest.Function)
    assert isinstance(with_parameter, pytest.Function)
    assert internals.parameters_of(plain) == {}
    assert internals.parameters_of(with_parameter) == {"word": "yes"}
    fixture = internals.fixture_definition(plain, "app")
    assert fixture is not None
    assert (fixture.scope, fixture.func.__name__) == ("function", "app")
    assert internals.fixture_definition(plain, "nobody's") is None


def test_a_failure_is_counted_and_goes_to_junit(configured: pytest.Pytester) -> None:
    config = configured.parseconfigure("--junitxml=out.xml")
    junit = internals.JunitFile(config)
    internals.report_failure(config, "test_a.py::test_b", "pass REGRESSED", ["n=3"], junit=junit)
    terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
    (report,) = terminal.stats["failed"]
    assert report.longrepr.reprcrash.message == "pass REGRESSED"
    assert config.stash[xml_key].stats["failure"] == 1


def test_what_a_worker_has_in_its_queue_is_read_without_taking_it() -> None:
    class Queue:
        @contextmanager
        def lock(self):
            yield deque([4, 5, "shutdown"])

    worker = SimpleNamespace(torun=Queue(), nextitem_index=3)
    config: Any = SimpleNamespace(
        pluginmanager=SimpleNamespace(get_plugins=lambda: [SimpleNamespace(), worker])
    )
    assert internals.queued_items(config) == [3, 4, 5]


def test_every_worker_gets_its_share_at_once() -> None:
    class Scheduler:
        nodes = ("a", "b", "c")

        def __init__(self) -> None:
            self.pending = list(range(8))
            self.sent: dict[str, list[int]] = {}

        def _send_tests(self, node: str, number: int) -> None:
            self.sent[node] = self.pending[:number]
            del self.pending[:number]

    scheduler = Scheduler()
    internals.deal_out_pending(scheduler)
    assert scheduler.sent == {"a": [0, 1, 2], "b": [3, 4, 5], "c": [6, 7]}


def test_the_variable_of_the_current_test_stays_between_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    cleanups: list[Any] = []
    update = runner._update_current_test_var
    monkeypatch.setattr(runner, "_update_current_test_var", update)
    monkeypatch.delenv(internals.CURRENT_TEST)
    internals.keep_current_test(SimpleNamespace(add_cleanup=cleanups.append))  # type: ignore[arg-type]
    seen = [os.environ[internals.CURRENT_TEST]]
    for when in ("setup", None, "call"):
        runner._update_current_test_var(SimpleNamespace(nodeid="test_bot.py::test_reply"), when)  # type: ignore[arg-type]
        seen.append(os.environ[internals.CURRENT_TEST])
    name = "test_bot.py::test_reply"
    assert seen == ["", f"{name} (setup)", f"{name} (setup)", f"{name} (call)"]
    cleanups.pop()()
    assert runner._update_current_test_var is update
    assert internals.CURRENT_TEST not in os.environ
