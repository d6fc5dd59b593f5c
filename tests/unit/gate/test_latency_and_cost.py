"""Latency and cost: a warning, where repeats of the same code don't explain it; like is compared with like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_llmobs.baselines.records import RecordedSession
from pytest_llmobs.baselines.update import updated_baseline
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.settings import Settings
from tests.unit.suites import World

HERE = {"concurrency": "8", "machine": "Linux x86_64, 2 CPUs"}


def notes(w: World, baseline: Sequence[Trial], trials: Sequence[Trial], **now: str) -> Sequence[str]:
    accepted = updated_baseline(None, w.plan, baseline, source=RecordedSession(metadata=HERE)).baseline
    conditions = {**HERE, **now}
    return decide([w.plan], trials, {w.plan.name: accepted}, Settings(), conditions=conditions).notes


def taking(seconds: float, trials: Sequence[Trial], *, cold: int = 0) -> list[Trial]:
    """Return trials that took so long, the first ones cold and two seconds longer."""
    taken = []
    for place, trial in enumerate(trials):
        is_cold = place < cold
        taken.append(replace(trial, latency=seconds + 2 * is_cold, cold=is_cold))
    return taken


def test_cold_trials_of_an_unchanged_build_are_no_news(world: type[World]) -> None:
    """The first calls of a process pay for imports and connections: 7.47 times the baseline's, it used to say."""
    w = world(6)
    assert notes(w, taking(0.3, w.trials(repeat=5), cold=1), taking(0.3, w.trials(), cold=6)) == ()


def test_a_cold_baseline_hides_no_rise(world: type[World]) -> None:
    w = world(10)
    (note,) = notes(w, taking(0.3, w.trials(repeat=5), cold=3), taking(0.6, w.trials()))
    assert "latency is 2.00 times the baseline's in the median of 10 examples (0.3 -> 0.6 s)" in note


def test_a_baseline_of_cold_trials_alone_is_not_compared(world: type[World]) -> None:
    w = world(10)
    baseline = updated_baseline(None, w.plan, taking(0.3, w.trials(), cold=10)).baseline
    assert {row.latency for row in baseline.rows.values()} == {None}


def test_other_concurrency_is_said_and_not_compared(world: type[World]) -> None:
    w = world(10)
    (note,) = notes(w, taking(0.3, w.trials(repeat=5)), taking(2.4, w.trials()), concurrency="1")
    assert note.endswith("latency isn't compared (0.3 -> 2.4 s): llm_concurrency was 8, is 1")
    assert notes(w, taking(0.3, w.trials(repeat=5)), taking(0.3, w.trials()), concurrency="1") == ()


def test_another_machine_is_said(world: type[World]) -> None:
    w = world(10)
    (note,) = notes(
        w, taking(0.3, w.trials(repeat=5)), taking(0.6, w.trials()), machine="Darwin arm64, 10 CPUs"
    )
    assert note.endswith(
        "beyond what its repeats differ by; machine was Linux x86_64, 2 CPUs, is Darwin arm64, 10 CPUs"
    )


def test_a_dearer_build_is_told_by_its_cost(world: type[World]) -> None:
    w = world(10)
    then = [replace(trial, total_cost=0.01) for trial in w.trials(repeat=5)]
    now = [replace(trial, total_cost=0.014) for trial in w.trials()]
    (note,) = notes(w, then, now, concurrency="1")
    assert "cost is 1.40 times the baseline's in the median of 10 examples (0.01 -> 0.014 USD)" in note
