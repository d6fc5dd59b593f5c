"""One cause, one report: an error that hits many trials is told once, with how many it hit.

A missing key, a server that can't be reached, a misspelt fixture: each fails every trial in the same way. The first is
shown, without the frames of libraries; the others keep their names in pytest's list of failed tests, and a line.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.wording import count, inert

CAUSE = "llmobs_cause"
"""The attribute of a report that says which error a trial ended in; plain text, so that it travels from a worker."""
_SHOWN_BY = ("failed", "error")
"""Under which of the terminal's headings failures and errors are printed."""


def shorten_traceback(report: pytest.TestReport, call: pytest.CallInfo[None], config: pytest.Config) -> None:
    """Leave the frames of libraries out of a report made in ``described_briefly``; it is to be cleaned then.

    Args:
        report: Of a failed setup or call.
        call: What raised.
        config: Says where the user's own code is, and how tracebacks are to look.
    """
    brief = None if _is_error_of_test(call) else _brief(call, config)  # the former is short already
    if brief is not None:
        report.longrepr = brief


@contextmanager
def described_briefly(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Have pytest describe an error without the frames of libraries in the first place.

    The source of an SDK's ten frames takes it longer than most tests, only for ``shorten_traceback`` to drop them. What
    may be a failed assertion is left to pytest, and so is what fails a setup.

    Args:
        item: The test, whose report is made meanwhile.
        call: What raised, if anything did.
    """
    brief = _brief(call, item.config) if _is_error_of_test(call) else None
    if brief is None:
        yield
        return
    vars(item)["repr_failure"] = lambda excinfo: brief
    try:
        yield
    finally:
        del vars(item)["repr_failure"]


def note_cause(
    report: pytest.TestReport, call: pytest.CallInfo[None], told_by: BaseException | None = None
) -> None:
    """Write down in a report of a test that ended in an error what the error was; call once it is clean.

    Args:
        report: Of a failed setup or call.
        call: What raised.
        told_by: What is behind that, if anything is.
    """
    if report.failed:
        error = told_by or (call.excinfo.value if call.excinfo is not None else None)
        setattr(report, CAUSE, getattr(error, "cause", "") or _cause(report))


def _cause(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:  # pytest's own error, such as a fixture that there isn't
        return report.longreprtext
    return f"{crash.path}:{crash.lineno}: {crash.message}"


def _is_error_of_test(call: pytest.CallInfo[None]) -> bool:
    """Tell an error from a failed assertion, from what pytest ends a test with, and from that of a fixture."""
    raised = call.excinfo.value if call.excinfo is not None else None
    return call.when == "call" and isinstance(raised, Exception) and not isinstance(raised, AssertionError)


def _brief(call: pytest.CallInfo[None], config: pytest.Config) -> Any:
    """Return the short form of what was raised; None where pytest's own is to stay."""
    excinfo = call.excinfo
    if excinfo is None or config.getoption("tbstyle", "auto") != "auto":  # any other style was asked for
        return None
    own = [_is_own(entry.path, config) for entry in excinfo.traceback]
    if any(own) and not own[-1]:  # it came up in somebody else's code that the user's own code called
        return excinfo.getrepr(style="short", chain=False, tbfilter=_without_libraries(config))
    if not any(own) and isinstance(excinfo.value, (LlmobsError, pytest.UsageError)):
        # this plugin's word to the user, whom its own code tells nothing
        return excinfo.getrepr(style="value", chain=False)
    return None


def _without_libraries(config: pytest.Config) -> Any:
    def kept(excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
        return excinfo.traceback.filter(lambda entry: _is_own(entry.path, config))

    return kept


def _is_own(path: Path | str, config: pytest.Config) -> bool:
    """Tell whether a file is the project's: below rootdir, and no installed package's."""
    file = Path(path)
    return file.is_relative_to(config.rootpath) and "site-packages" not in file.parts


@dataclass
class _Hits:
    """The reports of one cause."""

    first: pytest.TestReport
    others: list[pytest.TestReport] = field(default_factory=list)


class RepeatedErrors:
    """Shortens the reports of errors that were reported before, in the process that has the terminal."""

    def __init__(self) -> None:
        self._hits: dict[str, _Hits] = {}
        self._hidden: dict[str, list[Any]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the first report of a cause, and refer to it in the others."""
        cause = getattr(report, CAUSE, None)
        if cause is None:
            return
        hits = self._hits.get(cause)
        if hits is None:
            self._hits[cause] = _Hits(report)
            return
        hits.others.append(report)
        headline = _headline(report)
        report.longrepr = f"{inert(headline)}\n(the same error as {hits.first.nodeid})"
        report.sections = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, object, object]:
        """Say how many trials each error hit, and keep all but its first report from being printed in full."""
        stats = terminalreporter.stats
        repeated: set[int] = set()
        for hits in self._hits.values():
            if hits.others:
                _say_how_many(hits)
            repeated.update(map(id, hits.others))
        for key in _SHOWN_BY:
            reports = stats.get(key, [])
            shown = [report for report in reports if id(report) not in repeated]
            if len(shown) < len(reports):
                self._hidden[key] = reports
                stats[key] = shown
        try:
            return (yield)
        finally:
            self._restore(terminalreporter)

    # a second implementation of the same hook; pytest looks at no method whose name doesn't begin so
    @pytest.hookimpl(specname="pytest_terminal_summary", tryfirst=True)
    def pytest_restore_reports(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Give the reports back: pytest has printed failures by now, and comes to its list of their names."""
        self._restore(terminalreporter)

    def _restore(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.stats.update(self._hidden)
        self._hidden = {}


def _headline(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message).partition("\n")[0]
    for line in report.longreprtext.splitlines():
        if line.startswith("E "):  # how pytest marks what went wrong
            return line.removeprefix("E").strip()
    return report.longreprtext.partition("\n")[0]


def _say_how_many(hits: _Hits) -> None:
    trials = count(len(hits.others) + 1, "trial")
    names = [report.nodeid.rpartition("::")[2] for report in hits.others[:3]]
    if len(hits.others) > len(names):
        names.append("...")
    hits.first.sections.append(("the same error", inert(f"hit {trials}: this one, {', '.join(names)}")))
