"""The picture of the experiments before: the mean of each metric over time, and how each experiment ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from pytest_llmobs.reports.digest.history import PastExperiment
from pytest_llmobs.reports.plots import shapes
from pytest_llmobs.reports.plots.layout import MOST, NAMED, Layout, not_drawn
from pytest_llmobs.reports.plots.numbers import NumberTable
from pytest_llmobs.reports.plots.scales import Scale, padded, tick, ticks
from pytest_llmobs.reports.plots.scene import Scene, Shape
from pytest_llmobs.reports.text import figures
from pytest_llmobs.wording import commit_id, count

FEWEST = 2
"""Experiments below which there is no course."""
_LEAST_RANGE = 0.05
"""What an axis of shares covers at least, so that nothing small looks large."""
_ENDINGS = 26.0
"""Pixels of the strip that says how each experiment ended."""
_TOP = 30.0
_SIGN = 3.5
"""Pixels from the middle of a verdict's sign to its edge, where there is room."""


@dataclass(frozen=True)
class _Course:
    """One metric's strip."""

    metric: str
    points: Sequence[tuple[float, float]]
    """Pixels across, and the mean."""
    told: Sequence[str]
    """What each point is called."""
    suites: int
    """Suites that the newest mean is over."""

    @property
    def newest(self) -> str:
        """The newest mean, as it is shown."""
        return figures.rate(self.points[-1][1])

    @property
    def note(self) -> str:
        """What is said of the mean where it is over several suites: elsewhere on the page each has its own."""
        return f"mean of {self.suites} suites" if self.suites > 1 else ""


@dataclass(frozen=True)
class _Frame:
    """Where strips have their parts, in pixels."""

    layout: Layout
    across: Scale
    """Of an experiment's place in the row."""

    @property
    def left(self) -> float:
        """Where plots begin: the first experiment's point stands a little inside."""
        return self.across.start - 8

    @property
    def right(self) -> float:
        """Where they end."""
        return self.across.end + 8

    @property
    def height(self) -> float:
        """Pixels of a strip: a narrow one has its name above it."""
        return 84.0 if self.layout.narrow else 58.0

    @property
    def top(self) -> float:
        """Pixels from a strip's top to its plot."""
        return 22.0 if self.layout.narrow else 6.0

    @property
    def sign(self) -> float:
        """Pixels from the middle of a verdict's sign to its edge: neighbours don't touch."""
        apart = (self.across.end - self.across.start) / self.across.high
        return round(min(_SIGN, apart * 0.36), 1)


def history(experiments: Sequence[PastExperiment], name: str, layout: Layout) -> Scene | None:
    """Return the picture; None where there is no other experiment.

    Args:
        experiments: The oldest first.
        name: The one that the report is about.
        layout: The size.
    """
    if len(experiments) < FEWEST:
        return None
    frame = _frame(experiments, layout)
    metrics = _metrics(experiments)
    height = _TOP + _ENDINGS + len(metrics[:MOST]) * frame.height + 22
    drawn = list(_legend(layout))
    drawn += _this_one(experiments, name, frame, height - 22)
    drawn += _endings(experiments, frame)
    y = _TOP + _ENDINGS
    for metric in metrics[:MOST]:
        drawn += _strip(_course(experiments, metric, frame), frame, y)
        y += frame.height
    drawn += _times(experiments, frame, y)
    if len(metrics) > MOST:
        drawn.append(shapes.text(0, height + 12, not_drawn(len(metrics)), "note"))
        height += 18
    return Scene(layout.width, height, _label(experiments, metrics), tuple(drawn))


def history_table(experiments: Sequence[PastExperiment]) -> NumberTable:
    """Return the same as words, the newest first."""
    metrics = _metrics(experiments)
    head = ["experiment", "started", "verdict", "trials", "commit", *metrics]
    rows = []
    for each in reversed(experiments):
        row = [each.name, figures.moment(each.started), _ending(each), f"{each.trials:,}"]
        row.append(commit_id(each.commit))
        row += [figures.rate(each.means.get(metric)) for metric in metrics]
        rows.append(row)
    return NumberTable(head, rows, ["started", "verdict", "commit"])


def _metrics(experiments: Sequence[PastExperiment]) -> list[str]:
    """Return the metrics of all experiments, those of the newest first."""
    metrics: dict[str, None] = {}
    for each in reversed(experiments):
        for metric, mean in each.means.items():
            if isfinite(mean):  # an evaluator may have said NaN
                metrics[metric] = None
    return list(metrics)


def _frame(experiments: Sequence[PastExperiment], layout: Layout) -> _Frame:
    # narrow strips have their names and newest means above, wide ones on both sides
    left, right = (44.0, layout.width - 12) if layout.narrow else (layout.left, 632.0)
    return _Frame(layout, Scale(0, len(experiments) - 1, left + 8, right - 8))


def _course(experiments: Sequence[PastExperiment], metric: str, frame: _Frame) -> _Course:
    points = []
    told = []
    suites = 1
    for place, each in enumerate(experiments):
        mean = each.means.get(metric)
        if mean is not None and isfinite(mean):
            points.append((frame.across(place), mean))
            told.append(f"{each.name}, {figures.moment(each.started)}: {metric} {figures.rate(mean)}")
            suites = each.suites.get(metric, 1)
    return _Course(metric, points, told, suites)


