"""The order in which one reviewer sees the runs of a queue: it looks random, and is the same wherever its seed is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from operator import and_, mul, or_
from zlib import crc32

_KEY_BITS = 32
_AT_ONCE = 4096
"""Of so many runs, about, the places are worked out at once."""


class ReviewOrder:
    """Runs in an order of their own, worked out as far as somebody asks.

    Opening a queue of 100,000 runs takes as long as sorting them, and a reviewer sees the first few hundred.
    """

    def __init__(self, seed: str) -> None:
        """Begin without runs.

        Args:
            seed: Tells orders apart.
        """
        # it differs from seed to seed, so that the orders have nothing in common
        self._multiplier = crc32(seed.encode()) | 1
        self._known: list[str] = []
        """As far as the order is worked out."""
        self._shuffles: list[_Shuffle] = []
        """Those that aren't worked out to the end."""
        self._runs: list[Sequence[str]] = []
        """All that were shuffled in."""

    def shuffle_in(self, run_ids: Iterable[str]) -> None:
        """Let runs follow those that are there, in an order that looks random; those that are there stay."""
        runs = list(run_ids)
        if self._runs or self._known:
            runs = list(set(runs).difference(self._known, *self._runs))
        if runs:
            self._runs.append(runs)
            self._shuffles.append(_Shuffle(runs, self._multiplier))

    def append(self, run_ids: Iterable[str]) -> None:
        """Let runs follow those that are there, as they stand; those that are there stay."""
        self._known = list(dict.fromkeys([*self.whole(), *run_ids]))

    def __iter__(self) -> Iterator[str]:
        """Yield the runs, also those that come while somebody goes over them."""
        position = 0
        while position < len(self._known) or self._grow():
            yield self._known[position]
            position += 1

    def whole(self) -> Sequence[str]:
        """Return all runs."""
        while self._grow():
            pass
        return self._known

    def number(self, run_id: str) -> int:
        """Return the place of a run, from 1; one that isn't there comes behind the others."""
        if run_id in self._known:
            return self._known.index(run_id) + 1
        before = len(self._known)
        for shuffle in self._shuffles:
            if run_id in shuffle.runs:
                return before + shuffle.place(run_id) + 1
            before += shuffle.left
        self.whole()
        self._known.append(run_id)
        return len(self._known)

    def _grow(self) -> bool:
        while self._shuffles:
            runs = self._shuffles[0].take()
            if runs:
                self._known += runs
                return True
            self._shuffles.pop(0)
        return False


class _Shuffle:
    """Runs that are put into order bit by bit.

    Nothing is carried out in Python for each of 100,000 runs, as a shuffle or a hash with the seed in it would be.
    """

    def __init__(self, runs: Sequence[str], multiplier: int) -> None:
        self.runs = runs
        width = len(runs).bit_length()
        self._positions = (1 << width) - 1
        self._end = 1 << (_KEY_BITS + width)
        self._multiplier = multiplier << width
        # each key with its run's position behind it: plain numbers are sorted faster than runs by their keys
        self._numbers = list(map(or_, self._keys(runs), range(len(runs))))
        self._step = self._end // (len(runs) // _AT_ONCE + 1) + 1
        self._reached = 0

    def _keys(self, runs: Iterable[str]) -> Iterator[int]:
        products = map(mul, map(crc32, map(str.encode, runs)), repeat(self._multiplier))
        return map(and_, products, repeat(self._end - 1 - self._positions))

    @property
    def left(self) -> int:
        """How many runs are still to be taken."""
        return len(self._numbers)

    def place(self, run_id: str) -> int:
        """Return how many of those still to be taken come before one of them."""
        (key,) = self._keys([run_id])
        number = key | self.runs.index(run_id)
        return sum(map(number.__gt__, self._numbers))

    def take(self) -> list[str]:
        """Return the next runs; none at the end."""
        taken: list[int] = []
        while not taken and self._reached < self._end:
            self._reached += self._step
            taken = sorted(filter(self._reached.__gt__, self._numbers))
            self._numbers = list(filter(self._reached.__le__, self._numbers))
        return list(map(self.runs.__getitem__, map(and_, taken, repeat(self._positions))))
