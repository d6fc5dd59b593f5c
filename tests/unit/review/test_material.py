"""What a reviewer sees of a run: a question, an answer and sources, as people read them."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_llmobs.records.runs import Run
from pytest_llmobs.review.material import Passage, answer_of, material_of, question_of

CHAT = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi!"},
        {"role": "user", "content": [{"type": "text", "text": "Where is my order?"}]},
    ],
}
REPLY = {"choices": [{"message": {"role": "assistant", "content": "On its way."}}]}
TOOL = {"role": "assistant", "content": [{"type": "tool_use", "name": "find", "input": {"id": 7}}]}


@pytest.mark.parametrize(
    ("inputs", "question"),
    [
        ({"question": "Why?"}, "Why?"),
        ({"question": "Why?", "user": "u7", "limit": 3}, "Why?"),
        ({"anything": "One value."}, "One value."),
        ({"anything": {"a": 1}}, '{\n  "a": 1\n}'),
        ({"from": "Köln", "to": "Łódź"}, '{\n  "from": "Köln",\n  "to": "Łódź"\n}'),
        ({}, ""),
        (CHAT, "Where is my order?"),
        ({"messages": [{"role": "human", "content": "Asked by LangChain"}]}, "Asked by LangChain"),
        ({"messages": CHAT["messages"], "user": "u7"}, "Where is my order?"),
    ],
)
def test_inputs_are_read_as_a_question(inputs: dict[str, Any], question: str) -> None:
    assert question_of(inputs) == question


@pytest.mark.parametrize(
    ("outputs", "answer"),
    [
        ({"answer": "Because.", "sources": ["a"]}, "Because."),
        ({"output": "Because."}, "Because."),
        ({"output": ["a", "b"]}, '[\n  "a",\n  "b"\n]'),
        (REPLY, "On its way."),
        ({"role": "assistant", "content": "Hi"}, "Hi"),
        ({}, ""),
    ],
)
def test_outputs_are_read_as_an_answer(outputs: dict[str, Any], answer: str) -> None:
    assert answer_of(outputs) == answer


def test_a_reply_without_words_is_shown_whole() -> None:
    assert '"name": "find"' in answer_of(TOOL)


@pytest.fixture
def run() -> Run:
    return Run(
        id="a",
        trace_id="a",
        parent_id=None,
        name="answer",
        run_type="chain",
        project="demo",
        start_time=datetime(2026, 11, 30, tzinfo=UTC),
        end_time=None,
        inputs={"question": "Why?"},
        outputs={"answer": "Because."},
        model="secret-model",
        metadata={"arm": "B"},
    )


def test_passages_come_from_retrievers_wherever_they_are(run: Run) -> None:
    documents = [
        {"page_content": "Refunds take 3 days.", "metadata": {"source": "faq.md", "title": "FAQ"}},
        {"text": "Ask nicely.", "url": "https://example.com/a"},
        "bare text",
        {"score": 1},
    ]
    search = replace(run, id="c", run_type="retriever", outputs={"output": documents})
    middle = replace(run, id="b", outputs={"output": ["no document"]}, child_runs=[search])
    failed = replace(run, id="d", run_type="retriever", outputs=None)
    material = material_of(replace(run, child_runs=[middle, failed]))
    assert material.context == (
        Passage("faq.md", "Refunds take 3 days."),
        Passage("https://example.com/a", "Ask nicely."),
        Passage("", "bare text"),
        Passage("", '{\n  "score": 1\n}'),
    )


def test_a_blind_review_shows_neither_model_nor_arm(run: Run) -> None:
    assert "secret-model" not in repr(material_of(run))
    assert "'arm'" not in repr(material_of(run))
    assert material_of(run, blind=False).others["model"] == "secret-model"


def test_an_error_stands_in_the_place_of_the_answer(run: Run) -> None:
    assert (
        material_of(replace(run, outputs=None, error="TimeoutError: no answer")).answer
        == "TimeoutError: no answer"
    )


def test_what_isnt_in_the_store_is_missing() -> None:
    assert material_of(None).missing


def test_200_kilobytes_take_no_time(run: Run) -> None:
    long = {"answer": {"text": "🦊 " * 100_000}, "rows": list(range(20_000))}
    begin = time.process_time()
    material = material_of(replace(run, outputs=long))
    assert time.process_time() - begin < 0.5
    assert len(material.answer) > 200_000
