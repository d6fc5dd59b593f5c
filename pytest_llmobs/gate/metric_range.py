"""How far a metric's values reach, and by it the smallest drop that matters."""

from __future__ import annotations

from itertools import chain

from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.gate_rules import MAX_DROP
from pytest_llmobs.records.plans import GateRule


def is_share(suite: SuitePair, metric: str) -> bool:
    """Tell whether a metric's values lie between 0 and 1 in the baseline, by themselves or mapped by its rule."""
    low, high = _reach(suite, metric)
    return low >= 0 and high <= 1


def metric_range(suite: SuitePair, metric: str) -> float:
    """Return how far a metric's values reach: 1 between 0 and 1, else the range that they have in the baseline.

    Where they are all one number the range is unknown, and the number's own size stands for it.
    """
    if is_share(suite, metric):
        return 1.0
    low, high = _reach(suite, metric)
    return high - low or abs(high)


def largest_harmless_drop(suite: SuitePair, rule: GateRule) -> float:
    """Return ε: ``max_drop``, or .02 of the metric's range."""
    if rule.max_drop is not None:
        return rule.max_drop
    return MAX_DROP * metric_range(suite, rule.metric)


def _reach(suite: SuitePair, metric: str) -> tuple[float, float]:
    """Return the lowest and the highest value in the baseline."""
    values = list(chain.from_iterable(suite.recorded(metric).values()))
    if not values:
        return 0.0, 1.0
    return min(values), max(values)
