"""Calls that are made before the first test, or after the last one, are replayed and recorded as well.

Test modules make them as they are imported, and hooks of a ``conftest.py``; the session's tracer isn't at work then.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.providers.imports import instrument_on_import, uninstrument
from pytest_llmobs.replay.recorder import Recorder, open_recorder
from pytest_llmobs.reports.misses import telling
from pytest_llmobs.tracing.active import install, is_idle, uninstall
from pytest_llmobs.tracing.tracer import Tracer

if TYPE_CHECKING:
    from pytest_llmobs.records.http_calls import SentRequest
    from pytest_llmobs.session import Session
    from pytest_llmobs.tracing.model_calls.recordings import Turn
    from pytest_llmobs.tracing.open_run import OpenRun


class _Recordings:
    """The recordings of such calls, opened with the first one: most sessions make none.

    The session's own can't be used yet, since a ``conftest.py`` that is still to be loaded may bring a redactor.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._module = ""
        self._is_clean = False
        self.recorder: Recorder | None = None
        """None until a call is made."""

    def begin(self, nodeid: str) -> CassetteError | None:
        """Count from the beginning, and clean with what is known now; return what went wrong before."""
        self._module, self._is_clean = nodeid, False
        if self.recorder is None:
            return None
        broken = self.recorder.broken
        self.recorder.begin_test(nodeid)
        return broken

    @property
    def offline(self) -> bool:
        """See ``tracing.model_calls.recordings``."""
        return self._session.settings.cassettes == "only"

    def take(self, request: SentRequest, root: OpenRun | None, before: Turn | None = None) -> Turn:
        """See ``tracing.model_calls.recordings``."""
        return self._opened().take(request, root, before)

    def ended(self, run: OpenRun) -> None:
        """See ``tracing.model_calls.recordings``."""
        self._opened().ended(run)

    def fail(self, error: CassetteError, root: OpenRun | None) -> None:
        """See ``tracing.model_calls.recordings``."""
        self._opened().fail(error, root)

    def _opened(self) -> Recorder:
        if self.recorder is None:
            session = self._session
            redaction, tell = session.read_redaction(), telling(session.rootdir)
            self.recorder = open_recorder(session.settings, session.rootdir, redaction, tell)
            self.recorder.begin_test(self._module)
        elif not self._is_clean:
            self.recorder.redaction = self._session.read_redaction()
        self._is_clean = True
        return self.recorder


class CallsAtImport:
    """Registered in every process of a session with cassettes, xdist's controller included."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._recordings = _Recordings(session)

    def start(self, config: pytest.Config) -> None:
        """Let calls ask for recordings until pytest ends, wherever the session's own tracer isn't at work."""
        tracer = Tracer(project=self._session.identity.name, sink=None)
        tracer.recordings = self._recordings
        install(tracer)
        config.add_cleanup(_stop)
        instrument_on_import(self._session.extensions.providers)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Hand over to the session's own recorder what was made so far."""
        try:
            return (yield)
        finally:
            self._hand_over()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Hand over what was made since."""
        self._hand_over()

    def _hand_over(self) -> None:
        recorder, self._recordings.recorder = self._recordings.recorder, None
        if recorder is not None and self._session.recorder is not None:
            self._session.recorder.take_over(recorder)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Have a call without a recording fail its module, though the module may have caught the error.

        One of a hook before that fails what is collected next. The session collects modules within its own report.
        """
        broken = self._recordings.begin(collector.nodeid)
        report = yield
        broken = broken or self._recordings.begin("")
        if broken is not None:
            report.outcome, report.result = "failed", []
            told = self._session.read_redaction().clean_if_suspect(str(broken))
            report.longrepr = f"{type(broken).__name__}: {told}"
        return report


def _stop() -> None:
    uninstall()
    if is_idle():
        uninstrument()
