"""What a pairwise evaluator said: a preference for each pair, and what all of them come to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Winner = Literal["first", "second", "tie"]
Place = Literal[1, 2]
"""Where an output stood when the evaluator saw it."""
PairScores = tuple[float | bool, float | bool]
"""What the two of a pair are given."""


@dataclass(frozen=True)
class Preference:
    """The word on one pair."""

    example_id: str
    winner: Winner | None
    """Which experiment won; None where the evaluator failed."""
    first_shown: bool
    """True where the first experiment's output stood first (of the first asking)."""
    place: Place | None = None
    """The place that won, or None for ties, failures, and where both orders were asked and disagreed."""
    comment: str = ""
    error: str | None = None
    repeat: int = 1
    """Which repeat of the example."""
    scores: PairScores | None = None
    """The first experiment's and the second's: those that the evaluator gave; of one that names a winner 1 and 0, or
    one half each. None where it failed."""
    comments: tuple[str, str] | None = None
    """One for the first experiment's run and one for the second's, where the evaluator gave one for each."""
    key: str | None = None
    """What the evaluator called the metric, where it did."""


@dataclass(frozen=True)
class PairwiseResult:
    """Two experiments compared by one evaluator. The example is the unit: its repeats share one vote."""

    key: str
    preferences: Sequence[Preference] = ()

    def count(self, winner: Winner | None) -> int:
        """Return how many pairs have this winner; None counts the failures."""
        return sum(preference.winner == winner for preference in self.preferences)

    @property
    def shares(self) -> Mapping[str, float]:
        """Example -> the share of its scored repeats that the second experiment won, ties counted half."""
        points: dict[str, list[float]] = {}
        for preference in self.preferences:
            if preference.winner is not None:
                points.setdefault(preference.example_id, []).append(_POINTS[preference.winner])
        return {example: sum(repeats) / len(repeats) for example, repeats in points.items()}

    @property
    def win_rate(self) -> float | None:
        """The share of scored examples that the second experiment won, ties counted half; None without any."""
        shares = self.shares
        if shares:
            return sum(shares.values()) / len(shares)
        return None

    @property
    def p_value(self) -> float:
        """Two-sided sign test over the decided examples: how likely so lopsided a result is between equals."""
        first = second = 0
        for share in self.shares.values():
            if share < 0.5:
                first += 1
            elif share > 0.5:
                second += 1
        return sign_test(first, second)

    @property
    def position_bias(self) -> float | None:
        """The share of decided pairs that whichever output stood first won; 0.5 is none, None without any."""
        first, second = self._places_that_won()
        if first + second:
            return first / (first + second)
        return None

    @property
    def position_p(self) -> float:
        """Two-sided sign test of the position bias; below 0.05 the evaluator goes by position."""
        return sign_test(*self._places_that_won())

    def _places_that_won(self) -> tuple[int, int]:
        """Return how often the output shown first won, and how often the other."""
        first = second = 0
        for preference in self.preferences:
            if preference.place == 1:
                first += 1
            elif preference.place == 2:
                second += 1
        return first, second


# As in chess: a tie is half a win for each, so that ties pull towards no difference.
_POINTS: Mapping[Winner, float] = {"first": 0.0, "tie": 0.5, "second": 1.0}


def sign_test(first: int, second: int) -> float:
    """Return the two-sided exact binomial p of ``first`` against ``second`` successes at one half."""
    n = first + second
    outcomes = 0
    for successes in range(min(first, second) + 1):
        outcomes += math.comb(n, successes)
    tail: float = outcomes / 2**n
    return min(1.0, 2 * tail)
