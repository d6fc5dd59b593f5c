"""Model calls that belong to no trial: made by threads that outlive one, by schedulers, by fixtures."""

from __future__ import annotations

import threading
from collections import Counter

from pytest_llmobs.measures.model_calls import NOTHING_SPENT, spending
from pytest_llmobs.tracing.open_run import FinishedRun
from pytest_llmobs.tracing.run_line import record_of
from pytest_llmobs.trials.budget import Budget
from pytest_llmobs.wording import count, listed

_NAMED = 3
"""Threads that are named; the others are counted."""


class UnclaimedCalls:
    """Counts them by the thread they ended in. Nothing is lost silently: a note says what they took."""

    def __init__(self, budget: Budget | None) -> None:
        """Start with none.

        Args:
            budget: Counts them too; None for no limit.
        """
        self._budget = budget
        self._lock = threading.Lock()
        self._threads: Counter[str] = Counter()
        self._spent = NOTHING_SPENT

    def take(self, call: FinishedRun) -> None:
        """Count a model call that has ended."""
        spent = spending([record_of(call)])
        if not spent.calls:
            return
        if self._budget is not None:
            self._budget.spend(spent)
        with self._lock:
            self._threads[threading.current_thread().name] += spent.calls
            self._spent += spent

    def note(self, where: str = "") -> str | None:
        """Return what the summary says of them, or None where there are none.

        Args:
            where: Names the process, where there are several.
        """
        with self._lock:
            spent, threads = self._spent, list(self._threads)
        if not spent.calls:
            return None
        took = [f"in {where}"] if where else []
        if spent.tokens is not None:
            took.append(count(spent.tokens, "token"))
        if spent.cost is not None:
            took.append(f"{'at least ' if spent.unpriced else ''}${spent.cost:.4f}")
        named = listed(list(map(repr, threads)), _NAMED)
        if took:
            named = f"{named} ({', '.join(took)})"
        return (
            f"{count(spent.calls, 'model call')} ran in threads that belong to no trial: {named}. No trial's cost "
            "counts them, a budget does; 'Threads' in docs/tracing.md says how to carry a trial there."
        )
