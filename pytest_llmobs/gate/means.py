"""Guard 1: has the mean of a metric dropped? One permutation test, at most four looks at growing data.

Constants and rules are those of a group-sequential design that was chosen and checked by simulating whole builds; see
``docs/gate.md`` and ``benchmarks/gate_simulation.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

from pytest_llmobs.gate.asking import Asking
from pytest_llmobs.gate.judged import JudgedMetric, JudgedSuite
from pytest_llmobs.gate.metric_rows import ROUNDING
from pytest_llmobs.gate.units import units_against_baseline
from pytest_llmobs.measures.drops import LAST_LEVEL
from pytest_llmobs.measures.permutation import permutation_test
from pytest_llmobs.records.looks import Rerun
from pytest_llmobs.records.trials import Trial

GO_ON = 0.10
"""Adjusted p of a drop below which a suite is looked at again."""
AT_ONCE = 0.001
"""Adjusted p up to which a drop is red before the last look."""
LAST = LAST_LEVEL
"""Adjusted p below which it is red at the last look."""
ONLY = 0.02
"""The same where there is one look only."""
RISE = 0.025
"""Adjusted p of a rise below which a metric has improved."""


def look_at_means(suites: Sequence[JudgedSuite], asking: Asking) -> None:
    """Look at all metrics, and go on with those suites of which one may have dropped.

    Args:
        suites: All suites; they keep what is found out.
        asking: Runs further passes.
    """
    looked_at: Sequence[JudgedSuite] = suites
    while looked_at:
        _test(suites, looked_at)
        reruns: list[Rerun] = []
        if asking.possible:
            for suite in looked_at:
                reruns += _reruns(suite, asking.last_look)
        pending = {rerun.suite for rerun in reruns}
        for suite in looked_at:
            if suite.name not in pending:
                _judge(suite, asking.last_look)
        looked_at = _looked_again([suite for suite in suites if suite.name in pending], reruns, asking)


def _test(suites: Sequence[JudgedSuite], looked_at: Sequence[JudgedSuite]) -> None:
    """Test all metrics of the session together, at their newest data; those looked at keep what is said of them."""
    units = []
    for suite in suites:
        metrics = list(map(attrgetter("key"), suite.tested))
        units.append(units_against_baseline(suite.pair, metrics, suite.pair.measured.trials))
    for suite, tests in zip(suites, permutation_test(units), strict=True):
        if suite in looked_at:
            for metric, test in zip(suite.tested, tests, strict=True):
                metric.test = test


def _reruns(suite: JudgedSuite, last_look: int) -> list[Rerun]:
    """Return what must run before a suite has a verdict: trials that went missing, a further pass, or nothing."""
    # a suite that is red for lack of data stays red: running it again would be money for nothing
    if suite.insufficient:
        return []
    reruns = []
    missing = suite.retriable()
    if missing:
        repeats: dict[str, list[int]] = {}
        for example, repeat in missing:
            repeats.setdefault(example, []).append(repeat)
        reruns.append(Rerun(suite=suite.name, reason="missing", repeats=repeats))
    if _goes_on(suite, last_look):
        following = [suite.further_repeats.stop]
        everything = dict.fromkeys(suite.in_doubt, following)
        reruns.append(Rerun(suite=suite.name, reason="pass", repeats=everything, number=suite.passes + 1))
    return reruns


def _goes_on(suite: JudgedSuite, last_look: int) -> bool:
    """Tell whether a suite has a metric that may have dropped, and none that is red already."""
    if suite.look >= last_look:
        return False
    for metric in suite.metrics:
        if metric.held_to_drop and is_red(suite, metric, last_look):
            return False
    return any(map(falls, suite.tested))


def _judge(suite: JudgedSuite, last_look: int) -> None:
    for metric in suite.metrics:
        if metric.held_to_drop:
            metric.regressed = metric.enough and is_red(suite, metric, last_look)


def is_red(suite: JudgedSuite, metric: JudgedMetric, last_look: int) -> bool:
    """Tell whether a metric is red at the look at hand.

    Args:
        suite: The metric's.
        metric: One that a drop makes red.
        last_look: The number of the last look that there may be.
    """
    if not dropped(metric):
        return False
    if dropped_for_sure(metric):
        return True
    if last_look == 1:
        return metric.adjusted < ONLY
    if suite.look >= last_look:
        return metric.adjusted < LAST
    return suite.look > 1 and metric.adjusted <= AT_ONCE


def dropped(metric: JudgedMetric, *, strictly: bool = False) -> bool:
    """Tell whether a metric's mean dropped by ε or more (``strictly``: by more)."""
    rounding = -ROUNDING if strictly else ROUNDING
    # max_drop=0 asks for any drop at all, and no drop is none
    return metric.comparison.mean_difference < min(-metric.epsilon + rounding, -ROUNDING)


def dropped_for_sure(metric: JudgedMetric) -> bool:
    """Tell whether it dropped, and trials on recordings of the baseline alone make that much of it: no chance does."""
    alone = metric.comparison.replayed_difference
    return dropped(metric) and alone < min(-metric.epsilon + ROUNDING, -ROUNDING)


def rose(metric: JudgedMetric) -> bool:
    """Tell whether a metric's mean rose by ε or more, beyond chance."""
    least = max(metric.epsilon - ROUNDING, ROUNDING)
    if metric.comparison.mean_difference < least:
        return False
    by_chance = metric.test is None or metric.test.rise >= RISE
    return not by_chance or metric.comparison.replayed_difference >= least


def falls(metric: JudgedMetric) -> bool:
    """Tell whether a metric may have dropped, so that another look is due."""
    return metric.adjusted < GO_ON and metric.comparison.mean_difference < 0


def _looked_again(
    suites: Sequence[JudgedSuite], reruns: Sequence[Rerun], asking: Asking
) -> Sequence[JudgedSuite]:
    """Have suites run again, and return those to look at once more."""
    if not reruns:
        return []
    answer = asking.ask("passes", reruns)
    with_pass = {rerun.suite for rerun in reruns if rerun.reason == "pass"}
    for suite in suites:
        if answer.error is not None:
            _note_failure(suite, with_pass, answer.error)
            continue
        own = [trial for trial in answer.trials if trial.suite == suite.name]
        _take(suite, own, reruns, suite.name in with_pass)
    return suites


def _take(suite: JudgedSuite, trials: Iterable[Trial], reruns: Sequence[Rerun], is_pass: bool) -> None:
    for rerun in reruns:
        if rerun.suite == suite.name and rerun.reason == "missing":
            for example, repeats in rerun.repeats.items():
                suite.retried.update((example, repeat) for repeat in repeats)
    suite.add(trials, suite.further + is_pass)


def _note_failure(suite: JudgedSuite, with_pass: Iterable[str], error: str) -> None:
    """A gate that wanted to look and couldn't is not green."""
    for metric in suite.tested:
        if (suite.name in with_pass and falls(metric)) or metric.missing.mendable:
            metric.not_looked = error
