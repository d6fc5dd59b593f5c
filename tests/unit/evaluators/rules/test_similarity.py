"""Likeness to a reference, checked against slow and plain definitions."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators import bleu, chrf, edit_similarity, rouge_l
from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.evaluators.rules.similarity import common_length, edit_distance

WORDS = st.text("abc", max_size=12)


@given(WORDS, WORDS)
def test_edit_distance_is_levenshteins(first, second):
    @lru_cache(None)
    def slow(i, j):
        if not i or not j:
            return i + j
        same = first[i - 1] == second[j - 1]
        return min(slow(i - 1, j) + 1, slow(i, j - 1) + 1, slow(i - 1, j - 1) + (not same))

    assert edit_distance(first, second) == slow(len(first), len(second))


@given(WORDS, WORDS)
def test_common_length_is_that_of_the_longest_common_subsequence(first, second):
    @lru_cache(None)
    def slow(i, j):
        if not i or not j:
            return 0
        if first[i - 1] == second[j - 1]:
            return slow(i - 1, j - 1) + 1
        return max(slow(i - 1, j), slow(i, j - 1))

    assert common_length(first, second) == slow(len(first), len(second))


def test_edit_similarity_is_a_share_of_the_longer_text(score, subject):
    result = score(edit_similarity, subject({"output": "kitten"}, {"expected": "sitting"}))
    assert result == pytest.approx(1 - 3 / 7)
    assert result.comment == "3 edits"
    assert score(edit_similarity, subject({"output": ""}, {"expected": ""})) == 1


def test_rouge_l_is_lins_example(score, subject):
    # Lin (2004), section 3.1: S1 "police killed the gunman", S2 "police kill the gunman": F 0.75.
    judged = subject({"output": "police kill the gunman"}, {"expected": "police killed the gunman"})
    assert score(rouge_l, judged) == pytest.approx(0.75)
    none = score(rouge_l, subject({"output": "..."}, {"expected": "police"}))
    assert (none.score, none.comment) == (0.0, "one of the texts has no words")


def test_bleu_and_chrf_are_sacrebleus(score, subject):
    same = subject({"output": "the quick brown fox jumps"}, {"expected": "the quick brown fox jumps"})
    other = subject({"output": "the quick brown dog jumps"}, {"expected": "the quick brown fox jumps"})
    for spec in (bleu, chrf):
        assert score(spec, same) == pytest.approx(1)
        assert 0.2 < score(spec, other) < 0.9


def test_long_texts_and_no_texts_are_unscored(score, subject):
    long = score(edit_similarity, subject({"output": "x" * 20_001}, {"expected": "x"}))
    assert "too long to align (20,001; at most 20,000)" in long.error
    assert "3 is no text" in score(rouge_l, subject({"output": 3}, {"output": 4})).error


def test_a_missing_extra_is_said_when_it_is_bound():
    class Needy(Rule):
        key = "needy"
        needs = {"no_such_module": "similarity"}  # noqa: RUF012

        def evaluate(self, outputs):
            return 1

    with pytest.raises(
        EvaluatorError, match=r"'needy' needs 'no_such_module': pip install 'pytest-llmobs\[similarity\]'"
    ):
        bind(Needy(), {})