def _strip(course: _Course, frame: _Frame, y: float) -> Iterator[Shape]:
    """Yield a metric's axis, its name, and its course."""
    means = [mean for _, mean in course.points]
    shares = min(means) >= 0 and max(means) <= 1
    low, high = padded(means, _LEAST_RANGE if shares else 0.0)
    top, bottom = y + frame.top, y + frame.height - 10
    up = Scale(low, high, bottom, top)
    yield from _axis(up, shares, frame)
    if frame.layout.narrow:
        yield from _name_above(course, frame, y + 14)
    else:
        yield from _name_beside(course, frame, (top + bottom) / 2 + 4)
    # a metric that an experiment lacks has no point there, and the line goes on
    drawn = [(x, up(mean)) for x, mean in course.points]
    if len(drawn) > 1:
        yield shapes.polyline(drawn, "trend plain")
    for (x, place), words in zip(drawn, course.told, strict=True):
        yield shapes.dot(x, place, 2.5, "mark plain", words)


def _axis(up: Scale, shares: bool, frame: _Frame) -> Iterator[Shape]:
    """Yield the lines of a strip's axis with their numbers; of shares none is above 1."""
    marks = ticks(up.low, up.high, 2)
    if len(marks) < 2:  # one number alone is no axis
        marks = ticks(up.low, up.high, 4)
    if shares:
        marks = [mark for mark in marks if 0 <= mark <= 1]
    for mark in marks:
        yield shapes.line(frame.left, up(mark), frame.right, up(mark), "grid")
        yield shapes.text(frame.left - 6, up(mark) + 4, tick(mark), "note", "end")


def _name_above(course: _Course, frame: _Frame, y: float) -> Iterator[Shape]:
    """Yield a narrow strip's name and newest mean, in a line above its plot."""
    width = frame.layout.width
    room = width - shapes.text_width(course.newest, "value") - 12 - shapes.text_width(course.note, "note")
    name = shapes.fitted(course.metric, room, "label")
    yield shapes.text(0, y, name, "label")
    if course.note:
        yield shapes.text(shapes.text_width(name, "label") + 8, y, course.note, "note")
    yield shapes.text(width, y, course.newest, "value", "end")


def _name_beside(course: _Course, frame: _Frame, y: float) -> Iterator[Shape]:
    """Yield a wide strip's name, on the left of its plot, and its newest mean, on the right."""
    name = shapes.fitted(course.metric, frame.left - 48, "label")
    yield shapes.text(0, y - (8 if course.note else 0), name, "label")
    if course.note:
        yield shapes.text(0, y + 8, course.note, "note")
    yield shapes.text(frame.right + 10, y, course.newest, "value")


def _endings(experiments: Sequence[PastExperiment], frame: _Frame) -> Iterator[Shape]:
    y = _TOP + 10
    if not frame.layout.narrow:
        yield shapes.text(0, y + 4, "verdict", "label")
    for place, each in enumerate(experiments):
        words = f"{each.name}, {figures.moment(each.started)}: {_ending(each)}"
        yield _sign(each.light, frame.across(place), y, frame.sign, words)


def _sign(light: str, x: float, y: float, size: float, told: str = "") -> Shape:
    """Return what says how an experiment ended, by its shape as well as its colour."""
    if light == "red":
        return shapes.cross(x, y, size, "whisker bad", told)
    if light == "yellow":
        return shapes.triangle(x, y, size * 1.25, "mark warn", told)
    return shapes.dot(x, y, size, "mark good", told)


def _ending(experiment: PastExperiment) -> str:
    partial = ", partial" if experiment.partial else ""
    warned = " with a warning" if experiment.light == "yellow" and experiment.verdict == "green" else ""
    return f"{experiment.verdict}{warned}{partial}"


def _this_one(
    experiments: Sequence[PastExperiment], name: str, frame: _Frame, bottom: float
) -> Iterator[Shape]:
    for place, each in enumerate(experiments):
        if each.name == name:
            x = frame.across(place)
            yield shapes.rect(x - 6, _TOP - 2, 12, bottom - _TOP, "zone plain", "this experiment")


def _times(experiments: Sequence[PastExperiment], frame: _Frame, y: float) -> Iterator[Shape]:
    first, last = figures.moment(experiments[0].started), figures.moment(experiments[-1].started)
    if first[:10] != last[:10]:  # days tell them apart
        first, last = first[:10], last[:10]
    yield shapes.line(frame.left, y, frame.right, y, "axis")
    yield shapes.text(frame.left, y + 15, first.removesuffix(" UTC"), "note")
    yield shapes.text(frame.right, y + 15, last.removesuffix(" UTC"), "note", "end")


def _legend(layout: Layout) -> Iterator[Shape]:
    x = 0.0
    for light, words in (
        ("green", "green"),
        ("yellow", "warning" if layout.narrow else "warning or not judged"),
        ("red", "red"),
    ):
        yield _sign(light, x + 6, 8, _SIGN)
        yield shapes.text(x + 15, 12, words, "note")
        x += 15 + shapes.text_width(words, "note") + 12
    yield shapes.rect(x, 0, 10, 16, "zone plain")
    yield shapes.text(x + 15, 12, "this one", "note")


def _label(experiments: Sequence[PastExperiment], metrics: Sequence[str]) -> str:
    """Return the picture in a sentence: where each metric came from, and where it is."""
    red = sum(each.light == "red" for each in experiments)
    parts = []
    for metric in metrics[:NAMED]:
        means = [each.means[metric] for each in experiments if metric in each.means]
        parts.append(f"{metric} from {figures.rate(means[0])} to {figures.rate(means[-1])}")
    courses = f": {'; '.join(parts)}" if parts else ""
    return f"Means over {count(len(experiments), 'experiment')}, {red} of them red{courses}"
