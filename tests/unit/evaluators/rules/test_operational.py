"""Bounds on time, money and tokens."""

from __future__ import annotations

import pytest

from pytest_llmobs.evaluators import (
    all_of,
    max_cost,
    max_latency,
    max_retries,
    max_time_to_first_token,
    max_tokens,
)
from pytest_llmobs.records.runs import Usage


@pytest.fixture
def called(subject, run):
    def make(*calls, reference=None, **fields):
        models = tuple(run("claude", run_type="llm", **call) for call in calls)
        return subject({"output": "x"}, reference, child_runs=(run("chain", child_runs=models),), **fields)

    return make


CALL = {"usage": Usage(input_tokens=100, output_tokens=20, total_cost=0.01), "model": "m"}


def test_latency_is_the_root_runs(score, called):
    result = score(max_latency(2), called())
    assert (result.score, result.comment, result.metadata) == (
        True,
        "2 s, at most 2 wanted",
        {"measured": 2.0},
    )
    assert score(max_latency, called(reference={"max_latency": 1.5})).score is False
    assert "no latency" in score(max_latency(1), called(end_time=None)).error


def test_cost_and_tokens_add_up(score, called):
    assert score(max_cost(0.02), called(CALL, CALL)).score is True
    assert score(max_cost(0.019), called(CALL, CALL)).comment == "0.02 USD, at most 0.019 wanted"
    assert score(max_tokens(239), called(CALL, CALL)).comment == "240 tokens, at most 239 wanted"


def test_the_unknown_is_unscored_never_zero(score, called):
    unpriced = {"usage": Usage(input_tokens=1, output_tokens=1), "model": "new"}
    assert "No price is known for new" in score(max_cost(1), called(CALL, unpriced)).error
    assert "says nothing of its tokens" in score(max_tokens(1), called({})).error
    for spec in (max_cost(1), max_tokens(1), max_retries):
        assert "no model call to measure" in score(spec, called()).error


def test_first_token_and_retries(score, called):
    streamed = called({}, {"time_to_first_token": 0.4, "retries": 1}, {"time_to_first_token": 0.1})
    assert score(max_time_to_first_token(0.3), streamed).comment == "0.4 s, at most 0.3 wanted"
    assert score(max_retries, streamed).comment == "1 retries, at most 0 wanted"
    assert "streamed" in score(max_time_to_first_token(1), called({})).error


@pytest.mark.parametrize("bound", ["1", True, [1]])
def test_a_bound_is_a_number(score, called, bound):
    assert f"outputs.max_latency is {bound!r}; write a number" in score(max_latency(bound), called()).error


REPLAYED = {
    "usage": Usage(input_tokens=100, output_tokens=20, total_cost=0.0),
    "model": "m",
    "columns": {"replayed": True, "saved_cost": 0.01},
}


def test_no_bound_of_time_applies_to_a_replayed_run(score, called):
    subject = called(REPLAYED, columns={"replayed": True})
    for spec in (
        max_latency(1),
        max_time_to_first_token(1),
        all_of(max_latency(1), max_time_to_first_token(1)),
    ):
        result = score(spec, subject)
        assert (result.score, result.exempt, result.metadata) == (None, True, {"untimed": True})
        assert "the run was replayed" in result.error
    assert score(all_of(max_latency(1), max_tokens(500)), subject).score is True


def test_what_a_replayed_call_had_cost_is_held_to_the_bound(score, called):
    assert score(max_cost(0.02), called(CALL, REPLAYED)).comment == "0.02 USD, at most 0.02 wanted"
    assert score(max_cost(0.019), called(CALL, REPLAYED)).score is False
    assert score(max_tokens(240), called(CALL, REPLAYED)).score is True
    unknown = {**REPLAYED, "columns": {"replayed": True}}
    assert "No price is known for m" in score(max_cost(1), called(unknown)).error
