"""The how-manieth time a request is made: of two that are alike, each has a recording of its own."""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeGuard
from weakref import WeakKeyDictionary

from pytest_llmobs.tracing.open_run import OpenRun


class Occurrences:
    """Counts requests by what they ask. Any number of threads may do so at once."""

    def __init__(self) -> None:
        """Begin with none."""
        self._taken: Counter[str] = Counter()
        self._returned: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def take(self, request_hash: str) -> int:
        """Return the occurrence of a request that is made now: the lowest from 1 on that is free."""
        with self._lock:
            returned = self._returned.get(request_hash)
            if returned:
                return heapq.heappop(returned)
            self._taken[request_hash] += 1
            return self._taken[request_hash]

    def give_back(self, request_hash: str, occurrence: int) -> None:
        """Free an occurrence of which nothing was recorded: the app asks the same again, and is answered then."""
        with self._lock:
            heapq.heappush(self._returned.setdefault(request_hash, []), occurrence)


class TrialOccurrences:
    """Counts the requests of each trial by themselves, and so those of the test that runs now outside any trial."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_trial: WeakKeyDictionary[OpenRun, Occurrences] = WeakKeyDictionary()
        self._outside = Occurrences()
        self._lock = threading.Lock()

    def of(self, root: OpenRun | None) -> Occurrences:
        """Return the count in which a request belongs.

        Args:
            root: The root of the trace that asks; None outside any.
        """
        if not is_trial(root):
            return self._outside
        with self._lock:
            return self._by_trial.setdefault(root, Occurrences())

    def begin_test(self) -> None:
        """Count from the beginning what is asked outside trials."""
        self._outside = Occurrences()

    @contextmanager
    def counting_apart(self) -> Iterator[None]:
        """Count apart what is asked outside trials meanwhile."""
        outside, self._outside = self._outside, Occurrences()
        try:
            yield
        finally:
            self._outside = outside


def is_trial(root: OpenRun | None) -> TypeGuard[OpenRun]:
    """Tell whether a trace is that of a trial, or of an evaluator."""
    return root is not None and root.collected is not None
