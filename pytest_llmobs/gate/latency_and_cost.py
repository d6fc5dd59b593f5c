"""Latency and cost against the baseline: worth a warning, never red."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence

from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.statistics import median_log_ratio
from pytest_llmobs.records.trials import Trial

WORTH_A_NOTE = math.log(1.25)
"""Median log-ratio from which a rise is told: a quarter more."""
NOTICED = 0.01
"""Seconds below which a latency is no model's answer, and its rise the machine's noise."""
FEWEST = 5
"""Pairs below which a median says too little."""


def operation_notes(suite: SuitePair) -> Iterator[str]:
    """Yield a note for latency and for cost where they rose by a quarter or more."""
    if suite.baseline is None:
        return
    for word, attribute, unit in (("latency", "latency", "s"), ("cost", "total_cost", "USD")):
        pairs = list(_pairs(suite, attribute))
        ratio = median_log_ratio(pairs)
        if ratio is not None and len(pairs) >= FEWEST and ratio >= WORTH_A_NOTE:
            before, after = (statistics.median(side) for side in zip(*pairs, strict=True))
            if attribute == "latency" and after < NOTICED:
                continue
            yield (
                f"{suite.plan.name}: {word} is {math.exp(ratio):.2f} times the baseline's in the median of "
                f"{len(pairs)} examples ({before:.3g} -> {after:.3g} {unit})"
            )


def _pairs(suite: SuitePair, attribute: str) -> Iterator[tuple[float, float]]:
    """Yield each example's value in the baseline and now; replayed trials have no latency."""
    for example in suite.comparable:
        row = suite.baseline.rows[example] if suite.baseline else None
        before = row and (row.latency if attribute == "latency" else row.cost)
        now = _median(suite.measured.trials.get(example, ()), attribute)
        if before and now:
            yield before, now


def _median(trials: Sequence[Trial], attribute: str) -> float | None:
    found: list[float] = [
        value for trial in trials if trial.ran and (value := getattr(trial, attribute)) is not None
    ]
    if found:
        return statistics.median(found)
    return None
