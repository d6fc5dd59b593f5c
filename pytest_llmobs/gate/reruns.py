"""What must run again before a verdict stands, and what a second run of a whole suite says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter

from pytest_llmobs.gate import guards
from pytest_llmobs.gate.judged import JudgedMetric, JudgedSuite, look_again
from pytest_llmobs.gate.missing import too_many
from pytest_llmobs.gate.suspects import MOST_SUSPECTS, find_suspects, many, rerun_of
from pytest_llmobs.measures.statistics import holm
from pytest_llmobs.measures.values import Measurements, measure
from pytest_llmobs.records.decisions import Rerun


def judge_first_run(suites: Sequence[JudgedSuite], most_reruns: int) -> None:
    """Find out who is tentatively red, who is suspect, and what a second run must cover.

    Args:
        suites: All suites; they keep what is found out.
        most_reruns: ``--llm-confirm``.
    """
    compared = _compared(suites)
    _correct_first(compared)
    for metric in compared:
        metric.tentative = guards.tentative(metric.first, metric.rule, metric.evidence.small, metric.adjusted)
    tests_of_session = sum(map(attrgetter("tests"), suites))
    for suite in suites:
        gating = [metric.key for metric in suite.gating]
        tests = (suite.tests, tests_of_session)
        suite.suspects = list(find_suspects(suite.pair, gating, tests, most_reruns))
        suite.fresh_repeats = _fresh_repeats(suite, most_reruns)
        suite.not_rerun = _why_not_rerun(suite)


def reruns_of(suites: Iterable[JudgedSuite], most_reruns: int) -> Iterator[Rerun]:
    """Yield what a confirming session should run: whole suites for guard 1, suspects for guard 2."""
    for suite in suites:
        if suite.fresh_repeats:
            yield Rerun(suite=suite.name, examples=None, repeats=suite.fresh_repeats, reason="metric")
        if suite.not_rerun:
            continue
        rerun = rerun_of(suite.name, suite.suspects, most_reruns)
        # the fresh repeats of the whole suite count for its suspects as well
        if rerun is not None and rerun.repeats > suite.fresh_repeats:
            yield rerun


def judge_second_run(suites: Sequence[JudgedSuite]) -> None:
    """Judge guard 1 with the second runs of whole suites; all other metrics keep their places in Holm's order."""
    for suite in suites:
        if not suite.fresh_repeats:
            continue
        fresh = _whole_run(suite.again, suite.fresh_repeats)
        for metric in suite.compared:
            values = fresh.values.get(metric.key, {})
            look_again(metric, values)
            metric.second_lacks = _lack(metric, values, suite.fresh_repeats)
    for metric, p in _corrected(_compared(suites), _second_p):
        metric.second_adjusted = p


def _compared(suites: Iterable[JudgedSuite]) -> list[JudgedMetric]:
    return list(chain.from_iterable(map(attrgetter("compared"), suites)))


def _correct_first(compared: Sequence[JudgedMetric]) -> None:
    """Correct the p-values of the first run for their number: drops among the larger suites, rises among all."""
    # a small suite's p is 1 so far, and would only make the others' larger
    large = [metric for metric in compared if not metric.evidence.small]
    for metric, p in _corrected(large, attrgetter("evidence.worse")):
        metric.adjusted = p
    for metric, p in _corrected(compared, attrgetter("evidence.better")):
        metric.adjusted_better = p


def _corrected(
    metrics: Sequence[JudgedMetric], p_of: Callable[[JudgedMetric], float]
) -> Iterator[tuple[JudgedMetric, float]]:
    """Return each metric with its p-value after Holm's correction among all of them."""
    return zip(metrics, holm(list(map(p_of, metrics))), strict=True)


def _fresh_repeats(suite: JudgedSuite, most_reruns: int) -> int:
    """Return how often the whole suite must run again for guard 1."""
    # a suite that is red for lack of data stays red: running it again would be money for nothing
    if suite.insufficient or not most_reruns:
        return 0
    return max(map(attrgetter("fresh_repeats"), suite.tentative), default=0)


def _why_not_rerun(suite: JudgedSuite) -> str:
    if suite.insufficient:
        return "not run again: the suite is red for missing data"
    # only where their own metrics get a second look: many can break while the mean drops by less than max_drop
    seen_again = set(map(attrgetter("key"), suite.tentative))
    suspected_by = map(attrgetter("metric"), suite.suspects)
    if suite.fresh_repeats and many(suite.suspects) and seen_again.issuperset(suspected_by):
        return f"one of more than {MOST_SUSPECTS} suspects, not run again one by one; --llm-repeat 3 makes them rare"
    return ""


def _whole_run(again: Measurements, repeats: int) -> Measurements:
    """Return the second run of the whole suite alone: later repeats are guard 2's."""
    trials = []
    for of_example in again.trials.values():
        trials += of_example[:repeats]
    return measure(trials)


def _lack(metric: JudgedMetric, fresh: Mapping[str, Sequence[float]], repeats: int) -> str:
    """Return what the second run failed to deliver, or an empty string."""
    wanted = lost = 0
    for pair in metric.first.pairs:
        wanted += repeats
        lost += max(0, repeats - len(fresh.get(pair.example_id, ())))
    if not too_many(lost, wanted):
        return ""
    return f"tentative: the second run lacks {lost} of {wanted} trials"


def _second_p(metric: JudgedMetric) -> float:
    if metric.second is not None:
        return metric.second_p
    # nothing fresh to hold against the noise
    if metric.evidence.small:
        return 1.0
    return metric.evidence.worse
