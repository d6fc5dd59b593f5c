"""Runs come to queues by rules: which, in which order, why, and what never comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import ArgumentError, NotFoundError, StoreError
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.routing.applying import RoutedRule, route
from pytest_llmobs.review.routing.matching import Scope
from pytest_llmobs.storage.parquet.report import ScanReport
from tests.unit.review.routing.conftest import START, MakeQueue, Write, run_id

BAD = {"feedback": {"user_rating": "below 0.4"}}


ALL = Scope()


def apply(client: Client, queues: Queues, scope: Scope = ALL, **how) -> list[RoutedRule]:
    return route(client.store, queues, scope=scope, **how)


def numbers(routed: list[RoutedRule]) -> list[list[int]]:
    """Return the numbers of each rule's new runs."""
    return [[int(id[-12:], 16) for id in rule.run_ids] for rule in routed]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ({"project": "staging"}, [7]),
        ({"filter": 'eq(status, "error")'}, [1]),
        ({"filter": 'eq(name, "retrieve")'}, []),
        ({"filter": 'and(eq(is_root, false), eq(name, "retrieve"))'}, [8]),
        ({"confidence_below": 0.6}, [3, 2]),
        ({"metadata": {"tier": "gold"}}, [4, 2]),
        ({"metadata": {"tier": ["gold", "trial"], "seats": 3}}, [4]),
        ({"metadata": {"beta": True}}, [5]),
        ({"words": ["refund", "invoice"]}, [5, 4]),
        ({"words": ["refund"], "metadata": {"tier": "gold"}}, [4]),
        ({"feedback": {"user_rating": "below 0.4"}}, [2]),
        ({"feedback": {"user_rating": "at least 0.4"}}, [3]),
        ({"feedback": {"category": "billing"}}, [4]),
        ({"feedback": {"thumbs": False}}, [5]),
        ({"feedback": "correction"}, [6]),
        ({"sample": "100%"}, [7, 6, 5, 4, 3, 2, 1]),
        ({"sample": "100%", "project": "staging"}, [7]),
    ],
)
def test_each_kind_finds_its_runs(
    client: Client, queues: Queues, write: Write, make_queue: MakeQueue, rule, wanted
):
    write(1, {"q": "Hello"}, status="error", error="ValueError: no order")
    write(2, {"q": "Hello"}, {"answer": "No", "confidence": 0.3}, metadata={"tier": "gold"})
    write(3, {"q": "Hello"}, {"answer": "No"}, metadata={"confidence": 0.59, "tier": "golden"})
    write(4, {"q": "My REFUND is late"}, {"confidence": 0.6}, metadata={"tier": "gold", "seats": 3})
    write(5, {"q": "Two invoices"}, {"confidence": "0.1"}, metadata={"beta": True})
    write(6, {"q": "Hello"}, {"answer": "Yes, refund it"})
    write(7, {"q": "Hello"}, project="staging")
    write(8, trace_id=run_id(6), parent_id=run_id(6), name="retrieve")
    write(9, {"q": "A refund"}, {"confidence": 0.1}, evaluates=run_id(4), metadata={"tier": "gold"})
    write(10, {"q": "A refund"}, {"confidence": 0.1}, attempt="unused", metadata={"tier": "gold"})
    client.create_feedback(run_id=run_id(2), key="user_rating", score=0.2)
    client.create_feedback(run_id=run_id(3), key="user_rating", score=0.4)
    client.create_feedback(run_id=run_id(4), key="category", value="billing")
    client.create_feedback(run_id=run_id(5), key="thumbs", score=False)
    client.create_feedback(run_id=run_id(6), key="correction", correction={"answer": "No"})
    make_queue("looked at", rule)
    assert numbers(apply(client, queues)) == [wanted]


def test_a_sample_that_draws_nobody_is_empty(
    client: Client, queues: Queues, write: Write, make_queue: MakeQueue
):
    write(1, {"q": "Hello"})
    make_queue("looked at", {"sample": 1e-9})
    assert numbers(apply(client, queues)) == numbers(apply(client, queues, limit=1)) == [[]]


def test_judges_differ_under_one_key_or_across_named_ones(
    client: Client, queues: Queues, write: Write, make_queue: MakeQueue
):
    write(1, scores={"tone": 0.9, "tone_strict": 0.4, "length": 0.0}, repeat=0)
    write(2, scores={"tone": 0.7, "tone_strict": 0.3}, repeat=0)
    write(3)
    for score in (0.2, 0.9):
        client.create_feedback(run_id=run_id(3), key="tone", score=score, feedback_source_type="model")
    write(4, scores={"tone": 0.9}, repeat=0)
    client.create_feedback(run_id=run_id(4), key="tone", score=0.1, feedback_source_type="model")
    write(5)
    for score in (0.0, 1.0):  # people are no judges
        client.create_feedback(run_id=run_id(5), key="tone", score=score)
    make_queue("one key", {"judges_differ": 0.4})
    make_queue("two keys", {"judges_differ": {"more_than": 0.4, "keys": ["tone", "tone_strict"]}})
    assert numbers(apply(client, queues)) == [[4, 3], [4, 3, 1]]
    since = Scope(since=START + timedelta(minutes=5))
    make_queue("late", {"judges_differ": {"more_than": 0.4, "keys": ["tone", "tone_strict"]}})
    assert numbers(apply(client, queues, since, wanted="late")) == [[4, 3]]


