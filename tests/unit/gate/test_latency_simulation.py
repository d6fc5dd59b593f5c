"""The latency warning over simulated sessions, in short: the long version is ``benchmarks/latency_simulation.py``."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.unit.gate.conftest import load_benchmark

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    return load_benchmark("latency_simulation")


@pytest.mark.parametrize(("examples", "repeats", "spread"), [(6, 5, 0.5), (13, 1, 1.0), (30, 3, 0.3)])
def test_an_unchanged_build_is_hardly_ever_warned_of(
    simulation: ModuleType, examples: int, repeats: int, spread: float
) -> None:
    # of 100 builds at 1 %, five or more would be one chance in three hundred
    assert simulation.share(simulation.Cell(examples, repeats, spread), 100, 1) <= 0.04


@pytest.mark.parametrize(("examples", "repeats", "spread"), [(6, 3, 0.2), (30, 1, 0.3)])
def test_twice_as_slow_is_warned_of(
    simulation: ModuleType, examples: int, repeats: int, spread: float
) -> None:
    assert simulation.share(simulation.Cell(examples, repeats, spread, factor=2.0), 50, 1) >= 0.94
