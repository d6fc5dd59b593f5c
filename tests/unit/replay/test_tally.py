"""What a session says of its model calls: how many it made, and what the others had cost."""

from __future__ import annotations

import pytest

from pytest_llmobs.replay.tally import Tally

MADE: dict[str, object] = {"total_cost": 0.5}
RECORDED: dict[str, object] = {**MADE, "recording": "d9f621cae929bedc"}
REPLAYED = {"replayed": True, "total_cost": 0.0, "saved_cost": 0.25}


@pytest.mark.parametrize(
    ("calls", "text"),
    [
        ([], ""),
        ([MADE], "model calls: 1 made, none of them recorded, none replayed from llm-cassettes"),
        ([RECORDED, RECORDED], "model calls: 2 made and recorded, none replayed from llm-cassettes"),
        ([MADE, RECORDED], "model calls: 2 made, 1 of them recorded, none replayed from llm-cassettes"),
        (
            [RECORDED, REPLAYED, REPLAYED],
            "model calls: 1 made and recorded, 2 replayed from llm-cassettes ($0.5000 saved)",
        ),
        ([REPLAYED], "model calls: none made, 1 replayed from llm-cassettes ($0.2500 saved)"),
        ([{"replayed": True}], "model calls: none made, 1 replayed from llm-cassettes"),
    ],
)
def test_calls_are_counted_as_they_end(calls: list[dict[str, object]], text: str) -> None:
    tally = Tally()
    for columns in calls:
        tally.count(columns)
    assert tally.text("llm-cassettes") == text


def test_processes_add_up() -> None:
    total = Tally()
    total.add(2, 3, None)
    total.add(0, 1, 0.5)
    total.add(0, 0, 0.25)
    assert (total.made, total.replayed, total.saved) == (2, 4, 0.75)


def test_what_is_missing_is_said_and_counts_in_other_processes_too() -> None:
    worker, total = Tally(), Tally()
    worker.count(RECORDED)
    worker.add(0, 0, None, missing=2)
    total.add(*worker.counts)
    text = "model calls: 1 made and recorded, none replayed from llm-cassettes, 2 without a recording"
    assert total.text("llm-cassettes") == text
