"""Which of two experiments answered better: what ``llmobs compare A B --pairwise`` adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import Column, Table, draw, drop, fitted, squeeze, total_width
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.pairs import PairwiseResult, Preference
    from pytest_llmobs.experiments.preferences import SuitePreferences

MOST = 10
"""Examples named, those that A won first, unless everything is asked for."""
_REASON = 26
"""Cells that a reason gets at least."""
_BIASED = 0.05
"""The p below which an evaluator goes by position."""
_WON = {"first": "A", "tie": "tie", "second": "B", None: "none"}
_ORDER = (None, "first", "second", "tie")


def preference_section(
    found: Sequence[SuitePreferences], page: Page, *, everything: bool = False
) -> list[str]:
    """Return, for each suite, who won, with the interval, the position bias, and what was said of the examples."""
    lines: list[str] = []
    for each in found:
        lines += [""] if lines else []
        lines += _suite(each, page, everything)
    return lines or page.item("no suite is in both: nothing to show side by side", mark="!", style="yellow")


def _suite(each: SuitePreferences, page: Page, everything: bool) -> Iterator[str]:
    result = each.result
    name = page.clip_start(page.line(each.suite), page.width)
    yield page.paint(name, "cyan")
    won = (
        f"A won {result.count('first')}, B won {result.count('second')}, {count(result.count('tie'), 'tie')}"
    )
    yield from page.wrapped(f"{result.key}: {won}, of {count(len(result.preferences), 'pair')}", "bold")
    if each.interval is not None:
        low, high = map(figures.rate, each.interval)
        shown = f"{figures.rate(result.win_rate)} (90 % interval {low} to {high}"
        yield from page.wrapped(
            f"B's win rate {shown}, p {figures.probability(result.p_value)}), 0.5 is even"
        )
    yield from _position(result, page)
    yield from _verdict(each, page)
    yield from _examples(result.preferences, page, everything)


def _position(result: PairwiseResult, page: Page) -> Iterator[str]:
    if result.position_bias is None:
        return
    text = (
        f"whichever stood first won {result.position_bias:.0%} of the decided pairs "
        f"(p {figures.probability(result.position_p)})"
    )
    if result.position_p < _BIASED:
        remedy = "ask in both orders (--both-orders) before you believe it"
        yield from page.item(f"{text}: the evaluator goes by position; {remedy}", mark="!", style="yellow")
    else:
        yield from page.wrapped(f"{text}: no sign of a position bias")


def _verdict(each: SuitePreferences, page: Page) -> Iterator[str]:
    signs = page.signs
    if each.lacking:
        lost, pairs = each.result.count(None), len(each.result.preferences)
        why = f"{lost} of {count(pairs, 'pair')} have no preference" if pairs else "there is no pair"
        yield from page.item(f"too little data: {why}", mark=signs.cross, style="red")
    elif each.worse:
        yield from page.item("B is worse", mark=signs.down, style="red")
    elif each.better:
        yield from page.item("B is better", mark=signs.up, style="green")
    else:
        yield from page.item("no difference that so many pairs could show", mark=signs.flat)


def _examples(preferences: Sequence[Preference], page: Page, everything: bool) -> Iterator[str]:
    ordered = sorted(preferences, key=lambda each: _ORDER.index(each.winner))
    shown = ordered if everything else ordered[:MOST]
    if not shown:
        return
    narrow = page.width - _REASON
    table: Table = [
        Column("example", "example", [page.clip_middle(_name(each, page), 32) for each in shown]),
        Column("won", "won", [_WON[each.winner] for each in shown]),
        Column("first", "stood first", ["A" if each.first_shown else "B" for each in shown]),
    ]
    table = fitted(table, narrow, [drop("first"), squeeze("example", 8, narrow, page)])
    room = page.width - total_width(table) - 2
    reasons = Column("reason", "reason", [page.clip(page.line(_reason(each)), room) for each in shown])
    titles, rule, *rows = draw([*table, *([reasons] if any(reasons.cells) else [])], page)
    yield from (page.paint(titles, "bold"), page.paint(rule, "dim"))
    for each, row in zip(shown, rows, strict=True):
        yield page.paint(row, {"first": "red", "second": "green", None: "yellow"}.get(each.winner, ""))
    if len(shown) < len(ordered):
        yield page.paint(f"{page.signs.ellipsis} {len(ordered) - len(shown):,} more: --all", "dim")


def _name(each: Preference, page: Page) -> str:
    return page.line(each.example_id) + (f"-r{each.repeat}" if each.repeat > 1 else "")


def _reason(each: Preference) -> str:
    # of a traceback the last line says what happened
    if each.error:
        return each.error.rstrip().rpartition("\n")[2]
    return each.comment
