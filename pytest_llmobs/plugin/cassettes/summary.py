"""What a session without an experiment says at its end: how many model calls were made, and how many replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.replay.tally import Tally

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import ProcessState

_OUTPUT = "llmobs_model_calls"
"""What a worker hands to the controller: the counts of its tally."""


class CassetteSummary:
    """Registered in every process of such a session that uses cassettes."""

    def __init__(self, state: ProcessState) -> None:
        self._state = state
        self._total = Tally()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Add what a worker counted; a killed one says nothing."""
        self._total.add(*getattr(node, "workeroutput", {}).get(_OUTPUT, (0, 0, None)))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Add what this process counted, or hand it to the controller."""
        recorder = self._state.session.recorder
        if recorder is None:
            return
        counted = recorder.tally.counts
        if self._state.worker is not None:
            session.config.workeroutput[_OUTPUT] = counted  # type: ignore[attr-defined]
        else:
            self._total.add(*counted)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say it in a line."""
        if self._state.worker is None and (text := self._total.text(self._state.settings.cassette_dir)):
            terminalreporter.write_line(text)
            if self._total.missing:
                from pytest_llmobs.plugin.reporting import recording_command

                terminalreporter.write_line(f"record them: {recording_command(terminalreporter.config)}")
