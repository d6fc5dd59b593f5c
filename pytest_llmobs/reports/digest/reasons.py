"""Why a build is red, in the words of its headline: what the gate found, and what fails pytest beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pytest_llmobs.records.decisions import ExampleState, MetricRow, VerdictName
from pytest_llmobs.records.experiments import Experiment, SessionEnd
from pytest_llmobs.reports.digest.examples import ExamplesDigest, is_red
from pytest_llmobs.reports.digest.spending import SpendingDigest
from pytest_llmobs.wording import count, noun

_NAMED = 3
"""Metrics named one by one; more are counted."""
_LONGEST = 70
"""Characters of an error's first sentence that a headline takes: all of the error stands above it."""
_REASONS: Mapping[VerdictName, str] = {
    "INSUFFICIENT_DATA": "too little data for {}",
    "REBASELINE": "{} not judged as in the baseline",
    "REGRESSED": "{} regressed",
    "DRIFTED": "{} drifted",
    "INCONCLUSIVE": "{} may have dropped",
}
"""What a verdict says where it makes the build red."""
_UNLOOKED = "too little data for {} (a further look could not run)"
"""What it says of too little data where the gate wanted more and couldn't have it."""
_BOUND = "{} missed a bound"
"""What a missed bound of ``llm_gate`` says, beside or instead of the verdict."""
_EXAMPLES: Mapping[ExampleState, str] = {
    "broken": "{:,} {} broke",
    "drifted": "{:,} {} drifted",
    "suspect": "{:,} suspect {} not cleared",
}
"""What red examples of a state say: their number, and the noun."""
_UNGATED: tuple[ExampleState, ...] = ("new", "edited")
"""States of examples whose assertions fail their tests: the baseline has nothing to judge them by."""
_INTERRUPTED = 2
_STATUSES: Mapping[int, str] = {
    _INTERRUPTED: "the session was interrupted",
    3: "pytest ended in an internal error",
    4: "pytest was not used rightly (status 4)",
}
"""Pytest's exit statuses that need no failed test."""


def reasons(experiment: Experiment, examples: ExamplesDigest, trials: SpendingDigest) -> list[str]:
    """Return why an experiment is red, what cut it short first, then the gate's reasons, then pytest's.

    Args:
        experiment: A red one.
        examples: Those of its rows that deserve a line.
        trials: How its trials ended.
    """
    found = [
        *_cut_short(experiment.end),
        *_of_all(experiment, trials),
        *_of_gate(experiment, examples),
        *_of_trials(experiment, trials),
        *_of_others(experiment.end),
    ]
    # an error of a plugin's own, a bound of another tool: pytest doesn't say what it was
    return found or [f"pytest ended with status {experiment.end.exit_status}"]


def named(metrics: Iterable[str]) -> str:
    """Return the names of a few metrics, or the number of many."""
    return together(short_list(metrics))


def short_list(metrics: Iterable[str]) -> list[str]:
    """Return the names of a few metrics, or, alone, the number of many."""
    names = list(metrics)
    if len(names) > _NAMED:
        return [count(len(names), "metric")]
    return names


