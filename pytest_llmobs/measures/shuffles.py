"""Sums over units that are shuffled many times, each by itself: a sample takes one entry of each unit's table."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Sequence
from itertools import combinations

LARGEST_TABLE = 256
"""Deals of a unit up to which all of them are listed; of more, that many are drawn. A byte chooses one."""


def shuffled_totals(units: Sequence[tuple[int, list[int]]], samples: int, chance: random.Random) -> list[int]:
    """Return the sums of so many samples.

    Args:
        units: Of each the number of its new trials, and what each of its trials, old and new, adds to the sum were it
            a new one.
        samples: How many sums.
        chance: Draws the samples.
    """
    totals = [0] * samples
    for new, trials in units:
        table = _table(new, trials, chance)
        choices = _choices(len(table), samples, chance)
        totals = list(map(operator.add, totals, map(table.__getitem__, choices)))
    return totals


def _table(new: int, trials: list[int], chance: random.Random) -> list[int]:
    """Return what a unit adds to the sum, by the choice of its new trials."""
    if math.comb(len(trials), new) <= LARGEST_TABLE:
        return list(map(sum, combinations(trials, new)))
    return [sum(chance.sample(trials, new)) for _ in range(LARGEST_TABLE)]


def _choices(entries: int, samples: int, chance: random.Random) -> bytes:
    """Return random places in a table, all equally likely."""
    # of 256 bytes the last ones would make the first entries likelier
    usable = LARGEST_TABLE - LARGEST_TABLE % entries
    beyond = bytes(range(usable, 256))
    places = bytes([byte % entries for byte in range(256)])
    choices = b""
    while len(choices) < samples:
        choices += chance.randbytes(samples).translate(places, beyond)
    return choices[:samples]
