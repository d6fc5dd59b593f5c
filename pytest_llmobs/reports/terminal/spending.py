"""What an experiment took: trials, time, calls, tokens and money; the app and its judges apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_llmobs.measures.model_calls import Spending
from pytest_llmobs.measures.trial_spending import TrialSpending
from pytest_llmobs.records.trials import TrialStatus
from pytest_llmobs.reports.digest.spending import SpendingDigest
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

_NAMED = 8
"""Models and reasons that are named; the others are counted."""


def spending_section(spending: SpendingDigest, page: Page) -> list[str]:
    """Return the lines on trials, time, calls, tokens and cost; what further looks took is part of the sums."""
    total = spending.total
    parts = [_app(total.app), _judges(total), saved_text(total.replayed, total.saved), _further(spending)]
    lines = [*page.wrapped(_trials(spending)), *page.flow(parts)]
    if spending.unpriced:
        lines += page.item(_left_out(spending.unpriced, page), mark="!", style="yellow")
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


def calls_text(made: int, replayed: int) -> str:
    """Return how many calls were made, and how many recorded replies answered: ``12 calls, 388 replayed``."""
    if not replayed:
        return count(made, "call")
    if not made:
        return f"{count(replayed, 'call')} replayed"
    return f"{count(made, 'call')}, {replayed:,} replayed"


def saved_text(replayed: int, saved: float | None) -> str:
    """Return what replayed calls had cost when they were recorded; empty where there were none, or nobody knows."""
    if not replayed or not saved:
        return ""
    return f"recordings saved {figures.cost(saved)}"


def trials_text(spending: SpendingDigest) -> str:
    """Return how many trials ran: ``35 trials``, ``30 of 35 trials``."""
    if spending.ran < spending.expected:
        return f"{spending.ran:,} of {count(spending.expected, 'trial')}"
    return count(spending.ran, "trial")


def _trials(spending: SpendingDigest) -> str:
    text = f"{trials_text(spending)} in {figures.seconds(spending.duration)}"
    ended = statuses_text(spending.statuses)
    if ended:
        return f"{text}: {ended}"
    return text


def _app(app: Spending) -> str:
    if not app.all_calls:
        return "no model calls, no cost"
    calls = calls_text(app.calls, app.replayed)
    if app.tokens:
        calls = f"{calls}, {figures.tokens(app.tokens)} tokens"
    return f"app {_money(app)} ({calls})"


def _judges(total: TrialSpending) -> str:
    cached = ""
    if total.judge_hits:
        cached = f"{count(total.judge_hits, 'verdict')} from the cache"
    judges = total.judges
    if judges.all_calls:
        parts = filter(None, [calls_text(judges.calls, judges.replayed), cached])
        return f"judges {_money(judges)} ({', '.join(parts)})"
    if cached:
        return f"judges: {cached}"
    return ""


def _further(spending: SpendingDigest) -> str:
    """Return what further looks took, and the accepted code among them."""
    shares = []
    if spending.looks is not None:
        shares.append(f"{count(spending.looks.trials, 'trial')} of further looks{_price(spending.looks)}")
    if spending.control is not None:
        shares.append(f"{spending.control.trials:,} of the accepted code{_price(spending.control)}")
    if not shares:
        return ""
    total = spending.total
    part = "of that " if total.calls + total.replayed else ""  # of no calls nothing is a part
    return f"{part}{'; '.join(shares)}"


def _price(share: TrialSpending) -> str:
    if share.cost is None:
        return ""
    return f", {figures.spent(share.cost, is_whole=not share.unpriced)}"


def _money(spending: Spending) -> str:
    cost = figures.spent(spending.cost, is_whole=not spending.unpriced)
    if cost == figures.cost(None):
        return "cost unknown"
    return cost


def _left_out(unpriced: Sequence[str], page: Page) -> str:
    shown = list(map(page.line, unpriced[:_NAMED]))
    if len(unpriced) > _NAMED:
        shown.append(f"{len(unpriced) - _NAMED} more")
    return f"no price is known for {', '.join(shown)}: the cost leaves it out"
