"""Retrieval, over retriever runs and over outputs."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators import mrr, ndcg, precision_at_k, recall_at_k
from pytest_llmobs.evaluators.rules.retrieval import retrieved_context

RELEVANT = {"relevant_documents": ["a", "b", "c"]}


def documents(*names):
    return {"documents": [{"id": name, "text": f"text of {name}"} for name in names]}


def test_the_textbook_values(score, subject):
    judged = subject(documents("x", "a", "y", "b"), RELEVANT)
    assert score(recall_at_k, judged) == pytest.approx(2 / 3)
    assert score(recall_at_k, judged).comment == "not retrieved: c"
    assert score(recall_at_k(2), judged) == pytest.approx(1 / 3)
    assert score(precision_at_k, judged) == 0.5
    assert score(precision_at_k(1), judged) == 0
    assert score(mrr, judged) == 0.5
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert score(ndcg, judged) == pytest.approx(gain / ideal)


def test_grades_count_for_ndcg(score, subject):
    graded = {"relevant_documents": {"a": 3, "b": 1, "z": 0}}
    best, worse = subject(documents("a", "b"), graded), subject(documents("b", "a"), graded)
    assert score(ndcg, best) == 1
    assert score(ndcg, worse) == pytest.approx((1 + 7 / math.log2(3)) / (7 + 1 / math.log2(3)))
    assert score(recall_at_k, best) == 1


def test_nothing_retrieved_is_zero(score, subject):
    judged = subject({"documents": []}, RELEVANT)
    assert [score(spec, judged).score for spec in (recall_at_k, precision_at_k, mrr, ndcg)] == [0, 0, 0, 0]


def test_documents_come_from_the_trace_each_once(score, subject, run):
    def retriever(name, seconds, *names):
        first = run(name)
        start = first.start_time + timedelta(seconds=seconds)
        return run(name, run_type="retriever", start_time=start, outputs=documents(*names))

    chain = run("chain", child_runs=(retriever("late", 2, "b"), retriever("early", 1, "a", "b")))
    judged = subject({"output": "x"}, RELEVANT, child_runs=(chain,))
    assert score(precision_at_k, judged).comment == "2 of 2 retrieved are relevant"
    assert score(recall_at_k(retriever="late"), judged).comment == "not retrieved: a, c"
    assert retrieved_context(judged) == "text of a\n\ntext of b\n\ntext of b"


@pytest.mark.parametrize(
    "document",
    [
        "a",
        {"id": "a"},
        {"metadata": {"id": "a"}},
        {"page_content": "x", "metadata": {"source": "a"}},
        {"text": "a"},
    ],
)
def test_documents_in_several_shapes(score, subject, document):
    assert score(recall_at_k, subject({"documents": [document]}, {"relevant_documents": ["a"]})) == 1


def test_what_is_missing_says_what_to_do(score, subject):
    assert (
        "mark the retriever with @traceable(run_type='retriever')"
        in score(mrr, subject({"output": "x"}, RELEVANT)).error
    )
    assert (
        "write a list of document ids"
        in score(mrr, subject(documents("a"), {"relevant_documents": "a"})).error
    )
    assert score(mrr, subject(documents("a"), {"relevant_documents": []})).exempt
    with pytest.raises(EvaluatorError, match="k is 0; it must be 1 or more"):
        recall_at_k(0)
