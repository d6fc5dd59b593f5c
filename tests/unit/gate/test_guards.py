from __future__ import annotations

import pytest

from pytest_llmobs.gate.guards import dropped, examine, is_small, rose
from pytest_llmobs.gate.pairing import Comparison, ExamplePair
from pytest_llmobs.measures.statistics import mean_interval
from pytest_llmobs.records.plans import GateRule


def comparison(differences: list[float], clusters: list[str] | None = None) -> Comparison:
    pairs = [
        ExamplePair(f"e{n}", (0.5,), (0.5 + d,), 0.5, 0.5 + d, d, clusters[n] if clusters else n)
        for n, d in enumerate(differences)
    ]
    return Comparison(pairs=pairs, interval=mean_interval(differences), clustered=clusters is not None)


@pytest.mark.parametrize(
    ("drop", "max_drop", "counts", "counts_strictly"),
    [
        (0.02, 0.02, True, False),
        (0.0201, 0.02, True, True),
        (0.0199, 0.02, False, False),
        (0.0, 0.0, False, False),
        (0.001, 0.0, True, True),
        (-0.1, 0.0, False, False),
    ],
)
def test_which_drops_count(drop: float, max_drop: float, counts: bool, counts_strictly: bool) -> None:
    seen, rule = comparison([-drop] * 20), GateRule(metric="pass", max_drop=max_drop)
    assert dropped(seen, rule) == counts
    assert dropped(seen, rule, strictly=True) == counts_strictly


def test_rounding_does_not_hide_a_drop_of_max_drop() -> None:
    seen = comparison([-0.1, 0.0, 0.0, 0.0, 0.0])  # the mean is -0.02 give or take a last bit
    assert dropped(seen, GateRule(metric="pass"))


def test_a_rise_is_the_mirror_image() -> None:
    rule = GateRule(metric="pass")
    assert rose(comparison([0.02] * 20), rule)
    assert not rose(comparison([0.01] * 20), rule)
    assert not rose(comparison([0.0] * 20), GateRule(metric="pass", max_drop=0.0))


def test_without_pairs_nothing_dropped_or_rose() -> None:
    assert not dropped(Comparison(), GateRule(metric="pass"))
    assert not rose(Comparison(), GateRule(metric="pass"))


@pytest.mark.parametrize(("pairs", "small"), [(1, True), (12, True), (13, False)])
def test_up_to_twelve_pairs_are_few(pairs: int, small: bool) -> None:
    assert is_small(comparison([0.0] * pairs)) == small


@pytest.mark.parametrize(("clusters", "small"), [(5, True), (6, False)])
def test_up_to_five_clusters_are_few(clusters: int, small: bool) -> None:
    assert is_small(comparison([0.0] * 30, [f"c{n % clusters}" for n in range(30)])) == small


def test_only_one_side_is_in_question() -> None:
    down, up = examine(comparison([-0.5] * 20)), examine(comparison([0.5] * 20))
    assert (down.worse, down.better) == (1 / 10_000, 1.0)
    assert (up.worse, up.better) == (1.0, 1 / 10_000)
