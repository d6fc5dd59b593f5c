"""What the permutation test shuffles: a suite's examples, or clusters of them, with all metrics of a trial together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from operator import attrgetter

from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.gate.replays.chance import chance_rows
from pytest_llmobs.measures.gate_rules import map_score, rule_of
from pytest_llmobs.measures.means import mean, present
from pytest_llmobs.measures.units import Row, Unit
from pytest_llmobs.measures.values import score_values
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.records.trials import Trial

Sides = Callable[[str], tuple[Sequence[Row], Sequence[Row]]]
"""Returns the old and the new trials of an example."""


def units_against_baseline(
    suite: SuitePair, metrics: Sequence[str], new: Mapping[str, Sequence[Trial]]
) -> list[Unit]:
    """Return the units of a suite: the baseline's passes against new trials.

    Args:
        suite: The suite with its baseline.
        metrics: A column of every unit each, in this order; without any there is no unit.
        new: The candidate's trials, by example. What they scored on recordings of the baseline is left out: no chance
            is in it, so that nothing may be shuffled.
    """
    rules = [rule_of(suite.plan, metric) for metric in metrics]

    def sides(example: str) -> tuple[Sequence[Row], Sequence[Row]]:
        trials = new.get(example, ())
        rows = chance_rows(suite.rows[example], trials, _trial_rows(trials, rules), metrics)
        return _recorded_rows(suite, example, rules), rows

    if not metrics:
        return []
    measured = [example for example in suite.comparable if example in new]
    return _units(suite, measured, sides, len(rules))


def units_of_trials(
    suite: SuitePair,
    metrics: Sequence[str],
    old: Mapping[str, Sequence[Trial]],
    new: Mapping[str, Sequence[Trial]],
) -> list[Unit]:
    """Return the units of a suite: trials of the accepted code against those of the candidate."""
    rules = [rule_of(suite.plan, metric) for metric in metrics]

    def sides(example: str) -> tuple[Sequence[Row], Sequence[Row]]:
        rows = _trial_rows(old[example], rules)
        return rows, _trial_rows(new[example], rules)

    both = [example for example in suite.comparable if example in old and example in new]
    return _units(suite, both, sides, len(rules))


def _recorded_rows(suite: SuitePair, example: str, rules: Sequence[GateRule]) -> list[Row]:
    recorded = suite.rows[example]
    by_column = []
    for rule in rules:
        by_column.append(_seen(recorded.repeats(rule.metric), rule))
    return list(zip_longest(*by_column))


def _trial_rows(trials: Sequence[Trial], rules: Sequence[GateRule]) -> list[Row]:
    by_column = []
    for rule in rules:
        by_column.append(_seen(score_values(trials, rule.metric), rule))
    return list(zip(*by_column, strict=True))


def _seen(values: Sequence[float | None], rule: GateRule) -> Sequence[float | None]:
    """Return values as the test sees them: mapped to the rule's scale, and turned where lower is better."""
    if rule.scale is None and not rule.lower_is_better:
        return values
    sign = -1.0 if rule.lower_is_better else 1.0
    seen: list[float | None] = []
    for value in values:
        seen.append(None if value is None else sign * map_score(value, rule))
    return seen


def _units(suite: SuitePair, examples: Sequence[str], sides: Sides, columns: int) -> list[Unit]:
    units = []
    for example in examples:
        units.append((suite.cluster_of(example), Unit(*sides(example))))
    return list(clustered(units, columns))


def clustered(units: Iterable[tuple[Hashable, Unit]], columns: int) -> Iterator[Unit]:
    """Yield units of examples, those of one cluster as one.

    Args:
        units: Each with its cluster; an example that is in none is one by itself.
        columns: How many metrics they have.
    """
    clusters: dict[Hashable, list[Unit]] = {}
    for cluster, unit in units:
        clusters.setdefault(cluster, []).append(unit)
    for members in clusters.values():
        if len(members) == 1:
            yield members[0]
        else:
            yield _cluster(members, columns)


def _cluster(members: Sequence[Unit], columns: int) -> Unit:
    """Return a cluster as one unit: what its examples scored in a pass, added up.

    An example without a value in a pass counts with its mean; one without any on a side counts nowhere.
    """
    sums_old, sums_new = _zeros(members, "old", columns), _zeros(members, "new", columns)
    for unit in members:
        by_column = zip(zip(*unit.old, strict=True), zip(*unit.new, strict=True), strict=False)
        for column, (before, after) in enumerate(by_column):
            if not present(before) or not present(after):
                continue
            usual = mean([*present(before), *present(after)])
            _add(sums_old, column, before, usual)
            _add(sums_new, column, after, usual)
    return Unit(sums_old, sums_new)


def _zeros(members: Sequence[Unit], side: str, columns: int) -> list[list[float]]:
    """Return a sum for each metric of each pass on a side."""
    passes = max(map(len, map(attrgetter(side), members)))
    return [[0.0] * columns for _ in range(passes)]


def _add(sums: Sequence[list[float]], column: int, values: Sequence[float | None], usual: float) -> None:
    for place, row in enumerate(sums):
        value = values[place] if place < len(values) else None
        row[column] += usual if value is None else value
