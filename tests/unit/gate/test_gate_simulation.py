"""Whole simulated builds, in short: the long version is ``benchmarks/gate_simulation.py``.

Each bound is the published figure with what chance adds to so few builds: beyond it lies one chance in a thousand.
"""

from __future__ import annotations

import math
import random
from types import ModuleType
from typing import Any

import pytest

from tests.unit.gate.conftest import load_benchmark

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    return load_benchmark("gate_simulation")


@pytest.fixture(scope="module")
def worlds(simulation: ModuleType) -> ModuleType:
    return load_benchmark("gate_worlds")


@pytest.fixture(scope="module")
def tables(simulation: ModuleType) -> ModuleType:
    return load_benchmark("gate_tables")


def run(simulation: ModuleType, title: str, builds: int) -> list[Any]:
    """Run builds of the cell with this title."""
    for table in simulation.TABLES.values():
        for cell in table():
            if cell.title == title:
                return list(simulation.builds_of(cell, 1, range(builds)))
    raise LookupError(title)


def red(builds: list[Any]) -> int:
    return sum(build.red for build in builds)


def most_by_chance(builds: int, share: float) -> int:
    """Return how many of the builds are red by chance at most, but for one time in a thousand."""
    left, count = 1.0, -1
    while left > 0.001:
        count += 1
        left -= math.comb(builds, count) * share**count * (1 - share) ** (builds - count)
    return count


def fewest_by_chance(builds: int, share: float) -> int:
    return builds - most_by_chance(builds, 1 - share)


def test_a_share_is_held_to_what_chance_can_do() -> None:
    assert most_by_chance(100, 0.025) == 8  # P(more than 8) = .0003, P(more than 7) = .0015
    assert fewest_by_chance(60, 1.0) == 60


@pytest.mark.parametrize(
    ("title", "builds", "published"),
    [
        ("logit, mean 0.85, N=12, G=3", 60, 0.02),
        ("two, mean 0.95, N=50, G=3", 40, 0.013),
        ("K=3, N=12, G=3", 50, 0.023),
        ("judge unparsable 1 %, N=12, G=3", 40, 0.003),
        ("2 % of the trials missing, N=50, G=3", 40, 0.018),
        ("one look, N=50, G=3", 60, 0.014),
    ],
)
def test_harmless_builds_are_seldom_red(
    simulation: ModuleType, title: str, builds: int, published: float
) -> None:
    assert red(run(simulation, title, builds)) <= most_by_chance(builds, published)


@pytest.mark.parametrize(
    ("title", "builds", "published"),
    [
        ("bimodal, -20 points, N=12", 60, 0.68),
        ("logit, -20 points, N=12", 60, 0.57),
        ("bimodal, -10 points, N=50", 40, 0.84),
        ("logit, 1 of 50 at pass rate 0", 20, 1.0),
        ("logit, 3 of 12 at pass rate 0.3", 40, 0.82),
    ],
)
def test_what_got_worse_is_found(simulation: ModuleType, title: str, builds: int, published: float) -> None:
    count = red(run(simulation, title, builds))
    assert fewest_by_chance(builds, published) <= count <= most_by_chance(builds, published)


def test_further_looks_cost_a_harmless_build_a_third_of_a_pass(simulation: ModuleType) -> None:
    builds = run(simulation, "logit, mean 0.85, N=12, G=3", 100)
    calls = [build.extra / build.session for build in builds]
    assert 0.1 <= sum(calls) / len(calls) <= 0.6  # published .28 to .36; a build's own spread is about .8


def test_no_build_takes_more_than_three_further_passes_and_fifteen_trials_a_suspect(
    simulation: ModuleType,
) -> None:
    for title in ("even, mean 0.6, N=12, G=3", "logit, -10 points, N=12"):
        for build in run(simulation, title, 40):
            assert build.passes <= 3
            assert build.calls.get("passes", 0) == build.passes * build.examples
            assert build.calls.get("suspects", 0) <= 15 * build.examples


