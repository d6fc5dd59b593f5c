"""The text of a value, for comparison."""

from __future__ import annotations

import pytest

from pytest_llmobs.similarity import text_of


@pytest.mark.parametrize(
    "value, text",
    [
        ("as it is", "as it is"),
        ({"b": "second", "a": "first"}, "first\nsecond"),
        ({"messages": [{"role": "user", "content": "Hi"}, {"content": 3.5, "role": None}]}, "Hi\nuser\n3.5"),
        ([True, 0, None, ""], "True\n0\n"),
        (None, ""),
        ({}, ""),
    ],
)
def test_leaves_stand_in_order_of_their_keys(value, text):
    assert text_of(value) == text


def test_a_value_may_be_nested_deeper_than_pythons_stack():
    value = "deep"
    for _ in range(50_000):
        value = [value]
    assert text_of(value) == "deep"
