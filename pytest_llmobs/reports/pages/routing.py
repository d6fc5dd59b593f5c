"""What each rule of a queue came to: what ``llmobs review route`` prints."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import column, draw_painted, fitted, squeeze
from pytest_llmobs.review.routing.applying import RoutedRule
from pytest_llmobs.wording import count

_LEAST_RULE = 24
_LEAST_QUEUE = 12


def routing_page(routed: Sequence[RoutedRule], page: Page, *, dry_run: bool) -> list[str]:
    """Return a line for each rule, and how many items came of all.

    Args:
        routed: What the rules came to.
        page: Where it goes.
        dry_run: True where nothing was added.
    """
    table = [
        column("queue", "queue", routed, lambda rule: page.line(rule.queue)),
        column("rule", "rule", routed, lambda rule: page.line(rule.rule)),
        column("matched", "matched", routed, lambda rule: f"{rule.matched:,}", right=True),
        column("new", "new", routed, lambda rule: f"{rule.new:,}", right=True),
    ]
    steps = [
        squeeze("rule", _LEAST_RULE, page.width, page),
        squeeze("queue", _LEAST_QUEUE, page.width, page),
    ]
    heading, rows = draw_painted(fitted(table, page.width, steps), page)
    new = sum(rule.new for rule in routed)
    ending = f"{count(new, 'new item')}."
    if dry_run:
        ending = f"Dry run: {count(new, 'item')} would be new; nothing was added."
    return [*heading, *rows, "", *page.wrapped(ending)]
