"""LangSmith's tracing beside ours: its services read our headers, and a call takes what it took there.

``make langchain`` runs it, with the version of LangSmith that the tables are about.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from inspect import Parameter, signature

import pytest

from pytest_llmobs.tracing import RunTree as TracedRun
from pytest_llmobs.tracing import Tracer, install, trace, tracing_context, uninstall
from pytest_llmobs.tracing.told_run import RunDetails
from tests.unit.tracing.memory import MemorySink

if "LLMOBS_EXPECT_LANGCHAIN" not in os.environ:
    pytest.importorskip("langsmith", reason="`make langchain` runs it")
import langsmith  # type: ignore[import-not-found,unused-ignore]
from langsmith.run_trees import RunTree  # type: ignore[import-not-found,unused-ignore]


@pytest.fixture
def sink() -> Iterator[MemorySink]:
    sink = MemorySink()
    install(Tracer(project="shop", sink=sink))
    yield sink
    uninstall()


def test_langsmith_reads_what_we_send(sink: MemorySink) -> None:
    with trace("outer", tags=["vip"], metadata={"tier": "gold"}) as outer, trace("inner") as inner:
        read = RunTree.from_headers(inner.to_headers())
    assert (str(read.id), str(read.trace_id), str(read.parent_run_id)) == (inner.id, outer.id, outer.id)
    assert (read.session_name, read.tags, read.metadata["tier"]) == ("shop", ["vip"], "gold")
    assert read.dotted_order == inner.dotted_order


def test_we_read_what_langsmith_sends_be_it_between_two_of_ours(sink: MemorySink) -> None:
    alone = RunTree(name="theirs", project_name="theirs", tags=["vip"], extra={"metadata": {"tier": "gold"}})
    with tracing_context(parent=alone.to_headers()), trace("below theirs") as below:
        pass
    assert (below.trace_id, below.parent_id, below.project) == (str(alone.id), None, "theirs")
    assert (list(below.tags), below.metadata) == (["vip"], {"tier": "gold"})
    with trace("above") as above:
        between = RunTree.from_headers(above.to_headers())
    called = between.create_child("theirs", extra={"metadata": between.metadata})
    with tracing_context(parent=called.to_headers()), trace("below") as below:
        pass
    assert (below.trace_id, below.parent_id) == (above.id, above.id)


NOT_TAKEN = {"address", "attachments", "distributed_parent_id", "replicas", "end_time of create_child"}
"""What has no meaning here: agents to address, replicas, files."""
PAIRS = {
    "RunTree.create_child": (
        RunTree.create_child,
        TracedRun.create_child,
        (*RunDetails.__annotations__, "serialized"),
    ),
    "RunTree.end": (RunTree.end, TracedRun.end, ()),
    "RunTree.set": (RunTree.set, TracedRun.set, ("inputs", "outputs", "tags", "metadata", "usage_metadata")),
    "RunTree.post": (RunTree.post, TracedRun.post, ()),
    "RunTree.patch": (RunTree.patch, TracedRun.patch, ()),
    "trace": (langsmith.trace.__init__, trace.__init__, ()),
    "tracing_context": (langsmith.tracing_context, tracing_context, ()),
}


@pytest.mark.parametrize("name", PAIRS)
def test_what_a_call_takes_there_it_takes_here(name: str) -> None:
    theirs, ours, besides = PAIRS[name]
    taken = {*signature(ours).parameters, *besides}
    for parameter in signature(theirs).parameters.values():
        if parameter.kind is not Parameter.VAR_KEYWORD:
            told = f"{parameter.name} of {name.rpartition('.')[2]}"
            assert parameter.name in taken or {parameter.name, told} & NOT_TAKEN, told
