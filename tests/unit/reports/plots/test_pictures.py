"""What holds of every picture: it lies within its frame, says everything in words too, and survives any name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import TrialScore
from pytest_llmobs.reports import html
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import Digest, digest
from pytest_llmobs.reports.plots import shapes
from pytest_llmobs.reports.plots.pictures import Picture, drawn, pictures
from pytest_llmobs.reports.plots.scene import Scene, Shape
from pytest_llmobs.reports.plots.svg import paint
from tests.unit.reports.conftest import GALLERY
from tests.unit.reports.plots.conftest import Past, before

NAMES = ("intervals", "history", "distributions", "spending")
ACROSS = {"line": ("x1", "x2"), "rect": ("x",), "circle": ("cx",), "text": ("x",)}
DOWN = {"line": ("y1", "y2"), "rect": ("y",), "circle": ("cy",), "text": ("y",)}


def places(shape: Shape, across: bool) -> Iterator[float]:
    """Yield the pixels that a shape reaches, one way."""
    if shape.kind == "path":
        pairs = re.findall(r"([-\d.]+) ([-\d.]+)", str(shape.attributes["d"]))
        yield from (float(pair[0 if across else 1]) for pair in pairs)
        return
    names = (ACROSS if across else DOWN)[shape.kind]
    yield from (float(shape.attributes[name]) for name in names)
    if shape.kind == "rect":
        start, size = ("x", "width") if across else ("y", "height")
        yield float(shape.attributes[start]) + float(shape.attributes[size])


def text_ends(shape: Shape) -> tuple[float, float]:
    role = str(shape.attributes["class"]).partition(" ")[0]
    width = shapes.text_width(shape.text, role)
    x = float(shape.attributes["x"])
    left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[str(shape.attributes["text-anchor"])]
    return left, left + width


def check(scene: Scene) -> None:
    for shape in scene.shapes:
        assert all(-1 <= x <= scene.width + 1 for x in places(shape, across=True)), shape
        assert all(-1 <= y <= scene.height + 1 for y in places(shape, across=False)), shape
        if shape.kind == "text":
            left, right = text_ends(shape)
            assert left >= -4, shape
            assert right <= scene.width + 4, shape


def scenes(picture: Picture | None) -> list[Scene]:
    return [] if picture is None else [picture.wide, picture.narrow]


def test_every_kind_of_experiment_is_drawn_within_its_frame(kind: str) -> None:
    context = Context()
    for picture in drawn(digest(GALLERY[kind](), context), context).values():
        for scene in scenes(picture):
            check(scene)


def test_all_four_are_drawn_in_both_sizes(told: Digest, context: Context) -> None:
    all_pictures = drawn(told, context)

    assert tuple(all_pictures) == NAMES
    for picture in all_pictures.values():
        assert [scene.width for scene in scenes(picture)] == [720, 320]
        for scene in scenes(picture):
            check(scene)


def test_each_says_in_words_what_it_shows(told: Digest, context: Context) -> None:
    all_pictures = drawn(told, context)

    assert all(
        picture is not None and picture.table.rows and picture.wide.label for picture in all_pictures.values()
    )
    intervals, history, distributions, spending = filter(None, all_pictures.values())
    assert "pass −12.0 pp [−18.0, −6.0], REGRESSED" in intervals.wide.label
    assert [row[0] for row in intervals.table.rows] == ["pass", "tone_quality", "required_keywords"]
    assert len(history.table.rows) == 21
    assert ["pass", "passed", "31", "180"] in distributions.table.rows
    assert "cost of this experiment: $" in spending.wide.label
    for picture in (intervals, history, distributions, spending):
        assert {len(row) for row in picture.table.rows} == {len(picture.table.head)}
        assert set(picture.table.texts) <= set(picture.table.head)


def test_a_latency_that_few_trials_have_says_of_how_many(experiment: Experiment, context: Context) -> None:
    first, *others = experiment.trials
    cold = [replace(trial, cold=True) for trial in others]
    told = digest(replace(experiment, trials=(first, *cold)), context)
    spending = drawn(told, context)["spending"]
    assert spending is not None
    notes = [shape.text for shape in spending.narrow.shapes if "trials" in shape.text]
    assert notes[0].startswith(f"1 of {len(experiment.trials)} trials")


def test_costs_that_leave_something_out_say_so(experiment: Experiment, context: Context) -> None:
    trials = [replace(trial, unpriced=("claude-next-9",)) for trial in experiment.trials]

    picture = drawn(digest(replace(experiment, trials=tuple(trials)), context), context)["spending"]

    assert picture is not None
    check(picture.narrow)
    sums = [shape.text for shape in picture.narrow.shapes if shape.text.startswith("at least $")]
    assert len(sums) == 1
    assert [shape for shape in picture.wide.shapes if shape.text.startswith("cost in all: at least $")]


def test_tables_name_suites_where_there_are_several() -> None:
    many = drawn(digest(GALLERY["many_suites"]()), Context())["distributions"]
    one = drawn(digest(GALLERY["green"]()), Context())["distributions"]

    assert many is not None
    assert many.table.head[-1] == "suite"
    assert len({row[-1] for row in many.table.rows}) == 30
    assert one is not None
    assert list(one.table.head) == ["metric", "value", "now", "baseline"]


def test_history_says_that_a_mean_is_over_several_suites(experiment: Experiment) -> None:
    several = GALLERY["many_suites"]()

    for scene in scenes(drawn(digest(several), Context(evidence=Past([before(several, 1)])))["history"]):
        check(scene)
        assert "mean of 30 suites" in [shape.text for shape in scene.shapes]
    for scene in scenes(
        drawn(digest(experiment), Context(evidence=Past([before(experiment, 1)])))["history"]
    ):
        assert not [shape.text for shape in scene.shapes if "suites" in shape.text]


def test_no_axis_names_a_share_above_one(experiment: Experiment) -> None:
    """A metric that has always been 1 has an axis around it."""
    rows = tuple(replace(row, candidate=1.0) for row in experiment.decision.metrics)
    steady = replace(experiment, decision=replace(experiment.decision, metrics=rows))
    earlier = replace(before(steady, 1), decision=steady.decision)

    for scene in scenes(drawn(digest(steady), Context(evidence=Past([earlier])))["history"]):
        texts = [shape.text for shape in scene.shapes]
        assert "1" in texts
        assert not {"1.02", "1.01"} & set(texts)


def test_tiny_costs_differ_and_are_written_plainly(experiment: Experiment, context: Context) -> None:
    trials = []
    for number, trial in enumerate(experiment.trials):
        trials.append(replace(trial, total_cost=0.00002 + number / 10_000_000))
    tiny = replace(experiment, trials=tuple(trials))

    picture = drawn(digest(tiny, context), context)["spending"]

    assert picture is not None
    for scene in scenes(picture):
        check(scene)
        texts = [shape.text for shape in scene.shapes]
        assert not [text for text in texts if "e-0" in text]
        assert [text for text in texts if text.startswith("median $0.00002")]


def test_nothing_measured_is_nothing_drawn() -> None:
    context = Context()

    assert pictures(digest(GALLERY["nothing"](), context), context) == dict.fromkeys(NAMES)


def test_the_data_are_plain_and_small(told: Digest, context: Context) -> None:
    data = json.dumps(pictures(told, context), allow_nan=False)

    assert len(data) < 150_000


def test_all_classes_are_known_to_the_page_and_to_files(told: Digest, context: Context) -> None:
    sheet = Path(html.__file__).with_name("viewer").joinpath("styles/50-plots.css").read_text("utf-8")
    known = set(re.findall(r"\.plot \.([\w-]+)", sheet))
    used = set()
    for picture in drawn(told, context).values():
        for scene in scenes(picture):
            used |= {str(shape.attributes["class"]) for shape in scene.shapes}

    for classes in used:
        role, _, tone = classes.partition(" ")
        assert role in (*shapes.FIGURES, *shapes.TEXTS)
        assert tone in ("", *shapes.TONES)
        assert {role, tone or role} <= known | {"note"}
        assert paint(classes)


PAYLOADS = (
    "</script><script>alert(1)</script>",
    "a\x00b\u2028c\ud800",
    "名前" * 60,
    "\u202eevil",
    "![x](http://e)" * 9,
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_of_any_kind_fit(payload: str, experiment: Experiment, context: Context) -> None:
    metrics = [replace(row, metric=payload) for row in experiment.decision.metrics]
    score = TrialScore(value=payload, gating=True)
    trials = [replace(trial, scores={payload: score}) for trial in experiment.trials]
    decision = replace(experiment.decision, metrics=tuple(metrics))

    told = digest(replace(experiment, decision=decision, trials=tuple(trials)), context)

    for picture in drawn(told, context).values():
        for scene in scenes(picture):
            check(scene)


def test_numbers_that_are_none_are_not_drawn(experiment: Experiment, context: Context) -> None:
    wild = TrialScore(score=float("nan"), gating=True)
    huge = TrialScore(score=1e300, gating=True)
    trials = [replace(trial, scores={"wild": wild, "huge": huge}) for trial in experiment.trials]

    told = digest(replace(experiment, trials=tuple(trials)), context)

    json.dumps(pictures(told, context), allow_nan=False)


def test_every_metric_of_twelve_is_drawn_and_more_are_counted(
    experiment: Experiment, context: Context
) -> None:
    first = experiment.decision.metrics[1]
    many = [replace(first, metric=f"metric {number:02}") for number in range(40)]
    decision = replace(experiment.decision, metrics=(experiment.decision.metrics[0], *many))

    picture = drawn(digest(replace(experiment, decision=decision), context), context)["intervals"]

    assert picture is not None
    texts = [shape.text for shape in picture.narrow.shapes]
    assert texts[texts.index("pass") :].count("NEUTRAL") == 11
    assert "29 more metrics in the table" in texts
    assert len(picture.table.rows) == 41
