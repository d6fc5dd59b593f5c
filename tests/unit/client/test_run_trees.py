"""``RunTree``: runs made by hand, as LangSmith's documentation makes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pytest_llmobs import RunTree
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.tracing import get_current_run_tree, trace
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink

ID = "a36092d2-4ad5-4fb4-9c0d-0dba9a2ed836"


@pytest.fixture
def sink() -> Iterator[MemorySink]:
    kept = MemorySink()
    install(Tracer(project="unit", sink=kept, enabled=False))
    yield kept
    uninstall()


def test_a_pipeline_is_logged_by_hand(sink: MemorySink) -> None:
    pipeline = RunTree(
        name="Chat Pipeline", run_type="chain", inputs={"question": "why"}, project_name="docs"
    )
    pipeline.post()
    call = pipeline.create_child(name="OpenAI Call", run_type="llm", inputs={"messages": []})
    call.post()
    call.end(outputs={"text": "because"})
    call.patch()
    pipeline.end(outputs={"answer": "because"})
    pipeline.patch()
    outer, inner = sink.run("Chat Pipeline"), sink.run("OpenAI Call")
    assert len(sink.runs) == 2
    assert (outer.inputs, outer.outputs, outer.project) == (
        {"question": "why"},
        {"answer": "because"},
        "docs",
    )
    assert (inner.parent_id, inner.run_type) == (outer.id, "llm")


def test_it_takes_an_id_a_parent_tags_and_metadata(sink: MemorySink) -> None:
    parent = RunTree(name="outer")
    RunTree(name="inner", id=UUID(ID), parent_run=parent, tags=["a"], extra={"metadata": {"m": 1}}).end()
    inner = sink.run("inner")
    assert (inner.id, inner.parent_id, list(inner.tags), inner.metadata) == (ID, parent.id, ["a"], {"m": 1})


def test_it_takes_what_langsmiths_takes(sink: MemorySink) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    outer = RunTree(
        name="outer", session_name="docs", start_time=start, reference_example_id="e1", serialized={}
    )
    child = outer.create_child(
        name="call",
        run_id=UUID(ID),
        outputs={"text": "because"},
        error="cut",
        start_time=start,
        extra={"metadata": {"m": 1}},
        tags=None,  # type: ignore[arg-type]
    )
    child.add_event({"name": "new_token", "time": start})
    child.post(exclude_child_runs=False)
    child.end(metadata={"n": 2}, end_time=start + timedelta(seconds=2), events=[{"name": "retry"}])
    child.patch(exclude_inputs=True)
    outer.end()
    outer.wait()
    call = sink.run("call")
    assert (call.id, call.outputs, call.status, call.latency) == (ID, {"text": "because"}, "error", 2.0)
    assert (call.metadata, call.time_to_first_token is not None) == ({"m": 1, "n": 2}, True)
    run = sink.run("outer")
    assert (run.project, run.start_time, run.reference_example_id) == ("docs", start, "e1")
    assert run.latency is not None
    assert run.latency > 0
    assert (outer.session_id, outer.reference_example_id, outer.get_url()) == (
        "docs",
        "e1",
        f"llmobs show {outer.id}",
    )


def test_a_block_names_its_example_and_metadata_as_langsmiths_does(sink: MemorySink) -> None:
    extra = {"metadata": {"m": 1, "n": 1}}
    with trace("block", enabled=True, extra=extra, metadata={"n": 2}, reference_example_id="e1"):
        pass
    assert (sink.run("block").metadata, sink.run("block").reference_example_id) == ({"m": 1, "n": 2}, "e1")


def test_what_nothing_is_known_of_is_refused(sink: MemorySink) -> None:
    with pytest.raises(LlmobsError, match=r"A run has no 'output'. Did you mean 'outputs'"):
        RunTree(name="outer", output={})  # type: ignore[call-arg]


def test_the_current_run_is_one(sink: MemorySink) -> None:
    with trace("block", enabled=True):
        assert isinstance(get_current_run_tree(), RunTree)
    assert not isinstance("block", RunTree)


def test_headers_name_one(sink: MemorySink) -> None:
    run = RunTree(name="caller", id=ID)
    carried = RunTree.from_headers(run.to_headers())
    assert carried is None or carried.id == ID


def test_an_unknown_run_type_is_refused(sink: MemorySink) -> None:
    with pytest.raises(LlmobsError, match="Unknown run type 'chian'"):
        RunTree(name="a", run_type="chian")
