"""The verdict on one metric of one suite, and the row that reports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

from pytest_llmobs.gate import means
from pytest_llmobs.gate.judged import JudgedMetric, JudgedSuite
from pytest_llmobs.gate.metric_rows import ANY_DROP, held_to_min_mean, joined
from pytest_llmobs.gate.missing import with_missing
from pytest_llmobs.gate.row_figures import Session, figures
from pytest_llmobs.measures.distributions import wilson_interval
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import counts_missing, metric_mean
from pytest_llmobs.measures.values import why_unscored
from pytest_llmobs.records.decisions import MetricRow, VerdictName
from pytest_llmobs.settings import Settings, words
from pytest_llmobs.wording import count, noun

_LONGEST = 200
"""Characters of an evaluator's error in a note."""


def metric_verdict(
    suite: JudgedSuite, metric: JudgedMetric, settings: Settings, session: Session
) -> MetricRow:
    """Return the row of a metric with its verdict.

    Args:
        suite: The metric's.
        metric: The metric, after all looks.
        settings: Of the session.
        session: What all rows share.
    """
    row = _verdict(suite, metric, settings, session)
    if metric.rule.min_mean is None:
        return row
    # further passes are asked for by what was low: a bound is for a mean that nothing has chosen
    what = "mean of the session's own passes " if suite.further else "mean "
    # over every expected example, new ones included
    values = suite.first.values(metric.key)
    held = held_to_min_mean(row, metric.rule, metric_mean(values), what)
    if held.missed_bound or held.verdict == "INSUFFICIENT_DATA":
        return held
    worst = _worst(values, metric)
    whole = with_missing(suite.first, metric.key, worst, paired=metric.paired)
    number = sum(map(len, whole.values())) - sum(map(len, values.values()))
    why = f"{count(number, 'score')} {noun(number, 'is', 'are')} missing: where each counts {worst:g}, the "
    return held_to_min_mean(held, metric.rule, metric_mean(whole), why + what)


def _worst(values: Mapping[str, Sequence[float]], metric: JudgedMetric) -> float:
    """Return what a missing score may have been at worst: the end of 0 to 1, else the worst score there is."""
    known = list(chain.from_iterable(values.values()))
    lowest, highest = min(known), max(known)
    if counts_missing(known):
        lowest, highest = 0.0, 1.0
    return highest if metric.rule.lower_is_better else lowest


def _verdict(suite: JudgedSuite, metric: JudgedMetric, settings: Settings, session: Session) -> MetricRow:
    """Return the first verdict that fits: what a reader must mend first comes first."""
    filled = _row(suite, metric, session, fresh=False)
    lost = _lost_pairs(suite, metric)

    def row(verdict: VerdictName, note: str, red: bool = False) -> MetricRow:
        return replace(filled, verdict=verdict, red=red, note=joined(note, lost))

    if suite.baseline is None:
        return _without_baseline(suite, metric, row("NO_BASELINE", _pass_rate_interval(suite, metric)))
    if metric.replaced:
        return row(
            "NO_BASELINE",
            "nothing is left to compare: its examples were edited or replaced since the baseline",
        )
    if not metric.enough:
        return replace(
            filled, verdict="INSUFFICIENT_DATA", red=metric.needed, note=_why_insufficient(suite, metric)
        )
    if metric.rule.rule == "off":
        return row("NEUTRAL", joined("rule='off': no drop of it is red", metric.changed))
    if metric.changed:
        return row("REBASELINE", metric.changed, red=settings.ci)
    if metric.regressed and suite.further and not means.dropped_for_sure(metric):
        filled = _row(suite, metric, session, fresh=True)
    verdict, note = _compared(metric)
    if filled.fresh:
        note = joined(note, _pooled_drop(suite, metric, filled))
    return row(verdict, note, red=verdict == "REGRESSED" or verdict.lower() in words(settings.fail_on))


def _compared(metric: JudgedMetric) -> tuple[VerdictName, str]:
    """Return the verdict on a metric that was compared, and what to note of it."""
    if metric.rule.rule == "mean":
        return ("REGRESSED", ANY_DROP) if means.dropped(metric, strictly=True) else ("NEUTRAL", "")
    if metric.regressed:
        return ("DRIFTED" if metric.drifted else "REGRESSED"), _sure_part(metric)
    if means.rose(metric):
        return "IMPROVED", "a new baseline would hold it"
    if means.dropped(metric) and metric.adjusted < means.GO_ON:
        return "INCONCLUSIVE", ""
    return "NEUTRAL", ""


