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


class Pace:
    """A rate that halves on rejections (429, 529) and grows again: AIMD, as TCP does (Chiu and Jain 1989).

    Without a rejection there is no limit. The first one sets the rate to what the server was seen to answer; where
    it had answered nothing yet, to a guess that grows fast until the next one. So several processes, each with a pace
    of its own, come to share what the server allows.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start without a limit; ``clock`` gives seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._successes: deque[float] = deque()
        self._next = 0.0
        self._reduced = float("-inf")
        self._grown = 0.0
        self._guessed = False
        self.rate: float | None = None
        """Starts a second, or None for no limit."""

    def delay(self) -> float:
        """Return the seconds until the next attempt may start; reserves nothing."""
        with self._lock:
            return max(0.0, self._next - self._clock())

    def started(self) -> None:
        """Say that an attempt starts now."""
        with self._lock:
            now = self._clock()
            if self.rate is None:
                return
            if now - self._reduced > _COOL:
                share = SEARCH if self._guessed else FASTER
                self.rate += max(share * self.rate, STEP) * min(now - self._grown, 1.0)
            self._grown = now
            self._next = max(self._next, now) + 1 / self.rate

    def succeeded(self) -> None:
        """Say that an attempt got its answers."""
        with self._lock:
            now = self._clock()
            self._successes.append(now)
            while self._successes and self._successes[0] < now - _WINDOW:
                self._successes.popleft()

    def rejected(self, retry_after: float = 0.0) -> None:
        """Say that the server had enough: start slower, and nothing at all for ``retry_after`` seconds."""
        with self._lock:
            now = self._clock()
            self._next = max(self._next, now + retry_after)
            if now - self._reduced <= _COOL:
                return
            self._reduced = self._grown = now
            recent = [moment for moment in self._successes if moment >= now - _WINDOW]
            self._guessed = self.rate is None and not recent
            if self._guessed:
                self.rate = GUESS
            else:
                seen = len(recent) / max(now - recent[0], 0.5) if self.rate is None else self.rate
                self.rate = max(SLOWEST, SLOWER * seen)
            self._next = max(self._next, now + 1 / self.rate)
