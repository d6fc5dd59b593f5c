"""Calls without a recording fail their test, whatever the app, the fixture or the test makes of the error."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.plugin.failed_tests.repeated_errors import (
    described_briefly,
    note_cause,
    shorten_traceback,
)
from pytest_llmobs.plugin.failed_tests.report_redaction import clean_report
from pytest_llmobs.plugin.pytest_internals import break_fixture
from pytest_llmobs.plugin.suites import PLAN

if TYPE_CHECKING:
    from pytest_llmobs.replay.recorder import Recorder
    from pytest_llmobs.session import Session


@contextmanager
def insisting(broken: Callable[[], Exception | None]) -> Iterator[None]:
    """Raise at the end what ``broken`` returns then, in place of whatever was made of it."""
    __tracebackhide__ = True
    try:
        yield
    except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:
        cause = broken()
        if cause is None or cause is error:
            raise
        raise cause from None
    cause = broken()
    if cause is not None:
        raise cause


class UnrecordedCalls:
    """Sees to the calls that tests make outside trials; registered where tests run with cassettes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def _recorder(self) -> Recorder:
        recorder = self._session.recorder
        assert recorder is not None
        return recorder

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        """Count anew what fixtures ask."""
        __tracebackhide__ = True
        return (yield from self._phase(item))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Count anew what the test asks."""
        __tracebackhide__ = True
        return (yield from self._phase(item))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        """Count anew what fixtures ask at their end."""
        __tracebackhide__ = True
        return (yield from self._phase(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        """Count each fixture's calls by themselves: which test is the first to need it may change.

        One that has caught the error is no fixture for any test.
        """
        __tracebackhide__ = True
        recorder = self._recorder
        was_broken = recorder.broken is not None
        with recorder.counting_apart():
            value = yield
        if recorder.broken is not None and not was_broken:
            break_fixture(fixturedef, recorder.broken)
            raise recorder.broken
        return value

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Have no xfail excuse it, and keep the frames of SDKs out of sight; of trials ``TrialHooks`` does so."""
        if call.excinfo is None or not isinstance(call.excinfo.value, CassetteError):
            return (yield)
        is_trial = item.stash.get(PLAN, None) is not None
        with nullcontext() if is_trial else described_briefly(item, call):
            report = yield
        if hasattr(report, "wasxfail"):
            report.outcome = "failed"
            del report.wasxfail
        if not is_trial:
            shorten_traceback(report, call, item.config)
            clean_report(report, self._session.redaction)
            note_cause(report, call)
        return report

    def _phase(self, item: pytest.Item) -> Generator[None, None, None]:
        __tracebackhide__ = True
        recorder = self._recorder
        recorder.begin_test(item.nodeid)
        with insisting(lambda: recorder.broken):
            return (yield)
