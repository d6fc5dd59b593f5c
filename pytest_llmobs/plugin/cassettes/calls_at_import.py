"""Calls that test modules make as they are imported are replayed and recorded as well: nothing has started then."""

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
    """The recordings while modules are imported, opened with the first call: most modules make none.

    The session's own can't be used yet, since a ``conftest.py`` that is still to be loaded may bring a redactor.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._module = ""
        self._is_clean = False
        self.recorder: Recorder | None = None
        """None until a call is made."""

    def begin(self, nodeid: str) -> None:
        """Count from the beginning, and clean with what is known now: another module is imported."""
        self._module, self._is_clean = nodeid, False
        if self.recorder is not None:
            self.recorder.begin_test(nodeid)

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
    """Registered where tests are collected with cassettes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._recordings = _Recordings(session)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Let calls ask for recordings while modules are imported."""
        tracer = Tracer(project=self._session.identity.name, sink=None)
        tracer.recordings = self._recordings
        install(tracer)
        instrument_on_import(self._session.extensions.providers)
        try:
            return (yield)
        finally:
            uninstall()
            if is_idle():
                uninstrument()
            if self._recordings.recorder is not None and self._session.recorder is not None:
                self._session.recorder.take_over(self._recordings.recorder)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Have a call without a recording fail its module, though the module may have caught the error."""
        self._recordings.begin(collector.nodeid)
        report = yield
        recorder = self._recordings.recorder
        if recorder is not None and recorder.broken is not None:
            message = recorder.redaction.clean_if_suspect(str(recorder.broken))
            report.outcome, report.result = "failed", []
            report.longrepr = f"{type(recorder.broken).__name__}: {message}"
        return report
