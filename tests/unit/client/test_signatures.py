"""What a notebook shows of the client's methods: each keyword by its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmobs import Client
from pytest_llmobs.client.v2 import Runs


@pytest.mark.parametrize(
    ("method", "keywords"),
    [
        (Client.list_runs, {"filter", "is_root", "run_type", "start_time", "error"}),
        (Client.get_run_stats, {"filter", "trace"}),
        (Client.read_thread, {"filter", "is_root"}),
        (Client.create_feedback, {"score", "value", "comment", "correction"}),
        (Client.list_feedback, {"feedback_key", "run_ids"}),
        (Client.create_annotation_queue, {"name", "rubric_items", "overlap"}),
        (Client.update_annotation_queue, {"name", "rubric_items", "overlap"}),
        (Client.list_projects, {"reference_dataset_name"}),
        (Runs.query, {"filter", "min_start_time"}),
    ],
)
def test_every_keyword_is_shown_by_its_name(method: Callable[..., Any], keywords: set[str]) -> None:
    parameters = inspect.signature(method).parameters
    assert keywords <= parameters.keys()
    assert all(each.kind is not each.VAR_KEYWORD for each in parameters.values())


def test_a_keyword_that_is_left_alone_where_it_is_not_given_shows_no_value() -> None:
    parameters = inspect.signature(Client.update_feedback).parameters
    assert str(parameters["score"]).endswith("= Ellipsis")
    assert inspect.signature(Client.create_feedback).parameters["feedback_source_type"].default == "api"
