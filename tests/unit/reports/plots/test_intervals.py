"""The picture of metrics: what is worse lies left of the baseline, and every shape means one thing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.plots.intervals import intervals
from pytest_llmobs.reports.plots.layout import NARROW, WIDE, Layout
from pytest_llmobs.reports.plots.scene import Scene, Shape
from tests.unit.reports.conftest import GALLERY


def drawn(experiment: Experiment, layout: Layout = WIDE) -> Scene:
    scene = intervals(digest(experiment), layout)
    assert scene is not None
    return scene


def with_class(scene: Scene, classes: str, told: str = "") -> list[Shape]:
    shapes = [shape for shape in scene.shapes if shape.attributes["class"] == classes]
    return [shape for shape in shapes if told in shape.text and shape.text]


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_a_regression_lies_left_of_the_baseline_in_its_tone(layout: Layout) -> None:
    scene = drawn(GALLERY["red_metric"](), layout)

    (dot,) = with_class(scene, "mark bad")
    (whisker,) = with_class(scene, "whisker bad")
    baseline = with_class(scene, "baseline past")[0]
    assert dot.text == "pass: −12.0 pp [−18.0, −6.0]"
    left, now, right = whisker.attributes["x1"], dot.attributes["cx"], whisker.attributes["x2"]
    assert float(left) < float(now) < float(right) < float(baseline.attributes["x1"])


def test_what_improved_lies_right_of_it() -> None:
    scene = drawn(GALLERY["improved"]())

    dot = with_class(scene, "mark good")[0]
    assert float(dot.attributes["cx"]) > float(with_class(scene, "baseline past")[0].attributes["x1"])


def test_the_accepted_code_is_a_diamond_where_it_ran() -> None:
    (diamond,) = with_class(drawn(GALLERY["drifted"]()), "hollow past")

    assert diamond.kind == "path"
    assert diamond.text == "pass: the accepted code today 0.851"
    assert not with_class(drawn(GALLERY["green"]()), "hollow past")


def test_less_that_is_better_turns_the_accepted_code_as_the_gate_turns_the_difference() -> None:
    known = GALLERY["other_measures"]()
    metrics = [
        replace(row, control=0.8 if row.metric == "toxicity" else None) for row in known.decision.metrics
    ]
    scene = drawn(replace(known, decision=replace(known.decision, metrics=tuple(metrics))))

    (diamond,) = with_class(scene, "hollow past")
    baseline = with_class(scene, "baseline past")[0]
    x = float(str(diamond.attributes["d"]).split(" ")[0].removeprefix("M"))
    assert x > float(baseline.attributes["x1"])  # 0.912 before: it is better now


def test_what_has_no_points_has_an_axis_of_its_own() -> None:
    scene = drawn(GALLERY["other_measures"]())

    texts = [shape.text for shape in scene.shapes]
    assert texts.count("← worse · points from the baseline (pp)") == 1
    assert texts.count("← worse · difference from the baseline") == 1
    assert "−20" in texts


def test_suites_are_named_where_there_are_several() -> None:
    many = [shape.text for shape in drawn(GALLERY["many_suites"](), NARROW).shapes]
    one = [shape.text for shape in drawn(GALLERY["green"](), NARROW).shapes]

    suite = "tests/very/deep/folder/test_module_06.py::test_case_with_a_long_name"
    assert f"{suite}, tone_quality: −12.0 pp [−18.0, −6.0]" in many
    assert [text for text in many if text.startswith("test_modul") and "…" in text]
    assert not [text for text in one if "test_support_agent" in text]


def test_without_a_baseline_there_is_none() -> None:
    assert intervals(digest(GALLERY["no_baseline"]()), WIDE) is None
