from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_llmobs.curation.selection import failures, feedback_keys, find
from pytest_llmobs.records.feedback import FeedbackSource
from pytest_llmobs.storage.filtering.language import parse
from pytest_llmobs.storage.store import Store
from tests.unit.storage.filtering.stored import plain_run, run_id, store_of

ALL = parse('neq(name, "")')
JUDGE = FeedbackSource(type="model")


def asked(number: int, **given: Any) -> Any:
    return plain_run(number, inputs={"question": f"Question {number}"}, **given)


def store(tmp_path: Path, *runs: Any) -> Store:
    store = store_of(tmp_path, runs)
    store.feedback.close()
    return store


def numbers(store: Store, condition: Any = ALL, limit: int = 0) -> list[int]:
    return [int(run.id[-12:], 16) for run in find(store, ["demo"], condition, limit).runs]


def test_failures_are_errors_negative_feedback_and_corrections(tmp_path: Path) -> None:
    found = store(
        tmp_path,
        asked(0, status="error", error="ValueError: no order"),
        asked(1, feedback=[{"key": "user_rating", "score": False}]),
        asked(2, feedback=[{"key": "user_rating", "score": 0.9}]),
        asked(3, feedback=[{"key": "correction", "correction": "At noon."}]),
        asked(4),
    )
    looked_for = failures(found, ["demo"])
    assert looked_for.filter == (
        'or(eq(status, "error"), and(in(feedback_key, ["user_rating"]), lt(feedback_score, 0.5)))'
    )
    assert numbers(found, looked_for.condition) == [3, 1, 0]


def test_neither_a_judges_scores_nor_other_scales_count_unasked(tmp_path: Path) -> None:
    found = store(
        tmp_path,
        asked(0, feedback=[{"key": "toxicity", "score": 0.0, "source": JUDGE}]),
        asked(1, feedback=[{"key": "stars", "score": 1}]),
        asked(2, feedback=[{"key": "stars", "score": 5}]),
    )
    looked_for = failures(found, ["demo"])
    assert looked_for.filter == 'eq(status, "error")'
    assert looked_for.other_scales == {"stars": 5}
    assert numbers(found, looked_for.condition) == []


def test_the_default_is_a_filter_that_can_be_given(tmp_path: Path) -> None:
    found = store(tmp_path, asked(0, feedback=[{"key": 'a "b"\n', "score": 0}]))
    assert numbers(found, parse(failures(found, ["demo"]).filter)) == [0]


def test_root_runs_are_meant_and_no_judges_unless_the_filter_speaks_of_them(tmp_path: Path) -> None:
    found = store(
        tmp_path, asked(0), asked(1, parent_id=run_id(0), trace_id=run_id(0)), asked(2, evaluates=run_id(0))
    )
    assert numbers(found) == [0]
    assert numbers(found, parse("eq(is_root, false)")) == [1]
    assert numbers(found, parse("neq(evaluates, null)")) == [2]


def test_a_limit_takes_the_newest_and_says_that_there_are_more(tmp_path: Path) -> None:
    found = store(tmp_path, *(asked(number) for number in range(5)))
    assert numbers(found, ALL, 3) == [4, 3, 2]
    assert find(found, ["demo"], ALL, 3).has_more
    assert not find(found, ["demo"], ALL, 5).has_more
    assert not find(found, ["demo"], ALL, 0).has_more


def test_what_was_said_of_the_runs_comes_along(tmp_path: Path) -> None:
    found = store(tmp_path, asked(0, feedback=[{"key": "tone", "score": 1}, {"key": "facts"}]), asked(1))
    said = find(found, ["demo"], ALL, 0).feedback
    assert {one.key for one in said[run_id(0)]} == {"tone", "facts"}
    assert run_id(1) not in said


def test_the_keys_of_feedback_that_a_filter_asks_for() -> None:
    condition = parse('or(and(eq(feedback_key, "a"), lt(feedback_score, 1)), in(feedback_key, ["b", "c"]))')
    assert feedback_keys(condition) == {"a", "b", "c"}
    assert feedback_keys(parse('not(eq(feedback_key, "a"))')) == set()
