from __future__ import annotations

from pytest_llmobs.measures.means import mean, metric_mean, scored_mean


def test_the_mean_of_equal_values_is_that_value() -> None:
    assert mean([0.1] * 3) == 0.1
    assert mean([0.7]) == 0.7
    assert mean([1.0, 0.0, 0.0, 0.0]) == 0.25


def test_repeats_without_a_value_are_left_out() -> None:
    assert scored_mean([1.0, None, 0.5]) == 0.75
    assert scored_mean([None]) is None
    assert scored_mean([]) is None


def test_every_example_weighs_the_same_however_often_it_was_scored() -> None:
    assert metric_mean({"a": [1.0, 1.0, 1.0], "b": [0.0]}) == 0.5
    assert metric_mean({}) is None


def test_the_order_of_the_examples_does_not_change_the_mean() -> None:
    values = {"a": [0.1], "b": [0.2], "c": [0.3], "d": [1e16], "e": [-1e16]}
    assert metric_mean(values) == metric_mean(dict(reversed(values.items())))
