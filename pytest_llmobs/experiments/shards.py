"""Which machine runs which example: parts of an experiment that many machines agree on without talking."""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from pytest_llmobs.errors import BaselineError
from pytest_llmobs.files import text_hash

OVERHEAD = 0.01
"""Seconds that a trial takes besides its run: without them, one slow example would weigh as much as a thousand fast."""
_NAMED = re.compile(r"\.shard-\d+-of-\d+$")
_PART = re.compile(r"(\d{1,6})/(\d{1,6})", re.ASCII)


@dataclass(frozen=True, order=True)
class Shard:
    """One of several parts of an experiment."""

    number: int
    """1 to ``count``."""
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``I/N``, which the settings have validated.

        Raises:
            ValueError: It is nothing of the kind.
        """
        number, _, count = text.partition("/")
        return cls(int(number), int(count))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def name(self, experiment: str) -> str:
        """Return the name of this part of an experiment; parts in one store don't overwrite each other."""
        return f"{experiment}.shard-{self.number}-of-{self.count}"


def is_shard(text: str) -> bool:
    """Tell whether a text is ``I/N``, the I-th part of N."""
    match = _PART.fullmatch(text)
    return match is not None and 1 <= int(match[1]) <= int(match[2])


def whole_name(name: str) -> str:
    """Return the name of the experiment that a part belongs to: what ``Shard.name`` was given."""
    return _NAMED.sub("", name)


def hashed(key: str, count: int) -> int:
    """Return the shard that a key falls to by its hash alone, from 1 to ``count``."""
    return int(text_hash(key)[:16], 16) % count + 1


def deal(suites: Mapping[str, Mapping[str, float | None]], count: int) -> dict[tuple[str, str], int]:
    """Return the shard of every example of every suite; the same for the same arguments, in whatever order.

    Examples without a known duration go by the hash of their id. The others go, the longest first, to the shard
    with the least to do so far (longest processing time first: Graham 1969, SIAM J. Appl. Math. 17), so that no
    shard takes more than 4/3 of the shortest possible time, where all durations are known and hold.

    Args:
        suites: Suite -> example id -> seconds, or None where nobody knows.
        count: The number of shards.
    """
    unknown: list[tuple[str, str]] = []
    known: list[tuple[float, tuple[str, str]]] = []
    for suite, times in suites.items():
        for example, time in times.items():
            if time is None:
                unknown.append((suite, example))
            else:
                known.append((time, (suite, example)))
    usual = 0.0
    if known:
        import statistics  # with fractions and decimals, which most readers of documents do without

        usual = statistics.median(map(itemgetter(0), known))
    dealt: dict[tuple[str, str], int] = {}
    seconds = dict.fromkeys(range(1, count + 1), 0.0)
    for key in unknown:
        shard = dealt[key] = hashed(key[1], count)
        seconds[shard] += usual
    loads = list(zip(seconds.values(), seconds, strict=True))
    heapq.heapify(loads)
    # the key breaks ties, so that all machines deal alike
    for time, key in sorted(known, key=lambda entry: (-entry[0], entry[1])):
        load, shard = loads[0]
        dealt[key] = shard
        heapq.heapreplace(loads, (load + time, shard))
    return dealt


def durations(directory: Path, suite: str, examples: set[str]) -> dict[str, float | None]:
    """Return how long each example took when the committed baseline was recorded, in seconds.

    Nothing else would do: what one machine has measured, the others don't know.

    Args:
        directory: The folder of the baselines.
        suite: The suite's name.
        examples: Ids of its examples.
    """
    from pytest_llmobs.baselines.file import load_baseline  # most readers of documents deal nothing
    from pytest_llmobs.baselines.paths import baseline_path

    try:
        baseline = load_baseline(baseline_path(directory, suite))
    except BaselineError:
        baseline = None  # the merge reports it
    times: dict[str, float | None] = dict.fromkeys(sorted(examples))
    if baseline is None:
        return times
    for example, row in baseline.rows.items():
        if example in times and row.latency is not None:
            times[example] = row.latency + OVERHEAD
    return times
