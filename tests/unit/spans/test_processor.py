"""Spans of other instrumentations are runs of the same trace, at the place where they belong."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import sys
import threading
import weakref
from typing import Any

import pytest
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import TracerProvider

from pytest_llmobs.spans.processor import SpanProcessor
from pytest_llmobs.tracing import get_current_run_tree, trace, traceable, tracing_context
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.headers import w3c_ids
from pytest_llmobs.tracing.sampling import read_rules
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink


@traceable
def step(text: str = "x") -> str:
    return text.upper()


def test_a_span_is_a_run_under_the_current_one_and_over_what_runs_in_it(
    sink: MemorySink, spans: otel.Tracer
) -> None:
    with trace("root"), spans.start_as_current_span("outer"), spans.start_as_current_span("inner"):
        step()
        with trace("block"), spans.start_as_current_span("deepest"):
            pass
    assert sink.parent_of("outer") == "root"
    assert sink.parent_of("inner") == "outer"
    assert sink.parent_of("step") == sink.parent_of("block") == "inner"
    assert sink.parent_of("deepest") == "block"
    assert len({run.trace_id for run in sink.runs}) == 1
    assert all(run.end_time >= run.start_time for run in sink.runs if run.end_time)


def test_a_span_without_a_run_around_it_starts_a_trace_with_its_own_ids(
    sink: MemorySink, spans: otel.Tracer
) -> None:
    with spans.start_as_current_span("request") as span:
        step()
    ids = span.get_span_context()
    request = sink.run("request")
    assert w3c_ids(request.trace_id, request.id) == (f"{ids.trace_id:032x}", f"{ids.span_id:016x}")
    assert request.parent_id is None
    assert sink.run("step").trace_id == request.trace_id
    assert sink.parent_of("step") == "request"
    assert request.metadata["otel.scope"] == "acme.instrumentation"


def test_a_service_called_by_a_traced_one_is_in_its_trace(sink: MemorySink, spans: otel.Tracer) -> None:
    from opentelemetry.propagate import extract

    with trace("caller") as caller:
        headers = caller.to_headers()
    with spans.start_as_current_span("GET /", context=extract(headers)):
        step()
    assert {run.trace_id for run in sink.runs} == {caller.trace_id}


def test_a_span_that_is_not_current_is_nobodys_parent(sink: MemorySink, spans: otel.Tracer) -> None:
    with trace("root"):
        span = spans.start_span("aside")
        step()
        span.end()
    assert sink.parent_of("step") == sink.parent_of("aside") == "root"


def test_a_parent_given_by_its_context_counts(sink: MemorySink, spans: otel.Tracer) -> None:
    with trace("root"):
        first = spans.start_span("first")
        spans.start_span("second", context=otel.set_span_in_context(first)).end()
        first.end()
    assert sink.parent_of("second") == "first"


def test_what_starts_after_a_span_has_ended_is_not_under_it(sink: MemorySink, spans: otel.Tracer) -> None:
    with trace("root"), otel.use_span(spans.start_span("early")) as span:
        span.end()
        step()
    assert sink.parent_of("step") == "root"


def test_tasks_and_threads_keep_their_place(sink: MemorySink, spans: otel.Tracer) -> None:
    async def work(name: str) -> None:
        with spans.start_as_current_span(name):
            await asyncio.sleep(0)
            with trace(f"in {name}"):
                await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(*(work(f"task {number}") for number in range(3)))

    with trace("root"):
        asyncio.run(main())
        thread = threading.Thread(target=lambda: spans.start_span("thread").end())
        thread.start()
        thread.join()
    for number in range(3):
        assert sink.parent_of(f"task {number}") == "root"
        assert sink.parent_of(f"in task {number}") == f"task {number}"
    assert sink.parent_of("thread") == "root"


def test_a_span_is_the_current_run(sink: MemorySink, spans: otel.Tracer) -> None:
    with spans.start_as_current_span("work"):
        run = get_current_run_tree()
        assert run is not None
        run.add_metadata({"ticket": 7})
        run.add_tags("urgent")
        run.add_outputs({"answer": 42})
        step()
    assert sink.run("work").metadata["ticket"] == 7
    assert sink.run("work").outputs == {"answer": 42}
    assert sink.run("step").tags == ["urgent"]


def test_a_new_trace_is_a_new_trace_inside_a_span_too(sink: MemorySink, spans: otel.Tracer) -> None:
    with spans.start_as_current_span("work"), tracing_context(parent=False):
        step()
    assert sink.run("step").parent_id is None


def test_nothing_is_stored_where_tracing_is_off(spans: otel.Tracer) -> None:
    with spans.start_as_current_span("work"):
        assert get_current_run_tree() is None
        assert step("a") == "A"


def test_what_is_disabled_is_disabled_for_spans(sink: MemorySink, spans: otel.Tracer) -> None:
    with tracing_context(enabled=False), spans.start_as_current_span("hidden"):
        step()
    assert sink.runs == []


def test_a_trace_that_sampling_drops_is_dropped_whole(spans: otel.Tracer) -> None:
    kept = MemorySink()
    install(Tracer(project="unit", sink=kept, sample_rate=0.0, keep=read_rules(("errors",), "llm_keep")))
    try:
        with spans.start_as_current_span("fine"):
            step()
        with pytest.raises(ValueError), spans.start_as_current_span("broken"):
            step()
            raise ValueError
    finally:
        uninstall()
    assert kept.names() == ["step", "broken"]


def test_secrets_are_taken_out(sink: MemorySink, spans: otel.Tracer) -> None:
    key = "sk-ant-api03-" + "a" * 40
    with spans.start_as_current_span(
        f"call {key}", attributes={"input.value": key, "http.url": f"?k={key}"}
    ) as span:
        span.add_event("sent", {"authorization": key})
        span.set_status(otel.StatusCode.ERROR, f"refused {key}")
    assert len(sink.lines) == 1
    assert key.encode() not in sink.lines[0]


def test_a_shut_down_processor_listens_no_more(sink: MemorySink) -> None:
    from pytest_llmobs.tracing import active

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SpanProcessor())
    assert active.foreign is not None
    assert active.foreign.is_listening
    provider.shutdown()
    assert active.foreign is None


def test_a_processor_that_was_added_twice_stores_once(
    sink: MemorySink, provider: TracerProvider, spans: otel.Tracer
) -> None:
    provider.add_span_processor(SpanProcessor())
    spans.start_span("once").end()
    assert sink.names() == ["once"]


def test_a_span_that_never_ends_leaves_nothing_behind(sink: MemorySink, spans: otel.Tracer) -> None:
    gc.collect()
    gc.disable()
    try:
        gone = weakref.ref(spans.start_span("forgotten"))
        assert gone() is None
    finally:
        gc.enable()


def test_a_forked_child_leaves_its_parents_spans_to_it(sink: MemorySink, spans: otel.Tracer) -> None:
    span = spans.start_span("shared")
    child = os.fork()
    if child == 0:
        span.end()
        os._exit(len(sink.lines))
    assert os.waitpid(child, 0)[1] == 0
    span.end()
    assert sink.names() == ["shared"]


def test_a_broken_span_never_reaches_the_caller(
    sink: MemorySink, spans: otel.Tracer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("not understood")

    monkeypatch.setattr("pytest_llmobs.spans.processor.describe", fail)
    spans.start_span("odd").end()
    assert "can't log the span 'odd'" in caplog.text


def test_the_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    monkeypatch.delitem(sys.modules, "pytest_llmobs.spans.processor")
    with pytest.raises(ImportError, match=r"pip install 'pytest-llmobs\[otel\]'"):
        importlib.import_module("pytest_llmobs.otel")
