"""What stands after updates and deletes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmobs.storage.feedback.log import FeedbackLog

Event = Callable[..., dict[str, Any]]


def only(log: FeedbackLog) -> dict[str, Any]:
    (row,) = log.current().to_pylist()
    return row


def test_an_update_sets_what_it_names_and_leaves_the_rest(log: FeedbackLog, event: Event) -> None:
    log.append(event(1, score=0.25, comment="first", value="down", value_is_json=False))
    log.append(event(2, "update", of=1, score=1.0, score_json="true", changes=["score"]))
    row = only(log)
    assert (row["score"], row["score_json"], row["comment"], row["value"]) == (1.0, "true", "first", "down")
    assert row["modified_at"] > row["created_at"]
    log.close()


def test_an_update_to_none_takes_the_value_away(log: FeedbackLog, event: Event) -> None:
    log.append(event(1, score=0.25, comment="first"))
    log.flush()
    log.append(event(2, "update", of=1, changes=["comment"]))
    assert (only(log)["comment"], only(log)["score"]) == (None, 0.25)
    log.close()


def test_the_last_update_of_a_field_counts(log: FeedbackLog, event: Event) -> None:
    log.append(event(1))
    log.append(event(4, "update", of=1, comment="third", changes=["comment"]))
    log.append(event(2, "update", of=1, comment="first", score=0.5, changes=["comment", "score"]))
    log.append(event(3, "update", of=1, comment="second", changes=["comment"]))
    assert (only(log)["comment"], only(log)["score"]) == ("third", 0.5)
    log.close()


def test_what_was_deleted_is_gone_whatever_came_after(log: FeedbackLog, event: Event) -> None:
    log.append(event(1))
    log.append(event(2))
    log.append(event(3, "delete", of=1))
    log.append(event(4, "update", of=1, score=0.5, changes=["score"]))
    assert [row["id"] for row in log.current().to_pylist()] == [event(2)["id"]]
    log.close()


def test_of_two_creations_of_an_id_the_first_counts(log: FeedbackLog, event: Event) -> None:
    """Where a disk has no locks, two processes may take the same id at once."""
    log.append(event(2, of=7, event_id="b", score=0.5))
    log.append(event(1, of=7, event_id="a", score=0.25))
    log.append(event(3))
    log.flush()
    assert sorted(row["score"] or 0 for row in log.current().to_pylist()) == [0, 0.25]
    assert len(log.current(columns=["key"])) == 2


def test_an_update_whose_creation_is_nowhere_shows_nothing(log: FeedbackLog, event: Event) -> None:
    log.append(event(2, "update", of=1, score=0.5, changes=["score"]))
    assert len(log.current()) == 0
    log.close()


@pytest.mark.parametrize("seed", range(8))
def test_it_agrees_with_a_plain_replay(log: FeedbackLog, event: Event, seed: int) -> None:
    chance = random.Random(seed)
    standing: dict[str, dict[str, Any]] = {}
    gone: set[str] = set()
    for number in range(1, 120):
        kind = chance.choice(["create", "create", "update", "update", "delete"])
        of = number if kind == "create" else chance.randrange(1, number + 1)
        row = event(number, kind, of=of)
        if kind == "create":
            row["score"] = chance.random()
            standing[row["id"]] = {"score": row["score"], "comment": None}
        elif row["id"] not in standing:
            continue
        elif kind == "delete":
            gone.add(row["id"])
        else:
            changes = chance.choice([["score"], ["comment"], ["score", "comment"]])
            row["changes"] = changes
            for field in changes:
                row[field] = chance.choice([None, chance.random() if field == "score" else f"c{number}"])
                standing[row["id"]][field] = row[field]
        log.append({name: value for name, value in row.items() if value is not None})
        if chance.random() < 0.1:
            log.flush()
    expected = {id: fields for id, fields in standing.items() if id not in gone}
    found = log.current(columns=["id", "score", "comment"]).to_pylist()
    assert {row.pop("id"): row for row in found} == expected
    log.close()
