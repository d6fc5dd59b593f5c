"""The progress line of a long session."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.terminal.progress import Progress, progress_line
from pytest_llmobs.reports.text.page import Page

if TYPE_CHECKING:
    import pytest

    from pytest_llmobs.plugin.state import Lab

EVERY = 10.0
"""Seconds between two lines."""


class ProgressLine:
    """Writes a line of its own between pytest's dots, every ten seconds; a short session gets none."""

    def __init__(self, lab: Lab, clock: Callable[[], float] = time.monotonic) -> None:
        self._lab = lab
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
            self._write(trials, now - self._began)

    def _write(self, trials: Collection[Trial], elapsed: float) -> None:
        terminal = self._lab.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return
        if not self._lab.plans:
            self._lab.collect_manifests()
        total = sum(len(plan.expected) for plan in self._lab.plans)
        costs = [
            cost for trial in trials for cost in (trial.total_cost, trial.judge_cost) if cost is not None
        ]
        progress = Progress(
            done=len(trials),
            total=max(total, len(trials)),
            elapsed=elapsed,
            means=_means(trials),
            cost=sum(costs) if costs else None,
            failed=sum(trial.status in ("failed", "error", "unscored") for trial in trials),
        )
        encoding = getattr(terminal._tw._file, "encoding", None) or "utf-8"
        line = progress_line(progress, Page(width=terminal._tw.fullwidth, encoding=encoding))
        say(self._lab.config, line)


def _means(trials: Iterable[Trial]) -> dict[str, float]:
    values: dict[str, list[float]] = defaultdict(list)
    for trial in trials:
        if trial.ran:
            values["pass"].append(float(trial.status == "passed"))
        for key, score in trial.scores.items():
            if score.score is not None:
                values[key].append(score.score)
    return {key: sum(found) / len(found) for key, found in values.items()}


def say(config: pytest.Config, line: str) -> None:
    """Write a line of its own to the terminal, if there is one."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal.ensure_newline()
        if terminal._tw.width_of_current_line:  # with -q pytest has written dots and doesn't know it
            terminal._tw.line()
        terminal.write_line(line)
