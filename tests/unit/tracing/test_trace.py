"""``trace`` and the ``RunTree`` it hands out."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.tracing import get_current_run_tree, trace, traceable
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink


def test_logs_a_block(sink: MemorySink) -> None:
    documents = ["a"]
    with trace(
        "search", "retriever", inputs={"query": "q"}, metadata={"m": 1}, tags=["t"], project_name="p"
    ) as run:
        assert get_current_run_tree() is run
        run.end(outputs={"documents": documents})
        documents.append("b")
    logged = sink.run("search")
    assert (logged.run_type, logged.inputs, logged.outputs) == (
        "retriever",
        {"query": "q"},
        {"documents": ["a"]},
    )
    assert (logged.metadata, logged.tags, logged.project) == ({"m": 1}, ["t"], "p")


def test_logs_an_error_and_lets_it_through(sink: MemorySink) -> None:
    with pytest.raises(ValueError, match="no"), trace("search"):
        raise ValueError("no")
    assert sink.run("search").status == "error"


@pytest.mark.asyncio
async def test_logs_an_async_block(sink: MemorySink) -> None:
    async with trace("outer"):
        traceable(name="inner")(lambda: None)()
    assert sink.parent_of("inner") == "outer"


def test_what_is_added_after_end_inside_the_block_still_counts(sink: MemorySink) -> None:
    with trace("search") as run:
        run.end(outputs={"a": 1})
        run.add_metadata({"late": True})
    assert sink.run("search").metadata == {"late": True}
    assert len(sink.lines) == 1


def test_an_unknown_run_type_is_refused() -> None:
    with pytest.raises(LlmobsError, match=r"Unknown run type 'lm'\. Did you mean 'llm'\?"):
        trace("x", "lm")


def test_a_child_made_by_hand(sink: MemorySink) -> None:
    with trace("outer") as outer:
        child = outer.create_child("inner", "tool", inputs={"a": 1})
        child.end(outputs={"b": 2})
        child.end(outputs={"b": 3})
    logged = sink.run("inner")
    assert (logged.parent_id, logged.inputs, logged.outputs) == (outer.id, {"a": 1}, {"b": 2})


def test_who_changes_a_trace_changes_nobody_elses() -> None:
    root = start_root(Tracer(project="exp", sink=MemorySink()), "trial", inputs={"q": [1]}, collect=True)
    with root.activate():
        traceable(name="inner")(lambda messages: messages)(["hello"])
    root.end(outputs={"a": 2})
    changed = root.tree()
    changed.inputs["q"].append(2)
    changed.child_runs[0].inputs["messages"].clear()
    assert root.tree().inputs == {"q": [1]}
    assert root.tree().child_runs[0].inputs == {"messages": ["hello"]}


def test_errors_may_be_words(sink: MemorySink) -> None:
    with trace("outer") as outer:
        outer.create_child("inner").end(error="the tool said no")
    assert (sink.run("inner").status, sink.run("inner").error) == ("error", "the tool said no")


def test_a_root_of_a_trial_collects_its_runs() -> None:
    kept = MemorySink()
    tracer = Tracer(project="exp", sink=kept, session="s1")
    root = start_root(
        tracer, "trial", inputs={"q": 1}, columns={"suite": "s", "attempt": "unused"}, collect=True
    )
    with root.activate():
        traceable(name="outer")(traceable(name="inner")(lambda: None))()
        traceable(name="second")(lambda: None)()
    root.end(outputs={"a": 2})
    assert [run.name for run in root.finished_runs()] == ["outer", "inner", "second"]
    tree = root.tree()
    assert (tree.inputs, tree.outputs, tree.parent_id) == ({"q": 1}, {"a": 2}, None)
    assert [child.name for child in tree.child_runs] == ["outer", "second"]
    assert [child.name for child in tree.child_runs[0].child_runs] == ["inner"]
    header = kept.headers[-1]
    assert (header["suite"], header["attempt"], header["session"]) == ("s", "unused", "s1")


def test_a_tree_can_be_looked_at_while_it_grows() -> None:
    root = start_root(Tracer(project="exp", sink=None), "trial", collect=True)
    with root.activate():
        traceable(name="first")(lambda: None)()
        tree = root.tree()
    assert tree.end_time is None
    assert [child.name for child in tree.child_runs] == ["first"]


def test_a_patch_overrides_columns_of_a_written_run() -> None:
    kept = MemorySink()
    root = start_root(Tracer(project="exp", sink=kept), "trial", columns={"attempt": "unused"})
    root.end()
    root.patch(attempt="consumed", scores={"tone": 0.5})
    assert kept.lines[-1].endswith(b"\t\t\n")
    assert kept.headers[-1] == {"patch": root.id, "attempt": "consumed", "scores": {"tone": 0.5}}


def test_what_a_root_learns_before_it_ends_is_written_with_it() -> None:
    kept = MemorySink()
    root = start_root(Tracer(project="exp", sink=kept), "trial", columns={"attempt": "unused"}, collect=True)
    root.patch(attempt="consumed", trial_status="passed")
    root.end()
    (header,) = kept.headers
    assert (header["attempt"], header["trial_status"]) == ("consumed", "passed")


def test_a_finished_run_is_read_back_once() -> None:
    root = start_root(Tracer(project="exp", sink=None), "trial", collect=True)
    with root.activate():
        traceable(name="first")(lambda: None)()
        (before,) = root.finished_runs()
        traceable(name="second")(lambda: None)()
    root.end()
    first, second = root.finished_runs()
    assert [run.name for run in root.tree().child_runs] == ["first", "second"]
    assert before is first
    assert root.finished_runs()[1] is second


def test_a_line_is_three_json_documents_without_raw_tabs_or_newlines(sink: MemorySink) -> None:
    with trace("tab\there\n", inputs={"a\tb": "c\nd"}, metadata={"e\t": "\n"}) as run:
        run.end(outputs={"f": "\t\n"})
    (line,) = sink.lines
    header, inputs, outputs = line.removesuffix(b"\n").split(b"\t")
    assert b"\n" not in header + inputs + outputs
    assert json.loads(header)["name"] == "tab\there\n"
    assert (json.loads(inputs), json.loads(outputs)) == ({"a\tb": "c\nd"}, {"f": "\t\n"})


ID = "a36092d2-4ad5-4fb4-9c0d-0dba9a2ed836"


def test_a_block_may_be_given_its_id(sink: MemorySink) -> None:
    with trace("outer", run_id=UUID(ID)), trace("inner", run_id=ID.replace("a", "b")):
        pass
    inner, outer = sink.run("inner"), sink.run("outer")
    assert (outer.id, outer.trace_id) == (ID, ID)
    assert (inner.id, inner.trace_id, inner.parent_id) == (ID.replace("a", "b"), ID, ID)


def test_an_id_that_is_no_uuid_is_refused() -> None:
    with pytest.raises(LlmobsError, match=r"run_id='seven' is no UUID. uuid.uuid4\(\) makes one."):
        trace("block", run_id="seven")


def test_an_exception_that_is_handled_is_no_error_of_the_block(sink: MemorySink) -> None:
    with pytest.raises(KeyError), trace("block", exceptions_to_handle=(KeyError,)):
        raise KeyError("a")
    assert sink.run("block").error is None


def test_what_a_run_logged_can_be_replaced_inside(sink: MemorySink) -> None:
    with trace("block", inputs={"question": "why"}) as run:
        run.inputs = {"question": "how"}
        run.outputs = {"draft": "so"}
        run.outputs = "like this"
    assert (sink.run("block").inputs, sink.run("block").outputs) == (
        {"question": "how"},
        {"output": "like this"},
    )


def test_a_run_is_read_by_langsmiths_names_inside(sink: MemorySink) -> None:
    with trace("outer") as outer, trace("inner", metadata={"thread_id": "7"}) as inner:
        inner.extra["metadata"]["tier"] = "gold"
        assert (inner.session_name, inner.parent_run, inner.parent_run_id) == ("unit", outer, outer.id)
    assert sink.run("inner").metadata == {"thread_id": "7", "tier": "gold"}
