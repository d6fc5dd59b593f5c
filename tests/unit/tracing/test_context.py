"""Where a run belongs: ``enabled``, ``tracing_context``, parents that have ended."""

from __future__ import annotations

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.tracing import RunTree, get_current_run_tree, trace, traceable, tracing_context
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink

step = traceable(name="step")(lambda: None)


def test_disabled_by_the_context(sink: MemorySink) -> None:
    @traceable
    def outer() -> None:
        with tracing_context(enabled=False):
            assert get_current_run_tree() is None
            step()
        step()

    outer()
    assert sink.names() == ["step", "outer"]


def test_disabling_hides_callees_and_an_inner_enable_logs_under_the_nearest_logged_ancestor(
    sink: MemorySink,
) -> None:
    @traceable(enabled=False)
    def hidden() -> None:
        step()
        assert get_current_run_tree() is None
        traceable(name="forced", enabled=True)(step)()

    @traceable
    def outer() -> None:
        hidden()

    outer()
    assert sink.names() == ["step", "forced", "outer"]
    assert sink.parent_of("forced") == "outer"
    assert sink.parent_of("step") == "forced"


def test_the_decorator_beats_the_context_and_the_context_the_environment() -> None:
    kept = MemorySink()
    install(Tracer(project="unit", sink=kept, enabled=False))
    try:
        step()
        with tracing_context(enabled=True):
            step()
            traceable(name="never", enabled=False)(lambda: None)()
        with tracing_context(enabled=False):
            traceable(name="always", enabled=True)(lambda: None)()
    finally:
        uninstall()
    assert kept.names() == ["step", "always"]


def test_the_context_adds_tags_metadata_and_project(sink: MemorySink) -> None:
    with (
        tracing_context(project_name="shop", tags=["a"], metadata={"x": 1, "y": 1}),
        tracing_context(tags=["b", "a"], metadata={"y": 2}),
    ):
        traceable(name="tagged", tags=["c"], metadata={"z": 3})(step)()
    run, below = sink.run("tagged"), sink.run("step")
    assert (run.project, run.tags, run.metadata) == ("shop", ["a", "b", "c"], {"x": 1, "y": 2, "z": 3})
    assert (below.project, below.tags, below.metadata) == (run.project, run.tags, run.metadata)


def test_a_context_can_name_the_parent(sink: MemorySink) -> None:
    with trace("first") as first:
        pass
    with trace("open") as parent:
        with tracing_context(parent=False):
            traceable(name="alone")(lambda: None)()
        with trace("between"), tracing_context(parent=parent):
            step()
    assert first.ended
    assert sink.parent_of("alone") is None
    assert sink.parent_of("step") == "open"


def test_a_parent_that_makes_no_sense_is_refused(sink: MemorySink) -> None:
    with pytest.raises(LlmobsError, match=r"parent=42 is neither a run, nor headers, nor False\."):
        tracing_context(parent=42).__enter__()  # type: ignore[arg-type]
    with pytest.raises(LlmobsError, match="is a run's id; pass the run itself"):
        trace("x", parent="01a2093f-0826-72dc-9a92-b2b70ced9e8c").__enter__()


def test_a_run_that_ended_is_nobodys_parent(sink: MemorySink) -> None:
    with trace("outer"), trace("inner") as inner:
        inner.end(outputs={"done": True})
        step()
        assert get_current_run_tree() is not inner
    assert sink.parent_of("step") == "outer"


def test_after_its_root_ended_a_run_starts_a_trace_of_its_own(sink: MemorySink) -> None:
    with trace("outer") as outer:
        pass
    with outer.activate():
        assert get_current_run_tree() is None
        step()
    assert sink.parent_of("step") is None
    assert sink.run("step").trace_id == sink.run("step").id


def test_the_parents_metadata_and_tags_reach_its_children_from_then_on(sink: MemorySink) -> None:
    with trace("outer", metadata={"a": 1}, tags=["t"]) as outer:
        traceable(name="before")(lambda: None)()
        outer.add_metadata({"b": 2})
        outer.add_tags(["u"])
        traceable(name="after")(lambda: None)()
    assert (sink.run("before").metadata, sink.run("before").tags) == ({"a": 1}, ["t"])
    assert (sink.run("after").metadata, sink.run("after").tags) == ({"a": 1, "b": 2}, ["t", "u"])


def test_off_means_nothing_is_traced_and_everything_works() -> None:
    assert get_current_run_tree() is None
    step()
    with trace("nothing", inputs={"a": 1}) as run:
        assert isinstance(run, RunTree)
        run.add_metadata({"a": 1})
        step()
        assert get_current_run_tree() is None
    assert run.inputs == {"a": 1}


def test_enabled_in_the_code_traces_in_memory_where_nothing_is_installed() -> None:
    try:
        with tracing_context(enabled=True), trace("here") as run:
            assert get_current_run_tree() is run
        assert run.line is not None
    finally:
        uninstall()
