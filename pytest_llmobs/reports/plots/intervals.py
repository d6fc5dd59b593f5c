"""The picture of metrics: how far each lies from its baseline, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_llmobs.measures.means import present
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.digest.metrics import MetricLine, compared_lines, standing
from pytest_llmobs.reports.plots import shapes
from pytest_llmobs.reports.plots.layout import MOST, NAMED, Layout, not_drawn
from pytest_llmobs.reports.plots.numbers import NumberTable, by_suite
from pytest_llmobs.reports.plots.scales import Scale, padded, signed_tick, ticks
from pytest_llmobs.reports.plots.scene import Scene, Shape
from pytest_llmobs.reports.plots.shapes import PAPER
from pytest_llmobs.reports.text import figures, metric_words
from pytest_llmobs.reports.text.short_names import short_suites
from pytest_llmobs.wording import count

_TONES = {"red": "bad", "warning": "warn", "improved": "good", "": "plain"}
_LEAST_RANGE = 0.05
"""What an axis of points covers at least, so that nothing small looks large."""
_WORSE = "\N{LEFTWARDS ARROW} worse \N{MIDDLE DOT}"
_LEGEND = 20.0
"""Pixels of a line of the legend."""
_AXIS = 48.0
"""Pixels below the rows of a panel."""


@dataclass(frozen=True)
class _Panel:
    """Metrics that share an axis: all those in points, or a single other one."""

    lines: Sequence[MetricLine]
    scale: Scale
    layout: Layout
    suites: Mapping[str, str]
    """Suite -> its short name; empty where all metrics are of one."""

    @property
    def row(self) -> float:
        """Pixels of a row: narrow ones have the name above the interval."""
        return 62.0 if self.layout.narrow else 42.0


def intervals(digest: Digest, layout: Layout) -> Scene | None:
    """Return the picture; None where nothing was compared with a baseline."""
    lines = compared_lines(digest.metrics)
    if not lines:
        return None
    suites = short_suites(line.row.suite for line in lines)
    if len(suites) < 2:  # no need to name it
        suites = {}
    drawn = list(_legend(lines[:MOST], layout))
    y = _LEGEND + 10
    if layout.narrow:  # its second line
        y += _LEGEND
    for panel in _panels(lines[:MOST], layout, suites):
        drawn += _panel_shapes(panel, y)
        y += panel.row * len(panel.lines) + _AXIS
    if len(lines) > MOST:
        drawn.append(shapes.text(0, y + 8, not_drawn(len(lines)), "note"))
        y += 16
    return Scene(layout.width, y, _label(lines), tuple(drawn))


def interval_table(digest: Digest) -> NumberTable:
    """Return the same as words."""
    head = ["metric", "baseline", "now", "difference [90 % interval]", "verdict"]
    rows = []
    for line in compared_lines(digest.metrics):
        row = line.row
        then, now = figures.rate(row.baseline), figures.rate(row.candidate)
        change = metric_words.interval(row, PAPER)
        rows.append([row.metric, then, now, change, _verdict(line), row.suite])
    return by_suite(head, rows, ["verdict"])


def _verdict(line: MetricLine) -> str:
    return line.label or line.row.verdict


def _panels(lines: Sequence[MetricLine], layout: Layout, suites: Mapping[str, str]) -> Iterator[_Panel]:
    in_points = [line for line in lines if metric_words.in_points(line.row)]
    if in_points:
        yield _Panel(in_points, _scale(in_points, layout, _LEAST_RANGE), layout, suites)
    for line in lines:
        if not metric_words.in_points(line.row):  # characters and stars have no axis in common
            yield _Panel([line], _scale([line], layout, 0.0), layout, suites)


def _scale(lines: Sequence[MetricLine], layout: Layout, least: float) -> Scale:
    values = [0.0]
    for line in lines:
        row = line.row
        values += present((row.delta, row.low, row.high, _today(line)))
    low, high = padded(values, least)
    return Scale(low, high, layout.left, layout.right)


def _today(line: MetricLine) -> float | None:
    """Return how far the accepted code lies from the baseline today; negative is worse, as in ``delta``."""
    row = line.row
    if row.control is None or row.baseline is None:
        return None
    difference = row.control - row.baseline
    return -difference if line.lower_is_better else difference


def _panel_shapes(panel: _Panel, y: float) -> Iterator[Shape]:
    marks = ticks(panel.scale.low, panel.scale.high, panel.layout.ticks)
    for line in panel.lines:
        yield from _row_shapes(line, panel, y, marks)
        y += panel.row
    yield shapes.line(panel.layout.left, y, panel.layout.right, y, "axis")
    for mark in marks:
        hundredths = 100 if metric_words.in_points(panel.lines[0].row) else 1
        yield shapes.text(panel.scale(mark), y + 14, signed_tick(mark * hundredths), "note", "middle")
    unit = "points from the baseline (pp)"
    if not metric_words.in_points(panel.lines[0].row):
        unit = "difference from the baseline"
    middle = (panel.layout.left + panel.layout.right) / 2
    yield shapes.text(middle, y + 30, f"{_WORSE} {unit}", "note", "middle")


def _row_shapes(line: MetricLine, panel: _Panel, y: float, marks: Sequence[float]) -> Iterator[Shape]:
    """Yield a metric's name and figures, and its interval over a band of the plot."""
    top, bottom = y, y + panel.row
    if panel.layout.narrow:  # words stand above the plot, and no grid runs through them
        top = y + 36
    scale, zero = panel.scale, panel.scale(0)
    # the side of the zero on which a metric is worse, whichever way it counts: `delta` has been turned already
    yield shapes.rect(panel.layout.left, top, zero - panel.layout.left, bottom - top, "zone bad")
    for mark in marks:
        yield shapes.line(scale(mark), top, scale(mark), bottom, "grid")
    yield shapes.line(zero, top, zero, bottom, "baseline past", "the baseline")
    yield from _interval(line, panel, (top + bottom) / 2)
    yield from _words(line, panel, y)


