"""Whole simulated builds, in short: the long version is ``benchmarks/gate_simulation.py``."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.unit.gate.conftest import load_benchmark


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    return load_benchmark("gate_simulation")


def red_share(simulation: ModuleType, builds: int, **scenario: object) -> float:
    figure = simulation.Figure("x", simulation.Scenario(**scenario), 0)
    return simulation.measure(figure, builds, 1)[0]


def test_harmless_builds_are_seldom_red(simulation: ModuleType) -> None:
    # 100 builds at 2.5 %: seven or more red ones would be one chance in a hundred
    assert red_share(simulation, 100, examples=50) <= 6
    assert red_share(simulation, 100, examples=12, metrics=2) <= 6


def test_ten_points_are_found(simulation: ModuleType) -> None:
    assert red_share(simulation, 40, drop=0.10, repeat=3) >= 95
    assert red_share(simulation, 40, drop=0.10) >= 80


def test_one_broken_example_is_found(simulation: ModuleType) -> None:
    assert red_share(simulation, 40, examples=50, broken=1) >= 95


def test_a_broken_deterministic_application_is_always_found(simulation: ModuleType) -> None:
    assert red_share(simulation, 40, examples=3, broken=3, steady=True) == 100


def test_confirming_costs_little(simulation: ModuleType) -> None:
    figure = simulation.Figure("x", simulation.Scenario(examples=50, repeat=3), 8, extra=True)
    assert simulation.measure(figure, 100, 1)[0] <= 8


def test_the_drop_of_the_mean_is_what_was_asked_for(simulation: ModuleType) -> None:
    import random

    world = simulation.World(simulation.Scenario(examples=20_000, drop=0.1), random.Random(1))
    before, after = (sum(chance for (chance,) in side) / 20_000 for side in (world.before, world.after))
    assert before == pytest.approx(0.85, abs=0.01)
    assert before - after == pytest.approx(0.1, abs=0.005)


def test_a_missed_bar_fails_the_benchmark(simulation: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    figure = simulation.Figure("found", simulation.Scenario(), 93, at_least=True)
    assert simulation.missed(figure, 92.9)
    assert not simulation.missed(figure, 93.0)
    assert simulation.missed(simulation.Figure("harmless red", simulation.Scenario(), 2.5), 2.6)
    assert not simulation.missed(simulation.Figure("extra calls", simulation.Scenario(), None), 99)
