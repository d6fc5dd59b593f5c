"""Beginnings and endings; regular expressions are tested with the other text evaluators."""

from __future__ import annotations

import pytest

from pytest_llmobs.evaluators import ends_with, starts_with


@pytest.mark.parametrize(("affix", "fits"), [("dear ada", True), (["Hello", "Dear"], True), ("ada", False)])
def test_starts_with(score, subject, affix, fits):
    assert score(starts_with, subject({"output": "  Dear Ada, …"}, {"starts_with": affix})).score is fits


def test_ends_with(score, subject):
    judged = subject({"output": "Best,\nAda\n"})
    assert score(ends_with("ADA"), judged).score is True
    wrong = score(ends_with(("Bob", "Eve")), judged)
    assert wrong.comment == "'best,\\nada', wanted 'Bob' or 'Eve'"
    assert "write a text" in score(ends_with(3), judged).error
    assert score(ends_with, judged).exempt
