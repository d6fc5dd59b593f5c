"""What is said before the confirming session starts: what failed, and what looking again will take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from operator import attrgetter

from pytest_llmobs.measures.trial_spending import about_seconds, foreseen_seconds, trial_spending
from pytest_llmobs.records.decisions import Rerun
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.wording import count, listed, noun

Asked = tuple[str, str, int]
"""Suite, example and repeat of a trial that is to run again."""

_NAMED = 10
"""Examples named of each suite; more are counted."""
_CENT = 0.01


def asked_trials(plans: Sequence[SuitePlan], reruns: Sequence[Rerun], done: int) -> Collection[Asked]:
    """Return every trial that may run again; the repeats of a whole suite are among those that its suspects need.

    Args:
        plans: The plans of all suites.
        reruns: What is in doubt.
        done: Repeats that each example has had already.
    """
    asked: dict[Asked, None] = {}
    for rerun in reruns:
        examples: Collection[str] | None = rerun.examples
        if examples is None:
            examples = plan_of(rerun, plans).example_ids
        for repeat in range(done + 1, done + rerun.repeats + 1):
            asked.update(dict.fromkeys((rerun.suite, example, repeat) for example in examples))
    return asked.keys()


def plan_of(rerun: Rerun, plans: Sequence[SuitePlan]) -> SuitePlan:
    """Return the plan of a rerun's suite."""
    return next(plan for plan in plans if plan.name == rerun.suite)


def announcement(
    plans: Sequence[SuitePlan], reruns: Sequence[Rerun], trials: Sequence[Trial], concurrency: int
) -> Iterator[str]:
    """Yield the lines to print.

    Args:
        plans: The plans of all suites.
        reruns: What is in doubt.
        trials: What ran so far: by them cost and time are estimated.
        concurrency: Targets that run at once.
    """
    for suite in dict.fromkeys(map(attrgetter("suite"), reruns)):
        failed = dict.fromkeys(_failed(suite, trials))
        if failed:
            yield f"failed so far in {suite}: {listed(list(failed), _NAMED)}"
    asked = asked_trials(plans, reruns, 0)
    most = ""
    # what one repeat of a suspect clears, no other need run again
    if any(rerun.reason == "example" for rerun in reruns):
        most = "up to "
    number = len(asked)
    takes = _takes(asked, trials, concurrency)
    yield f"confirming: running {most}{number} {noun(number, 'trial')} again before the verdict{takes}"


def _failed(suite: str, trials: Sequence[Trial]) -> Iterator[str]:
    for trial in trials:
        if trial.suite == suite and trial.status in ("failed", "error", "unscored"):
            yield trial.example_id


def _takes(asked: Collection[Asked], trials: Sequence[Trial], concurrency: int) -> str:
    """Return in brackets what trials like those that ran take: calls, money, time; empty where that is nothing."""
    calls = cost = seconds = 0.0
    unpriced = False
    numbers = Counter(suite for suite, _, _ in asked)
    for suite, number in numbers.items():
        past = [trial for trial in trials if trial.suite == suite]
        if not past:
            continue
        share = number / len(past)
        spent = trial_spending(past)
        calls += spent.calls * share
        cost += (spent.cost or 0.0) * share
        unpriced = unpriced or bool(spent.unpriced)
        seconds += foreseen_seconds(past, number, concurrency)
    parts = []
    if calls:
        parts.append(f"about {count(max(1, round(calls)), 'model call')}")
        parts.append(_money(cost, unpriced))
    parts.append(about_seconds(seconds))
    told = ", ".join(filter(None, parts))
    return f" ({told})" if told else ""


def _money(cost: float, unpriced: bool) -> str:
    if not cost:
        return "cost unknown" if unpriced else ""
    if unpriced:
        return f"at least ${cost:.2f}"
    if cost < _CENT:
        return "less than $0.01"
    return f"about ${cost:.2f}"
