from __future__ import annotations

from datetime import datetime

import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.records.conditions import Conjunction
from pytest_llmobs.storage.filtering.keywords import keyword_conditions


def test_no_filter_is_no_condition() -> None:
    assert keyword_conditions({}) == Conjunction(())
    assert keyword_conditions({"name": None}) == Conjunction(())  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"run_typ": "llm"}, r"Unknown filter 'run_typ'\. Did you mean 'run_type'\? Known: .*trace_id"),
        ({"run_type": "lm"}, r"Unknown run_type 'lm'\. Did you mean 'llm'\? Known: chain, embedding"),
        (
            {"status": ["success", "failed"]},
            r"Unknown status 'failed'.*Known: abandoned, error, incomplete, success",
        ),
        ({"name": 5}, r"name=5 must be a string or a sequence of strings"),
        ({"name": ["a", 5]}, r"name=5 must be a string or a sequence of strings"),
        ({"start_time": "today"}, r"start_time='today' must be a datetime with a time zone"),
        ({"before": datetime(2026, 1, 1)}, r"before=.* must be a datetime with a time zone"),
    ],
)
def test_what_can_not_be_filtered_says_what_can(filters, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        keyword_conditions(filters)
