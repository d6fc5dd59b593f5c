"""The parts that a sweep has still to read, those that it meets first in front."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from pytest_llmobs.storage.parquet.parts import Part
from pytest_llmobs.storage.parquet.skimming import Skimmed

_Entry = tuple[int, int, Part]
"""The near edge, a number that tells equal ones apart, and the part."""


class Waiting:
    """Parts in order of their near edge, skimmed ahead where that saves reading payloads."""

    def __init__(self, parts: Sequence[Part], *, newest_first: bool, skim: Skimmed | None) -> None:
        """Line parts up.

        Args:
            parts: What is to be read.
            newest_first: Turns the times round.
            skim: Finds out which of them have a match; None takes each of them as it is.
        """
        self._newest_first, self._skim = newest_first, skim
        self._unseen: list[_Entry] = []
        for number, part in enumerate(parts):
            self._unseen.append((self._near(part), number, part))
        heapq.heapify(self._unseen)
        self._ready: list[_Entry] = []
        self._taken: dict[int, Part] = {}
        """Parts of which rows may be held that weren't returned yet."""
        self._again: dict[int, int] = {}
        """Those of them that are to be read again: from which time on."""

    def __bool__(self) -> bool:
        """Return False where everything was read."""
        return bool(self._unseen or self._ready or self._again)

    @property
    def edge(self) -> int | None:
        """No row that is still to be read comes before this time; None where there is none."""
        edges = [*self._again.values(), *(queue[0][0] for queue in (self._unseen, self._ready) if queue)]
        edge = min(edges, default=None)
        if edge is not None:
            self._forget(edge)
        return edge

    def pop(self) -> tuple[Part, int | None] | None:
        """Take the part that comes next, and the time from which on its rows are wanted; None for all of them.

        Returns None where nothing is left that has a match.
        """
        self._look_ahead()
        if self._again:
            number = min(self._again, key=self._again.__getitem__)
            if not self._ready or self._again[number] <= self._ready[0][0]:
                return self._taken[number], self._again.pop(number)
        if not self._ready:
            return None
        _, number, part = heapq.heappop(self._ready)
        self._taken[number] = part
        return part, None

    def again(self, bound: int) -> None:
        """Read what was taken again from ``bound`` on: its rows from there were let go of."""
        for number, part in self._taken.items():
            if self._far(part) >= bound:
                # It may be waiting already, to be read again from an earlier time.
                self._again[number] = min(bound, self._again.get(number, bound))

    def _look_ahead(self) -> None:
        """Make sure that what comes next is known to have matches; at the end there may be none."""
        while self._unseen and not (self._ready and self._ready[0][0] <= self._unseen[0][0]):
            if self._skim is None:
                heapq.heappush(self._ready, heapq.heappop(self._unseen))
                continue
            batch = [heapq.heappop(self._unseen)]
            while self._unseen and self._skim.has_room(batch_rows(batch)):
                batch.append(heapq.heappop(self._unseen))
            chosen = self._skim.with_matches([part for _, _, part in batch])
            for (near, number, _), part in zip(batch, chosen, strict=True):
                if part.rows:
                    heapq.heappush(self._ready, (near, number, part))

    def _forget(self, edge: int) -> None:
        """Let go of parts all of whose rows come before ``edge``."""
        for number, part in list(self._taken.items()):
            if self._far(part) < edge and number not in self._again:
                del self._taken[number]

    def _near(self, part: Part) -> int:
        return -part.last if self._newest_first else part.first

    def _far(self, part: Part) -> int:
        return -part.first if self._newest_first else part.last


def batch_rows(batch: Sequence[_Entry]) -> int:
    """Return how many rows some parts have."""
    return sum(part.rows for _, _, part in batch)
