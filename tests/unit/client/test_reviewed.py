"""``Client().curate(from_queue=…)`` and ``preference_pairs`` over a real store with a queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmobs.client import Client
from pytest_llmobs.errors import AgreementError, ArgumentError, NotFoundError
from tests.unit.review.outcomes.reviewed_store import BETTER, QUEUE, adjudicate, build
from tests.unit.storage.filtering.stored import run_id


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LLMOBS_STORE", raising=False)
    build(tmp_path)
    client = Client()
    yield client
    client.store.feedback.close()


def test_what_was_accepted_or_corrected_becomes_examples(client: Client) -> None:
    curation = client.curate(dataset_name="golden", from_queue=QUEUE, least_agreement=0.2, embed=False)

    assert curation.agreement
    assert curation.plan.queue == QUEUE
    assert curation.plan.reasons == {"review": 3}
    applied = curation.apply()
    assert {example.source_run_id for example in applied.examples} == set(map(run_id, (1, 2, 4)))
    again = client.curate(dataset_name="golden", from_queue=QUEUE, least_agreement=0.2, embed=False)
    assert again.plan.is_empty


def test_what_reviewers_say_completes_an_example_of_an_earlier_day(client: Client) -> None:
    client.create_feedback(run_id(2), "user_rating", score=0)
    client.create_feedback(run_id(4), "user_rating", score=0)
    client.curate(project_name="production", dataset_name="golden", embed=False).apply()

    curation = client.curate(dataset_name="golden", from_queue=QUEUE, least_agreement=0.2, embed=False)

    completed = {example.source_run_id: example for example in curation.apply().completed}
    assert completed[run_id(2)].outputs == {"output": BETTER}
    assert completed[run_id(2)].metadata["reviewer"] == "ada, ben"
    assert completed[run_id(2)].metadata["reason"] == "feedback: user_rating 0"
    assert completed[run_id(4)].outputs == {"output": "Yes, it comes with one."}


def test_the_newest_items_are_taken_where_there_is_a_limit(client: Client) -> None:
    curation = client.curate(dataset_name="g", from_queue=QUEUE, least_agreement=0.2, limit=1, embed=False)
    assert curation.has_more
    assert [draft["source_run_id"] for draft in curation.plan.drafts] == [run_id(4)]


def test_runs_that_are_gone_are_counted(client: Client, tmp_path: Path) -> None:
    client.add_runs_to_annotation_queue(QUEUE, run_ids=[run_id(9)])
    adjudicate(tmp_path, 9, "accept")
    plan = client.curate(dataset_name="g", from_queue=QUEUE, least_agreement=0.2, embed=False).plan
    assert plan.left_out["not in the store"] == 1


def test_what_was_taken_out_of_the_queue_is_no_part_of_it(client: Client) -> None:
    client.delete_run_from_annotation_queue(QUEUE, run_id=run_id(1))
    plan = client.curate(dataset_name="g", from_queue=QUEUE, least_agreement=-1, embed=False).plan
    assert {draft["source_run_id"] for draft in plan.drafts} == {run_id(2), run_id(4)}


def test_two_corrections_are_no_example_until_somebody_chooses(client: Client, tmp_path: Path) -> None:
    adjudicate(tmp_path, 3, "reject", correction={"output": "Twice."})
    plan = client.curate(dataset_name="g", from_queue=QUEUE, least_agreement=0.2, embed=False).plan
    (draft,) = (draft for draft in plan.drafts if draft["source_run_id"] == run_id(3))
    assert draft["outputs"] == {"output": "Twice."}
    assert draft["metadata"]["agreement"] == 0.5
    assert plan.left_out == {"rejected": 1}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"project_name": "production"}, "project says nothing about the queue 'refunds'"),
        ({"filter": 'eq(name, "x")'}, "filter says nothing about the queue 'refunds'"),
        ({"keep_outputs": True}, "keep_outputs says nothing about the queue 'refunds'"),
        ({"least_agreement": 3}, "least_agreement is 3; it must be a number from -1 to 1"),
        ({"least_agreement": True}, "least_agreement is True; it must be a number from -1 to 1"),
    ],
)
def test_what_makes_no_sense_beside_a_queue_is_refused(
    client: Client, given: dict[str, object], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        client.curate(dataset_name="golden", from_queue=QUEUE, **given)  # type: ignore[arg-type]


def test_a_bar_says_nothing_about_projects(client: Client) -> None:
    with pytest.raises(ArgumentError, match="only about a review queue"):
        client.curate(dataset_name="golden", project_name="production", least_agreement=0.7)
    with pytest.raises(ArgumentError, match="or a review queue"):
        client.curate(dataset_name="golden")


def test_corrections_are_pairs(client: Client) -> None:
    made = client.preference_pairs(QUEUE, least_agreement=0.2)

    (row,) = made.pairs.rows
    assert (row["chosen"], row["reviewer"], row["agreement"]) == (BETTER, "ada", 1.0)
    assert made.left_out == {"without a correction": 3, "contested": 1}


def test_reviewers_who_agree_too_little_teach_nobody(client: Client) -> None:
    with pytest.raises(AgreementError, match="--least-agreement"):
        client.preference_pairs(QUEUE)
    with pytest.raises(AgreementError, match="--least-agreement"):
        client.curate(dataset_name="golden", from_queue=QUEUE)
    with pytest.raises(NotFoundError, match="Did you mean 'refunds'"):
        client.preference_pairs("refund")
