"""An app that states what its own model call used, by LangSmith's ``usage_metadata``."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.tracing import get_current_run_tree, trace, traceable
from tests.unit.tracing.memory import MemorySink

USED: dict[str, Any] = {
    "input_tokens": 27,
    "output_tokens": 13,
    "total_tokens": 40,
    "input_token_details": {"cache_read": 10, "cache_creation": 2},
    "output_token_details": {"reasoning": 5},
}


def test_the_usage_of_the_outputs_is_that_of_the_run(sink: MemorySink) -> None:
    @traceable(run_type="llm", metadata={"ls_provider": "mine", "ls_model_name": "mine-1"})
    def chat() -> dict[str, Any]:
        return {"message": "hi", "usage_metadata": USED}

    chat()
    run = sink.run("chat")
    assert (run.input_tokens, run.output_tokens, run.total_tokens) == (27, 13, 40)
    assert (run.usage.cache_read_tokens, run.usage.cache_write_tokens, run.usage.thinking_tokens) == (
        10,
        2,
        5,
    )
    assert (run.provider, run.model, run.total_cost) == ("mine", "mine-1", None)


def test_stated_costs_are_kept_and_added_up(sink: MemorySink) -> None:
    with trace("chat", "llm") as run:
        run.end(outputs={"usage_metadata": {"input_cost": 0.25, "output_cost": 0.5}})
    assert sink.run("chat").total_cost == Decimal("0.75")


def test_usage_may_stand_in_the_metadata(sink: MemorySink) -> None:
    @traceable(run_type="llm")
    def chat() -> str:
        run = get_current_run_tree()
        assert run is not None
        run.set(usage_metadata={"input_tokens": 3, "output_tokens": 4}, tags=["a"], metadata={"m": 1})
        return "hi"

    chat()
    run = sink.run("chat")
    assert (run.total_tokens, list(run.tags), run.metadata["m"]) == (7, ["a"], 1)


@pytest.mark.parametrize(
    "stated", ["much", {"input_tokens": "many"}, {"input_tokens": -1}, {"input_tokens": True}, {}]
)
def test_what_is_no_usage_is_none(sink: MemorySink, stated: Any) -> None:
    with trace("chat", "llm") as run:
        run.end(outputs={"usage_metadata": stated})
    assert sink.run("chat").total_tokens is None


def test_a_step_that_is_no_model_call_has_no_usage(sink: MemorySink) -> None:
    with trace("step") as run:
        run.end(outputs={"usage_metadata": USED})
    assert sink.run("step").total_tokens is None


def test_what_a_provider_logged_below_does_not_count_twice(sink: MemorySink) -> None:
    with trace("chat", "llm") as run:
        run.has_model_calls = True
        run.end(outputs={"usage_metadata": USED})
    assert sink.run("chat").total_tokens is None


def test_a_run_below_does_not_inherit_the_usage(sink: MemorySink) -> None:
    with trace("outer", "llm") as outer:
        outer.set(usage_metadata=USED)
        with trace("inner", "llm"):
            pass
    assert (sink.run("outer").total_tokens, sink.run("inner").total_tokens) == (40, None)


def test_a_generator_that_is_a_model_call_tells_its_first_token(sink: MemorySink) -> None:
    @traceable(run_type="llm")
    def chat() -> Iterator[str]:
        yield from "hi"

    assert list(chat()) == ["h", "i"]
    first = sink.run("chat").time_to_first_token
    assert first is not None
    assert 0 <= first <= (sink.run("chat").latency or 0)


def test_an_unknown_keyword_of_set_is_refused(sink: MemorySink) -> None:
    with trace("chat") as run, pytest.raises(LlmobsError, match=r"no 'output'. Did you mean 'outputs'"):
        run.set(output="hi")
