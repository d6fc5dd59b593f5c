"""The picture of scores: how the values of each metric are spread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.reports.plots import shapes
from pytest_llmobs.reports.plots.bars import Panel, bin_words, covered, grid, legend, percent
from pytest_llmobs.reports.plots.layout import MOST, NAMED, Layout, not_drawn
from pytest_llmobs.reports.plots.numbers import NumberTable, by_suite
from pytest_llmobs.reports.plots.scales import tick
from pytest_llmobs.reports.plots.scene import Scene
from pytest_llmobs.reports.plots.shapes import PAPER
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.short_names import short_suites

if TYPE_CHECKING:
    from pytest_llmobs.reports.digest.distributions import Distribution, Side

_LONGEST = 60
"""Cells of a label in the table."""


def distributions(spreads: Sequence[Distribution], layout: Layout) -> Scene | None:
    """Return the picture; None where nothing was scored."""
    if not spreads:
        return None
    suites = short_suites(spread.suite for spread in spreads)
    panels = []
    for spread in spreads[:MOST]:
        notes = (_middle(spread), covered(spread))
        if len(suites) > 1:
            notes = (suites[spread.suite], _middle(spread))
        panels.append(Panel(spread, spread.metric, notes))
    drawn, y = grid(panels, layout, 26)
    if len(spreads) > MOST:
        drawn.append(shapes.text(0, y + 8, not_drawn(len(spreads)), "note"))
        y += 16
    return Scene(layout.width, y, _label(spreads), (*legend(panels), *drawn))


def distribution_table(spreads: Sequence[Distribution]) -> NumberTable:
    """Return the same as words."""
    rows: list[list[str]] = []
    for spread in spreads:
        rows += _rows(spread)
    return by_suite(["metric", "value", "now", "baseline"], rows, ["value"])


def _rows(spread: Distribution) -> Iterator[list[str]]:
    names = spread.labels or [bin_words(bin, tick) for bin in spread.bins]
    for number, name in enumerate(names):
        then = ""
        if spread.then is not None:
            then = f"{spread.then.counts[number]:,}"
        yield [
            spread.metric,
            PAPER.clip_middle(name, _LONGEST),
            f"{spread.now.counts[number]:,}",
            then,
            spread.suite,
        ]


def _middle(spread: Distribution) -> str:
    """Return what is typical, now and in the baseline."""
    now, then = spread.now, spread.then
    if spread.labels:
        place = _most_common(spread)
        shares = [f"{spread.labels[place]} {_percent(now, place)}"]
        if then is not None:
            shares.append(f"baseline {_percent(then, place)}")
        return ", ".join(shares)
    middle = f"median {figures.score(now.median)}"
    if then is None:
        return middle
    return f"{middle}, baseline {figures.score(then.median)}"


def _most_common(spread: Distribution) -> int:
    """Return the place of the label that is told: of a pass rate that of passes."""
    if spread.metric == PASS:
        return len(spread.labels) - 1
    return max(range(len(spread.labels)), key=spread.now.counts.__getitem__)


def _percent(side: Side, place: int) -> str:
    return percent(side.counts[place] / side.total)


def _label(spreads: Sequence[Distribution]) -> str:
    """Return the picture in a sentence."""
    parts = []
    for spread in spreads[:NAMED]:
        parts.append(f"{spread.metric} {_middle(spread)}")
    return f"How scores are spread: {'; '.join(parts)}"
