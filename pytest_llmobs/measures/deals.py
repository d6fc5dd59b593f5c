"""The deals of a unit: which of its trials may be the new ones, and what each deal adds up to."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import combinations

LARGEST_TABLE = 256
"""Deals up to which all of them are listed; of more, about that many are drawn. A byte chooses one."""
_LARGEST_GROUP = 6
"""Trials whose every subset is added up once, for all deals."""


def table(trials: Sequence[int], new: int, chance: random.Random) -> Sequence[int]:
    """Return the sum of every choice of the new trials, or of about 256 drawn ones where there are more.

    Args:
        trials: What each trial adds, at least two.
        new: How many of them are chosen, fewer than all, at least one.
        chance: Draws.
    """
    if math.comb(len(trials), new) > LARGEST_TABLE:
        # the deals that are drawn are the same for every unit: here is what makes units independent of each other
        trials = chance.sample(trials, len(trials))
    first, *others = _groups(len(trials), new)
    sums: Sequence[int] = first.chosen(trials)
    for group in others:
        sums = list(map(operator.add, sums, group.chosen(trials)))
    return sums


class _Group:
    """Neighbouring trials, and which of them are new in each deal."""

    def __init__(self, members: Sequence[int], deals: Sequence[Sequence[int]]) -> None:
        self.members = slice(members[0], members[-1] + 1)
        subsets = []
        for deal in deals:
            # the number of a subset, as ``chosen`` counts them
            subsets.append(sum([1 << (member - members[0]) for member in deal if member in members]))
        self.pick: Callable[[Sequence[int]], tuple[int, ...]] = operator.itemgetter(*subsets)

    def chosen(self, trials: Sequence[int]) -> tuple[int, ...]:
        """Return for each deal what the new trials of the group add up to."""
        sums = [0]
        for trial in trials[self.members]:
            sums += [trial + others for others in sums]
        return self.pick(sums)


@lru_cache(maxsize=256)
def _groups(trials: int, new: int) -> Sequence[_Group]:
    deals = _deals(trials, new)
    count = max(2, math.ceil(trials / _LARGEST_GROUP))
    groups = []
    for number in range(count):
        members = range(trials * number // count, trials * (number + 1) // count)
        groups.append(_Group(members, deals))
    return groups


def _deals(trials: int, new: int) -> Sequence[Sequence[int]]:
    """Return the places of the new trials in every deal, or in drawn ones where there are more than 256."""
    places = range(trials)
    if math.comb(trials, new) <= LARGEST_TABLE:
        return list(combinations(places, new))
    chance = random.Random(trials)
    deals: list[Sequence[int]] = []
    while len(deals) + trials <= LARGEST_TABLE or not deals:
        drawn = chance.sample(places, new)
        # each trial is new equally often, so that a table's mean is that of all deals
        for turn in places:
            deals.append([(place + turn) % trials for place in drawn])
    return deals[:LARGEST_TABLE]
