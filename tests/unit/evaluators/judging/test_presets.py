"""Ready-made judges."""

from __future__ import annotations

import json

import pytest

from pytest_llmobs import evaluators
from pytest_llmobs.evaluators.judging import presets
from pytest_llmobs.evaluators.judging.judge import Judge


@pytest.mark.parametrize(
    "name", ["tone", "faithfulness", "relevance", "correctness", "helpfulness", "harmlessness"]
)
def test_each_shows_its_rubric_and_asks_with_it(subject, score, run, name):
    prompts = []

    def model(prompt):
        prompts.append(prompt)
        return json.dumps({"reason": "so", "score": True if name == "harmlessness" else 1})

    judge = evaluators.builtin()[name]
    assert isinstance(judge, Judge)
    assert judge.key == name
    assert judge.rubric == getattr(presets, f"{name.upper()}_1")
    documents = run("docs", run_type="retriever", outputs={"documents": ["The office closes at five."]})
    judged = subject({"output": "At 5."}, {"answer": "five"}, inputs={"q": "When?"}, child_runs=(documents,))
    assert score(judge(model=model), judged) == 1
    assert judge.rubric in prompts[0]
    assert ("The office closes" in prompts[0]) is (name == "faithfulness")
    assert ("five\n</reference" in prompts[0]) is (name in ("tone", "correctness", "helpfulness"))


def test_correctness_needs_a_reference_and_faithfulness_documents(subject, score):
    assert score(presets.correctness, subject({"output": "x"}, {})).exempt
    assert "No documents" in score(presets.faithfulness, subject({"output": "x"})).error
