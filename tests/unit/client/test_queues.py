"""Runs wait for a person in queues: added by many processes, looked at, completed, taken out."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import (
    ArgumentError,
    ConflictError,
    LangSmithConflictError,
    LangSmithNotFoundError,
    NotSupported,
    StoreError,
)
from pytest_llmobs.review.records import Decision, Verdict
from tests.unit.client.conftest import Write, run_id
from tests.unit.processes import run_at_once

QUEUE = "Refunds: to look at"


@pytest.fixture
def queued(client: Client) -> Client:
    """Return a client with a queue in which the runs 1, 2 and 3 wait."""
    queue = client.create_annotation_queue(name=QUEUE, description="Bad ones")
    client.add_runs_to_annotation_queue(queue.id, run_ids=[run_id(number) for number in (1, 2, 3)])
    return client


def waiting(client: Client, status: str | None = None) -> list[str]:
    return [run.id for run in client.list_runs_from_annotation_queue(QUEUE, status=status)]


def test_an_annotation_script_runs_as_written(client: Client, write: Write) -> None:
    ids = [write(1, {"query": "Refund?"}, {"answer": "No"}), write(2)]
    queue = client.create_annotation_queue(
        name="review",
        description="Low scores",
        rubric_instructions="Be fair.",
        rubric_items=[{"feedback_key": "ok"}],
    )
    client.add_runs_to_annotation_queue(queue.id, run_ids=ids)
    assert [found.id for found in client.list_annotation_queues(name="review")] == [queue.id]
    run = client.get_run_from_annotation_queue(queue.id, index=0)
    assert (run.id, run.inputs, run.outputs) == (ids[0], {"query": "Refund?"}, {"answer": "No"})
    assert run.added_at <= datetime.now(UTC)
    client.create_feedback(run_id=run.id, key="ok", score=1)
    client.delete_run_from_annotation_queue(queue.id, run_id=run.id)
    assert client.get_run_from_annotation_queue(queue.id, index=0).id == ids[1]
    read = client.read_annotation_queue(queue.id)
    assert read == queue
    assert (read.rubric_instructions, read.rubric_items) == ("Be fair.", ({"feedback_key": "ok"},))


def test_a_run_is_one_item_however_often_it_is_added(queued: Client) -> None:
    queued.add_runs_to_annotation_queue(QUEUE, run_ids=[run_id(2), uuid.UUID(run_id(4)), run_id(2).upper()])
    queued.add_runs_to_annotation_queue(QUEUE, runs=[{"run_id": run_id(1), "session_id": "production"}])
    assert waiting(queued) == [run_id(number) for number in (1, 2, 3, 4)]


def test_a_run_that_was_taken_out_comes_in_again_at_the_end(queued: Client) -> None:
    queued.delete_run_from_annotation_queue(QUEUE, run_id=run_id(1))
    assert waiting(queued) == [run_id(2), run_id(3)]
    queued.add_runs_to_annotation_queue(QUEUE, run_ids=[run_id(1)])
    assert waiting(queued) == [run_id(2), run_id(3), run_id(1)]


def test_the_newer_methods_are_awaited_or_not(queued: Client) -> None:
    items = queued.annotation_queues.items

    async def review() -> None:
        added = await items.create(QUEUE, items=[{"run_id": run_id(5), "project_id": "production"}])
        (item,) = added.items
        assert (item.run_id, item.session_id, item.status) == (run_id(5), "production", None)
        viewed = await items.create_status(item.id, status="viewed")
        assert (viewed.status, viewed.last_reviewed_time is not None) == ("viewed", True)
        listed = [item.run_id async for item in items.list(QUEUE)]
        assert listed == [item.run_id for item in items.list(QUEUE)]

    asyncio.run(review())
    first = items.list(QUEUE)[0]
    items.create_status(first, status="completed")
    assert waiting(queued, "completed") == [run_id(1)]
    assert waiting(queued, "needs_my_review") == [run_id(2), run_id(3), run_id(5)]
    assert waiting(queued, "needs_others_review") == []
    assert queued.get_run_from_annotation_queue(QUEUE, index=0).id == run_id(2)
    assert items.retrieve_count(QUEUE, status="archived").count == 1
    items.create_status(first.id, status=None)
    assert waiting(queued, "needs_my_review")[0] == run_id(1)
    assert len(items.delete_all(QUEUE, item_ids=[first.id])) == 3


def test_a_queue_is_renamed_and_its_items_stay(queued: Client) -> None:
    queue = queued.read_annotation_queue(QUEUE)
    item = queued.annotation_queues.items.list(QUEUE).items[0]
    queued.update_annotation_queue(QUEUE, name="Refunds", rubric_items=[{"feedback_key": "ok"}])
    renamed = queued.read_annotation_queue(queue.id)
    assert (renamed.name, renamed.description, len(renamed.rubric_items)) == ("Refunds", "Bad ones", 1)
    assert renamed.updated_at > queue.updated_at
    queued.annotation_queues.items.create_status(item.id, status="completed")
    queued.add_runs_to_annotation_queue("Refunds", run_ids=[run_id(9)])
    assert len(list(queued.list_runs_from_annotation_queue(queue.id))) == 4
    with pytest.raises(LangSmithNotFoundError):
        queued.read_annotation_queue(QUEUE)


def test_queues_are_listed_by_what_is_asked(queued: Client) -> None:
    other = queued.create_annotation_queue(name="another", queue_id=uuid.UUID(int=7))
    assert other.id == str(uuid.UUID(int=7))
    assert json.loads(other.json())["name"] == "another"
    assert [queue.name for queue in queued.list_annotation_queues()] == [QUEUE, "another"]
    assert [queue.name for queue in queued.list_annotation_queues(name_contains="refund")] == [QUEUE]
    assert [queue.name for queue in queued.list_annotation_queues(queue_ids=[other.id])] == ["another"]
    assert len(list(queued.list_annotation_queues(limit=1))) == 1
    queued.delete_annotation_queue(other.id)
    assert [queue.name for queue in queued.list_annotation_queues()] == [QUEUE]


def test_a_queue_is_there_once(queued: Client) -> None:
    with pytest.raises(LangSmithConflictError, match="is there already"):
        queued.create_annotation_queue(name=QUEUE)
    with pytest.raises(ConflictError, match="in capitals alone"):
        queued.create_annotation_queue(name=QUEUE.upper())
    with pytest.raises(ConflictError, match="has the id"):
        queued.create_annotation_queue(name="x", queue_id=queued.read_annotation_queue(QUEUE).id)
    long = "refunds " * 40
    queued.create_annotation_queue(name=long)
    with pytest.raises(ConflictError, match="is there already"):
        queued.create_annotation_queue(name=long)
    assert queued.read_annotation_queue(long).name == long
    queued.create_annotation_queue(name="other")
    with pytest.raises(ConflictError):
        queued.update_annotation_queue("other", name=QUEUE)
    with pytest.raises(ArgumentError, match="The queue's name is ''"):
        queued.create_annotation_queue(name="")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Give one of run_ids and runs"),
        ({"run_ids": [], "runs": []}, "Give one of run_ids and runs"),
        ({"run_ids": ["x"]}, "run_ids[0] is 'x', no run's id"),
        ({"run_ids": run_id(1)}, "Give a list"),
        ({"runs": [{"run": run_id(1)}]}, "runs[0]: unknown key 'run'. Did you mean 'run_id'?"),
        ({"runs": [{"session_id": "x"}]}, "runs[0]: run_id is None, no run's id"),
        ({"runs": {"run_id": run_id(1)}}, "Give a list of dicts"),
    ],
)
def test_runs_that_are_none_are_refused(queued: Client, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        queued.add_runs_to_annotation_queue(QUEUE, **arguments)
    assert len(waiting(queued)) == 3


def test_a_wrong_question_is_answered_with_what_there_is(queued: Client) -> None:
    items = queued.annotation_queues.items
    with pytest.raises(LangSmithNotFoundError, match=rf"No queue 'Refunds: to look'.*Did you mean '{QUEUE}'"):
        queued.read_annotation_queue("Refunds: to look")
    with pytest.raises(
        LangSmithNotFoundError, match=r"No run with index 3 waits in the queue .*: 3 runs in all"
    ):
        queued.get_run_from_annotation_queue(QUEUE, index=3)
    with pytest.raises(ArgumentError, match="index is -1"):
        queued.get_run_from_annotation_queue(QUEUE, index=-1)
    with pytest.raises(LangSmithNotFoundError, match=f"The run '{run_id(9)}' isn't in the queue"):
        queued.delete_run_from_annotation_queue(QUEUE, run_id=run_id(9))
    with pytest.raises(ArgumentError, match=r"status is 'complete'\. Did you mean 'completed'"):
        items.create_status(items.list(QUEUE).items[0].id, status="complete")
    with pytest.raises(ArgumentError, match="'x' is no item's id"):
        items.create_status("x", status="viewed")
    with pytest.raises(ArgumentError, match="status is 'new'"):
        queued.list_runs_from_annotation_queue(QUEUE, status="new")
    with pytest.raises(NotSupported, match="a thread can't wait for review"):
        items.create(QUEUE, items=[{"item_type": "THREAD", "thread_id": "x"}])
    with pytest.raises(ArgumentError, match="unknown keyword 'item'"):
        items.create(QUEUE, items=[], item=1)


def test_a_run_that_isn_t_in_the_store_waits_all_the_same(queued: Client) -> None:
    run = queued.get_run_from_annotation_queue(QUEUE, index=0)
    assert run.id == run_id(1)
    with pytest.raises(LangSmithNotFoundError, match="waits in the queue, but isn't in the store"):
        _ = run.inputs


def test_what_a_crash_tore_costs_nothing_else(queued: Client) -> None:
    (part,) = queued.workspace.store_folder.glob("queues/*/items/*.jsonl")
    with part.open("a") as file:
        file.write('{"do": "add", "at": "2026')
    assert len(waiting(queued)) == 3


def test_settings_that_are_damaged_are_said_with_their_place(queued: Client) -> None:
    (file,) = queued.workspace.store_folder.glob("queues/*/queue.json")
    file.write_text("{")
    with pytest.raises(StoreError, match=r"queue\.json' can't be read"):
        queued.read_annotation_queue(QUEUE)


def test_a_queue_is_for_its_owner_alone(queued: Client) -> None:
    for path in (queued.workspace.store_folder / "queues").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


ADDING = """
import sys
from uuid import UUID
from pytest_llmobs.client.client import Client

