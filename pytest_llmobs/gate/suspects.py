"""Guard 2: has one example broken that always passed?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.gate_rules import PASS, rule_of
from pytest_llmobs.measures.means import mean
from pytest_llmobs.measures.statistics import failures_needed
from pytest_llmobs.measures.values import Values, score_value
from pytest_llmobs.records.decisions import ExampleState, Rerun
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.wording import count

PASSING = 0.5
"""A score from which an example counts as passing."""
NEARLY_ALWAYS = 0.9
"""Share of its baseline in which an example must have passed for a word such as broken."""
MOST_SUSPECTS = 10
"""Suspects of one suite up to which each is run again by itself, whatever else is run again."""


class Limit(NamedTuple):
    """What counts as a failure: a value that times ``sign`` is at most ``bound``."""

    sign: float
    bound: float

    def fails(self, value: float) -> bool:
        """Return True where a value is a failure."""
        return self.sign * value <= self.bound


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """An example that always passed and now never does, by one metric: it fails, or nothing could score it."""

    example_id: str
    metric: str
    baseline: Sequence[float]
    candidate: Sequence[float]
    failures: int
    """Consecutive failures so far."""
    needed: int
    """m: consecutive failures that make it broken."""
    limit: Limit

    @property
    def reruns(self) -> int:
        """Further failures it takes."""
        return max(0, self.needed - self.failures)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What became of a suspect."""

    suspect: Suspect
    state: ExampleState
    red: bool
    candidate: Sequence[float]
    """Its values, confirmation included."""
    note: str = ""


def failure_limit(baseline: Sequence[float], metric: str, lower_is_better: bool) -> Limit | None:
    """Return what a failure is for an example that always passed in the baseline; None where it did not.

    A score passes from .5 and fails at half its lowest or less. Where lower is better, scores between 0 and 1 are
    mirrored; others have no passing mark.
    """
    if not baseline:
        return None
    lowest, highest = min(baseline), max(baseline)
    if metric == PASS:
        passing, limit = lowest == 1, Limit(1.0, 0.0)
    elif lower_is_better:
        passing, limit = 0 <= lowest <= highest <= 1 - PASSING, Limit(-1.0, -(1 + highest) / 2)
    else:
        passing, limit = lowest >= PASSING, Limit(1.0, lowest / 2)
    if not passing:
        return None
    return limit


def broke(baseline: Sequence[float], now: Sequence[float], metric: str, lower_is_better: bool) -> bool:
    """Return True where an example passed in nearly all of the baseline and passes nowhere now.

    For suites that are red anyway: there the word needs no second proof. A score passes above half its mean in the
    baseline, which must be .5 at least; where lower is better, scores between 0 and 1 are mirrored.

    Args:
        baseline: Its values then.
        now: All of its values now, those of the confirming session included.
        metric: What they are values of.
        lower_is_better: Whether the metric is turned round.
    """
    if not baseline or not now:
        return False
    limit = _usual_limit(baseline, metric, lower_is_better)
    if limit is None:
        return False
    passed = len(baseline) - sum(map(limit.fails, baseline))
    return passed >= NEARLY_ALWAYS * len(baseline) and all(map(limit.fails, now))


def _usual_limit(baseline: Sequence[float], metric: str, lower_is_better: bool) -> Limit | None:
    if metric == PASS:
        return Limit(1.0, 0.0)
    usual = mean(baseline)
    if lower_is_better:
        if min(baseline) < 0 or max(baseline) > 1:
            return None
        usual = 1 - usual
    if usual < PASSING:
        return None
    if lower_is_better:
        return Limit(-1.0, usual / 2 - 1)
    return Limit(1.0, usual / 2)


def cleared(rerun: Rerun, example_id: str, trials: Sequence[Trial]) -> bool:
    """Return True once nothing that an example is suspected of needs another rerun.

    One passing repeat clears it of a metric, so that a confirming session may leave the rest out.

    Args:
        rerun: What guard 2 asked for.
        example_id: One of its examples.
        trials: The example's trials of the confirming session so far.
    """
    limits = rerun.limits.get(example_id, {})
    if not limits:
        return False
    return all(_has_passed(trials, metric, Limit(*limit)) for metric, limit in limits.items())


def _has_passed(trials: Sequence[Trial], metric: str, limit: Limit) -> bool:
    for trial in trials:
        value = score_value(trial, metric)
        if value is not None and not limit.fails(value):
            return True
    return False


def find_suspects(
    suite: SuitePair, metrics: Sequence[str], tests: tuple[int, int], most_reruns: int
) -> Iterator[Suspect]:
    """Yield the suspects of a suite, by metric, then by example.

    Args:
        suite: The suite with its baseline.
        metrics: Its gating metrics that can be compared. Where an evaluator can't score what became of an example
            (it raises over an answer that lost a field, say), that is no failure yet, but a reason to look again.
        tests: n·G, examples times gating metrics: of the suite, and of the whole session. The session's counts as
            far as the reruns reach, so that many suites together don't cry wolf.
        most_reruns: ``--llm-confirm``.
    """
    for metric in metrics:
        lower_is_better = rule_of(suite.plan, metric).lower_is_better
        values = suite.values(metric)
        # 50,000 pairs in a large suite pass here: the cheapest question comes first
        for example, then in suite.recorded(metric).items():
            now = values.get(example, [])
            # whoever broke is worse than any repeat of the baseline
            if now and _is_as_good(now[0], then[0], lower_is_better):
                continue
            limit = failure_limit(then, metric, lower_is_better)
            # one repeat that passes, now or in the baseline, and nobody can call it broken
            if limit is None or not all(map(limit.fails, now)):
                continue
            if now or suite.measured.unscored(metric, example):
                yield Suspect(
                    example_id=example,
                    metric=metric,
                    baseline=then,
                    candidate=now,
                    failures=len(now),
                    needed=_failures_needed(len(then), len(now) + most_reruns, tests),
                    limit=limit,
                )


