"""Cosines."""

from __future__ import annotations

import pytest

from pytest_llmobs.evaluators import semantic_similarity

VECTORS = {"a": [1, 0], "b": [0, 1], "ab": [1, 1], "-a": [-1, 0], "zero": [0, 0], "long": [1, 2, 3]}


def embed(texts):
    return [VECTORS[text] for text in texts]


@pytest.mark.parametrize(
    ("first", "second", "cosine"), [("a", "a", 1), ("a", "b", 0), ("a", "ab", 0.5**0.5), ("a", "-a", 0)]
)
def test_the_cosine_of_two_embeddings(score, subject, first, second, cosine):
    result = score(semantic_similarity(embed), subject({"output": first}, {"expected": second}))
    assert result == pytest.approx(cosine)


def test_what_can_not_be_compared_says_why(score, subject):
    meaning = semantic_similarity(embed)
    assert "zero vector" in score(meaning, subject({"output": "a"}, {"expected": "zero"})).error
    assert (
        "vectors of 2 and 3 numbers" in score(meaning, subject({"output": "a"}, {"expected": "long"})).error
    )
    assert "KeyError" in score(meaning, subject({"output": "unknown"}, {"expected": "a"})).error
    assert (
        "needs an embedder" in score(semantic_similarity, subject({"output": "a"}, {"expected": "a"})).error
    )
    assert "must both be text" in score(meaning, subject({"output": 3}, {"output": 3})).error