def _sure_part(metric: JudgedMetric) -> str:
    """Return how much of a drop no chance explains, where that is enough but not all; else an empty string."""
    if metric.comparison.sure or not means.dropped_for_sure(metric):
        return ""
    return f"{-metric.comparison.replayed_difference:.3f} of it on the same recordings as in the baseline, no noise"


def _pooled_drop(suite: JudgedSuite, metric: JudgedMetric, row: MetricRow) -> str:
    """Return the drop over all passes where the further ones alone show none, or an empty string."""
    if row.delta is not None and row.delta <= -metric.epsilon:
        return ""
    drop = -metric.comparison.mean_difference
    return f"over all {suite.passes} passes the mean is {drop:.3f} lower: it was the first that was low"


def _why_insufficient(suite: JudgedSuite, metric: JudgedMetric) -> str:
    if not metric.not_looked:
        return _lack(suite, metric)
    return joined(f"another look was due and could not run: {metric.not_looked}", _lost_pairs(suite, metric))


def _without_baseline(suite: JudgedSuite, metric: JudgedMetric, row: MetricRow) -> MetricRow:
    """Without a baseline nothing is compared; a metric that nobody measured, or only in part, is told."""
    if not suite.first.values(metric.key) or (metric.bound and not metric.enough):
        return replace(row, verdict="INSUFFICIENT_DATA", red=metric.needed, note=_lack(suite, metric))
    if metric.enough:
        return row
    return replace(row, note=joined(row.note, _lack(suite, metric)))


def _row(suite: JudgedSuite, metric: JudgedMetric, session: Session, *, fresh: bool) -> MetricRow:
    """Return a row with its figures, NEUTRAL so far."""
    values = suite.first.values(metric.key)
    pairs = len(metric.comparison.pairs)
    fields = {
        "candidate": metric_mean(values),
        "control": metric.control,
        "control_note": metric.control_note,
        "scale": metric.rule.scale,
        **figures(suite, metric, session, fresh=fresh),
    }
    return MetricRow(
        suite=suite.name,
        metric=metric.key,
        verdict="NEUTRAL",
        n=pairs if metric.paired else len(values),
        expected=metric.missing.expected,
        **fields,
    )


def _lost_pairs(suite: JudgedSuite, metric: JudgedMetric) -> str:
    """Return what is missing beside the pairs that there are, or an empty string."""
    if metric.comparison.pairs and metric.missing.causes:
        return _lack(suite, metric)
    return ""


def _pass_rate_interval(suite: JudgedSuite, metric: JudgedMetric) -> str:
    """Return Wilson's interval of a single pass rate, in words; an empty string for any other metric."""
    values = suite.first.values(metric.key)
    rate = metric_mean(values)
    if metric.key != PASS or rate is None:
        return ""
    low, high = wilson_interval(rate * len(values), len(values))
    return f"90 % interval {low:.2f} to {high:.2f}"


def _lack(suite: JudgedSuite, metric: JudgedMetric) -> str:
    """Return what a metric lacks, in words."""
    missing = metric.missing
    if suite.plan.gone:
        return (
            f"its baseline has {missing.expected} {noun(missing.expected, 'example')}, and no such test was "
            "collected: renamed, deleted, or its file skips itself? If it is meant to go: llmobs baseline prune"
        )
    if not missing.expected and not missing.edited:
        return "nothing was evaluated"
    edits = ""
    if missing.edits_too_many:
        total = missing.expected + missing.edited
        edits = f"{missing.edited} of {total} examples were edited since the baseline: record those"
    if not missing.causes:
        return edits
    note = joined(edits, _missing_share(metric))
    if "unscored" in missing.causes:
        note = joined(note, _first_error(suite, metric))
    return note


def _missing_share(metric: JudgedMetric) -> str:
    """Return how much is missing, and why."""
    missing = metric.missing
    unit = "example"
    if metric.paired:
        unit = "pair"
    causes = ", ".join(f"{number} {cause}" for cause, number in missing.causes.items())
    return f"{missing.lacking / missing.expected:.0%} of {count(missing.expected, unit)} missing ({causes})"


def _first_error(suite: JudgedSuite, metric: JudgedMetric) -> str:
    """Return why the first trial without a score has none, in a line that names its example."""
    for example, trials in sorted(suite.pair.measured.trials.items()):
        for trial in trials:
            score = trial.scores.get(metric.key)
            if score is not None and score.error and not score.exempt:
                return f"{example}: {why_unscored(score)[:_LONGEST]}"
    return ""
