"""What evaluators may return."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.binding.results import repeated, scores_of
from pytest_llmobs.records.scores import Score


class NumpyLike:
    """As numpy's and torch's scalars: ``item()`` gives the Python number."""

    def item(self):
        return 0.5


class LangSmithLike:
    def model_dump(self):
        return {
            "key": "k",
            "score": None,
            "value": "good",
            "comment": "why",
            "correction": None,
            "source_run_id": "r",
        }


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        (True, Score("me", score=True)),
        (0, Score("me", score=0)),
        (0.25, Score("me", score=0.25)),
        (Decimal("0.5"), Score("me", score=0.5)),
        (Fraction(1, 4), Score("me", score=0.25)),
        (NumpyLike(), Score("me", score=0.5)),
        ("good", Score("me", value="good")),
        ({"score": 1}, Score("me", score=1)),
        ({"value": "good", "score": 0.5}, Score("me", score=0.5, value="good")),
        ({"key": "other", "score": True}, Score("other", score=True)),
        ({"value": {"a": 1}}, Score("me", value='{"a": 1}')),
        (LangSmithLike(), Score("k", value="good")),
        (Score("mine", score=1), Score("mine", score=1)),
    ],
)
def test_one_score(returned, expected):
    (score,) = scores_of(returned, "me")
    assert score == expected
    assert type(score.score) in (bool, float, int, type(None))


def test_comments_and_metadata_are_kept():
    (score,) = scores_of({"score": 1, "comment": "why", "metadata": {"a": 1}, "correction": "x"}, "me")
    assert score.comment == "why"
    assert score.metadata == {"correction": "x", "a": 1}


@pytest.mark.parametrize(
    "returned",
    [
        [{"key": "a", "score": 1}, {"key": "b", "value": "x"}],
        {"results": [{"key": "a", "score": 1}, {"key": "b", "value": "x"}]},
        (Score("a", score=1), Score("b", value="x")),
    ],
)
def test_several_scores_name_their_evaluator(returned):
    scores = scores_of(returned, "me")
    assert scores == [Score("a", score=1), Score("b", value="x")]
    assert [score.metadata["evaluator"] for score in scores] == ["me", "me"]


def test_the_first_name_that_occurs_twice_is_told():
    assert repeated(iter(["a", "b", "c", "c", "b"])) == "b"
    assert repeated(["a", "b"]) is None
    assert repeated([]) is None


def test_nan_and_infinity_are_unscored():
    for number in (float("nan"), float("inf"), Decimal("nan")):
        (score,) = scores_of(number, "me")
        assert score.unscored
        assert "no number" in score.error


def test_a_number_that_no_mean_can_hold_is_unscored():
    for number in (1.7e308, -1e301, Score("me", score=10**400)):
        (score,) = scores_of(number, "me")
        assert score.unscored
        assert score.error == "me returned a number beyond 1e300, which no mean can hold"
    assert scores_of(1e300, "me")[0].score == 1e300


def test_parts_of_other_types_become_what_a_score_has():
    (score,) = scores_of({"value": ["a"], "comment": 5, "score": Decimal("0.5")}, "me")
    assert (score.value, score.comment, score.score) == ('["a"]', "5", 0.5)
    (given,) = scores_of(Score("me", score=Decimal("0.5"), comment=("a", "b")), "me")
    assert (type(given.score), given.comment) == (float, '["a", "b"]')


class Anything:
    """As a mock: it has whatever one asks for."""

    def __getattr__(self, name):
        return Anything


class Array:
    """As numpy's arrays of several numbers."""

    def item(self):
        raise ValueError("can only convert an array of size 1 to a Python scalar")

    def __bool__(self):
        raise ValueError("the truth value of an array is ambiguous")


def test_an_error_in_a_dict_is_an_unscored_score():
    (score,) = scores_of({"error": "the service is down"}, "me")
    assert score.unscored
    assert score.error == "the service is down"


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "returned None"),
        (object, "which is no score"),
        ([], "returned no score"),
        ({"results": []}, "returned no score"),
        ({}, "without 'score' or 'value'"),
        ({"comment": "x"}, "without 'score' or 'value'"),
        ({"scroe": 1}, r"unknown key 'scroe'. Did you mean 'score'\?"),
        ({"tone": 1, "length": 2}, "For several scores return a list"),
        ({"score": "0.5"}, "returned '0.5'"),
        (10**400, "too large"),
        ([1, 2], "two scores named 'me'"),
        ([{"key": "a", "score": 1}, {"key": "a", "score": 2}], "two scores named 'a'"),
        (1 + 2j, "which is no score"),
        (Anything(), "which is no score"),
        (Array(), "which is no score"),
        ({"score": Array()}, "which is no score"),
        ({"score": 1, "metadata": ["a"]}, r"returned \['a'\] \(list\) as 'metadata'; it must be a dict"),
        ({"score": 1, "key": 5}, r"returned 5 \(int\) as 'key'; it must be a name"),
        (Score(" ", score=1), r"returned ' ' \(str\) as 'key'; it must be a name"),
        ({"results": {"score": 1}}, "as 'results'; it must be a list"),
        ({"results": 3}, "as 'results'; it must be a list"),
    ],
)
def test_anything_else_names_evaluator_value_and_remedy(returned, message):
    with pytest.raises(EvaluatorError, match=message) as caught:
        scores_of(returned, "me")
    assert "'me'" in str(caught.value)


def test_a_score_of_nothing_is_a_mistake_of_its_evaluator():
    with pytest.raises(
        EvaluatorError, match=r"'tone' returned a score without 'score' or 'value': Score\('tone'\)"
    ):
        scores_of(Score("tone", None), "tone")


@pytest.mark.parametrize("returned", ["cut \ud83d", {"value": "cut \ud83d", "comment": "\ude00"}])
def test_half_a_character_in_a_label_becomes_the_mark_for_lost_ones(returned):
    (score,) = scores_of(returned, "tone")
    assert score.value == "cut \ufffd"
    assert score.comment in (None, "\ufffd")
