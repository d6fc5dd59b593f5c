"""Every example of a filter in LangSmith's own documentation, and what is said of pairs, against a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmobs.storage.store import Store
from tests.unit.storage.filtering.stored import matching, plain_run, run_id, store_of


def rating(key: str, score: float | None, **more: object) -> dict[str, object]:
    return {"key": key, "score": score, "value": None, "comment": None} | more


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    root = plain_run(
        0, name="agent", latency=12, input_tokens=4000, output_tokens=2000, tags=["experimental"]
    )
    root.feedback = [rating("user_score", 1), rating("Correctness", 0.0)]
    root.inputs, root.outputs = {"question": "Was I charged twice?"}, {"reply": "A refund\nis on its way."}
    child = plain_run(1, name="extractor", run_type="llm", trace_id=run_id(0), parent_id=run_id(0), latency=6)
    failed = plain_run(2, name="extractor", status="error", error="Timeout: no reply", tags=["production"])
    failed.columns["metadata"] = {"foo": "bar", "tenant_id": 7, "session_id": "chat-1", "env": "prod"}
    failed.feedback = [rating("user_score", 0, comment="Never again"), rating("tone", 1, value="friendly")]
    trial = plain_run(
        3, suite="tests/test_a.py", repeat=1, scores={"tone": 0.2, "user_score": 1.0}, tags=["beta"]
    )
    trial.columns["metadata"] = {"tenant_id": "8", "env": "dev", "team": "prod"}
    trial.columns["example_id"] = "double-charge"
    store = store_of(tmp_path, [root, child], [failed, trial])
    yield store
    store.feedback.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('and(eq(run_type, "chain"), gt(latency, 10), gt(total_tokens, 5000))', [0]),
        (
            'and(gt(start_time, "2023-07-15T12:34:56Z"), or(neq(error, null), '
            'and(eq(feedback_key, "Correctness"), eq(feedback_score, 0.0))))',
            [0, 2],
        ),
        ('and(or(has(tags, "experimental"), has(tags, "beta")), gt(latency, 2))', [0]),
        ('lt(start_time, "2025-01-01T00:00:00Z")', []),
        ('eq(trace_id, "019A0000-0000-7000-8000-000000000000")', [0, 1]),
        ('eq(status, "success")', [0, 1, 3]),
        ('has(tags, "production")', [2]),
        ('eq(status, "error")', [2]),
        ('eq(feedback_key, "Correctness")', [0]),
        ('and(eq(run_type, "llm"), gt(latency, 5))', [1]),
        ('eq(name, "extractor")', [1, 2]),
        ('and(eq(feedback_key, "user_score"), eq(feedback_score, 1))', [0, 3]),
        ('and(not(has(metadata, \'{"foo": "bar"}\')), exists(metadata, "tenant_id"))', [3]),
        ('eq(thread_id, "chat-1")', [2]),
        (
            'and(in(metadata_key, ["session_id","conversation_id","thread_id"]), eq(metadata_value, "chat-1"))',
            [2],
        ),
        ("eq(metadata_key, 'tenant_id')", [2, 3]),
        ("and(eq(name, 'extractor'), eq(metadata_key, 'env'), eq(metadata_value, 'prod'))", [2]),
        ('gt(latency, "5s")', [0, 1]),
        ("gt(total_tokens, 5000)", [0]),
        ("neq(error, null)", [2]),
        ('gt(start_time, "2023-07-15T12:34:56Z")', [0, 1, 2, 3]),
        ('search("substring")', []),
        ('search(name, "extract")', [1, 2]),
        ('and(eq(feedback_key, "star_rating"), gt(feedback_score, 4))', []),
        ('and(eq(is_root, true), and(eq(metadata_key, "env"), eq(metadata_value, "prod")))', [2]),
        ("eq(execution_order, 1)", [0, 2, 3]),
        ("eq(is_root, false)", [1]),
        ('eq(reference_example_id, "double-charge")', [3]),
        ('search("REFUND")', [0]),
        ('search("is on its")', [0]),
        ('search("nis")', []),
        ('and(eq(input_key, "question"), search(input_value, "twice"))', [0]),
    ],
)
def test_a_documented_filter_chooses_what_it_says(store: Store, text: str, expected: list[int]) -> None:
    assert matching(store, text) == expected


def test_a_trace_filter_is_of_the_root(store: Store) -> None:
    good = 'and(eq(feedback_key, "user_score"), eq(feedback_score, 1))'
    assert matching(store, 'eq(name, "extractor")', trace=good) == [1]
    assert matching(store, 'eq(name, "agent")', trace='eq(name, "extractor")') == []


def test_a_tree_filter_is_of_any_run_of_the_trace(store: Store) -> None:
    assert matching(store, "eq(is_root, true)", tree='eq(run_type, "llm")') == [0]
    assert matching(store, tree='eq(name, "extractor")') == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("and(neq(metadata_key, 'env'))", [0, 1]),
        ("neq(metadata_key, 'env')", [0, 1]),
        ("and(eq(metadata_key, 'env'), neq(metadata_value, 'prod'))", [3]),
        ("and(neq(metadata_key, 'foo'), neq(metadata_value, 'prod'))", [0, 1]),
        ("and(neq(metadata_key, 'foo'), eq(metadata_value, 'prod'))", [3]),
        ("and(neq(feedback_key, 'tone'), eq(is_root, true))", [0]),
        ("and(neq(feedback_key, 'tone'), gt(feedback_score, 0.5))", [0]),
        ("neq(feedback_score, 1)", [1]),
        ("and(eq(feedback_key, 'user_score'), neq(feedback_score, 1))", [2]),
    ],
)
def test_what_is_excluded_is_excluded_of_the_whole_run(store: Store, text: str, expected: list[int]) -> None:
    assert matching(store, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Run 2 has a score of 0, and a feedback `tone`, but that one says 1.
        ('and(eq(feedback_key, "tone"), lt(feedback_score, 0.5))', [3]),
        ('and(and(eq(feedback_key, "tone")), and(lt(feedback_score, 0.5)))', [2, 3]),
        ('and(eq(feedback_key, "user_score"), search(feedback_comment, "never"))', [2]),
        ('eq(feedback_value, "friendly")', [2]),
        ('and(eq(metadata_key, "env"), eq(metadata_value, "prod"))', [2]),
        ('and(and(eq(metadata_key, "env")), and(eq(metadata_value, "prod")))', [2, 3]),
        ('and(eq(metadata_key, "tenant_id"), eq(metadata_value, "7"))', [2]),
        ('and(eq(metadata_key, "tenant_id"), gt(metadata_value, 5))', [2]),
        ('and(eq(is_root, true), not(eq(feedback_key, "tone")))', [0]),
        ('and(not(eq(feedback_key, "tone")), not(eq(feedback_key, "Correctness")))', [1]),
        ('and(eq(feedback_key, "tone"), not(eq(feedback_score, 1)))', [3]),
    ],
)
def test_conditions_side_by_side_are_of_one_record(store: Store, text: str, expected: list[int]) -> None:
    assert matching(store, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gt(total_tokens, 1)", [0]),
        ("not(gt(total_tokens, 1))", [1, 2, 3]),
        ('neq(reference_example_id, "x")', [3]),
        ('not(eq(reference_example_id, "x"))', [0, 1, 2, 3]),
        ("eq(tags, null)", [1]),
        ("in(name, [])", []),
    ],
)
def test_what_is_absent_fulfils_nothing_but_null(store: Store, text: str, expected: list[int]) -> None:
    assert matching(store, text) == expected


def test_a_run_that_is_going_on_has_no_latency(tmp_path: Path) -> None:
    store = store_of(tmp_path, [plain_run(0, latency=None), plain_run(1, latency=5)])
    assert matching(store, "not(gt(latency, 2))") == [0]
    assert matching(store, "eq(latency, null)") == [0]


def test_scores_of_attempts_that_no_test_consumed_count_nowhere(tmp_path: Path) -> None:
    attempts = ("consumed", "unused", "control")
    runs = [
        plain_run(number, repeat=1, attempt=attempt, scores={"tone": 0.1})
        for number, attempt in enumerate(attempts)
    ]
    assert matching(store_of(tmp_path, runs), 'eq(feedback_key, "tone")') == [0]
