"""What an experiment took: trials, time, calls, tokens and money; the app and its judges apart."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_llmobs.measures.model_calls import Spending
from pytest_llmobs.measures.trial_spending import TrialSpending
from pytest_llmobs.records.trials import TrialStatus
from pytest_llmobs.reports.digest.spending import SpendingDigest
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count


def spending_section(spending: SpendingDigest, page: Page) -> list[str]:
    """Return the lines on trials, time, calls, tokens and cost; confirmation's share is part of the sums."""
    total = spending.total
    parts = [_app(total.app), _judges(total), _confirmation(spending.confirmation)]
    lines = [*page.wrapped(_trials(spending)), *page.flow(parts)]
    if spending.unpriced:
        unknown = f"no price is known for {', '.join(spending.unpriced)}: the cost leaves it out"
        lines += page.item(unknown, mark="!", style="yellow")
    return lines


def statuses_text(statuses: Mapping[TrialStatus, int]) -> str:
    """Return how the trials ended: ``33 passed, 2 failed, 2 errors``."""
    parts = []
    for status, number in statuses.items():
        if status == "error":
            parts.append(count(number, status))
        else:
            parts.append(f"{number:,} {status}")
    return ", ".join(parts)


def _trials(spending: SpendingDigest) -> str:
    trials = count(spending.ran, "trial")
    if spending.ran < spending.expected:
        trials = f"{spending.ran:,} of {count(spending.expected, 'trial')}"
    text = f"{trials} in {figures.seconds(spending.duration)}"
    ended = statuses_text(spending.statuses)
    if ended:
        return f"{text}: {ended}"
    return text


def _app(app: Spending) -> str:
    if not app.calls:
        return "no model calls"
    calls = count(app.calls, "call")
    if app.tokens:
        calls = f"{calls}, {figures.tokens(app.tokens)} tokens"
    return f"app {_money(app.cost)} ({calls})"


def _judges(total: TrialSpending) -> str:
    cached = ""
    if total.judge_hits:
        cached = f"{count(total.judge_hits, 'verdict')} from the cache"
    if total.judges.calls:
        parts = filter(None, [count(total.judges.calls, "call"), cached])
        return f"judges {_money(total.judges.cost)} ({', '.join(parts)})"
    if cached:
        return f"judges: {cached}"
    return ""


def _confirmation(share: TrialSpending | None) -> str:
    if share is None:
        return ""
    counts = f"({count(share.trials, 'trial')}, {count(share.calls, 'call')})"
    if share.cost is None:
        return f"confirming {counts}"
    return f"confirming {figures.cost(share.cost)} of that {counts}"


def _money(cost: float | None) -> str:
    if cost is None:
        return "cost unknown"
    return figures.cost(cost)
