"""Examples whose scores moved between two sides, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmobs.reports.terminal.example_details import values_text
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import Column, draw, drop, fitted, squeeze

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
    shown = shifts if most is None else shifts[:most]
    steps = [
        squeeze("example", 24, page.width, page),
        squeeze("metric", 10, page.width, page),
        squeeze("example", 6, page.width, page),
        drop("delta"),
    ]
    title, rule, *drawn = draw(fitted(_columns(shown, titles, page), page.width, steps), page)
    lines = [page.paint(title, "bold"), page.paint(rule, "dim")]
    for shift, line in zip(shown, drawn, strict=True):
        lines.append(page.paint(line, "red" if shift.difference < 0 else "green"))
    if len(shown) < len(shifts):
        lines.append(page.paint(f"{page.signs.ellipsis} {len(shifts) - len(shown):,} more: --all", "dim"))
    return lines


def _columns(shifts: Sequence[Shift], titles: tuple[str, str], page: Page) -> list[Column]:
    signs = [page.signs.down if shift.difference < 0 else page.signs.up for shift in shifts]
    names = [f"{sign} {page.line(shift.name)}" for sign, shift in zip(signs, shifts, strict=True)]
    before = [values_text(shift.before, _binary(shift)) for shift in shifts]
    after = [values_text(shift.after, _binary(shift)) for shift in shifts]
    return [
        Column("example", "  example", names),
        Column("metric", "metric", [page.line(shift.metric) for shift in shifts]),
        Column("before", page.clip(page.line(titles[0]), 12), before, right=True),
        Column("after", titles[1], after, right=True),
        Column("delta", page.signs.delta, [figures.signed(s.difference, page) for s in shifts], right=True),
    ]


def _binary(shift: Shift) -> bool:
    return all(value in (0.0, 1.0, None) for value in (*shift.before, *shift.after))
