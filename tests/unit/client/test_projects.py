"""Projects: of runs, of experiments, and written down by hand."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import ArgumentError, ConflictError, NotFoundError, NotSupported, StoreError
from tests.unit.client.conftest import START, Write, run_id


def names(client: Client, **asked: Any) -> list[str]:
    return [project.name for project in client.list_projects(**asked)]


def test_a_project_is_there_by_its_runs(client: Client, write: Write) -> None:
    write(1)
    project = client.read_project(project_name="production")
    assert (project.id, project.name, project.start_time) == (
        "production",
        "production",
        START + timedelta(seconds=1),
    )
    assert (project.run_count, project.latency_p50, project.total_cost) == (None, None, None)
    assert client.has_project("production")
    assert not client.has_project("prodution")
    assert project.url == "llmobs runs --project production"


def test_its_figures_are_added_up_where_they_are_asked_for(client: Client, write: Write) -> None:
    write(1, run_type="llm", total_cost=1.5)
    client.create_feedback(run_id(1), "tone", score=1)
    project = asyncio.run(client.aread_project(project_id="production", include_stats=True))
    assert (project.run_count, project.error_rate, project.latency_p50) == (1, 0, timedelta(seconds=0.25))
    assert project.total_cost == Decimal("1.5")
    assert project.feedback_stats["tone"]["n"] == 1
    (listed,) = client.list_projects(include_stats=True)
    assert listed == project


def test_a_project_can_be_written_down_before_it_has_runs(client: Client) -> None:
    made = client.create_project(
        "next", description="d", metadata={"team": "a"}, reference_dataset_id="golden"
    )
    assert client.read_project(project_name="next") == made
    assert (made.description, made.metadata, made.reference_dataset_id) == ("d", {"team": "a"}, "golden")
    assert made.extra == {"metadata": {"team": "a"}}
    assert list(client.list_runs(project_name="next")) == []


def test_what_exists_is_changed_on_request_alone(client: Client, write: Write) -> None:
    write(1)
    with pytest.raises(ConflictError, match=r"'production' exists already.*upsert=True"):
        client.create_project("production")
    client.create_project("production", upsert=True, description="ours", num_examples=3)
    changed = client.update_project(
        "production", metadata={"team": "b"}, end_time=datetime(2026, 4, 1, tzinfo=UTC)
    )
    assert (changed.description, changed.metadata) == ("ours", {"team": "b"})
    assert (changed.start_time, changed.end_time) == (
        START + timedelta(seconds=1),
        datetime(2026, 4, 1, tzinfo=UTC),
    )


def test_a_project_is_not_renamed(client: Client, write: Write) -> None:
    write(1)
    assert client.update_project("production", name="production").name == "production"
    with pytest.raises(ArgumentError, match="'production' can't be renamed, since its runs carry the name"):
        client.update_project("production", name="live")


def test_projects_are_listed_by_name_and_chosen(client: Client, write: Write) -> None:
    write(1, project="b")
    write(2, project="a")
    client.create_project("c", reference_dataset_id="golden", metadata={"team": "x", "n": 1})
    assert names(client) == ["a", "b", "c"]
    assert names(client, limit=2) == ["a", "b"]
    assert names(client, limit=0) == []
    assert names(client, name="b") == ["b"]
    assert names(client, name_contains="c") == ["c"]
    assert names(client, project_ids=["a", "c"]) == ["a", "c"]
    assert names(client, reference_free=True) == ["a", "b"]
    assert names(client, reference_free=False) == ["c"]
    assert names(client, reference_dataset_name="golden") == ["c"]
    assert names(client, metadata={"team": "x"}) == ["c"]


def test_an_experiment_is_a_project(client: Client) -> None:
    document = {"name": "nightly", "started": START.isoformat(), "duration": 1.0}
    client.store.write_experiment("nightly", document)
    assert client.read_project(project_name="nightly").start_time == START


@pytest.mark.parametrize("named", [{}, {"project_name": "a", "project_id": "a"}])
def test_one_project_must_be_named(client: Client, named: dict[str, str]) -> None:
    with pytest.raises(ArgumentError, match="Give one of project_name and project_id"):
        client.read_project(**named)


def test_an_unknown_project_is_told_with_those_there_are(client: Client, write: Write) -> None:
    with pytest.raises(NotFoundError, match=r"Unknown project 'x' in '.*\.llmobs'\. There is none yet\."):
        client.read_project(project_name="x")
    for number in range(12):
        write(number, project=f"app-{number:02}")
    with pytest.raises(NotFoundError, match=r"Did you mean 'app-.*Known: app-00, .* app-09 and 2 more"):
        client.read_project(project_name="app-1")


def test_wrong_arguments_are_told(client: Client) -> None:
    with pytest.raises(ArgumentError, match="Give one of reference_dataset_id and reference_dataset_name"):
        client.list_projects(reference_dataset_id="a", reference_dataset_name="a")
    with pytest.raises(
        ArgumentError, match=r"list_projects\(\) got an unknown keyword 'nam'. Did you mean 'name'"
    ):
        client.list_projects(nam="a")  # type: ignore[call-arg]
    with pytest.raises(NotSupported, match="names the version of its dataset"):
        client.list_projects(dataset_version="v1")  # type: ignore[call-arg]


def test_a_damaged_file_is_told(client: Client) -> None:
    client.create_project("broken")
    client.store.layout.project("broken").write_text("{")
    assert client.has_project("broken")
    with pytest.raises(
        StoreError, match=r"The project's file '.*broken\.json' can't be read: .* Mend it, or remove it"
    ):
        client.read_project(project_name="broken")


def test_a_project_counts_traces_and_adds_up_all_that_their_runs_used(client: Client, write: Write) -> None:
    below = {"trace_id": run_id(1), "parent_id": run_id(1)}
    write(1, status="error", error="ValueError")
    write(2, run_type="llm", input_tokens=10, output_tokens=5, total_tokens=15, total_cost=0.25, **below)
    write(3, run_type="tool", end_time=None, status="error", error="down", **below)
    write(4)
    project = client.read_project(project_name="production", include_stats=True)
    assert (project.run_count, project.error_rate) == (2, 0.5)
    assert (project.latency_p50, project.latency_p99) == (timedelta(seconds=0.25), timedelta(seconds=0.25))
    assert project.last_run_start_time == START + timedelta(seconds=4)
    assert (project.total_tokens, project.prompt_tokens, project.total_cost) == (15, 10, Decimal("0.25"))
    stats = client.get_run_stats(project_names=["production"])
    assert (stats["run_count"], stats["error_rate"], stats["total_tokens"]) == (4, 0.5, 15)
    assert client.get_run_stats(project_names=["production"], is_root=True)["total_tokens"] is None


def test_the_traces_of_judges_are_no_part_of_a_projects_figures(client: Client, write: Write) -> None:
    write(1)
    write(2, evaluates=run_id(1))
    write(3, run_type="llm", total_cost=9.0, trace_id=run_id(2), parent_id=run_id(2), evaluates=run_id(1))
    project = client.read_project(project_name="production", include_stats=True)
    assert (project.run_count, project.total_cost) == (1, None)
