"""How far a queue is follows from its items, its decisions and the week's calibration set."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.records import AnnotationQueue, Decision, Role

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
RUNS = [str(UUID(int=number, version=4)) for number in range(4)]


@pytest.fixture
def queues(tmp_path: Path) -> Queues:
    return Queues(tmp_path, now=lambda: NOW)


def filled(queues: Queues, overlap: float = 0.0, calibration: int = 0) -> AnnotationQueue:
    queue = queues.create("support", overlap=overlap, calibration=calibration)
    queues.items(queue).add([{"run_id": run_id} for run_id in RUNS])
    return queue


def decide(queues: Queues, run_id: str, reviewer: str, role: Role = "review") -> Decision:
    queue = queues.find("support")
    decision = Decision(
        id=str(uuid5(NAMESPACE_URL, f"{run_id}/{reviewer}")),
        run_id=run_id,
        reviewer=reviewer,
        at=NOW,
        rubric="0123456789ab",
        verdict="accept",
        role=role,
    )
    queues.decisions(queue).decide(decision)
    return decision


def waiting(queues: Queues, reviewer: str) -> list[int]:
    standings = queues.standings(queues.find("support"))
    return [number for number, run_id in enumerate(RUNS) if standings[run_id].waits_for(reviewer)]


def test_one_review_is_enough_without_overlap(queues: Queues) -> None:
    filled(queues)
    decision = decide(queues, RUNS[0], "ada")
    assert waiting(queues, "ada") == waiting(queues, "bob") == [1, 2, 3]
    queues.decisions(queues.find("support")).withdraw(decision)
    assert waiting(queues, "ada") == [0, 1, 2, 3]


def test_two_are_needed_with_it(queues: Queues) -> None:
    filled(queues, overlap=1.0)
    decide(queues, RUNS[0], "ada")
    assert (waiting(queues, "ada"), waiting(queues, "bob")) == ([1, 2, 3], [0, 1, 2, 3])
    decide(queues, RUNS[0], "bob")
    assert waiting(queues, "cem") == [1, 2, 3]


def test_an_adjudication_is_no_review(queues: Queues) -> None:
    filled(queues)
    decide(queues, RUNS[0], "ada", "adjudication")
    assert waiting(queues, "bob") == [0, 1, 2, 3]


def test_the_weeks_calibration_set_waits_for_every_reviewer(queues: Queues, tmp_path: Path) -> None:
    filled(queues, calibration=2)
    sets = tmp_path / "support" / "calibration"
    sets.mkdir()
    (sets / "2026-W10.json").write_text(json.dumps({"run_ids": RUNS[:2]}), encoding="utf-8")
    (sets / "2026-W09.json").write_text(json.dumps({"run_ids": RUNS[2:]}), encoding="utf-8")
    for run_id in RUNS:
        decide(queues, run_id, "ada")
    assert (waiting(queues, "ada"), waiting(queues, "bob")) == ([], [0, 1])
    queues.items(queues.find("support")).set_status(RUNS[0], "completed", "support")
    assert waiting(queues, "bob") == [1]


def test_looking_chooses_no_calibration_set(queues: Queues, tmp_path: Path) -> None:
    filled(queues, calibration=2)
    assert waiting(queues, "ada") == [0, 1, 2, 3]
    assert not (tmp_path / "support" / "calibration").exists()