def together(names: Sequence[str]) -> str:
    """Return names as a sentence has them: ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _cut_short(end: SessionEnd) -> Iterator[str]:
    if end.uncollected:
        yield f"{count(end.uncollected, 'error')} during collection"
    # what can't be collected interrupts, too
    if end.exit_status in _STATUSES and not (end.uncollected and end.exit_status == _INTERRUPTED):
        yield _STATUSES[end.exit_status]


def _of_gate(experiment: Experiment, examples: ExamplesDigest) -> Iterator[str]:
    decision = experiment.decision
    metrics = _metrics_by_reason(filter(is_red, decision.metrics))
    for reason in (*_REASONS.values(), _BOUND):
        names = metrics.get(reason)
        if not names:
            continue
        if reason == _REASONS["INSUFFICIENT_DATA"] and _lacks_a_look(experiment):
            yield _UNLOOKED.format(named(names))
        else:
            yield reason.format(named(names))
    for counted in examples.counts:
        if counted.red and counted.state in _EXAMPLES:
            yield _EXAMPLES[counted.state].format(counted.number, noun(counted.number, "example"))
    if len(decision.errors) == 1:
        yield first_sentence(decision.errors[0])
    elif decision.errors:
        yield count(len(decision.errors), "error")


def first_sentence(error: str) -> str:
    """Return what an error says before the remedy."""
    sentence = re.split(r"\.\s|\n", error, maxsplit=1)[0].rstrip(".")
    if len(sentence) > _LONGEST:
        # what stands before a colon is a whole thought, unless it is the class of an error
        thought = sentence[:_LONGEST].rpartition(": ")[0]
        if " " in thought:
            return thought
        return f"{sentence[: _LONGEST - 3].rstrip()}..."
    return sentence


def _lacks_a_look(experiment: Experiment) -> bool:
    """Tell whether the gate asked for more trials and a session came back without."""
    return any(look.error and look.purpose != "control" for look in experiment.looks)


def _metrics_by_reason(red: Iterable[MetricRow]) -> dict[str, dict[str, None]]:
    """Return the metrics that are red for a reason in some suite, each once and in the order of the gate."""
    metrics: dict[str, dict[str, None]] = {}
    for row in red:
        if row.missed_bound or row.verdict not in _REASONS:
            metrics.setdefault(_BOUND, {})[row.metric] = None
        if row.verdict in _REASONS:
            metrics.setdefault(_REASONS[row.verdict], {})[row.metric] = None
    return metrics


def _of_all(experiment: Experiment, trials: SpendingDigest) -> Iterator[str]:
    """Yield what every trial ended in: all that the gate finds follows from it."""
    if experiment.end.exit_status and _all_raised(trials):
        what = "lack a recording" if _unrecorded(experiment) == trials.ran else "raised an error"
        yield f"all {count(trials.ran, 'trial')} {what}"


def _all_raised(trials: SpendingDigest) -> bool:
    return 1 < trials.ran == trials.statuses.get("error", 0)


def _of_trials(experiment: Experiment, trials: SpendingDigest) -> Iterator[str]:
    """Yield what trials fail their tests for, whatever the gate says."""
    if not experiment.end.exit_status:
        return  # no pytest has failed for them
    raised, unscored = trials.statuses.get("error", 0), trials.statuses.get("unscored", 0)
    if raised and not _all_raised(trials):
        lacking = _unrecorded(experiment)
        if lacking:
            yield f"{count(lacking, 'trial')} {noun(lacking, 'lacks', 'lack')} a recording"
        if raised > lacking:
            yield f"{count(raised - lacking, 'trial')} raised an error"
    if unscored:
        yield f"{count(unscored, 'trial')} compared a score that is missing"
    if experiment.decision.ungated:
        yield from _ungated(experiment)


def _unrecorded(experiment: Experiment) -> int:
    """Return how many trials have ended in an error since a recording is missing, or can't be used."""
    return sum(trial.status == "error" and trial.not_run == "unrecorded" for trial in experiment.trials)


def _ungated(experiment: Experiment) -> Iterator[str]:
    """Yield how many examples failed that no gate judges; where there is no baseline, trials are tests."""
    failing: dict[tuple[str, str], int] = {}
    for trial in experiment.trials:
        if trial.status == "failed":
            key = trial.suite, trial.example_id
            failing[key] = failing.get(key, 0) + 1
    others = experiment.decision.ungated
    examples = dict.fromkeys(_UNGATED, 0)
    for row in experiment.decision.examples:
        if row.state in examples and (row.suite, row.example_id) in failing:
            examples[row.state] += 1
            others -= failing.pop((row.suite, row.example_id))
    for state, number in examples.items():
        if number:
            yield f"{count(number, f'{state} example')} {noun(number, 'fails', 'fail')}"
    if others > 0:
        yield f"{count(others, 'trial')} failed"


def _of_others(end: SessionEnd) -> Iterator[str]:
    """Yield what failed beside the trials."""
    if end.failed:
        yield f"{count(end.failed, 'test')} failed outside any suite"
    if end.errors:
        yield f"{count(end.errors, 'test')} outside any suite raised an error in setup or teardown"
    if end.teardowns:
        yield f"the teardown of {count(end.teardowns, 'trial')} raised an error"
    if end.unexpected:
        yield f"{count(end.unexpected, 'trial')} failed in pytest, such as a strict xfail that passed"
