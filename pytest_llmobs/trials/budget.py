"""What a session may spend, counted together by all its processes."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_llmobs.files import PRIVATE, make_private, write_whole
from pytest_llmobs.measures.model_calls import Spending
from pytest_llmobs.wording import listed

_NOT_RUN = "not run: "
"""Begins the reason of every trial that the budget stopped; ``Trial.not_run`` is what code goes by."""

_REMEMBERED = 50
"""Calls of unknown cost that are remembered by their models and reasons."""
_NAMED = 3


class BudgetReached(Exception):
    """A trial that was not run: the session had spent what it may."""


class Budget:
    """A ledger in a file, under a lock: workers and further sessions share it.

    A limit is checked before a trial starts. What runs at that moment is finished, so the last ones may go beyond it.
    Once a call was made whose cost isn't known, a limit in USD can't be kept any more, and counts as reached.
    """

    def __init__(self, path: Path, *, max_cost: float | None, max_calls: int | None) -> None:
        """Open the ledger at ``path``, which need not exist.

        Args:
            path: The file all processes of the session share.
            max_cost: USD, judges included; None for no limit.
            max_calls: Model calls, judges included; None for no limit.
        """
        self._path = path
        self._max_cost = max_cost
        self._max_calls = max_calls
        make_private(path.parent)
        from filelock import FileLock  # 61 ms that only a limit needs

        self._lock = FileLock(path.with_suffix(".lock"))

    @property
    def limits_cost(self) -> bool:
        """True where there is a limit in USD."""
        return self._max_cost is not None

    def exhausted(self) -> str | None:
        """Return why a trial was not run, or None where it may start."""
        reason = self.spent()
        if reason is None:
            return None
        return f"{_NOT_RUN}{reason}"

    def spent(self) -> str | None:
        """Return how it was spent, or None where something is left."""
        cost, calls, unknown = self._read()
        if self._max_cost is not None and unknown:
            named = listed(list(map(repr, unknown)), _NAMED)
            return (
                f"what was spent of ${self._max_cost:g} isn't known (--llm-max-cost): at least ${cost:.4f}, "
                f"and the cost of {named} is unknown; llm_max_calls limits what has no price"
            )
        if self._max_cost is not None and cost >= self._max_cost:
            return f"${cost:.4f} of ${self._max_cost:g} spent (--llm-max-cost)"
        if self._max_calls is not None and calls >= self._max_calls:
            return f"{calls} of {self._max_calls} model calls made (llm_max_calls)"
        return None

    def spend(self, spending: Spending) -> None:
        """Book what a trial or its evaluators took."""
        if not spending.calls:
            return
        with self._lock:
            cost, calls, unknown = self._read()
            unknown = sorted({*unknown, *spending.unpriced})[:_REMEMBERED]
            # whole: a process may be killed at any time, and others read without the lock
            ledger = json.dumps([cost + (spending.cost or 0.0), calls + spending.calls, unknown])
            write_whole(self._path, ledger, mode=PRIVATE, durable=False)

    def _read(self) -> tuple[float, int, list[str]]:
        """Return USD, calls, and the calls whose cost isn't known."""
        try:
            cost, calls, unknown = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return 0.0, 0, []
        return float(cost), int(calls), list(unknown)