def _interval(line: MetricLine, panel: _Panel, y: float) -> Iterator[Shape]:
    row, scale = line.row, panel.scale
    tone = _tone(line)
    name = f"{row.suite}, {row.metric}" if panel.suites else row.metric
    told = f"{name}: {metric_words.interval(row, PAPER)}"
    if row.low is not None and row.high is not None and metric_words.has_interval(row):
        low, high = scale(row.low), scale(row.high)
        yield shapes.line(low, y, high, y, f"whisker {tone}", told)
        yield shapes.line(low, y - 5, low, y + 5, f"whisker {tone}")
        yield shapes.line(high, y - 5, high, y + 5, f"whisker {tone}")
    # below the dot: what ran now must never be covered
    today = _today(line)
    if today is not None:
        words = f"{name}: {metric_words.accepted_today(row)}"
        yield shapes.diamond(scale(today), y, 6.5, "hollow past", words)
    if row.delta is not None:
        yield shapes.dot(scale(row.delta), y, 5, f"mark {tone}", told)


def _words(line: MetricLine, panel: _Panel, y: float) -> Iterator[Shape]:
    """Yield what stands beside the interval, or above it on a narrow page."""
    row, layout = line.row, panel.layout
    then_now = f"{figures.rate(row.baseline)} {PAPER.signs.to} {figures.rate(row.candidate)}"
    change = metric_words.interval(row, PAPER)
    suite = panel.suites.get(row.suite, "")
    if layout.narrow:
        room = layout.width - shapes.text_width(then_now, "value") - 12
        yield shapes.text(0, y + 16, shapes.fitted(row.metric, room, "label"), "label")
        yield shapes.text(layout.width, y + 16, then_now, "value", "end")
        below = _verdict(line)
        room = layout.width - shapes.text_width(below, "note") - 12
        yield shapes.text(0, y + 31, shapes.fitted(suite or change, room, "note"), "note")
        yield shapes.text(layout.width, y + 31, below, f"note {_tone(line)}", "end")
        return
    yield shapes.text(0, y + 18, shapes.fitted(row.metric, layout.left - 12, "label"), "label")
    if suite:
        yield shapes.text(0, y + 33, shapes.fitted(suite, layout.left - 12, "note"), "note")
    room = layout.width - layout.right - 14
    ending = f"{then_now} {_verdict(line).removesuffix('_DATA')}"
    yield shapes.text(layout.right + 14, y + 18, shapes.fitted(ending, room, "value"), f"value {_tone(line)}")
    yield shapes.text(layout.right + 14, y + 33, shapes.fitted(change, room, "note"), "note")


def _tone(line: MetricLine) -> str:
    return _TONES[standing(line.row)]


def _legend(lines: Sequence[MetricLine], layout: Layout) -> Iterator[Shape]:
    """Yield what each shape stands for."""
    y = 12.0
    words = "now, with its 90 % interval"
    yield shapes.line(0, y - 4, 20, y - 4, "whisker plain")
    yield shapes.dot(10, y - 4, 4, "mark plain")
    yield shapes.text(26, y, words, "note")
    x = 26 + shapes.text_width(words, "note") + 16
    yield shapes.line(x, y - 11, x, y + 3, "baseline past")
    yield shapes.text(x + 8, y, "baseline", "note")
    if any(_today(line) is not None for line in lines):
        x, y = (10.0, y + _LEGEND) if layout.narrow else (x + 90, y)
        yield shapes.diamond(x, y - 4, 5.5, "hollow past")
        yield shapes.text(x + 16, y, "the accepted code today", "note")


def _label(lines: Sequence[MetricLine]) -> str:
    """Return the picture in a sentence: the worst metrics first."""
    parts = []
    for line in lines[:NAMED]:
        parts.append(f"{line.row.metric} {metric_words.interval(line.row, PAPER)}, {_verdict(line)}")
    more = ""
    if len(lines) > len(parts):
        more = f"; {count(len(lines) - len(parts), 'more metric')}"
    return f"Differences from the baseline with 90 % intervals: {'; '.join(parts)}{more}"
