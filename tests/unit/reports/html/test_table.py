"""The columns of the page's table, and the filters that it offers."""

from __future__ import annotations

from typing import Any

from pytest_llmobs.reports.html.table import quick_filters, table_columns


def trials(**columns: list[Any]) -> dict[str, Any]:
    """Return an index's columns of two trials."""
    known: dict[str, Any] = {
        "example": ["a", "b"],
        "status": ["failed", "passed"],
        "state": ["broken", ""],
        "repeat": [1, 1],
        "suite": [0, 0],
        "look": ["", ""],
        "red": [1, 0],
        "latency": [1.5, None],
        "cost": [None, None],
        "tokens": [10, 20],
        "tags": [[], ["mail"]],
        "scores": {"tone": [0.5, None], "cost": [0.1, 0.2]},
    }
    return {**known, **columns}


def shown(data: dict[str, Any]) -> list[str]:
    return [column["name"] for column in table_columns(data, ["tone", "cost"]) if column["shown"]]


def test_columns_that_say_nothing_are_known_but_not_shown() -> None:
    assert shown(trials()) == [
        "example", "status", "state", "tone", "score.cost", "latency", "tokens", "tag",
    ]  # fmt: skip
    names = [column["name"] for column in table_columns(trials(), ["tone", "cost"])]
    assert {"repeat", "suite", "look", "cost"} <= set(names)


def test_repeats_and_suites_are_shown_where_they_differ() -> None:
    columns = shown(trials(repeat=[1, 2], suite=[0, 1], look=["", "control"]))
    assert columns[3:5] == ["repeat", "look"]
    # scores are read first, and a test's name takes much room
    assert columns.index("suite") > columns.index("tokens")


def test_an_evaluator_that_is_called_as_a_column_gets_a_name_of_its_own() -> None:
    (column,) = [column for column in table_columns(trials(), ["cost"]) if column["metric"]]
    assert (column["name"], column["title"], column["kind"]) == ("score.cost", "cost", "score")


def test_figures_are_sorted_from_the_largest_down_at_first() -> None:
    first = {column["name"]: column["first"] for column in table_columns(trials(), ["tone"])}
    assert (first["latency"], first["cost"], first["tokens"]) == ("-", "-", "-")
    assert (first["tone"], first["example"]) == ("", "")


def test_quick_filters_count_what_differs() -> None:
    assert quick_filters(trials()) == [
        ("red", 1),
        ("status:failed", 1),
        ("status:passed", 1),
        ("state:broken", 1),
    ]


def test_what_holds_for_all_trials_is_no_filter() -> None:
    assert quick_filters(trials(red=[0, 0], status=["passed", "passed"], state=["new", "new"])) == []
