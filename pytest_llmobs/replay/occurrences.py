"""The how-manieth time a request is made: of two that are alike, each has a recording of its own."""

from __future__ import annotations

import heapq
import threading
from collections import Counter


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
