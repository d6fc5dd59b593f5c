"""A long session says every ten seconds how far it is; a short one doesn't."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_llmobs.plugin.progress import EVERY, ProgressLine
from pytest_llmobs.plugin.state import Manifest
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore


class Terminal:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._tw = SimpleNamespace(
            fullwidth=100, hasmarkup=False, width_of_current_line=0, _file=SimpleNamespace(encoding="utf-8")
        )

    def ensure_newline(self) -> None:
        self.lines.append("")

    def write_line(self, line: str) -> None:
        self.lines.append(line)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def trial(number: int, status: Any = "passed", score: float = 1.0) -> Trial:
    return Trial(
        suite="s",
        example_id=str(number),
        example_hash="h",
        repeat=1,
        nodeid=f"t[{number}]",
        status=status,
        scores={"tone": TrialScore(score=score, gating=True)},
        total_cost=0.01,
        judge_cost=0.002,
    )


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def line(terminal: Terminal, tmp_path: Path) -> tuple[ProgressLine, Clock]:
    expected = [
        ExpectedTrial(example_id=str(n), example_hash="h", repeat=1, nodeid=f"t[{n}]") for n in range(40)
    ]
    plan = SuitePlan(name="s", path="t.py", expected=expected, total=40)
    manager = SimpleNamespace(get_plugin=lambda name: terminal)
    clock = Clock()
    config: Any = SimpleNamespace(pluginmanager=manager)
    manifest = Manifest(tmp_path, None)
    manifest.promise([plan])
    return ProgressLine(config, manifest, clock), clock


def test_a_short_session_gets_none(line: tuple[ProgressLine, Clock], terminal: Terminal) -> None:
    progress, clock = line
    for number in range(40):
        clock.now += EVERY / 41
        progress.update([trial(number)])
    assert terminal.lines == []


def test_a_long_one_gets_trials_means_failures_cost_and_the_time_left(
    line: tuple[ProgressLine, Clock], terminal: Terminal
) -> None:
    progress, clock = line
    ended = []
    for number in range(10):
        ended.append(trial(number, "failed" if number == 0 else "passed", 0.5))
        progress.update(ended)
        clock.now += 2
    assert [text for text in terminal.lines if text] == [
        "llm 6/40 · 1 failed · pass 0.833 · tone 0.500 · $0.0720 · 57 s left"
    ]