def test_a_run_is_one_item_with_the_reason_of_the_first_rule(
    client: Client, queues: Queues, write: Write, make_queue: MakeQueue
):
    for number in (1, 2, 3):
        write(number, {"q": "refund"}, metadata={"tier": "gold"})
    client.create_feedback(run_id=run_id(2), key="user_rating", score=0)
    queue = make_queue("mine", {"metadata": {"tier": "gold"}}, BAD, {"words": "refund"})
    routed = apply(client, queues)
    assert [(rule.queue, rule.rule, rule.matched, rule.new) for rule in routed] == [
        ("mine", "tier gold", 3, 3),
        ("mine", "feedback user_rating below 0.4", 1, 0),
        ("mine", "words refund", 3, 0),
    ]
    items = queues.items(queue).all()
    assert [item.run_id for item in items] == [run_id(1), run_id(2), run_id(3)]
    assert {(item.reason, item.project_id) for item in items} == {("tier gold", "production")}
    assert [(rule.matched, rule.new) for rule in apply(client, queues)] == [(3, 0), (1, 0), (3, 0)]


def test_what_was_taken_out_comes_back_by_a_person_alone(
    client: Client, queues: Queues, write: Write, make_queue: MakeQueue
):
    write(1)
    queue = make_queue("mine", {"sample": "100%"})
    apply(client, queues)
    client.delete_run_from_annotation_queue("mine", run_id=run_id(1))
    assert [rule.new for rule in apply(client, queues)] == [0]
    # another process, which looked at the queue before it was taken out
    queues.items(queue).add_by_rule([{"run_id": run_id(1), "reason": "sample 100%"}])
    assert queues.items(queue).all() == []
    client.add_runs_to_annotation_queue("mine", run_ids=[run_id(1)])
    assert [item.reason for item in queues.items(queue).all()] == [None]


def test_a_limit_takes_the_newest_and_a_dry_run_none(
    client: Client, queues: Queues, write: Write, make_queue: MakeQueue
):
    for number in range(1, 6):
        write(number)
    queue = make_queue("mine", {"sample": "100%"})
    assert numbers(apply(client, queues, dry_run=True)) == [[5, 4, 3, 2, 1]]
    assert queues.items(queue).all() == []
    assert numbers(apply(client, queues, limit=2)) == [[5, 4]]
    assert numbers(apply(client, queues, limit=2)) == [[3, 2]]
    assert numbers(apply(client, queues, limit=0)) == [[]]


def test_late_feedback_of_an_older_run_is_found(
    client: Client, queues: Queues, write: Write, make_queue: MakeQueue
):
    write(1, metadata={"tier": "gold"})
    write(2, metadata={"tier": "gold"})
    make_queue("mine", BAD, {"metadata": {"tier": "gold"}})
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert yesterday > START
    assert [rule.matched for rule in apply(client, queues, Scope(since=yesterday))] == [0, 0]
    given = client.create_feedback(run_id=run_id(2), key="user_rating", score=0.9)
    client.update_feedback(given.id, score=0.1)
    assert numbers(apply(client, queues, Scope(since=yesterday))) == [[2], []]


def test_older_runs_are_not_read(client: Client, queues: Queues, write: Write, make_queue: MakeQueue):
    for number in range(1, 6):
        write(number, metadata={"tier": "gold"})
    make_queue("mine", {"metadata": {"tier": "gold"}})
    report = ScanReport()
    client.store.tables = _reported(client.store.tables, report)
    assert numbers(apply(client, queues, Scope(since=START + timedelta(seconds=5)))) == [[5]]
    assert (report.files, report.read_groups) == (5, 1)


def _reported(tables, report):
    return lambda *arguments, **keywords: tables(*arguments, report=report, **keywords)


def test_projects_are_those_asked_for_and_those_of_the_rule(
    client: Client, queues: Queues, write: Write, make_queue: MakeQueue
):
    write(1)
    write(2, project="staging")
    make_queue("mine", {"sample": "100%", "project": "staging"}, {"sample": "100%"})
    assert numbers(apply(client, queues, Scope(projects=["production"]), dry_run=True)) == [[], [1]]
    with pytest.raises(NotFoundError, match=r"Unknown project 'stagin'.* Did you mean 'staging'\?"):
        apply(client, queues, Scope(projects=["stagin"]))


def test_queues_without_rules_are_left_alone(client: Client, queues: Queues, write: Write):
    write(1)
    client.create_annotation_queue(name="by hand")
    assert apply(client, queues) == []
    with pytest.raises(ArgumentError, match=r"The queue 'by hand' has no rules\. Write some under 'route:'"):
        apply(client, queues, wanted="by hand")
    with pytest.raises(NotFoundError, match="Did you mean 'by hand'"):
        apply(client, queues, wanted="by hans")


def test_a_queue_that_cannot_be_written_keeps_no_other_from_its_runs(
    client: Client, queues: Queues, write: Write, tmp_path: Path
):
    write(1, {"q": "Hello"})
    (tmp_path / "queues").mkdir()
    for name in ("first", "second"):
        (tmp_path / "queues" / f"{name}.yaml").write_text("route:\n  - project: production\n")
    (tmp_path / ".llmobs" / "queues").mkdir(exist_ok=True)
    (tmp_path / ".llmobs" / "queues" / "first").write_text("in the way")
    with pytest.raises(StoreError, match="first"):
        apply(client, queues)
    assert [item.run_id for item in queues.items(queues.find("second")).all()] == [run_id(1)]
    with pytest.raises(StoreError, match="first"):
        apply(client, queues, wanted="first")
