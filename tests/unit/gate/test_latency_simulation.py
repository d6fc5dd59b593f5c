"""The latency warning over simulated sessions, in short: the long version is ``benchmarks/latency_simulation.py``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    path = Path(__file__).parents[3] / "benchmarks" / "latency_simulation.py"
    spec = importlib.util.spec_from_file_location("latency_simulation", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


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
