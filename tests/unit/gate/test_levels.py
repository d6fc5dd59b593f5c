"""Guard 1's levels: which p and which drop is red, goes on, or is nothing, at each look."""

from __future__ import annotations

import pytest

from pytest_llmobs.gate.judged import JudgedMetric, JudgedSuite, judged_suite
from pytest_llmobs.gate.means import dropped, falls, is_red, rose
from pytest_llmobs.gate.missing import Missing
from pytest_llmobs.gate.pairing import Comparison
from pytest_llmobs.measures.permutation import Shuffled
from pytest_llmobs.records.plans import GateRule
from tests.unit.suites import World


def metric(
    difference: float = -0.1, p: float = 0.01, *, rise: float = 1.0, epsilon: float = 0.02
) -> JudgedMetric:
    return JudgedMetric(
        key="pass",
        rule=GateRule(metric="pass", max_drop=epsilon),
        changed="",
        paired=True,
        is_share=True,
        reach=1.0,
        comparison=Comparison(mean_difference=difference),
        missing=Missing(),
        test=Shuffled(0.0, p, p, rise, 1.0),
    )


def suite_at(look: int) -> JudgedSuite:
    w = World(3)
    suite = judged_suite(w.plan, w.baseline(), w.trials())
    suite.further = look - 1
    return suite


@pytest.mark.parametrize(
    ("look", "p", "red"),
    [
        (1, 0.0005, False),
        (2, 0.001, True),
        (2, 0.0011, False),
        (3, 0.001, True),
        (3, 0.0011, False),
        (4, 0.0249, True),
        (4, 0.025, False),
    ],
)
def test_of_four_looks_the_first_is_never_red_and_the_last_at_p_below_025(
    look: int, p: float, red: bool
) -> None:
    assert is_red(suite_at(look), metric(p=p), 4) is red


@pytest.mark.parametrize(("p", "red"), [(0.0199, True), (0.02, False)])
def test_a_single_look_is_red_at_p_below_02(p: float, red: bool) -> None:
    assert is_red(suite_at(1), metric(p=p), 1) is red


@pytest.mark.parametrize("last_look", [2, 3])
def test_with_fewer_passes_allowed_the_last_of_them_has_the_last_looks_level(last_look: int) -> None:
    assert is_red(suite_at(last_look), metric(p=0.024), last_look)
    assert not is_red(suite_at(last_look), metric(p=0.026), last_look)
    assert not is_red(suite_at(1), metric(p=0.0005), last_look)


@pytest.mark.parametrize(
    ("difference", "p", "going"), [(-0.001, 0.099, True), (-0.001, 0.1, False), (0.0, 0.05, False)]
)
def test_any_drop_with_p_below_10_is_looked_at_again(difference: float, p: float, going: bool) -> None:
    assert falls(metric(difference, p)) is going


@pytest.mark.parametrize(
    ("drop", "epsilon", "counts", "counts_strictly"),
    [
        (0.02, 0.02, True, False),
        (0.0201, 0.02, True, True),
        (0.0199, 0.02, False, False),
        (0.0, 0.0, False, False),
        (0.001, 0.0, True, True),
        (-0.1, 0.0, False, False),
    ],
)
def test_which_drops_count(drop: float, epsilon: float, counts: bool, counts_strictly: bool) -> None:
    seen = metric(-drop, epsilon=epsilon)
    assert dropped(seen) == counts
    assert dropped(seen, strictly=True) == counts_strictly


def test_rounding_does_not_hide_a_drop_of_max_drop() -> None:
    assert dropped(metric(sum([-0.1, 0.0, 0.0, 0.0, 0.0]) / 5))


@pytest.mark.parametrize(
    ("rise", "p", "counts"), [(0.02, 0.024, True), (0.02, 0.025, False), (0.019, 0.001, False)]
)
def test_a_rise_counts_from_max_drop_on(rise: float, p: float, counts: bool) -> None:
    assert rose(metric(rise, 1.0, rise=p)) is counts


def test_no_rise_at_all_is_none_even_where_max_drop_is_zero() -> None:
    assert not rose(metric(0.0, 1.0, rise=0.001, epsilon=0.0))
