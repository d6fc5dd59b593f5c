"""Examples whose scores moved between two sides, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.repeats import is_binary, repeats_text
from pytest_llmobs.reports.text.table import Table, column, draw_painted, drop, fitted, squeeze

MOST = 20
"""Lines of the table, unless everything is asked for."""


@dataclass(frozen=True)
class Shift:
    """One metric of one example."""

    name: str
    metric: str
    before: Sequence[float | None]
    """Its values on the first side, a repeat each."""
    after: Sequence[float | None]
    difference: float
    """Negative is worse."""

    @property
    def worse(self) -> bool:
        """True where it got worse."""
        return self.difference < 0

    def side(self, values: Sequence[float | None]) -> str:
        """Return the values of one side: both as pass counts, or both as means."""
        return repeats_text(values, is_binary((*self.before, *self.after)))


def moves_table(shifts: Sequence[Shift], titles: tuple[str, str], page: Page, most: int | None) -> list[str]:
    """Return the table in the order given; nothing where nothing moved.

    Args:
        shifts: What moved.
        titles: What the two sides are called.
        page: Where it goes.
        most: Lines after which the rest is only counted, or None.
    """
    if not shifts:
        return []
    shown = shifts[:most]
    steps = [
        squeeze("example", 24, page.width, page),
        squeeze("metric", 10, page.width, page),
        squeeze("example", 6, page.width, page),
        drop("delta"),
    ]
    lines, rows = draw_painted(fitted(_table(shown, titles, page), page.width, steps), page)
    for shift, row in zip(shown, rows, strict=True):
        style = "green"
        if shift.worse:
            style = "red"
        lines.append(page.paint(row, style))
    if len(shown) < len(shifts):
        lines.append(page.paint(f"{page.signs.ellipsis} {len(shifts) - len(shown):,} more: --all", "dim"))
    return lines


def _table(shifts: Sequence[Shift], titles: tuple[str, str], page: Page) -> Table:
    before, after = titles
    before = page.clip(page.line(before), 12)
    return [
        column("example", "  example", shifts, lambda shift: f"{_sign(shift, page)} {page.line(shift.name)}"),
        column("metric", "metric", shifts, lambda shift: page.line(shift.metric)),
        column("before", before, shifts, lambda shift: shift.side(shift.before), right=True),
        column("after", after, shifts, lambda shift: shift.side(shift.after), right=True),
        column(
            "delta",
            page.signs.delta,
            shifts,
            lambda shift: figures.signed(shift.difference, page),
            right=True,
        ),
    ]


def _sign(shift: Shift, page: Page) -> str:
    if shift.worse:
        return page.signs.down
    return page.signs.up
