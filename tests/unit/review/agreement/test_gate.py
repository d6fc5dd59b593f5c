"""The sentence that says whether what reviewers said may be exported."""

from __future__ import annotations

import pytest

from pytest_llmobs.measures.agreement.coefficient import Coefficient
from pytest_llmobs.review.agreement.gate import figures, gate
from pytest_llmobs.review.agreement.measuring import measure
from tests.unit.review.agreement.test_measuring import TONE, answers, queue, verdicts

SUPPORT = queue()
HALF = verdicts(SUPPORT, ada="aaaarrrr" * 5, bob="aaarrrra" * 5)
"""Kappa .5."""


def test_below_the_queue_s_bar_nothing_is_exported() -> None:
    result = gate(measure(SUPPORT, HALF))
    assert not result.passes
    assert result.sentence == "κ 0.50 [0.15, 0.71]: below 0.70, not exported"


@pytest.mark.parametrize("least", [0.5, 0.0])
def test_a_stated_bar_takes_the_place_of_the_queue_s(least: float) -> None:
    result = gate(measure(SUPPORT, HALF), least)
    assert result.passes
    assert result.sentence == f"κ 0.50 [0.15, 0.71]: not below {least:.2f}"


def test_more_than_two_reviewers_are_held_to_alpha() -> None:
    decisions = verdicts(SUPPORT, ada="aarr", bob="aarr", cleo="aar ")
    assert gate(measure(SUPPORT, decisions)).sentence.startswith("α 1.00 [")


def test_what_is_below_is_not_shown_as_the_same() -> None:
    assert figures(Coefficient(9, 0.6999, 0.5, 0.8), 0.7) == "0.6999 [0.50, 0.80]"
    assert figures(Coefficient(9, 0.6999, 0.5, 0.8)) == "0.70 [0.50, 0.80]"


def test_a_bar_is_reached_but_for_rounding() -> None:
    # by hand: 7 of 10 alike, p_e .5; in floating point kappa is a last digit below .4
    agreement = measure(SUPPORT, verdicts(SUPPORT, ada="aaaaarrrrr", bob="aaaarrrraa"))
    assert agreement.overall.deciding.value < 0.4
    assert gate(agreement, 0.4).passes


def test_unknown_agreement_passes_unless_a_bar_is_stated() -> None:
    agreement = measure(SUPPORT, verdicts(SUPPORT, ada="aa  ", bob="  rr"))
    assert gate(agreement).passes
    assert gate(agreement).sentence == "agreement unknown: no two reviewers judged the same item"
    stated = gate(agreement, 0.6)
    assert not stated.passes
    assert stated.sentence.endswith("; at least 0.60 is asked for, not exported")


def test_one_class_alone_is_undefined_and_passes() -> None:
    result = gate(measure(SUPPORT, verdicts(SUPPORT, ada="aaa", bob="aaa")), 0.9)
    assert result.passes
    assert result.sentence == (
        "κ undefined (every rating is 'accept': chance alone would agree as well), raw agreement 1.00"
    )


def test_a_question_that_decides_is_named() -> None:
    support = queue(TONE, least_agreement=0.95)
    result = gate(measure(support, answers(support, "tone", [(1, 2), (5, 5), (3, 4), (2, 2)])))
    assert not result.passes
    assert result.sentence.startswith("tone: κ 0.")
    assert result.sentence.endswith(": below 0.95, not exported")
