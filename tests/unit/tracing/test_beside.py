"""A tracer at work beside the installed one: it writes its own traces, and no others."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pytest_llmobs.tracing import active, traceable
from pytest_llmobs.tracing.run_tree import RunTree, start_root
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink


@traceable
def model(question: str) -> str:
    return question


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
def beside(sink: MemorySink) -> Iterator[Tracer]:
    tracer = Tracer(project="beside", sink=sink)
    active.work_beside(tracer)
    yield tracer
    active.end_beside(tracer)


def names(sink: MemorySink) -> set[str]:
    return {run.name for run in sink.runs}


def test_its_traces_are_written_though_nothing_is_installed(beside: Tracer, sink: MemorySink) -> None:
    root = start_root(beside, "trial")
    with root.activate():
        model("inside")
    model("outside")
    root.end()
    assert [run.inputs.get("question") for run in sink.runs if run.name == "model"] == ["inside"]


def test_what_starts_outside_is_the_installed_ones(beside: Tracer, sink: MemorySink) -> None:
    outer = MemorySink()
    active.install(Tracer(project="outer", sink=outer))
    root = start_root(beside, "trial")
    with root.activate():
        model("inside")
    model("outside")
    root.end()
    active.uninstall()
    assert [run.inputs["question"] for run in outer.runs] == ["outside"]
    assert names(sink) == {"trial", "model"}


def test_threads_stay_in_its_traces_when_the_installed_one_ends_first(
    beside: Tracer, sink: MemorySink
) -> None:
    active.install(Tracer(project="outer", sink=MemorySink()))
    active.uninstall()
    root = start_root(beside, "trial")
    with root.activate():
        thread = threading.Thread(target=model, args=("in a thread",))
        thread.start()
        thread.join()
    root.end()
    assert "model" in names(sink)


def test_headers_that_come_back_find_its_trace(beside: Tracer, sink: MemorySink) -> None:
    root = start_root(beside, "trial", collect=True)
    carried = RunTree.from_headers(root.to_headers())
    assert carried is not None
    with carried.activate():
        model("in a service of this process")
    assert [run.name for run in root.finished_runs()] == ["model"]
    root.end()


def test_afterwards_nothing_is_at_work() -> None:
    tracer = Tracer(project="beside", sink=MemorySink())
    assert active.is_idle()
    active.work_beside(tracer)
    assert not active.is_idle()
    active.end_beside(tracer)
    assert active.is_idle()
