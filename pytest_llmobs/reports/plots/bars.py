"""One distribution as bars: what ran now filled, the baseline hollow beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmobs.measures.binning import Bin
from pytest_llmobs.reports.plots import shapes
from pytest_llmobs.reports.plots.layout import Layout
from pytest_llmobs.reports.plots.scales import Scale, tick, ticks
from pytest_llmobs.reports.plots.scene import Shape
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.reports.digest.distributions import Distribution, Side

Written = Callable[[float], str]
"""How a panel writes its numbers, unit included."""

_HEAD = 54.0
"""Pixels of a panel above its bars: its title and two lines of figures."""
_PLOT = 74.0
_AXIS = 34.0
_BAR = 11.0
"""Pixels of a bar that lies."""
_WIDEST = 48.0
"""Pixels of a bar that stands."""
_GAP = 9.0
"""Pixels below a label's bars."""
_LEAST_SLOT = 26.0
"""Pixels of a bin below which not every one is named."""


@dataclass(frozen=True)
class Panel:
    """A part of a picture: where it lies, in pixels, and what it shows."""

    spread: Distribution
    title: str
    notes: tuple[str, str]
    """Two lines below the title."""
    written: Written = tick

    @property
    def height(self) -> float:
        """Pixels that it takes."""
        if not self.spread.labels:
            return _HEAD + _PLOT + _AXIS
        return _HEAD + len(self.spread.labels) * self.slot + _GAP

    @property
    def slot(self) -> float:
        """Pixels from label to label."""
        return _BAR * (2 if self.spread.then else 1) + _GAP

    def draw(self, x: float, y: float, width: float) -> Iterator[Shape]:
        """Yield its shapes, with its corner there."""
        yield shapes.text(x, y + 14, shapes.fitted(self.title, width, "label"), "label")
        for number, note in enumerate(self.notes):
            yield shapes.text(x, y + 30 + 15 * number, shapes.fitted(note, width, "note"), "note")
        if self.spread.labels:
            yield from self._lying(x, y + _HEAD, width)
        else:
            yield from self._standing(x + 40, y + _HEAD, width - 40)

    def _lying(self, x: float, y: float, width: float) -> Iterator[Shape]:
        """Yield a bar for each label, with its name before and its share behind it."""
        # a third for names: most labels are one word
        names = x + width * 0.34
        scale = Scale(0, 1, names, x + width - 44)
        for number, label in enumerate(self.spread.labels):
            top = y + number * self.slot
            words = shapes.fitted(label, names - x - 8, "note")
            yield shapes.text(names - 6, top + _BAR - 1, words, "note", "end")
            for side, role, name in _sides(self.spread):
                told = f"{name}: {label}, {_share_of(side, number)}"
                length = scale(_share(side, number)) - names
                yield shapes.rect(names, top, length, _BAR - 2, role, told)
                share = percent(_share(side, number))
                yield shapes.text(names + length + 5, top + _BAR - 2, share, "note")
                top += _BAR
        bottom = y + len(self.spread.labels) * self.slot - _GAP
        yield shapes.line(names, y - 3, names, bottom + 3, "axis")

    def _standing(self, x: float, y: float, width: float) -> Iterator[Shape]:
        """Yield a bar for each bin, and the axes."""
        bottom = y + _PLOT
        sides = list(_sides(self.spread))
        most = max(max(side.counts) / side.total for side, _, _ in sides)
        # a little room above the highest bar
        up = Scale(0, most, bottom, y + 4)
        for mark in ticks(0, most, 3):
            yield shapes.line(x, up(mark), x + width, up(mark), "grid")
            yield shapes.text(x - 5, up(mark) + 4, f"{tick(mark * 100)} %", "note", "end")
        slot = width / len(self.spread.bins)
        bar = min(max((slot - 3) / len(sides), 1), _WIDEST)
        for number, bin in enumerate(self.spread.bins):
            left = x + (number + 0.5) * slot - bar * len(sides) / 2
            for side, role, name in sides:
                top = up(_share(side, number))
                told = f"{name}: {bin_words(bin, self.written)}, {_share_of(side, number)}"
                if side.counts[number]:  # an outline without height would look like a bar
                    yield shapes.rect(left, top, bar - 1, bottom - top, role, told)
                left += bar
        yield shapes.line(x, bottom, x + width, bottom, "axis")
        yield from self._bounds(x, bottom + 15, slot)

    def _bounds(self, x: float, y: float, slot: float) -> Iterator[Shape]:
        """Yield names of bins or of their bounds, as many as there is room for."""
        row = self.spread.bins
        longest = max(shapes.text_width(self.written(bin.low), "note") for bin in row) + 10
        every = math.ceil(max(longest, _LEAST_SLOT) / slot)
        for number in range(0, len(row), every):
            bin = row[number]
            middle = x + number * slot
            if bin.low == bin.high:
                middle += slot / 2
            yield shapes.text(middle, y, self.written(bin.low), "note", "middle")
        upper = row[-1].high
        if not row[-1].low < upper < math.inf:
            return
        # the upper bound, where its neighbour leaves it room
        named = (len(row) - 1) // every * every
        taken = shapes.text_width(self.written(row[named].low), "note") / 2 + 4
        if (len(row) - named) * slot >= taken + shapes.text_width(self.written(upper), "note"):
            yield shapes.text(x + len(row) * slot, y, self.written(upper), "note", "end")


