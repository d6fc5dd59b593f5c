"""Tools called by an agent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pytest_llmobs.evaluators import (
    max_tool_calls,
    no_tool_errors,
    no_tool_loop,
    tool_arguments,
    tool_order,
    tools_called,
)

EXPECTED = {"expected_tools": ["search", {"name": "refund", "arguments": {"id": 7}}]}


@pytest.fixture
def agent(subject, run):
    """A subject whose trace called these tools: names, or (name, arguments, error)."""

    def make(*calls, reference=EXPECTED):
        tools = []
        for number, call in enumerate(calls):
            name, arguments, error = call if isinstance(call, tuple) else (call, {}, None)
            start = run().start_time + timedelta(seconds=number)
            tools.append(run(name, run_type="tool", inputs=arguments, error=error, start_time=start))
        return subject(
            {"output": "x"}, reference, child_runs=(run("loop", child_runs=tuple(reversed(tools))),)
        )

    return make


def test_tools_called_in_any_order_and_as_often(score, agent):
    assert score(tools_called, agent("refund", "log", "search")) == 1
    assert score(tools_called, agent("search")).comment == "not called: refund"
    twice = {"expected_tools": ["search", "search"]}
    assert score(tools_called, agent("search", reference=twice)) == 0.5


def test_tool_order_allows_others_between_unless_exact(score, agent):
    assert score(tool_order, agent("search", "log", "refund")) == 1
    assert score(tool_order, agent("refund", "search")) == 0.5
    assert score(tool_order(exact=True), agent("search", "refund")).score is True
    wrong = score(tool_order(exact=True), agent("search", "log", "refund"))
    assert wrong.score is False
    assert wrong.comment == "called search, log, refund; expected search, refund"


def test_tool_arguments_have_to_hold_the_expected_ones(score, agent):
    assert score(tool_arguments, agent("search", ("refund", {"id": 7, "note": "x"}, None))) == 1
    wrong = score(tool_arguments, agent("search", ("refund", {"id": 8}, None)))
    assert (wrong.score, wrong.comment) == (0.5, 'not made: refund({"id": 7})')


def test_max_tool_calls_counts_all_or_one(score, agent):
    judged = agent("search", "search", "refund", reference={"max_tool_calls": 2})
    assert score(max_tool_calls, judged).comment == "3 calls, at most 2 wanted"
    assert score(max_tool_calls(tool="search"), judged).score is True
    assert "write a whole number" in score(max_tool_calls("2"), judged).error


def test_the_same_call_again_and_again_is_a_loop(score, agent):
    same = ("search", {"q": "x"}, None)
    assert score(no_tool_loop, agent(same, same)).score is True
    looped = score(no_tool_loop, agent(same, same, same))
    assert looped.score is False
    assert looped.comment == 'search({"q": "x"}) 3 times'
    assert score(no_tool_loop(times=3), agent(same, same, same)).score is True
    assert score(no_tool_loop, agent(*(("search", {"q": n}, None) for n in range(9)))).score is True


def test_tool_errors_show_their_last_line(score, agent):
    failed = ("search", {}, "Traceback …\nTimeoutError: no answer")
    assert score(no_tool_errors, agent(failed, "refund")).comment == "search: TimeoutError: no answer"
    assert score(no_tool_errors, agent("search")).score is True


def test_without_tool_runs_the_models_tool_use_counts(score, subject, run):
    content = [{"type": "text", "text": "…"}, {"type": "tool_use", "name": "refund", "input": {"id": 7}}]
    call = run("claude", run_type="llm", outputs={"content": content})
    judged = subject({"output": "x"}, EXPECTED, child_runs=(call,))
    assert score(tool_arguments, judged).comment == "not made: search({})"


@pytest.mark.parametrize("stated", ["search", [3], [{"arguments": {}}], {"a": 1}])
def test_a_senseless_expectation_is_unscored(score, agent, stated):
    assert (
        "outputs.expected_tools"
        in score(tools_called, agent("x", reference={"expected_tools": stated})).error
    )
