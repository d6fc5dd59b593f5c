"""How fast attempts start: one adaptive rate for all that run ahead."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

SLOWER = 0.7
"""Factor on the rate at a rejection."""
FASTER = 0.1
"""Share by which the rate grows in a second without a rejection."""
STEP = 1.0
"""Starts a second by which it grows at least: a process that got little of what the server allows catches up."""
GUESS = 1.0
"""Starts a second where the first rejection comes before any success: other processes fill the server already."""
SEARCH = 1.0
"""Share by which the rate grows in a second while it is such a guess: it doubles, as in TCP's slow start."""
SLOWEST = 0.2
"""Starts a second that are always allowed."""
_WINDOW = 2.0
"""Seconds over which the rate of successes is measured."""
_COOL = 1.0
"""Seconds in which further rejections belong to the same burst."""


class RateLimit:
    """A rate that falls at rejections (429, 529) and grows again: AIMD, as TCP does (Chiu and Jain 1989).

    Without a rejection there is no limit. The first one sets the rate to what the server was seen to answer; where
    it had answered nothing yet, to a guess that grows fast until the next one. So several processes, each with a limit
    of its own, come to share what the server allows.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start without a limit; ``clock`` gives seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._successes: deque[float] = deque()
        """When the latest attempts got their answers."""
        self._next_start = 0.0
        self._slowed_at = float("-inf")
        self._grown_at = 0.0
        self._is_guess = False
        self.rate: float | None = None
        """Starts a second, or None for no limit."""

    def delay(self) -> float:
        """Return the seconds until the next attempt may start; reserves nothing."""
        with self._lock:
            return max(0.0, self._next_start - self._clock())

    def started(self) -> None:
        """Say that an attempt starts now."""
        with self._lock:
            now = self._clock()
            if self.rate is None:
                return
            if now - self._slowed_at > _COOL:
                self.rate += self._growth(self.rate) * min(now - self._grown_at, 1.0)
            self._grown_at = now
            self._reserve(now, self.rate)

    def succeeded(self) -> None:
        """Say that an attempt got its answers."""
        with self._lock:
            now = self._clock()
            self._successes.append(now)
            self._forget_old_successes(now)

    def rejected(self, retry_after: float = 0.0) -> None:
        """Say that the server had enough: start slower, and nothing at all for ``retry_after`` seconds."""
        with self._lock:
            now = self._clock()
            self._next_start = max(self._next_start, now + retry_after)
            if now - self._slowed_at <= _COOL:
                return
            self._slowed_at = self._grown_at = now
            self._forget_old_successes(now)
            self._is_guess = self.rate is None and not self._successes
            self.rate = self._slower_rate(now)
            self._reserve(now, self.rate)

    def _growth(self, rate: float) -> float:
        """Return by how much the rate grows in a second without a rejection."""
        if self._is_guess:
            return max(SEARCH * rate, STEP)
        return max(FASTER * rate, STEP)

    def _slower_rate(self, now: float) -> float:
        """Return the rate after a rejection."""
        if self.rate is not None:
            return max(SLOWEST, SLOWER * self.rate)
        if not self._successes:
            return GUESS
        # Half a second at least: two answers a millisecond apart are no rate of thousands a second.
        seconds = max(now - self._successes[0], 0.5)
        return max(SLOWEST, SLOWER * len(self._successes) / seconds)

    def _reserve(self, now: float, rate: float) -> None:
        self._next_start = max(self._next_start, now) + 1 / rate

    def _forget_old_successes(self, now: float) -> None:
        while self._successes and self._successes[0] < now - _WINDOW:
            self._successes.popleft()
