"""The progress line of a long session."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_llmobs.records.experiments import Trial
from pytest_llmobs.reports.page import Page
from pytest_llmobs.reports.progress import Progress, progress_line

if TYPE_CHECKING:
    import pytest

    from pytest_llmobs.plugin.lab import Lab

EVERY = 10.0
"""Seconds between two lines."""


class ProgressLine:
    """Writes a line of its own between pytest's dots, every ten seconds; a short session gets none."""

    def __init__(self, lab: Lab, clock: Callable[[], float] = time.monotonic) -> None:
        self._lab = lab
        self._clock = clock
        self._began: float | None = None
        self._written = 0.0
        self._done = 0
        self._failed = 0
        self._cost: float | None = None
        self._sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def update(self, trial: Trial) -> None:
        """Count a trial, and write the line where one is due."""
        now = self._clock()
        if self._began is None:
            self._began = self._written = now
        self._count(trial)
        if now - self._written >= EVERY:
            self._written = now
            self._write(now - self._began)

    def _count(self, trial: Trial) -> None:
        self._done += 1
        self._failed += trial.status in ("failed", "error", "unscored")
        for cost in (trial.total_cost, trial.judge_cost):
            if cost is not None:
                self._cost = (self._cost or 0.0) + cost
        values = {"pass": float(trial.status == "passed")} if trial.ran else {}
        values |= {key: score.score for key, score in trial.scores.items() if score.score is not None}
        for key, value in values.items():
            self._sums[key][0] += value
            self._sums[key][1] += 1

    def _write(self, elapsed: float) -> None:
        terminal = self._lab.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return
        if not self._lab.plans:
            self._lab.collect_manifests()
        total = sum(len(plan.expected) for plan in self._lab.plans)
        progress = Progress(
            done=self._done,
            total=max(total, self._done),
            elapsed=elapsed,
            means={key: value / count for key, (value, count) in self._sums.items()},
            cost=self._cost,
            failed=self._failed,
        )
        encoding = getattr(terminal._tw._file, "encoding", None) or "utf-8"
        line = progress_line(progress, Page(width=terminal._tw.fullwidth, encoding=encoding))
        say(self._lab.config, line)


def say(config: pytest.Config, line: str) -> None:
    """Write a line of its own to the terminal, if there is one."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal.ensure_newline()
        if terminal._tw.width_of_current_line:  # with -q pytest has written dots and doesn't know it
            terminal._tw.line()
        terminal.write_line(line)
