"""How an experiment ended, in a word for tables and in a line for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from pytest_llmobs.records.decisions import VerdictName
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.base import Context
from pytest_llmobs.reports.cases import cases
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

_NAMED = 3
"""Metrics named one by one; more are counted."""
_REASONS: Mapping[VerdictName, str] = {
    "INSUFFICIENT_DATA": "too little data for {}",
    "REBASELINE": "{} is judged in another way than its baseline",
    "REGRESSED": "{} regressed",
    "INCONCLUSIVE": "{} may have dropped",
}


def word(experiment: Experiment) -> str:
    """Return the verdict in a word: red, interrupted, shard I/N, recorded, no baseline, or green."""
    if experiment.decision.red:
        return "red"
    if experiment.interrupted:
        return "interrupted"
    if experiment.shard:
        return f"shard {experiment.shard}"
    if experiment.trials and not experiment.decision.metrics:
        return "recorded"
    if without_baseline(experiment):
        return "no baseline"
    return "green"


def without_baseline(experiment: Experiment) -> bool:
    """True where no metric had a baseline to be compared with."""
    return all(row.verdict in ("NO_BASELINE", "UNPAIRED") for row in experiment.decision.metrics)


def verdict_lines(experiment: Experiment, page: Page, context: Context) -> list[str]:
    """Return the verdict, then what restricts it: interrupted, tentative, trials that raised."""
    style, verdict = headline(experiment, context)
    lines = page.wrapped(verdict, style, "bold")
    for limit in limits(experiment):
        lines += page.item(limit, mark="!", style="yellow")
    return lines


def headline(experiment: Experiment, context: Context) -> tuple[str, str]:
    """Return the verdict's colour (red, yellow, green) and its line: ``RED: pass regressed, 2 examples broke``."""
    style, verdict = _verdict(experiment, context)
    if experiment.partial:
        verdict = verdict.replace(":", " (partial):", 1)
    return style, verdict


def limits(experiment: Experiment) -> Iterator[str]:
    """Yield what restricts the verdict: an interruption, a confirmation that is due, trials that fail pytest."""
    expected = sum(len(plan.expected) for plan in experiment.suites)
    if experiment.interrupted:
        trials = f"{len(experiment.trials):,} of {count(expected, 'trial')}"
        yield f"interrupted: {trials} ran; this is no whole experiment"
    if experiment.decision.reruns:
        yield "tentative: no confirming session has looked again"
    if raised := sum(trial.status == "error" for trial in experiment.trials):
        yield f"{count(raised, 'trial')} raised an error: pytest fails whatever the gate says"
    if (ungated := experiment.decision.ungated) and not without_baseline(experiment):
        yield (
            f"{count(ungated, 'trial')} failed that no gate judges (a new or edited example, or llm_strict): "
            "pytest fails whatever the gate says"
        )


def _verdict(experiment: Experiment, context: Context) -> tuple[str, str]:
    if experiment.decision.red:
        return "red", f"RED: {', '.join(_reasons(experiment))}"
    return _unjudged(experiment, context) or _judged(experiment)


def _unjudged(experiment: Experiment, context: Context) -> tuple[str, str] | None:
    """Return the line of what no gate has judged, or None."""
    if experiment.shard:
        return "yellow", f"SHARD {experiment.shard}: not gated, `llmobs merge` gates all shards together"
    if word(experiment) == "recorded":
        files = f": {count(len(context.recorded), 'file')}" if context.recorded else ""
        return "green", f"BASELINE RECORDED{files}"
    if experiment.trials:
        return None
    return ("yellow", "NO VERDICT: no trial ran")


def _judged(experiment: Experiment) -> tuple[str, str]:
    if without_baseline(experiment):
        failed = sum(trial.status == "failed" for trial in experiment.trials)
        counted = f" ({count(failed, 'trial')} failed)" if failed else ""
        return "yellow", f"NO BASELINE: assertions decide, as in plain pytest{counted}"
    if experiment.interrupted:
        return "yellow", "NO VERDICT: the session was interrupted"
    improved = _named(row.metric for row in experiment.decision.metrics if row.verdict == "IMPROVED")
    return "green", "GREEN: nothing regressed" + (f", {improved} improved" if improved else "")


def _reasons(experiment: Experiment) -> Iterator[str]:
    red = [row for row in experiment.decision.metrics if row.red]
    for verdict, reason in _REASONS.items():
        if names := _named(row.metric for row in red if row.verdict == verdict):
            yield reason.format(names)
    if names := _named(row.metric for row in red if row.verdict not in _REASONS):
        yield f"{names} missed a bound"
    states = Counter(case.state for case in cases(experiment) if case.red)
    if broken := states["broken"]:
        yield f"{count(broken, 'example')} broke"
    if suspect := states["suspect"]:
        yield f"{count(suspect, 'suspect example')} not cleared"
    if errors := len(experiment.decision.errors):
        yield count(errors, "error")


def _named(metrics: Iterator[str]) -> str:
    names = list(dict.fromkeys(metrics))
    if len(names) > _NAMED:
        return count(len(names), "metric")
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
