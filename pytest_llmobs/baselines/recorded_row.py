"""The row of a baseline that an example's fresh trials give."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from operator import attrgetter

from pytest_llmobs.baselines.records import BaselineRow
from pytest_llmobs.baselines.texts import fingerprints
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import present
from pytest_llmobs.measures.ratios import log_spread
from pytest_llmobs.measures.values import own_cost, pass_value, score_values, warm_latency
from pytest_llmobs.records.trials import Trial

STEADY = 1.25
"""Ratio up to which a latency or cost counts as unchanged."""
STEADY_SPREAD = 2.0
"""Ratio up to which a spread does: from five repeats it is known no better."""


def recorded_row(example_hash: str, trials: Sequence[Trial], old: BaselineRow | None) -> BaselineRow:
    """Return what an example did, as a baseline keeps it.

    Args:
        example_hash: Content hash of the example now.
        trials: Its fresh trials, in the order of the repeats; at least one.
        old: Its row so far.
    """
    old = old or BaselineRow(hash="", passes=())
    scores = {}
    for key in _gating_scores(trials):
        values = score_values(trials, key)
        if values.count(None) < len(values):
            scores[key] = values
    latencies, costs = present(map(warm_latency, trials)), present(map(own_cost, trials))
    return BaselineRow(
        hash=example_hash,
        passes=tuple(map(pass_value, trials)),
        scores=scores,
        fingerprints=fingerprints(witness(trials)),
        latency=_steady_median(latencies, old.latency),
        latency_spread=_steady_spread(latencies, old.latency_spread),
        cost=_steady_median(costs, old.cost),
        cost_spread=_steady_spread(costs, old.cost_spread),
        recordings=_recordings(trials),
    )


def _recordings(trials: Iterable[Trial]) -> tuple[str | None, ...]:
    """Return what names the recordings of each trial; nothing where none has any, as without cassettes."""
    recordings = tuple(map(attrgetter("recording"), trials))
    return recordings if any(recordings) else ()


def witness(trials: Sequence[Trial]) -> Trial:
    """Return the trial of an example that stands for the others in diffs: the first that passed, else the first."""
    for trial in trials:
        if trial.status == "passed":
            return trial
    return trials[0]


def _gating_scores(trials: Iterable[Trial]) -> list[str]:
    keys = set()
    for trial in trials:
        for key, score in trial.scores.items():
            if score.gating:
                keys.add(key)
    # the test's own verdict has that name, and passes of its own; the gate complains about such a score
    keys.discard(PASS)
    return sorted(keys)


def _steady_median(values: Sequence[float], old: float | None) -> float | None:
    """Return the median, or the old value where it is nearly the same: noise would change every line of the file."""
    if not values:
        return None
    median = statistics.median(values)
    if old is not None and old / STEADY <= median <= old * STEADY:
        return old
    return float(f"{median:.3g}")


def _steady_spread(values: Sequence[float], old: float | None) -> float | None:
    """Return the spread between repeats, or the old one where it is nearly the same; two digits say enough."""
    spread = log_spread(values)
    if spread is None:
        return None
    if old is not None and old / STEADY_SPREAD <= spread <= old * STEADY_SPREAD:
        return old
    # equal values differ in the last bits of their logarithms
    return float(f"{round(spread, 6):.2g}")
