"""The state of the process: tracers that are installed over each other, and another one that is listened to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_llmobs.tracing import (
    RunTree,
    Tracer,
    active,
    get_current_run_tree,
    trace,
    traceable,
    tracing_context,
)
from tests.unit.tracing.memory import MemorySink

step = traceable(name="step")(lambda: None)


class OtherTracer:
    """Another tracer, in which one span is going on."""

    is_listening = True

    def __init__(self) -> None:
        self.span: RunTree | None = None
        """The run of its span."""

    def parent_of(self, run: Any) -> Any:
        """Return the span's run if it lies right below ``run``."""
        if self.span is not None and self.span.parent is run:
            return self.span
        return run


@pytest.fixture
def other() -> Iterator[OtherTracer]:
    """Another tracer that is listened to."""
    listened = OtherTracer()
    active.listen_to(listened)
    yield listened
    active.listen_to(None)


def test_the_tracer_installed_last_writes_until_it_is_uninstalled(sink: MemorySink) -> None:
    inner = MemorySink()
    active.install(Tracer(project="inner", sink=inner))
    step()
    active.uninstall()
    assert (inner.names(), sink.names()) == (["step"], [])
    step()
    assert (inner.names(), sink.names()) == (["step"], ["step"])


def test_a_run_belongs_under_the_inner_one_of_run_and_span(sink: MemorySink, other: OtherTracer) -> None:
    with trace("outer") as outer:
        other.span = outer.create_child("span")
        assert get_current_run_tree() is other.span
        step()
        with trace("inner"):
            traceable(name="below inner")(lambda: None)()
        other.span.end()
    assert [sink.parent_of(name) for name in ("step", "inner", "below inner")] == ["span", "span", "inner"]


def test_a_span_is_no_parent_where_the_code_asks_for_a_new_trace(
    sink: MemorySink, other: OtherTracer
) -> None:
    with trace("outer") as outer:
        other.span = outer.create_child("span")
        with tracing_context(parent=False):
            step()
        other.span.end()
    assert sink.parent_of("step") is None