def test_a_bad_day_is_red_without_the_accepted_code_and_drifted_with_it(simulation: ModuleType) -> None:
    alone = run(simulation, "3 % fail all day, N=100, no control", 15)
    beside = run(simulation, "3 % fail all day, N=100, with control", 15)
    assert red(alone) >= fewest_by_chance(15, 0.93)
    assert red(beside) <= most_by_chance(15, 0.027)
    compared = [build for build in beside if "control" in build.calls]
    assert len(compared) >= fewest_by_chance(15, 0.93)
    assert not red([build for build in beside if build not in compared])


def test_what_really_broke_is_red_on_a_bad_day_too(simulation: ModuleType) -> None:
    builds = run(simulation, "1 % fail all day and one broke, with control", 15)
    assert red(builds) >= fewest_by_chance(15, 0.975)


@pytest.mark.parametrize("process", ["bimodal", "beta", "logit", "two", "even"])
@pytest.mark.parametrize("mean", [0.6, 0.85, 0.95])
def test_examples_have_the_mean_that_was_asked_for(worlds: ModuleType, process: str, mean: float) -> None:
    scenario = worlds.Scenario(process=process, mean=mean, examples=20_000, drop=0.1)
    world = worlds.World(scenario, random.Random(1))
    before, after = sum(world.before) / 20_000, sum(world.after) / 20_000
    assert before == pytest.approx(mean, abs=0.01)
    assert before - after == pytest.approx(0.1, abs=0.005)


def test_scores_go_with_the_test_of_their_trial(worlds: ModuleType) -> None:
    scenario = worlds.Scenario(process="even", examples=1, scores=("grade", "binary", "continuous"))
    world = worlds.World(scenario, random.Random(1))
    trials = [world.values(world.new_day(), 0, number) for number in range(4_000)]
    for metric, (low, high) in enumerate([(1, 5), (0, 1), (0, 1)], 1):
        shares = {passed: [] for passed in (0.0, 1.0)}
        for trial in trials:
            assert low <= trial[metric] <= high
            shares[trial[0]].append((trial[metric] - low) / (high - low))
        means = [sum(values) / len(values) for values in shares.values()]
        assert means[1] - means[0] > 0.05
        assert sum(map(sum, shares.values())) / 4_000 == pytest.approx(0.85, abs=0.02)


def test_a_day_is_shared_by_all_trials_of_a_session(worlds: ModuleType) -> None:
    world = worlds.World(worlds.Scenario(mean=1.0, examples=50, sticky=0.1), random.Random(1))
    today, tomorrow = world.new_day(), world.new_day()
    first, second = ([world.values(today, n, number)[0] for n in range(50)] for number in (1, 2))
    assert first == second
    assert 0 < first.count(0.0) < 20
    assert first != [world.values(tomorrow, n, 1)[0] for n in range(50)]


def test_figures_that_chance_does_not_explain_are_flagged(tables: ModuleType, simulation: ModuleType) -> None:
    published = tables.red(2.0, 400)
    assert abs(simulation.distance([100.0] * 8 + [0.0] * 392, published)) < 0.1
    assert simulation.distance([100.0] * 26 + [0.0] * 374, published) > simulation.FARTHEST
    found = tables.red(94, 240)
    assert simulation.distance([100.0] * 80 + [0.0] * 20, found) < -simulation.FARTHEST
    bound = tables.at_most("red", 2.0, 400)
    assert simulation.distance([0.0] * 400, bound) == 0


def test_the_same_seed_gives_the_same_builds_in_any_number_of_processes(
    simulation: ModuleType, tables: ModuleType
) -> None:
    cell = next(tables.power_cells())
    alone = simulation.builds_of(cell, 7, range(4))
    parts = [*simulation.builds_of(cell, 7, range(2)), *simulation.builds_of(cell, 7, range(2, 4))]
    assert alone == parts


def test_the_command_prints_every_figure_and_succeeds(
    simulation: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulation.main(["broken", "--only", "1 of 12 at pass rate 0", "--builds", "4"]) == 0
    printed = capsys.readouterr().out
    assert "logit, 1 of 12 at pass rate 0 " in printed
    assert "100.00 ±  0.00         100 ( 120)" in printed


def test_an_unknown_table_is_refused_with_the_choices(
    simulation: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        simulation.main(["powr"])
    assert "Unknown table 'powr'. Known: harmless, sizes" in capsys.readouterr().err
