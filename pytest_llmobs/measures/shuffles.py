"""Sums over units that are shuffled many times, each by itself.

Each unit has a table of what its deals add to the sums; a sample takes one entry of each unit's table. All samples
are added at once: a byte of every sample's entry, side by side, is one long integer.
"""

from __future__ import annotations

import operator
import random
import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from pytest_llmobs.measures.deals import LARGEST_TABLE, table

_ADDENDS = 257
"""Bytes whose sum still fits into two bytes."""


class Deck(NamedTuple):
    """The trials of one unit."""

    new: int
    """How many of them are new."""
    trials: Sequence[int]
    """What each of them adds to the sums were it a new one, all sums side by side in one integer; see ``widths``."""


def shuffled_sums(
    decks: Sequence[Deck], widths: Sequence[int], samples: int, chance: random.Random
) -> list[list[int]]:
    """Return the sums in so many samples, in each of which every deck is dealt anew.

    Args:
        decks: One a unit.
        widths: Bytes that a sum takes in the integer of a trial, the lowest first. No deal of a deck needs more.
        samples: How many samples, at least 1.
        chance: Draws the deals.

    Returns:
        By sum, by sample.
    """
    planes = [_Plane(samples) for _ in range(sum(widths))]
    for deck in decks:
        entries = table(deck.trials, deck.new, chance)
        choices = _choices(len(entries), samples, chance)
        repeated = b"".join([entry.to_bytes(len(planes), "little") for entry in entries])
        repeated *= LARGEST_TABLE // len(entries) + 1
        for place, plane in enumerate(planes):
            chosen = repeated[place :: len(planes)]
            plane.add(choices.translate(chosen[:LARGEST_TABLE]))
    sums = []
    for place, width in zip(accumulate(widths, initial=0), widths, strict=False):
        sums.append(_joined(planes[place : place + width]))
    return sums


def _choices(entries: int, samples: int, chance: random.Random) -> bytes:
    """Return random places in a table that is repeated to fill a byte's values, all entries equally likely."""
    # the last values of a byte would make the first entries likelier
    usable = LARGEST_TABLE - LARGEST_TABLE % entries
    beyond = bytes(range(usable, LARGEST_TABLE))
    choices = b""
    while len(choices) < samples:
        choices += chance.randbytes(samples * LARGEST_TABLE // usable + 64).translate(None, beyond)
    return choices[:samples]


class _Plane:
    """One byte of the entries of every sample, added up."""

    def __init__(self, samples: int) -> None:
        self.sums = [0] * samples
        # a field of two bytes for every second sample
        self.fields = (samples + 1) // 2
        self.mask = int.from_bytes(b"\xff\x00" * self.fields, "little")
        self.addends = self.even = self.odd = 0

    def add(self, chosen: bytes) -> None:
        """Add a byte to the sum of each sample."""
        if self.addends == _ADDENDS:
            self.carry()
        together = int.from_bytes(chosen, "little")
        self.even += together & self.mask
        self.odd += together >> 8 & self.mask
        self.addends += 1

    def carry(self) -> None:
        """Move what the fields hold to the sums, so that they have room again."""
        for start, fields in enumerate((self.even, self.odd)):
            samples = struct.unpack(f"<{self.fields}H", fields.to_bytes(2 * self.fields, "little"))
            self.sums[start::2] = map(operator.add, self.sums[start::2], samples)
        self.addends = self.even = self.odd = 0


def _joined(planes: Sequence[_Plane]) -> list[int]:
    """Return the sums of whole numbers from those of their bytes, the lowest first."""
    sums = [0] * len(planes[0].sums)
    for place, plane in enumerate(planes):
        plane.carry()
        sums = [total + (value << 8 * place) for total, value in zip(sums, plane.sums, strict=True)]
    return sums
