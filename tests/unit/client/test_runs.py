"""Reading runs as scripts do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import ArgumentError, FilterError, NotFoundError, NotSupported
from tests.unit.client.conftest import START, Write, run_id


def ids(runs: Iterator[Any]) -> list[int]:
    """Return the numbers of runs."""
    return [int(run.id[-12:], 16) for run in runs]


@pytest.fixture
def three(write: Write) -> None:
    write(1, {"q": "refund"}, metadata={"thread_id": "t1"}, tags=["beta"])
    write(
        2,
        {"q": "hello"},
        run_type="llm",
        error="ValueError: no",
        status="error",
        total_cost=0.5,
        input_cost=0.1,
        input_tokens=3,
    )
    write(3, {"q": "bye"}, project="elsewhere", metadata={"session_id": "t1"})


@pytest.mark.usefixtures("three")
class TestListing:
    def test_runs_come_newest_first_from_every_project_unless_one_is_named(self, client: Client) -> None:
        assert ids(client.list_runs()) == [3, 2, 1]
        assert ids(client.list_runs(project_name="production")) == [2, 1]
        assert ids(client.list_runs(project_id="elsewhere")) == [3]
        assert ids(client.list_runs(project_name=["elsewhere", "production"], order="asc")) == [1, 2, 3]

    def test_a_limit_is_a_limit(self, client: Client) -> None:
        assert ids(client.list_runs(limit=0)) == []
        assert ids(client.list_runs(limit=1)) == [3]
        assert ids(client.list_runs(limit=1000)) == [3, 2, 1]

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({"run_ids": [run_id(1), UUID(run_id(3))]}, [3, 1]),
            ({"id": run_id(2)}, [2]),
            ({"run_ids": []}, []),
            ({"trace_id": UUID(run_id(2))}, [2]),
            ({"error": True}, [2]),
            ({"error": False}, [3, 1]),
            ({"is_root": 1}, [3, 2, 1]),
            ({"is_root": False}, []),
            ({"execution_order": 1, "limit": 1}, [3]),
            ({"query": "REFUND"}, [1]),
            ({"run_type": "llm", "query": "hello"}, [2]),
            ({"run_type": "LLM", "query": "hello"}, [2]),
            ({"filter": 'has(tags, "beta")'}, [1]),
            ({"filter": 'eq(status, "error")', "error": False}, []),
            ({"trace_filter": 'eq(name, "answer")'}, [3, 2, 1]),
            ({"tree_filter": "neq(error, null)"}, [2]),
            ({"start_time": START + timedelta(seconds=2)}, [3, 2]),
            ({"end_time": "2026-03-01T12:00:02Z"}, [1]),
            ({"reference_example_id": "none"}, []),
            ({"run_type": None, "filter": None}, [3, 2, 1]),
        ],
    )
    def test_what_is_asked_for(self, client: Client, asked: dict[str, Any], expected: list[int]) -> None:
        assert ids(client.list_runs(**asked)) == expected

    def test_a_time_without_a_zone_is_local(self, client: Client) -> None:
        local = (START + timedelta(seconds=2)).astimezone().replace(tzinfo=None)
        assert ids(client.list_runs(start_time=local)) == [3, 2]

    def test_only_what_is_selected_is_read(self, client: Client) -> None:
        (run,) = client.list_runs(query="hello", select=["error", "TOTAL_COST"])
        assert (run.error, run.total_cost) == ("ValueError: no", Decimal("0.5"))
        assert run.inputs == {}

    def test_the_order_within_a_trace_is_read_where_it_is_selected(
        self, client: Client, write: Write
    ) -> None:
        write(4, parent_id=run_id(1), trace_id=run_id(1))
        write(5, parent_id=run_id(4), trace_id=run_id(1))
        (run,) = client.list_runs(id=run_id(5), select=["dotted_order"])
        parts = (run.dotted_order or "").split(".")
        assert [part[-36:] for part in parts] == [run_id(1), run_id(4), run_id(5)]
        assert parts[0] == f"20260301T120001000000Z{run_id(1)}"

    def test_judges_runs_are_left_out_unless_they_are_asked_for(self, client: Client, write: Write) -> None:
        write(9, evaluates=run_id(1))
        assert ids(client.list_runs()) == [3, 2, 1]
        assert ids(client.list_runs(evaluator_runs=True)) == [9, 3, 2, 1]
        assert ids(client.list_runs(run_ids=[run_id(9)])) == [9]


@pytest.mark.usefixtures("three")
class TestMistakes:
    @pytest.mark.parametrize(
        ("asked", "error", "message"),
        [
            (
                {"project_name": "prodution"},
                NotFoundError,
                "Did you mean 'production'.* Known: elsewhere, production",
            ),
            ({"project_name": 7}, ArgumentError, "project_name=7 must be a project's name"),
            ({"run_ids": ["x"]}, ArgumentError, "run_ids='x' is no id: a UUID is needed"),
            ({"trace_id": "abc"}, ArgumentError, "trace_id='abc' is no id"),
            (
                {"run_typ": "llm"},
                ArgumentError,
                r"list_runs\(\) got an unknown keyword 'run_typ'. Did you mean 'run_type'",
            ),
            ({"run_type": "lm"}, ArgumentError, "Unknown run_type 'lm'. Did you mean 'llm'"),
            ({"start_time": 5}, ArgumentError, "start_time=5 must be a datetime, or its text"),
            ({"start_time": "yesterday"}, ArgumentError, "start_time='yesterday' must be"),
            ({"error": "yes"}, ArgumentError, "error='yes' must be True or False"),
            ({"limit": -1}, ArgumentError, "limit=-1 must be a whole number"),
            ({"limit": "5"}, ArgumentError, "limit='5' must be a whole number"),
            (
                {"select": ["input"]},
                ArgumentError,
                "select='input': a run has no such field. Did you mean 'inputs'",
            ),
            ({"order": "up"}, ArgumentError, "Unknown order 'up'"),
            ({"execution_order": 2}, ArgumentError, "execution_order=2 can't be asked for: only 1"),
            ({"query": ""}, ArgumentError, "query='' must be a text to look for"),
            ({"filter": "eq(stat"}, FilterError, "eq"),
            ({"tree_filter": "nonsense"}, FilterError, "tree_filter: "),
            ({"run_ids": [], "id": []}, ArgumentError, "Give one of run_ids and id"),
        ],
    )
    def test_each_is_told_at_the_call(
        self, client: Client, asked: dict[str, Any], error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            client.list_runs(**asked)

    def test_what_needs_a_model_of_the_service_is_refused(self, client: Client) -> None:
        with pytest.raises(
            NotSupported, match=r"runs\.query\(ai_search=…\) is not supported\. No model reads"
        ):
            client.runs.query(ai_search="slow ones")  # type: ignore[call-arg]


class TestOneRun:
    def test_a_run_is_read_by_its_id(self, client: Client, write: Write) -> None:
        id = write(1, {"q": "x"}, {"a": "y"})
        run = client.read_run(UUID(id))
        assert (run.inputs, run.outputs, run.child_runs, run.feedback_stats) == (
            {"q": "x"},
            {"a": "y"},
            (),
            {},
        )
        assert run.dotted_order == f"20260301T120001000000Z{id}"

    def test_its_children_are_nested_in_order(self, client: Client, write: Write) -> None:
        root = write(1)
        child = write(2, parent_id=root, trace_id=root)
        leaf = write(3, parent_id=child, trace_id=root)
        run = client.read_run(root, load_child_runs=True)
        assert run.child_run_ids == [child]
        (inner,) = run.child_runs[0].child_runs
        assert inner.id == leaf
        assert inner.dotted_order is not None
        assert inner.dotted_order.startswith(f"{run.dotted_order}.")

    def test_what_feedback_says_stands_at_every_run_of_the_trace(self, client: Client, write: Write) -> None:
        root = write(1)
        child = write(2, parent_id=root, trace_id=root)
        client.create_feedback(child, "tone", score=0.5)
        run = client.read_run(root, load_child_runs=True)
        assert run.feedback_stats == {}
        assert run.child_runs[0].feedback_stats["tone"]["avg"] == 0.5

    def test_an_unknown_run_is_told(self, client: Client, write: Write) -> None:
        write(1)
        with pytest.raises(NotFoundError, match=run_id(2)):
            client.read_run(run_id(2))

    @pytest.mark.parametrize("id", ["x", 5, None])
    def test_what_is_no_id_is_told(self, client: Client, id: Any) -> None:
        with pytest.raises(ArgumentError, match="run_id"):
            client.read_run(id)

    def test_its_url_is_a_command(self, client: Client, write: Write) -> None:
        run = client.read_run(write(1))
        assert client.get_run_url(run=run, project_name="ignored") == f"llmobs show {run.id}"
        elsewhere = Client(store="/there is")
        assert elsewhere.get_run_url(run=run.id) == f"llmobs show {run.id} --store '/there is'"


@pytest.mark.usefixtures("three")
class TestFigures:
    def test_figures_of_the_matching_runs(self, client: Client) -> None:
        client.create_feedback(run_id(2), "tone", score=1)
        client.create_feedback(run_id(3), "tone", score=0)
        stats = client.get_run_stats(project_names=["production"])
        assert (stats["run_count"], stats["error_rate"]) == (2, 0.5)
        assert (stats["latency_p50"], stats["total_cost"], stats["prompt_tokens"]) == (0.25, 0.5, 3)
        assert stats["feedback_stats"]["tone"]["avg"] == 1

    def test_the_same_filters_apply(self, client: Client) -> None:
        assert client.get_run_stats(id=[run_id(2)], error=True)["run_count"] == 1
        assert client.get_run_stats(trace=run_id(2), data_source_type="x")["run_count"] == 1
        with pytest.raises(ArgumentError, match="Did you mean 'project_names'"):
            client.get_run_stats(project_name="production")  # type: ignore[call-arg]


class TestThreads:
    def test_a_conversation_is_read_oldest_first(self, client: Client, three: None) -> None:
        assert ids(client.read_thread(thread_id="t1", project_name="production")) == [1]
        assert ids(client.read_thread(thread_id="t1")) == [1, 3]
        assert ids(client.read_thread(thread_id="t1", order="desc", limit=1)) == [3]

    def test_the_conversations_of_a_project(self, client: Client, write: Write) -> None:
        for number, thread in enumerate(["a", "b", "a"], start=1):
            write(number, metadata={"thread_id": thread})
        write(4)
        threads = client.list_threads(project_name="production")
        assert [(thread["thread_id"], thread["count"]) for thread in threads] == [("a", 2), ("b", 1)]
        assert ids(iter(threads[0]["runs"])) == [1, 3]
        assert threads[0]["min_start_time"] == "2026-03-01T12:00:01+00:00"
        (second,) = client.list_threads(project_id="production", limit=1, offset=1)
        assert second["thread_id"] == "b"

    def test_a_project_must_be_named(self, client: Client) -> None:
        with pytest.raises(ArgumentError, match="Give one of project_name and project_id"):
            client.list_threads()


def test_feedback_stands_at_the_runs_that_are_listed(client: Client, write: Write) -> None:
    for number in range(1, 8):
        write(number)
        client.create_feedback(run_id(number), "rating", score=number / 10)
    averages = [run.feedback_stats["rating"]["avg"] for run in client.list_runs(order="asc")]
    assert averages == [number / 10 for number in range(1, 8)]
    (first,) = client.list_runs(limit=1)
    assert first.feedback_stats.get("rating", {}).get("avg") == 0.7
    assert first.feedback_stats.get("tone", {}).get("avg", 1) == 1


def test_scores_of_trials_count_as_feedback(client: Client, write: Write) -> None:
    write(1, scores={"tone": 0.25}, example_id="e1", attempt="consumed")
    (run,) = client.list_runs(reference_example_id="e1")
    assert run.feedback_stats["tone"]["avg"] == 0.25


def test_a_listing_reads_only_what_is_asked_for(client: Client, write: Write) -> None:
    write(1)
    runs = client.list_runs(start_time=datetime(2020, 1, 1))
    assert next(runs).id == run_id(1)
    assert next(runs, None) is None
