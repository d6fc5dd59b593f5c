"""How an experiment ended: in a word for tables, in a line for people, and what restricts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pytest_llmobs.records.decisions import Decision, MetricRow, VerdictName
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.digest.examples import ExamplesDigest, is_red
from pytest_llmobs.reports.digest.spending import SpendingDigest
from pytest_llmobs.wording import count

Light = Literal["red", "yellow", "green"]
"""Red: the build fails; yellow: nothing was judged; green: nothing stands against it."""
_NAMED = 3
"""Metrics named one by one; more are counted."""
_COMPARED_WITH_NOTHING: tuple[VerdictName, ...] = ("NO_BASELINE", "UNPAIRED")
_REASONS: Mapping[VerdictName, str] = {
    "INSUFFICIENT_DATA": "too little data for {}",
    "REBASELINE": "{} is judged in another way than its baseline",
    "REGRESSED": "{} regressed",
    "INCONCLUSIVE": "{} may have dropped",
}
"""What a verdict says where it makes the build red."""
_BOUND = "{} missed a bound"
"""What any other verdict says: a bound of ``llm_gate`` is what makes it red."""


@dataclass(frozen=True)
class ExperimentVerdict:
    """How an experiment ended."""

    word: str
    """``red``, ``interrupted``, ``shard I/N``, ``recorded``, ``no baseline`` or ``green``."""
    light: Light
    headline: str
    """``RED: pass regressed, 2 examples broke``."""
    limits: tuple[str, ...]
    """What restricts it: an interruption, a confirmation that is due, trials that fail pytest."""


def digest_verdict(
    experiment: Experiment, examples: ExamplesDigest, trials: SpendingDigest, recorded: int = 0
) -> ExperimentVerdict:
    """Say how an experiment ended.

    Args:
        experiment: It.
        examples: Those of its rows that deserve a line.
        trials: How its trials ended.
        recorded: Baseline files that the session wrote.
    """
    word = verdict_word(experiment)
    light: Light = "red"
    if word == "red":
        headline = f"RED: {', '.join(_reasons(experiment.decision, examples))}"
    else:
        light, headline = _not_red(experiment, trials, word, recorded)
    # said of the verdict and not only of the suites: a green one over a selection is no green build
    if experiment.partial:
        headline = headline.replace(":", " (partial):", 1)
    return ExperimentVerdict(word, light, headline, tuple(_limits(experiment, trials)))


def verdict_word(experiment: Experiment) -> str:
    """Return the verdict in a word."""
    # red first: what broke before an interruption broke
    if experiment.decision.red:
        return "red"
    if experiment.interrupted:
        return "interrupted"
    if experiment.shard:
        return f"shard {experiment.shard}"
    # trials that nothing judged: the session wrote them down as the baseline
    if experiment.trials and not experiment.decision.metrics:
        return "recorded"
    if _without_baseline(experiment):
        return "no baseline"
    return "green"


def _without_baseline(experiment: Experiment) -> bool:
    """Tell whether no metric had a baseline to be compared with."""
    return all(row.verdict in _COMPARED_WITH_NOTHING for row in experiment.decision.metrics)


def _limits(experiment: Experiment, trials: SpendingDigest) -> Iterator[str]:
    decision = experiment.decision
    if experiment.interrupted:
        ran = f"{trials.ran:,} of {count(trials.expected, 'trial')}"
        yield f"interrupted: {ran} ran; this is no whole experiment"
    if decision.reruns:
        yield "tentative: no confirming session has looked again"
    raised = trials.statuses.get("error", 0)
    if raised:
        yield f"{count(raised, 'trial')} raised an error: pytest fails whatever the gate says"
    # without any baseline all are, and the headline says so
    if decision.ungated and not _without_baseline(experiment):
        yield (
            f"{count(decision.ungated, 'trial')} failed that no gate judges (a new or edited example, or "
            "llm_strict): pytest fails whatever the gate says"
        )


def _not_red(experiment: Experiment, trials: SpendingDigest, word: str, recorded: int) -> tuple[Light, str]:
    if experiment.shard:
        return "yellow", f"SHARD {experiment.shard}: not gated, `llmobs merge` gates all shards together"
    if word == "recorded":
        return "green", f"BASELINE RECORDED{_of(recorded, ': {}', 'file')}"
    # where all were left out, nothing regressed either; green would be a lie
    if not experiment.trials:
        return "yellow", "NO VERDICT: no trial ran"
    if _without_baseline(experiment):
        failed = _of(trials.statuses.get("failed", 0), " ({} failed)", "trial")
        return "yellow", f"NO BASELINE: assertions decide, as in plain pytest{failed}"
    if experiment.interrupted:
        return "yellow", "NO VERDICT: the session was interrupted"
    improved = {row.metric: None for row in experiment.decision.metrics if row.verdict == "IMPROVED"}
    if improved:
        return "green", f"GREEN: nothing regressed, {_named(improved)} improved"
    return "green", "GREEN: nothing regressed"


def _reasons(decision: Decision, examples: ExamplesDigest) -> Iterator[str]:
    metrics = _metrics_by_reason(filter(is_red, decision.metrics))
    for reason in (*_REASONS.values(), _BOUND):
        names = metrics.get(reason)
        if names:
            yield reason.format(_named(names))
    for counted in examples.counts:
        if counted.red and counted.state == "broken":
            yield f"{count(counted.number, 'example')} broke"
        if counted.red and counted.state == "suspect":
            yield f"{count(counted.number, 'suspect example')} not cleared"
    errors = len(decision.errors)
    if errors:
        yield count(errors, "error")


def _metrics_by_reason(red: Iterable[MetricRow]) -> dict[str, dict[str, None]]:
    """Return the metrics that are red for a reason in some suite, each once and in the order of the gate."""
    metrics: dict[str, dict[str, None]] = {}
    for row in red:
        reason = _REASONS.get(row.verdict, _BOUND)
        metrics.setdefault(reason, {})[row.metric] = None
    return metrics


def _named(metrics: Iterable[str]) -> str:
    names = list(metrics)
    if len(names) > _NAMED:
        return count(len(names), "metric")
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _of(number: int, text: str, noun: str) -> str:
    """Return ``text`` with so many of something in it, or nothing where there is none."""
    if not number:
        return ""
    return text.format(count(number, noun))
