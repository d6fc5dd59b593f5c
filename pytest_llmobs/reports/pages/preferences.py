"""Which of two experiments answered better: what ``llmobs compare A B --pairwise`` adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page, bound
from pytest_llmobs.reports.text.table import (
    Table,
    TextColumn,
    column,
    draw_painted,
    drop,
    fitted,
    squeeze,
    total_width,
)
from pytest_llmobs.wording import count, error_line

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.pair_results import PairwiseResult, Preference
    from pytest_llmobs.experiments.preferences import SuitePreferences

MOST = 10
"""Examples named, those that A won first, unless everything is asked for."""
_NAME = 32
_REASON = 26
"""Cells that a reason gets at least."""
_BIASED = 0.05
"""The p below which an evaluator goes by position."""
_WON = {"first": "A", "tie": "tie", "second": "B", None: "none"}
_STYLES = {"first": "red", "second": "green", "tie": "", None: "yellow"}
_ORDER = (None, "first", "second", "tie")


def preference_section(
    suites: Sequence[SuitePreferences], page: Page, *, everything: bool = False
) -> list[str]:
    """Return, for each suite, who won, with the interval, the position bias, and what was said of the examples."""
    if not suites:
        return page.item("no suite is in both: nothing to show side by side", mark="!", style="yellow")
    lines: list[str] = []
    for suite in suites:
        if lines:
            lines.append("")
        lines += _suite(suite, page, bound(MOST, everything))
    return lines


def _suite(suite: SuitePreferences, page: Page, most: int | None) -> Iterator[str]:
    result = suite.result
    yield page.paint(page.clip_start(page.line(suite.suite), page.width), "cyan")
    yield from page.wrapped(_counts(result), "bold")
    if suite.interval is not None:
        low, high = map(figures.rate, suite.interval)
        rate = f"B's win rate {figures.rate(result.win_rate)} (90 % interval {low} to {high}"
        yield from page.wrapped(f"{rate}, p {figures.probability(result.p_value)}), 0.5 is even")
    yield from _position(result, page)
    yield from _verdict(suite, page)
    yield from _examples(result.preferences, page, most)


def _counts(result: PairwiseResult) -> str:
    won = f"A won {result.count('first')}, B won {result.count('second')}"
    ties = count(result.count("tie"), "tie")
    return f"{result.key}: {won}, {ties}, of {count(len(result.preferences), 'pair')}"


def _position(result: PairwiseResult, page: Page) -> Iterator[str]:
    if result.position_bias is None:
        return  # asked in both orders, or nothing was decided
    text = (
        f"whichever stood first won {result.position_bias:.0%} of the decided pairs "
        f"(p {figures.probability(result.position_p)})"
    )
    if result.position_p < _BIASED:
        remedy = "ask in both orders (--both-orders) before you believe it"
        yield from page.item(f"{text}: the evaluator goes by position; {remedy}", mark="!", style="yellow")
    else:
        yield from page.wrapped(f"{text}: no sign of a position bias")


def _verdict(suite: SuitePreferences, page: Page) -> Iterator[str]:
    signs = page.signs
    if suite.lacking:
        yield from page.item(f"too little data: {_lack(suite.result)}", mark=signs.cross, style="red")
    elif suite.worse:
        yield from page.item("B is worse", mark=signs.down, style="red")
    elif suite.better:
        yield from page.item("B is better", mark=signs.up, style="green")
    else:
        yield from page.item("no difference that so many pairs could show", mark=signs.flat)


def _lack(result: PairwiseResult) -> str:
    if not result.preferences:
        return "there is no pair"
    return f"{result.count(None)} of {count(len(result.preferences), 'pair')} have no preference"


def _examples(preferences: Sequence[Preference], page: Page, most: int | None) -> Iterator[str]:
    shown = sorted(preferences, key=lambda preference: _ORDER.index(preference.winner))[:most]
    if not shown:
        return
    heading, rows = draw_painted(_table(shown, page), page)
    yield from heading
    for preference, row in zip(shown, rows, strict=True):
        yield page.paint(row, _STYLES[preference.winner])
    if len(shown) < len(preferences):
        yield page.paint(f"{page.signs.ellipsis} {len(preferences) - len(shown):,} more: --all", "dim")


def _table(preferences: Sequence[Preference], page: Page) -> Table:
    """Return the columns, the last of which takes the room that the others leave."""
    narrow = page.width - _REASON
    columns = [
        column("example", "example", preferences, lambda one: page.clip_middle(_name(one, page), _NAME)),
        column("won", "won", preferences, lambda one: _WON[one.winner]),
        column("first", "stood first", preferences, _first),
    ]
    table = fitted(columns, narrow, [drop("first"), squeeze("example", 8, narrow, page)])
    room = page.width - total_width(table) - 2
    reasons: TextColumn = column(
        "reason", "reason", preferences, lambda one: page.clip(page.line(_reason(one)), room)
    )
    if not any(reasons.cells):
        return table
    return [*table, reasons]


def _first(preference: Preference) -> str:
    if preference.first_shown:
        return "A"
    return "B"


def _name(preference: Preference, page: Page) -> str:
    name = page.line(preference.example_id)
    if preference.repeat > 1:
        return f"{name}-r{preference.repeat}"
    return name


def _reason(preference: Preference) -> str:
    if preference.error:
        return error_line(preference.error)
    return preference.comment