client = Client()
print("ready", flush=True)
sys.stdin.readline()
first = int(sys.argv[1])
for number in range(first, first + 60):
    client.add_runs_to_annotation_queue("busy", run_ids=[UUID(int=number)])
"""


def test_processes_that_add_at_once_lose_nothing(client: Client, tmp_path: Path) -> None:
    client.create_annotation_queue(name="busy")
    # Half of each one's runs are another one's, too.
    run_at_once(ADDING, (0, 30, 60, 90))
    items = client.annotation_queues.items.list("busy").items
    assert sorted(item.run_id for item in items) == [str(uuid.UUID(int=number)) for number in range(150)]


def decide(client: Client, number: int, reviewer: str, verdict: Verdict = "accept") -> None:
    decision = Decision(
        id=str(uuid.uuid4()),
        run_id=run_id(number),
        reviewer=reviewer,
        at=datetime.now(UTC),
        rubric="0123456789ab",
        verdict=verdict,
    )
    queues = client.workspace.open_queues()
    queues.decisions(queues.find(QUEUE)).decide(decision)


def asked(client: Client, status: str | None, reviewer: str) -> list[str]:
    return [
        item.run_id for item in client.annotation_queues.items.list(QUEUE, status=status, reviewer=reviewer)
    ]


def test_an_item_for_two_waits_for_the_other_once_one_has_decided(queued: Client) -> None:
    queued.update_annotation_queue(QUEUE, overlap="100%")
    decide(queued, 1, "ada")
    decide(queued, 2, "ada")
    decide(queued, 2, "bob", "reject")
    assert asked(queued, "needs_my_review", "ada") == [run_id(3)]
    assert asked(queued, "needs_others_review", "ada") == [run_id(1)]
    assert asked(queued, "needs_my_review", "bob") == [run_id(1), run_id(3)]
    assert asked(queued, "needs_others_review", "bob") == []
    assert asked(queued, "completed", "ada") == asked(queued, "archived", "bob") == [run_id(2)]
    assert queued.get_run_from_annotation_queue(QUEUE, index=0, reviewer="ada").id == run_id(3)
    assert (
        queued.annotation_queues.items.retrieve_count(QUEUE, status="needs_my_review", reviewer="bob").count
        == 2
    )
    items = {item.run_id: item for item in queued.annotation_queues.items.list(QUEUE)}
    assert [items[run_id(number)].status for number in (1, 2, 3)] == ["viewed", "completed", None]
    assert items[run_id(2)].last_reviewed_time is not None


def test_my_review_is_that_of_the_reviewer_whom_the_environment_names(
    queued: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued.update_annotation_queue(QUEUE, overlap=1)
    decide(queued, 1, "ada")
    monkeypatch.setenv("LLMOBS_REVIEWER", "ada")
    assert waiting(queued, "needs_my_review") == [run_id(2), run_id(3)]
    monkeypatch.setenv("LLMOBS_REVIEWER", "bob")
    assert waiting(queued, "needs_my_review") == [run_id(1), run_id(2), run_id(3)]


def test_one_decision_completes_an_item_that_one_reviewer_sees(queued: Client) -> None:
    decide(queued, 1, "ada")
    assert asked(queued, "completed", "bob") == [run_id(1)]
    assert asked(queued, "needs_others_review", "ada") == []


def test_what_reviewers_differ_about_is_a_queue(queued: Client) -> None:
    decide(queued, 1, "ada")
    decide(queued, 1, "bob", "reject")
    decide(queued, 2, "ada")
    runs = queued.list_runs_from_annotation_queue(f"{QUEUE}:disagreements")
    assert [run.id for run in runs] == [run_id(1)]
    assert list(queued.list_runs_from_annotation_queue(f"{QUEUE}:disagreements", status="completed")) == []


def test_all_that_a_committed_queue_states_may_be_given(client: Client) -> None:
    rules = [{"feedback": {"user_rating": "below 0.4"}}]
    queue = client.create_annotation_queue(
        name="all",
        failure_modes=["wrong price"],
        overlap="20%",
        calibration=20,
        least_agreement=0.6,
        rules=rules,
    )
    assert client.read_annotation_queue("all") == queue
    assert (queue.failure_modes, queue.overlap, queue.calibration) == (("wrong price",), 0.2, 20)
    assert (queue.least_agreement, list(queue.rules)) == (0.6, rules)
    with pytest.raises(ArgumentError, match="overlap is '120%'; it must be a share"):
        client.update_annotation_queue("all", overlap="120%")
    with pytest.raises(ArgumentError, match=r"unknown keyword 'overlapp'\. Did you mean 'overlap'\?"):
        client.create_annotation_queue(name="x", overlapp=1)  # type: ignore[call-arg]


def test_a_committed_queue_is_read_and_not_changed(client: Client) -> None:
    folder = client.workspace.queue_folder
    folder.mkdir()
    (folder / "support.yaml").write_text("instructions: Be fair.\n", encoding="utf-8")
    client.add_runs_to_annotation_queue("support", run_ids=[run_id(1)])
    queue = client.read_annotation_queue("support")
    assert (queue.rubric_instructions, queue.file) == ("Be fair.", "queues/support.yaml")
    assert client.get_run_from_annotation_queue(queue.id, index=0).id == run_id(1)
    with pytest.raises(ArgumentError, match=r"the committed file 'queues/support.yaml': change that"):
        client.update_annotation_queue("support", description="x")
