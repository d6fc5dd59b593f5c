"""One reviewer answers the items of a queue."""

from __future__ import annotations

import pytest

from pytest_llmobs.errors import ArgumentError
from tests.unit.review.sessions.conftest import Office


def test_every_item_comes_once_and_then_none(office: Office) -> None:
    queue = office.queue(5)
    with office.review(queue) as session:
        seen = []
        while session.current is not None:
            seen.append(session.current.material.question)
            session.save("accept")
        assert sorted(seen) == [f"Question {number}?" for number in range(1, 6)]
        assert session.why_empty == "All done: 5 items, none left for you."
        with pytest.raises(ArgumentError, match=r"There is no item to answer. All done"):
            session.save("accept")
    assert {decision.verdict for decision in office.standing(queue)} == {"accept"}
    assert len(office.published) == 5