def _is_as_good(value: float, other: float, lower_is_better: bool) -> bool:
    if lower_is_better:
        return value <= other
    return value >= other


def _failures_needed(repeats: int, reachable: int, tests: tuple[int, int]) -> int:
    of_suite = failures_needed(repeats, tests[0])
    of_session = failures_needed(repeats, tests[1])
    # what many suites together ask for may be out of reach; what the suite alone asks for is never waived
    return min(of_session, max(of_suite, reachable))


def judge_suspect(
    suspect: Suspect, again: Values, *, most_reruns: int, not_rerun: str, confirming: bool
) -> Finding:
    """Say what a suspect is by now.

    Args:
        suspect: The suspect.
        again: Values of its metric in the confirming session, by example.
        most_reruns: ``--llm-confirm``.
        not_rerun: Why suspects of its suite are not run again one by one, or an empty string.
        confirming: Whether there was a confirming session.
    """
    fresh = again.get(suspect.example_id, [])
    failures = suspect.failures + len(fresh)

    def finding(state: ExampleState, red: bool, note: str = "") -> Finding:
        values = [*suspect.candidate, *fresh]
        return Finding(suspect=suspect, state=state, red=red, candidate=values, note=note)

    if not all(map(suspect.limit.fails, fresh)):
        return finding("flaky", False)
    if failures >= suspect.needed:
        return finding("broken", True, broken_note(suspect.baseline, failures))
    if suspect.reruns > most_reruns:
        return finding("suspect", False, _too_many(suspect, most_reruns))
    if not_rerun:
        return finding("suspect", False, not_rerun)
    if confirming:
        lacking = suspect.needed - failures
        note = f"not cleared: {lacking} of its {suspect.reruns} reruns gave no verdict"
    elif failures:
        note = f"failed; broken if it fails {suspect.reruns} more times"
    else:
        note = f"unscored; broken if it fails {suspect.reruns} more times"
    return finding("suspect", True, note)


def rerun_of(suite: str, suspects: Sequence[Suspect], most_reruns: int) -> Rerun | None:
    """Return what guard 2 wants to run again; None where there is nothing.

    Args:
        suite: The suite's name.
        suspects: Its suspects.
        most_reruns: ``--llm-confirm``.
    """
    limits: dict[str, dict[str, Sequence[float]]] = {}
    repeats = 0
    for suspect in suspects:
        if 0 < suspect.reruns <= most_reruns:
            limits.setdefault(suspect.example_id, {})[suspect.metric] = tuple(suspect.limit)
            repeats = max(repeats, suspect.reruns)
    if not limits:
        return None
    return Rerun(
        suite=suite, examples=tuple(sorted(limits)), repeats=repeats, reason="example", limits=limits
    )


def many(suspects: Sequence[Suspect]) -> bool:
    """Return True where a second run of the whole suite had better cover a suite's suspects too."""
    return len({suspect.example_id for suspect in suspects}) > MOST_SUSPECTS


def states(suite: SuitePair, suspects: Collection[str]) -> Iterator[tuple[str, ExampleState]]:
    """Yield the state of every other example worth a line, by its ``pass``.

    Known: failed now and in some baseline repeat. Flaky: always passed in the baseline and failed in some repeat
    now. Fixed: always failed in the baseline and always passed now.

    Args:
        suite: The suite with its baseline.
        suspects: Examples that are or were suspect by their ``pass``; they are left out.
    """
    passes = suite.values(PASS)
    for example, then in suite.recorded(PASS).items():
        now = passes.get(example)
        if not now or example in suspects:
            continue
        fails_now, failed_then = min(now) == 0, min(then) == 0
        if fails_now and failed_then:
            yield example, "known"
        elif fails_now:
            yield example, "flaky"
        elif max(then) == 0:
            yield example, "fixed"


def broken_note(baseline: Sequence[float], failures: int) -> str:
    """Return what an example broke by.

    Args:
        baseline: Its values then, of which it passed all, or nearly all.
        failures: Trials in which it failed now.
    """
    return f"passed {_times(len(baseline))} in the baseline, failed {_times(failures)} now"


def _times(number: int) -> str:
    if number == 1:
        return "once"
    return f"{number} times"


def _too_many(suspect: Suspect, most_reruns: int) -> str:
    more = count(suspect.reruns, "more failure")
    note = f"it would take {more} to call it broken"
    if not most_reruns:
        return f"{note}, and nothing was run again"
    remedy = f"--llm-confirm {suspect.reruns} would run it that often"
    repeats = len(suspect.baseline)
    if repeats < 5:
        remedy = f"its baseline has {repeats}: record one of 5 repeats with --llm-update-baseline"
    return f"{note}, beyond --llm-confirm {most_reruns}; {remedy}"
