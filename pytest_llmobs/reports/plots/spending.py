"""The picture of latency and cost: how both are spread over the trials, and what the money went for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.reports.plots import shapes
from pytest_llmobs.reports.plots.bars import Panel, Written, covered, grid, legend
from pytest_llmobs.reports.plots.layout import Layout
from pytest_llmobs.reports.plots.numbers import NumberTable
from pytest_llmobs.reports.plots.scales import Scale, tick
from pytest_llmobs.reports.plots.scene import Scene, Shape
from pytest_llmobs.reports.text import figures

if TYPE_CHECKING:
    from pytest_llmobs.measures.trial_spending import TrialSpending
    from pytest_llmobs.reports.digest.distributions import Distribution, Side
    from pytest_llmobs.reports.digest.spending import SpendingDigest


def _dollars(value: float) -> str:
    """Return USD of one trial: sums too small for a report's four digits differ, too."""
    if 0 < value < 0.0001:
        return f"${tick(float(f'{value:.2g}'))}"
    return figures.cost(value)


_TITLES = {"latency": "latency of a trial", "cost": "cost of a trial, without judges"}
_WRITTEN: dict[str, Written] = {"latency": figures.seconds, "cost": _dollars}
_BOUNDS: dict[str, Written] = {
    "latency": lambda value: f"{tick(value)} s",
    "cost": lambda value: f"${tick(value)}",
}
"""How an axis writes both: as short as it can be, and never rounded to something else."""
_PART = "of that"
_ROW = 24.0
"""Pixels of a purpose."""


def spending(spreads: Sequence[Distribution], spent: SpendingDigest, layout: Layout) -> Scene | None:
    """Return the picture; None where neither is known."""
    purposes = list(_purposes(spent))
    if not spreads and not purposes:
        return None
    panels = []
    for spread in spreads:
        notes = (_usual(spread), covered(spread))
        panels.append(Panel(spread, _TITLES[spread.metric], notes, _BOUNDS[spread.metric]))
    drawn: list[Shape] = []
    y = 0.0
    if panels:
        drawn, y = grid(panels, layout, 26)
        drawn += legend(panels)
    drawn += _money(purposes, spent, y, layout)
    if purposes:
        y += 30 + _ROW * len(purposes)
    return Scene(layout.width, y, _label(spreads, spent), tuple(drawn))


def spending_table(spreads: Sequence[Distribution], spent: SpendingDigest) -> NumberTable:
    """Return the same as words."""
    rows = []
    for spread in spreads:
        title = _TITLES[spread.metric]
        medians, tails = zip(_figures(spread, spread.now), _figures(spread, spread.then), strict=True)
        rows.append([f"{title}, median", *medians])
        rows.append([f"{title}, 95th percentile", *tails])
    for name, _, money in _purposes(spent):
        rows.append([f"cost of {name}", money, ""])
    return NumberTable(["what", "now", "baseline"], rows)


def _figures(spread: Distribution, side: Side | None) -> tuple[str, str]:
    """Return the median and the 95th percentile of a side, empty where it has none."""
    if side is None or side.median is None or side.p95 is None:
        return "", ""
    written = _WRITTEN[spread.metric]
    return written(side.median), written(side.p95)


def _usual(spread: Distribution) -> str:
    median, tail = _figures(spread, spread.now)
    return f"median {median}, 95 % within {tail}"


def _purposes(spent: SpendingDigest) -> Iterator[tuple[str, float, str]]:
    """Yield what money went for: its name, USD, and these as words. Further looks are part of the first two."""
    total = spent.total
    sums: list[tuple[str, float | None, bool]] = [
        ("the app", total.app.cost, bool(total.app.unpriced)),
        ("judges", total.judges.cost, bool(total.judges.unpriced)),
    ]
    for name, share in (("further passes", spent.looks), ("accepted code", spent.control)):
        if share is not None:
            sums.append((f"{_PART} {name}", share.cost, _is_open(share)))
    for name, money, is_open in sums:
        if money:
            yield name, money, figures.spent(money, is_whole=not is_open)


def _is_open(spent: TrialSpending) -> bool:
    return bool(spent.unpriced)


def _money(
    purposes: Sequence[tuple[str, float, str]], spent: SpendingDigest, y: float, layout: Layout
) -> Iterator[Shape]:
    """Yield a bar for each purpose, with its sum behind it."""
    if not purposes:
        return
    total = figures.spent(spent.total.cost, is_whole=not spent.total.unpriced)
    yield shapes.text(0, y + 14, f"cost in all: {total}", "label")
    y += 26
    left = 156.0
    room = max(shapes.text_width(words, "value") for _, _, words in purposes) + 8
    scale = Scale(0, max(money for _, money, _ in purposes), left, layout.width - room)
    for name, money, words in purposes:
        yield shapes.text(left - 8, y + 12, name, "note", "end")
        # part of what the bars above say already
        role = "hollow plain" if name.startswith(_PART) else "bar plain"
        yield shapes.rect(left, y + 2, scale(money) - left, 13, role, f"{name}: {words}")
        yield shapes.text(scale(money) + 6, y + 12, words, "value")
        y += _ROW


def _label(spreads: Sequence[Distribution], spent: SpendingDigest) -> str:
    """Return the picture in a sentence."""
    parts = []
    for spread in spreads:
        parts.append(f"{_TITLES[spread.metric]}: {_usual(spread)}")
    if spent.total.cost is not None:
        total = figures.spent(spent.total.cost, is_whole=not spent.total.unpriced)
        parts.append(f"cost of this experiment: {total}")
    return f"Latency and cost. {'; '.join(parts)}"