def bin_words(bin: Bin, written: Written) -> str:
    """Return what a bin holds: ``0.8 to 0.9``, ``from 12 s on``, ``4``."""
    if bin.low == bin.high:
        return written(bin.low)
    if math.isinf(bin.high):
        return f"from {written(bin.low)} on"
    return f"{written(bin.low)} to {written(bin.high)}"


def percent(share: float) -> str:
    """Return a share: ``86 %``, ``<1 %``."""
    # few are not none
    if 0 < share < 0.005:
        return "<1 %"
    return f"{share * 100:.0f} %"


def grid(panels: Sequence[Panel], layout: Layout, top: float) -> tuple[list[Shape], float]:
    """Return panels side by side, or one below the other on a narrow page, and where they end."""
    # one alone would be a bar as wide as the page: it has the half of a row
    columns = 1 if layout.narrow else max(2, min(3, len(panels)))
    gap = 30.0
    width = (layout.width - gap * (columns - 1)) / columns
    drawn: list[Shape] = []
    y = top
    for first in range(0, len(panels), columns):
        row = panels[first : first + columns]
        for place, panel in enumerate(row):
            drawn += panel.draw(place * (width + gap), y, width)
        y += max(panel.height for panel in row) + 12
    return drawn, y


def legend(panels: Sequence[Panel]) -> Iterator[Shape]:
    """Yield what filled and hollow bars stand for."""
    yield shapes.rect(0, 2, 12, 11, "bar plain")
    yield shapes.text(18, 12, "now", "note")
    if any(panel.spread.then for panel in panels):
        yield shapes.rect(54, 2, 12, 11, "hollow past")
        yield shapes.text(72, 12, "baseline", "note")


def _sides(spread: Distribution) -> Iterator[tuple[Side, str, str]]:
    if spread.then is not None:
        yield spread.then, "hollow past", "baseline"
    yield spread.now, "bar plain", "now"


def _share(side: Side, number: int) -> float:
    return side.counts[number] / side.total


def _share_of(side: Side, number: int) -> str:
    return f"{side.counts[number]:,} of {side.total:,}"


def covered(spread: Distribution) -> str:
    """Return how many values a distribution covers."""
    now = count(spread.now.total, "value")
    if spread.of > spread.now.total:
        now = f"{spread.now.total:,} of {count(spread.of, 'trial')}"
    if spread.then is None:
        return now
    return f"{now}, {spread.then.total:,} in the baseline"
