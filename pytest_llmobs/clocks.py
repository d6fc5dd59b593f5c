"""The real clocks, also where a test has frozen time: bound as this is imported, before any test runs.

freezegun replaces what modules hold, so these lie in an object. time-machine replaces what ``time.time`` itself does,
but leaves a way out; it doesn't touch the clocks that only measure.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(microseconds: int) -> datetime:
    """Return the time so many microseconds after the epoch, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds_of(time: datetime) -> int:
    """Return how many microseconds after the epoch a time is; without a time zone it is local."""
    return (time.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


class RealClocks:
    """Clocks that nobody has replaced."""

    __slots__ = ("_time_ns", "seconds", "seconds_ns")

    def __init__(self) -> None:
        self.seconds: Callable[[], float] = time.perf_counter
        """Seconds from some moment on; only differences mean something."""
        self.seconds_ns: Callable[[], int] = time.perf_counter_ns
        """The same in nanoseconds."""
        self._time_ns = time.time_ns

    def time_ns(self) -> int:
        """Return nanoseconds since the epoch."""
        machine = sys.modules.get("time_machine")
        if machine is not None and machine.escape_hatch.is_travelling():
            return int(machine.escape_hatch.time.time_ns())
        return self._time_ns()

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return moment(self.time_ns() // 1000)


real = RealClocks()
"""The ones of this process."""
