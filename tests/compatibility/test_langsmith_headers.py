"""A service that is still on LangSmith, above and below one of ours: each reads the other's headers.

``make langchain`` runs it, with the version of LangSmith that the tables are about.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from pytest_llmobs.tracing import Tracer, install, trace, tracing_context, uninstall
from tests.unit.tracing.memory import MemorySink

if "LLMOBS_EXPECT_LANGCHAIN" not in os.environ:
    pytest.importorskip("langsmith", reason="`make langchain` runs it")
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
