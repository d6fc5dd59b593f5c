"""The progress of a long session: when a line is due, and what it counts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.clocks import real
from pytest_llmobs.records.trials import Trial

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import Manifest

EVERY = 10.0
"""Seconds between two lines."""


class ProgressLine:
    """Writes a line of its own between pytest's dots, every ten seconds; a short session gets none."""

    def __init__(
        self, config: pytest.Config, manifest: Manifest, clock: Callable[[], float] = real.seconds
    ) -> None:
        self._config = config
        self._manifest = manifest
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
            self._manifest.read()
            self._write(trials, now - self._began)

    def _write(self, trials: Collection[Trial], elapsed: float) -> None:
        # what writes a report is imported by a session that lasts
        from pytest_llmobs.plugin.reporting import write_progress

        write_progress(self._config, trials, expected=self._manifest.expected, elapsed=elapsed)
