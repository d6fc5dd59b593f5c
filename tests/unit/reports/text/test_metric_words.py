"""What a metric's row says in words: never more than its trials can tell."""

from __future__ import annotations

import pytest

from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.reports.text import metric_words
from pytest_llmobs.reports.text.page import Page

PAGE = Page()


def row(**columns: object) -> MetricRow:
    return MetricRow(**{"suite": "s", "metric": "m", "verdict": "NEUTRAL", **columns})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0.061, "6.1 pp"),
        (0.12, "12.0 pp"),
        (1.0, "100 pp"),
        (0.9999, "100 pp"),
        (9.89, ">100 pp"),
        (0.0002, "<0.1 pp"),
        (0.0, "0.0 pp"),
    ],
)
def test_a_size_is_told_in_points(value, text):
    assert metric_words.amount(value, row()) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (20.5, "20.500"), (412.4, "412.4"), (0.00004, "4e-05")]
)
def test_a_size_of_another_measure_has_no_points(value, text):
    assert metric_words.amount(value, row(unit=False)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (-0.12, "−12.0 pp"), (0.004, "+0.4 pp"), (0.0, "0.0 pp"), (-0.0002, "0.0 pp")],
)
def test_a_difference_has_a_sign_unless_it_is_shown_as_zero(value, text):
    assert metric_words.difference(value, row(), PAGE) == text


def test_a_mean_beyond_1_has_no_points_whatever_its_row_says():
    assert metric_words.difference(-0.5, row(baseline=4.5, candidate=4.0), PAGE) == "−0.500"


def test_an_interval_names_its_measure_once():
    ends = {"delta": -0.12, "low": -0.18, "high": 0.001}
    assert metric_words.interval(row(**ends), PAGE) == "−12.0 pp [−18.0, +0.1]"
    assert metric_words.interval(row(delta=-0.12), PAGE) == "−12.0 pp"
    assert metric_words.interval(row(unit=False, **ends), PAGE) == "−0.120 [−0.180, +0.001]"


def test_an_interval_without_width_claims_nothing():
    point = row(delta=0.0, low=0.0, high=0.0)
    assert metric_words.interval(point, PAGE) == "0.0 pp"
    assert metric_words.no_drop(point) == ""


@pytest.mark.parametrize(
    ("low", "text"),
    [
        (None, ""),
        (-0.02, "no drop beyond 2.0 pp (95 %)"),
        (-0.02001, "no drop beyond 2.1 pp (95 %)"),
        (-0.0001, "no drop beyond 0.1 pp (95 %)"),
        (0.0, "no drop (95 %)"),
        (0.03, "no drop (95 %)"),
        (-0.9999, "any drop is possible"),
        (-1.0, "any drop is possible"),
    ],
)
def test_a_bound_never_claims_more_than_the_interval(low, text):
    assert metric_words.no_drop(row(low=low, high=0.1)) == text


def test_what_may_not_rise_is_told_of_rises():
    assert (
        metric_words.no_drop(row(low=-0.02, high=0.1), lower_is_better=True) == "no rise beyond 2.0 pp (95 %)"
    )
    assert metric_words.no_drop(row(low=-1.0, high=0.1), lower_is_better=True) == "any rise is possible"


@pytest.mark.parametrize("low", [-1e-9, -1e-5, -0.02, -1.0])
def test_nothing_is_ever_known_to_zero(low):
    assert " 0.0 pp" not in metric_words.no_drop(row(low=low, high=0.1))
    assert metric_words.detectable(row(mde=0.0)) == ""


def test_the_p_that_decided_stands_beside_the_metrics_own():
    assert metric_words.probabilities(row(p=0.002, p_adjusted=0.006, tests=3)) == "p .002, p of 3 .006"
    assert metric_words.probabilities(row(p=0.002, tests=1)) == "p .002"
    assert metric_words.probabilities(row()) == ""


def test_the_p_of_a_drop_is_not_told_of_a_rise():
    assert metric_words.probabilities(row(verdict="IMPROVED", p=0.999)) == ""


@pytest.mark.parametrize(
    ("passes", "fresh", "text"),
    [
        (0, False, ""),
        (1, False, "1 pass"),
        (4, False, "4 passes"),
        (1, True, "1 fresh pass"),
        (3, True, "3 fresh passes"),
    ],
)
def test_a_row_says_which_passes_it_is_of(passes, fresh, text):
    assert metric_words.passes(row(passes=passes, fresh=fresh)) == text


def test_what_more_would_find_stands_behind_what_is_found():
    both = row(mde=0.061, mde_more_passes=0.052, mde_more_repeats=0.044)
    assert metric_words.detectable_with_more(both) == (
        "MDE 6.1 pp (5.2 pp with 10 baseline passes, 4.4 pp with --llm-repeat 3)"
    )
    assert metric_words.detectable_with_more(row(mde=0.061)) == "MDE 6.1 pp"
    assert metric_words.detectable_with_more(row()) == ""


def test_the_accepted_code_is_told_or_why_it_is_not():
    assert metric_words.accepted_today(row(control=0.9621)) == "the accepted code today 0.962"
    assert metric_words.accepted_today(row()) == ""
    assert metric_words.not_compared("no repository") == (
        "not compared with the accepted code today: no repository"
    )
    assert metric_words.not_compared("") == ""
