"""Guard 2: has one example broken that always passed?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.gate_rules import PASS, rule_of
from pytest_llmobs.measures.statistics import failures_needed
from pytest_llmobs.measures.values import Values, score_value
from pytest_llmobs.records.decisions import ExampleState, Rerun
from pytest_llmobs.records.trials import Trial

PASSING = 0.5
"""A score from which an example counts as passing."""
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


def failing(baseline: Sequence[float], metric: str, lower_is_better: bool) -> Limit | None:
    """Return what a failure is for an example that always passed in the baseline; None where it did not.

    A score passes from .5 and fails at half its lowest or less. Where lower is better, scores between 0 and 1 are
    mirrored; others have no passing mark.
    """
    if metric == PASS:
        if baseline and min(baseline) == 1:
            return Limit(1.0, 0.0)
        return None
    if not baseline:
        return None
    if not lower_is_better:
        lowest = min(baseline)
        if lowest >= PASSING:
            return Limit(1.0, lowest / 2)
        return None
    highest = max(baseline)
    if min(baseline) < 0 or highest > 1 - PASSING:
        return None
    return Limit(-1.0, -(1 + highest) / 2)


def cleared(rerun: Rerun, example_id: str, trials: Sequence[Trial]) -> bool:
    """Return True once nothing that an example is suspected of needs another rerun.

    One passing repeat clears it of a metric, so that a confirming session may leave the rest out.

    Args:
        rerun: What guard 2 asked for.
        example_id: One of its examples.
        trials: The example's trials of the confirming session so far.
    """
    limits = rerun.limits.get(example_id, {})
    return bool(limits) and all(
        any(
            (value := score_value(trial, metric)) is not None and not Limit(*limit).fails(value)
            for trial in trials
        )
        for metric, limit in limits.items()
    )


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
        turned, values = rule_of(suite.plan, metric).lower_is_better, suite.measured.values.get(metric, {})
        for example, then in suite.recorded(metric).items():
            now = values.get(example, ())
            if now and (now[0] <= then[0] if turned else now[0] >= then[0]):
                continue  # whoever broke is worse than any repeat of the baseline
            limit = failing(then, metric, turned)
            if limit and all(map(limit.fails, now)) and (now or suite.measured.unscored(metric, example)):
                alone, together = (failures_needed(len(then), count) for count in tests)
                yield Suspect(
                    example_id=example,
                    metric=metric,
                    baseline=then,
                    candidate=now,
                    failures=len(now),
                    needed=min(together, max(alone, len(now) + most_reruns)),
                    limit=limit,
                )


def judge_suspect(
    suspect: Suspect, again: Values, *, most_reruns: int, unasked: str, confirming: bool
) -> Finding:
    """Say what a suspect is by now.

    Args:
        suspect: The suspect.
        again: Values of its metric in the confirming session, by example.
        most_reruns: ``--llm-confirm``.
        unasked: Why suspects of its suite are not run again one by one, or an empty string.
        confirming: Whether there was a confirming session.
    """
    fresh = again.get(suspect.example_id, [])
    values = [*suspect.candidate, *fresh]
    failures = suspect.failures + len(fresh)

    def found(state: ExampleState, red: bool, note: str = "") -> Finding:
        return Finding(suspect=suspect, state=state, red=red, candidate=values, note=note)

    if not all(map(suspect.limit.fails, fresh)):
        return found("flaky", False)
    if failures >= suspect.needed:
        return found(
            "broken", True, f"passed {_times(suspect.baseline)} in the baseline, failed {failures} times now"
        )
    if suspect.reruns > most_reruns:
        return found("suspect", False, _too_many(suspect, most_reruns))
    if unasked:
        return found("suspect", False, unasked)
    if confirming:
        lacking = suspect.needed - failures
        return found(
            "suspect", True, f"not cleared: {lacking} of its {suspect.reruns} reruns gave no verdict"
        )
    so_far = "failed" if failures else "unscored"
    return found("suspect", True, f"{so_far}; broken if it fails {suspect.reruns} more times")


def rerun_of(suite: str, suspects: Sequence[Suspect], most_reruns: int) -> Rerun | None:
    """Return what guard 2 wants to run again; None where there is nothing.

    Args:
        suite: The suite's name.
        suspects: Its suspects.
        most_reruns: ``--llm-confirm``.
    """
    within = [suspect for suspect in suspects if 0 < suspect.reruns <= most_reruns]
    if not within:
        return None
    limits: dict[str, dict[str, Sequence[float]]] = {}
    for suspect in within:
        limits.setdefault(suspect.example_id, {})[suspect.metric] = list(suspect.limit)
    repeats = max(suspect.reruns for suspect in within)
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
    values = suite.measured.values.get(PASS, {})
    for example, then in suite.recorded(PASS).items():
        now = values.get(example)
        if not now or example in suspects:
            continue
        if min(now) == 0:
            yield example, "known" if min(then) == 0 else "flaky"
        elif max(then) == 0:
            yield example, "fixed"


def _times(values: Sequence[float]) -> str:
    if len(values) == 1:
        return "once"
    return f"{len(values)} times"


def _too_many(suspect: Suspect, most_reruns: int) -> str:
    more = f"it would take {suspect.reruns} more failure{'s' * (suspect.reruns > 1)} to call it broken"
    if not most_reruns:
        return f"{more}, and nothing was run again"
    if len(suspect.baseline) < 5:
        remedy = (
            f"its baseline has {len(suspect.baseline)}: record one of 5 repeats with --llm-update-baseline"
        )
    else:
        remedy = f"--llm-confirm {suspect.reruns} would run it that often"
    return f"{more}, beyond --llm-confirm {most_reruns}; {remedy}"
