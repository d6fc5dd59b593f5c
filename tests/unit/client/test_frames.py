"""An evaluation as a data frame."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.client.results.experiment import ExperimentResults
from pytest_llmobs.errors import ArgumentError, LlmobsError
from tests.unit.client.evaluations import ended, plan_of, row, under_way, workspace_in


def frame_of(folder: Path, rows: list[Any], ids: list[str], *, repeat: int = 1, **options: Any) -> Any:
    evaluation = ended(plan_of(ids, repeat=repeat), rows)
    return ExperimentResults(evaluation, workspace_in(folder)).to_pandas(**options)


def test_its_columns_are_those_that_scripts_know(tmp_path: Path) -> None:
    rows = [row("a", reference={"answer": "Because."})]
    frame = frame_of(tmp_path, rows, ["a"])
    assert list(frame.columns) == [
        "inputs.question",
        "outputs.output",
        "error",
        "unscored",
        "reference.answer",
        "tone",
        "feedback.tone",
        "repeat",
        "execution_time",
        "example_id",
        "id",
    ]
    line = frame.iloc[0]
    assert (line["tone"], line["feedback.tone"], line["execution_time"]) == (0.5, 0.5, 2.0)
    assert (line["example_id"], line["id"], line["reference.answer"]) == ("a", "run-a-1", "Because.")


def test_every_expected_example_is_a_line_in_the_order_of_the_dataset(tmp_path: Path) -> None:
    rows = [row("c"), row("a", error="Traceback …\nValueError: no answer")]
    frame = frame_of(tmp_path, rows, ["a", "b", "c"])
    assert list(frame["example_id"]) == ["a", "b", "c"]
    assert list(frame["error"])[:2] == ["ValueError: no answer", "never ran"]
    assert frame["tone"][0] == frame["feedback.tone"][1] == 0
    assert list(frame["unscored"])[:2] == ["tone", "tone"]
    assert frame["tone"][2] == 0.5


def test_of_an_evaluation_that_goes_on_the_others_have_not_run_yet(tmp_path: Path) -> None:
    evaluation = under_way(plan_of(["a", "b"]))
    evaluation.add(row("b"))
    frame = ExperimentResults(evaluation, workspace_in(tmp_path)).to_pandas()
    assert frame["error"][0] == "not run yet"


def test_a_failure_that_the_rows_leave_out_is_a_line_all_the_same(tmp_path: Path) -> None:
    evaluation = ended(plan_of(["a", "b"]), [row("a")], ignored=[row("b", error="ValueError: no answer")])
    results = ExperimentResults(evaluation, workspace_in(tmp_path))
    assert len(results) == 1
    assert results.to_pandas()["error"][1] == "ValueError: no answer"


def test_of_several_suites_a_column_tells_which_is_which(tmp_path: Path) -> None:
    rows = [row("a", tone=1.0, suite="one"), row("a", tone=0.0, suite="two")]
    evaluation = ended(plan_of(["a"], suite="one"), rows, other=plan_of(["a"], suite="two"))
    results = ExperimentResults(evaluation, workspace_in(tmp_path))
    for level in ("row", "example"):
        frame = results.to_pandas(level=level)  # type: ignore[arg-type]
        assert list(frame["suite"]) == ["one", "two"]
        assert list(frame["tone"]) == [1.0, 0.0]
    assert list(results.summary_scores) == ["one: tone", "two: tone"]


def test_a_slice_of_it(tmp_path: Path) -> None:
    rows = [row(id) for id in "abcd"]
    assert list(frame_of(tmp_path, rows, list("abcd"), start=1, end=3)["example_id"]) == ["b", "c"]
    assert list(frame_of(tmp_path, rows, list("abcd"), start=-1)["example_id"]) == ["d"]


def test_repeats_are_averaged_per_example(tmp_path: Path) -> None:
    rows = [
        row("a", tone=0.0, repeat=1, seconds=1.0),
        row("a", tone=1.0, repeat=2, seconds=3.0),
        row("b", tone="polite", repeat=1),
        row("b", error="ValueError: no", repeat=2),
    ]
    frame = frame_of(tmp_path, rows, ["a", "b"], repeat=2, level="example")
    assert list(frame["example_id"]) == ["a", "b"]
    assert list(frame["tone"]) == [0.5, "polite"]
    assert frame["execution_time"][0] == 2.0
    assert frame["error"][1] == "ValueError: no"
    assert "repeat" not in frame


def test_booleans_have_a_mean_and_labels_stay_texts(tmp_path: Path) -> None:
    frame = frame_of(tmp_path, [row("a", tone=True), row("b", tone=False)], ["a", "b"])
    assert frame["tone"].mean() == 0.5
    assert list(frame_of(tmp_path, [row("a", tone="polite")], ["a"])["tone"]) == ["polite"]


def test_what_is_nested_stays_what_it_is(tmp_path: Path) -> None:
    rows = [row("a", outputs={"answer": {"text": "x"}, "sources": [1, 2]})]
    frame = frame_of(tmp_path, rows, ["a"])
    assert frame["outputs.answer"][0] == {"text": "x"}
    assert frame["outputs.sources"][0] == [1, 2]


@pytest.mark.parametrize("key", ["error", "id", "example_id", "execution_time", "repeat", "inputs.question"])
def test_a_metric_with_the_name_of_a_column_is_found_below_feedback(tmp_path: Path, key: str) -> None:
    frame = frame_of(tmp_path, [row("a", tone=0.5, key=key)], ["a"])
    assert frame[f"feedback.{key}"][0] == 0.5
    assert frame[key][0] != 0.5
    assert frame.columns.is_unique


def test_an_evaluation_of_nothing_is_an_empty_frame(tmp_path: Path) -> None:
    assert len(frame_of(tmp_path, [], [])) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"level": "exampel"}, "to_pandas(level='exampel'): unknown level. Did you mean 'example'?"),
        ({"start": "1"}, "to_pandas(start='1'): give a whole number, or None."),
        ({"end": 1.5}, "to_pandas(end=1.5): give a whole number, or None."),
    ],
)
def test_a_wrong_argument_is_refused(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        frame_of(tmp_path, [row("a")], ["a"], **options)
    assert str(caught.value).startswith(said)


def test_where_pandas_is_missing_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(LlmobsError, match="pip install pandas"):
        frame_of(tmp_path, [row("a")], ["a"])


@pytest.mark.parametrize("level", ["row", "example"])
def test_a_columns_mean_is_that_of_the_summary_whatever_crashed(tmp_path: Path, level: Any) -> None:
    rows = [row("a", tone=1.0), row("b", tone=1.0), row("c", error="ValueError: boom")]
    evaluation = ended(plan_of(["a", "b", "c", "d"]), rows)
    results = ExperimentResults(evaluation, workspace_in(tmp_path))
    frame = results.to_pandas(level=level)
    assert frame["tone"].mean() == frame["feedback.tone"].mean() == results.summary_scores["tone"].mean == 0.5


def test_where_scores_leave_0_to_1_nothing_stands_for_a_missing_one(tmp_path: Path) -> None:
    rows = [row("a", tone=4.0), row("b", error="ValueError: boom")]
    frame = frame_of(tmp_path, rows, ["a", "b"])
    assert math.isnan(frame["tone"][1])
    assert frame["unscored"][1] == "tone"
