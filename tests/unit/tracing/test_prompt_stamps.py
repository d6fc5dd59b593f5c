"""Which prompts a trace used is metadata of its own kind: noted upwards, and never handed down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_llmobs.tracing import Tracer, install, trace, traceable, tracing_context, uninstall
from pytest_llmobs.tracing.model_calls.prompt_stamps import (
    PromptStamp,
    filled_in,
    remember_filled,
    stamp_prompt,
    stamp_trace,
)
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.sampling import read_rules
from tests.unit.tracing.memory import MemorySink

HASH = "0123456789abcdef"
STAMP = PromptStamp("support", HASH)


def test_a_stamp_is_on_the_run_and_all_above_and_on_nothing_that_starts_later(sink):
    with trace("root", metadata={"env": "prod"}), trace("step"):
        with trace("before"):
            pass
        stamp_prompt(STAMP)
        with trace("after"):
            pass
    assert sink.run("root").metadata == {"env": "prod", "prompt.support": HASH}
    assert sink.run("step").metadata["prompt.support"] == HASH
    assert [sink.run(name).metadata for name in ("before", "after")] == [{"env": "prod"}] * 2


def test_outside_a_run_nothing_happens(sink):
    stamp_prompt(STAMP)
    remember_filled("You are kind.", STAMP)
    with trace("root") as root:
        assert list(filled_in(root)) == []
    assert sink.run("root").metadata == {}


def test_several_values_stand_beside_each_other_each_once(sink):
    weights = '{"control": 80, "treatment": 20}'
    with trace("root"):
        for _ in range(2):
            stamp_prompt(PromptStamp("support", HASH, matched=True))
            stamp_prompt(PromptStamp("support", "f" * 16))
            stamp_trace({"ab.support.weights": weights})
        stamp_prompt(STAMP)
    assert sink.run("root").metadata == {
        "prompt.support": f"{HASH}, {'f' * 16}",
        "ab.support.weights": weights,
    }


def test_it_is_carried_into_threads_of_the_run(sink):
    @traceable
    def app() -> None:
        with ThreadPoolExecutor() as pool:
            pool.submit(stamp_prompt, STAMP).result()

    app()
    assert sink.run("app").metadata == {"prompt.support": HASH}


def test_it_survives_a_payload_that_is_dropped_and_a_redactor_that_fails():
    def fail(text: str) -> str:
        raise RuntimeError(text)

    sink = MemorySink()
    install(Tracer(project="unit", sink=sink, redaction=Redaction([fail])))
    try:
        with trace("root", inputs={"q": "hi"}) as root:
            stamp_prompt(STAMP)
            root.drop_payload("MemoryError")
    finally:
        uninstall()
    assert sink.runs[0].metadata["prompt.support"] == HASH


@pytest.mark.parametrize(
    ("rule", "kept"), [(f"metadata:prompt.support={HASH}", True), ("metadata:env", False)]
)
def test_a_sampled_trace_is_kept_for_its_prompt(rule, kept):
    sink = MemorySink()
    install(Tracer(project="unit", sink=sink, sample_rate=0.0, keep=read_rules([rule], "test")))
    try:
        with trace("root"):
            with trace("step"):
                pass
            stamp_prompt(STAMP)
    finally:
        uninstall()
    assert sink.names() == (["step", "root"] if kept else [])


def test_what_is_used_where_tracing_is_off_is_noted_above(sink):
    with trace("root"), tracing_context(enabled=False):
        stamp_prompt(STAMP)
    assert sink.run("root").metadata == {"prompt.support": HASH}
