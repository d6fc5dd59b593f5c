"""How an experiment ended: in a word for tables, in a line for people, and what restricts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pytest_llmobs.records.decisions import MetricRow, VerdictName
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.digest.examples import ExamplesDigest
from pytest_llmobs.wording import count

Light = Literal["red", "yellow", "green"]
"""Red: the build fails; yellow: nothing was judged; green: nothing stands against it."""
_NAMED = 3
"""Metrics named one by one; more are counted."""
_REASONS: Mapping[VerdictName, str] = {
    "INSUFFICIENT_DATA": "too little data for {}",
    "REBASELINE": "{} is judged in another way than its baseline",
    "REGRESSED": "{} regressed",
    "INCONCLUSIVE": "{} may have dropped",
}


@dataclass(frozen=True)
class Verdict:
    """How an experiment ended."""

    word: str
    """``red``, ``interrupted``, ``shard I/N``, ``recorded``, ``no baseline`` or ``green``."""
    light: Light
    headline: str
    """``RED: pass regressed, 2 examples broke``."""
    limits: tuple[str, ...]
    """What restricts it: an interruption, a confirmation that is due, trials that fail pytest."""


def digest_verdict(experiment: Experiment, examples: ExamplesDigest, recorded: int = 0) -> Verdict:
    """Say how an experiment ended.

    Args:
        experiment: It.
        examples: Those of its rows that deserve a line.
        recorded: Baseline files that the session wrote.
    """
    word = verdict_word(experiment)
    light, headline = _headline(experiment, examples, word, recorded)
    if experiment.partial:
        headline = headline.replace(":", " (partial):", 1)
    return Verdict(word, light, headline, tuple(_limits(experiment)))


def verdict_word(experiment: Experiment) -> str:
    """Return the verdict in a word."""
    if experiment.decision.red:
        return "red"
    if experiment.interrupted:
        return "interrupted"
    if experiment.shard:
        return f"shard {experiment.shard}"
    if experiment.trials and not experiment.decision.metrics:
        return "recorded"
    if _without_baseline(experiment):
        return "no baseline"
    return "green"


def _without_baseline(experiment: Experiment) -> bool:
    """Tell whether no metric had a baseline to be compared with."""
    return all(row.verdict in ("NO_BASELINE", "UNPAIRED") for row in experiment.decision.metrics)


def _limits(experiment: Experiment) -> Iterator[str]:
    decision = experiment.decision
    if experiment.interrupted:
        expected = sum(len(plan.expected) for plan in experiment.suites)
        ran = f"{len(experiment.trials):,} of {count(expected, 'trial')}"
        yield f"interrupted: {ran} ran; this is no whole experiment"
    if decision.reruns:
        yield "tentative: no confirming session has looked again"
    raised = _ended(experiment, "error")
    if raised:
        yield f"{count(raised, 'trial')} raised an error: pytest fails whatever the gate says"
    if decision.ungated and not _without_baseline(experiment):
        yield (
            f"{count(decision.ungated, 'trial')} failed that no gate judges (a new or edited example, or "
            "llm_strict): pytest fails whatever the gate says"
        )


def _headline(
    experiment: Experiment, examples: ExamplesDigest, word: str, recorded: int
) -> tuple[Light, str]:
    if word == "red":
        return "red", f"RED: {', '.join(_reasons(experiment, examples))}"
    if experiment.shard:
        return "yellow", f"SHARD {experiment.shard}: not gated, `llmobs merge` gates all shards together"
    if word == "recorded":
        return "green", f"BASELINE RECORDED{_of(recorded, ': {}', 'file')}"
    if not experiment.trials:
        return "yellow", "NO VERDICT: no trial ran"
    if _without_baseline(experiment):
        failed = _of(_ended(experiment, "failed"), " ({} failed)", "trial")
        return "yellow", f"NO BASELINE: assertions decide, as in plain pytest{failed}"
    if experiment.interrupted:
        return "yellow", "NO VERDICT: the session was interrupted"
    improved = _named(_with(experiment.decision.metrics, "IMPROVED"))
    if improved:
        return "green", f"GREEN: nothing regressed, {improved} improved"
    return "green", "GREEN: nothing regressed"


def _reasons(experiment: Experiment, examples: ExamplesDigest) -> Iterator[str]:
    red = [row for row in experiment.decision.metrics if row.red]
    for verdict, reason in _REASONS.items():
        names = _named(_with(red, verdict))
        if names:
            yield reason.format(names)
    bounded = _named(row for row in red if row.verdict not in _REASONS)
    if bounded:
        yield f"{bounded} missed a bound"
    for counted in examples.counts:
        if counted.red and counted.state == "broken":
            yield f"{count(counted.number, 'example')} broke"
        if counted.red and counted.state == "suspect":
            yield f"{count(counted.number, 'suspect example')} not cleared"
    errors = len(experiment.decision.errors)
    if errors:
        yield count(errors, "error")


def _with(rows: Iterable[MetricRow], verdict: VerdictName) -> Iterator[MetricRow]:
    return (row for row in rows if row.verdict == verdict)


def _named(rows: Iterable[MetricRow]) -> str:
    names = list(dict.fromkeys(row.metric for row in rows))
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


def _ended(experiment: Experiment, status: str) -> int:
    return sum(trial.status == status for trial in experiment.trials)
