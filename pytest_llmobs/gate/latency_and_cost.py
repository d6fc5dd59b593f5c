"""Latency and cost against the baseline: worth a warning, never red."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from pytest_llmobs.baselines.records import BaselineRow
from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.statistics import median_log_ratio
from pytest_llmobs.records.trials import Trial

WORTH_A_NOTE = math.log(1.25)
"""Median log-ratio from which a rise is told: a quarter more."""
NOTICED = 0.01
"""Seconds below which a latency is no model's answer, and its rise the machine's noise."""
FEWEST = 5
"""Pairs below which a median says too little."""


class _Quantity(NamedTuple):
    """What an answer takes: time, or money."""

    name: str
    unit: str
    recorded: Callable[[BaselineRow], float | None]
    measured: Callable[[Trial], float | None]
    least: float
    """Median below which a rise is no news."""


_QUANTITIES = (
    _Quantity("latency", "s", attrgetter("latency"), attrgetter("latency"), NOTICED),
    _Quantity("cost", "USD", attrgetter("cost"), attrgetter("whole_cost"), 0.0),
)


def latency_and_cost_notes(suite: SuitePair) -> Iterator[str]:
    """Yield a note for latency and for cost where they rose by a quarter or more."""
    for quantity in _QUANTITIES:
        pairs = _pairs(suite, quantity)
        ratio = median_log_ratio(pairs)
        if ratio is None or ratio < WORTH_A_NOTE or len(pairs) < FEWEST:
            continue
        # the note shows seconds and dollars; the ratio is the median of the ratios, not the ratio of these medians
        before, after = map(statistics.median, zip(*pairs, strict=True))
        if after >= quantity.least:
            yield (
                f"{suite.plan.name}: {quantity.name} is {math.exp(ratio):.2f} times the baseline's in the median of "
                f"{len(pairs)} examples ({before:.3g} -> {after:.3g} {quantity.unit})"
            )


def _pairs(suite: SuitePair, quantity: _Quantity) -> list[tuple[float, float]]:
    """Return each example's value in the baseline and now; replayed trials have no latency."""
    rows, pairs = suite.rows, []
    for example in suite.comparable:
        before = quantity.recorded(rows[example])
        now = _median(suite.measured.trials.get(example, ()), quantity)
        if before and now:
            pairs.append((before, now))
    return pairs


def _median(trials: Sequence[Trial], quantity: _Quantity) -> float | None:
    values = []
    for trial in trials:
        value = quantity.measured(trial)
        if value is not None and trial.ran:
            values.append(value)
    if not values:
        return None
    return statistics.median(values)
