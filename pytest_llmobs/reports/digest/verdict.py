"""How an experiment ended: in a word for tables, in a line for people, and what restricts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pytest_llmobs.records.decisions import COMPARED, Decision, ExampleState, VerdictName
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.digest.examples import ExamplesDigest
from pytest_llmobs.reports.digest.reasons import named, reasons, short_list, together
from pytest_llmobs.reports.digest.spending import SpendingDigest
from pytest_llmobs.wording import count, noun

Light = Literal["red", "yellow", "green"]
"""Red: the build fails; yellow: nothing was judged, or there is a warning; green: nothing stands against it."""
_CHANGED: tuple[ExampleState, ...] = ("new", "edited", "removed")
"""States of examples that the baseline and the dataset don't share."""


@dataclass(frozen=True)
class ExperimentVerdict:
    """How an experiment ended."""

    word: str
    """``red``, ``interrupted``, ``shard I/N``, ``recorded``, ``no baseline`` or ``green``."""
    light: Light
    headline: str
    """``RED: pass regressed, 2 examples broke``; red wherever the session's exit status isn't 0."""
    limits: tuple[str, ...]
    """What restricts it: an interruption, a look that was not taken, that this is one shard."""


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
    light: Light = "red"
    if experiment.red:
        headline = f"RED: {', '.join(reasons(experiment, examples, trials))}"
    else:
        light, headline = _not_red(experiment, examples, trials, recorded)
    # said of the verdict and not only of the suites: a green one over a selection is no green build
    if experiment.partial:
        headline = headline.replace(":", " (partial):", 1)
    limits = tuple(_limits(experiment, trials, recorded))
    return ExperimentVerdict(verdict_word(experiment), light, headline, limits)


def judged_light(experiment: Experiment, examples: ExamplesDigest) -> Light:
    """Return the light of an experiment that was compared and isn't red; its trials needn't be at hand."""
    return _green(experiment.decision, examples)[0]


def verdict_word(experiment: Experiment) -> str:
    """Return the verdict in a word."""
    # red first: what broke before an interruption broke
    if experiment.decision.red:
        return "red"
    if experiment.interrupted:
        return "interrupted"
    if experiment.red:
        return "red"
    if experiment.shard:
        return f"shard {experiment.shard}"
    if _is_recording(experiment):
        return "recorded"
    if not _is_compared(experiment):
        return "no baseline"
    return "green"


def _is_recording(experiment: Experiment) -> bool:
    """Tell whether nothing judged the trials: the session wrote them down as the baseline."""
    return bool(experiment.trials) and not experiment.decision.metrics


def _is_compared(experiment: Experiment) -> bool:
    """Tell whether any metric was compared with a baseline."""
    return any(row.verdict in COMPARED for row in experiment.decision.metrics)


def _lacks_baselines(experiment: Experiment) -> bool:
    """Tell whether there is no baseline at all; too little data says nothing of that."""
    verdicts = {row.verdict for row in experiment.decision.metrics}
    return "NO_BASELINE" in verdicts and not _is_compared(experiment)


def _limits(experiment: Experiment, trials: SpendingDigest, recorded: int) -> Iterator[str]:
    if experiment.interrupted:
        ran = f"{trials.ran:,} of {count(trials.expected, 'trial')}"
        yield f"interrupted: {ran} ran; this is no whole experiment"
    if experiment.decision.unlooked:
        said = {row.control_note for row in experiment.decision.metrics}
        reason = "" if experiment.decision.unlooked in said else f": {experiment.decision.unlooked}"
        yield f"one look only{reason}"
    # elsewhere the headline says so
    if not experiment.red:
        return
    if experiment.shard:
        yield f"shard {experiment.shard}: not gated, `llmobs merge` gates all shards together"
    elif _is_recording(experiment) and recorded:
        yield f"the baseline is recorded all the same: {count(recorded, 'file')}"
    elif not experiment.decision.errors and _lacks_baselines(experiment):
        yield f"no baseline: {_deciding(experiment)}"


def _not_red(
    experiment: Experiment, examples: ExamplesDigest, trials: SpendingDigest, recorded: int
) -> tuple[Light, str]:
    if experiment.shard:
        return "yellow", f"SHARD {experiment.shard}: not gated, `llmobs merge` gates all shards together"
    # before all others: a part of the trials proves nothing of the rest
    if experiment.interrupted:
        return "yellow", "NO VERDICT: the session was interrupted"
    if _is_recording(experiment):
        return "green", f"BASELINE RECORDED{_of(recorded, ': {}', 'file')}"
    # where all were left out, nothing regressed either; green would be a lie
    if not experiment.trials:
        return "yellow", "NO VERDICT: no trial ran"
    if not _is_compared(experiment):
        # only a baseline tells what was edited, removed or added since
        if any(row.state in _CHANGED for row in experiment.decision.examples):
            return "yellow", f"NO VERDICT: nothing is left to compare, {_deciding(experiment)}"
        failed = _of(trials.statuses.get("failed", 0), " ({} failed)", "trial")
        return (
            "yellow",
            f"NO BASELINE: {_deciding(experiment)}{failed}; CI will be red without one",
        )
    return _green(experiment.decision, examples)


def _deciding(experiment: Experiment) -> str:
    """Return what decides where there is nothing to compare with."""
    if any(plan.path for plan in experiment.suites):
        return "assertions decide, as in plain pytest"
    return "only bounds decide"  # an evaluation has no test that could assert anything


def _green(decision: Decision, examples: ExamplesDigest) -> tuple[Light, str]:
    """Return the words of a build that was judged and isn't red."""
    improved = _names(decision, "IMPROVED")
    good = []
    if improved:
        good.append(f"{named(improved)} improved")
    warnings = [*_drifted(decision, examples), *_doubts(decision, examples)]
    rejudged = _names(decision, "REBASELINE")
    if rejudged:
        why = f"{named(rejudged)} {noun(len(rejudged), 'is', 'are')} not judged as in the baseline"
        return "yellow", f"GREEN here, RED in CI: {'; '.join([why, *warnings, *good])}"
    if warnings:
        return "yellow", f"GREEN with a warning: {'; '.join([*warnings, *good])}"
    return "green", f"GREEN: {', '.join(['nothing regressed', *good])}"


def _drifted(decision: Decision, examples: ExamplesDigest) -> Iterator[str]:
    what = short_list(_names(decision, "DRIFTED"))
    number = _number(examples, "drifted")
    if number:
        what.append(count(number, "example"))
    if what:
        yield f"{together(what)} drifted, the accepted code fails alike today"


def _doubts(decision: Decision, examples: ExamplesDigest) -> Iterator[str]:
    inconclusive = _names(decision, "INCONCLUSIVE")
    if inconclusive:
        yield f"{named(inconclusive)} may have dropped"
    suspects = _number(examples, "suspect")
    if suspects:
        yield f"{count(suspects, 'example')} {noun(suspects, 'is', 'are')} suspect"


def _names(decision: Decision, verdict: VerdictName) -> list[str]:
    """Return the metrics that have a verdict in some suite, each once."""
    return list(dict.fromkeys(row.metric for row in decision.metrics if row.verdict == verdict))


def _number(examples: ExamplesDigest, state: ExampleState) -> int:
    return sum(counted.number for counted in examples.counts if counted.state == state)


def _of(number: int, text: str, noun: str) -> str:
    """Return ``text`` with so many of something in it, or nothing where there is none."""
    if not number:
        return ""
    return text.format(count(number, noun))
