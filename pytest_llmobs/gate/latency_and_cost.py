"""Latency and cost against the baseline: worth a warning, never red.

Like is compared with like: cold trials, which pay for imports and connections, are left out on both sides, and so are
replayed ones. A warning takes a rise that repeats of the same code don't explain.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.ratios import RatioPair, log_spread, rise
from pytest_llmobs.measures.values import own_cost, warm_latency
from pytest_llmobs.records.trials import Trial

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import BaselineRow

Differing = Mapping[str, tuple[str, str]]
"""Condition -> what it was and what it is."""
NOTICED = 0.05
"""Seconds below which a latency is no model's answer, and its rise the machine's noise."""
FEWEST = 5
"""Pairs below which a median says too little."""


class _Quantity(NamedTuple):
    """What an answer takes: time, or money."""

    name: str
    unit: str
    recorded: Callable[[BaselineRow], float | None]
    spread: Callable[[BaselineRow], float | None]
    measured: Callable[[Trial], float | None]
    worth: float
    """Ratio from which a rise is told."""
    least: float
    """Median below which a rise is no news."""
    conditions: Sequence[str]
    """Under what it must have been recorded to be comparable at all."""


_QUANTITIES = (
    _Quantity(
        "latency",
        "s",
        attrgetter("latency"),
        attrgetter("latency_spread"),
        warm_latency,
        1.6,
        NOTICED,
        ("concurrency",),
    ),
    _Quantity("cost", "USD", attrgetter("cost"), attrgetter("cost_spread"), own_cost, 1.25, 0.0, ()),
)
_WORDS: Mapping[str, str] = {"concurrency": "llm_concurrency", "machine": "machine"}


def latency_and_cost_notes(suite: SuitePair, conditions: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield a note for latency and for cost where they rose, beyond what repeats of the same code differ by.

    Args:
        suite: The suite and its baseline.
        conditions: Under which the trials ran; see ``Experiment.conditions``.
    """
    differing = _differing(suite, conditions or {})
    for quantity in _QUANTITIES:
        note = _note(_pairs(suite, quantity), quantity, differing)
        if note:
            yield f"{suite.plan.name}: {quantity.name} {note}"


def _note(pairs: Sequence[RatioPair], quantity: _Quantity, differing: Differing) -> str:
    """Return what a quantity did, without its name; empty where it didn't rise."""
    if len(pairs) < FEWEST:
        return ""
    found = rise(pairs)
    # the note shows seconds and dollars; the ratio is the median of the ratios, not the ratio of these medians
    before = statistics.median(map(attrgetter("before"), pairs))
    after = statistics.median(map(attrgetter("after"), pairs))
    if found.ratio < quantity.worth or found.at_least <= 1 or after < quantity.least:
        return ""
    change = f"({before:.3g} -> {after:.3g} {quantity.unit})"
    if not differing.keys().isdisjoint(quantity.conditions):
        return f"isn't compared {change}: {_told(differing)}"
    note = (
        f"is {found.ratio:.2f} times the baseline's in the median of {len(pairs)} examples {change}, "
        "beyond what its repeats differ by"
    )
    if differing and quantity.conditions:
        note += f"; {_told(differing)}"
    return note


def _differing(suite: SuitePair, conditions: Mapping[str, str]) -> Differing:
    """Return what the baseline was recorded under and what holds now, where they differ."""
    differing = {}
    then = suite.baseline.metadata if suite.baseline is not None else {}
    for name in _WORDS:
        if name in then and name in conditions and then[name] != conditions[name]:
            differing[name] = (then[name], conditions[name])
    return differing


def _told(differing: Differing) -> str:
    told = [f"{_WORDS[name]} was {then}, is {now}" for name, (then, now) in differing.items()]
    return "; ".join(told)


def _pairs(suite: SuitePair, quantity: _Quantity) -> list[RatioPair]:
    """Return each example's value in the baseline and now."""
    rows, pairs = suite.rows, []
    for example in suite.comparable:
        row = rows[example]
        before = quantity.recorded(row)
        values = _measured(suite.measured.trials.get(example, ()), quantity)
        if not before or not values:
            continue
        spread = quantity.spread(row)
        pairs.append(
            RatioPair(
                before=before,
                after=statistics.median(values),
                # some of them may have been cold; one less is the careful side
                repeats_before=max(1, len(row.passes) - 1),
                repeats_after=len(values),
                spread_before=spread,
                spread_after=log_spread(values),
            )
        )
    return pairs


def _measured(trials: Sequence[Trial], quantity: _Quantity) -> list[float]:
    values = []
    for trial in trials:
        value = quantity.measured(trial)
        if value is not None and value > 0:
            values.append(value)
    return values
