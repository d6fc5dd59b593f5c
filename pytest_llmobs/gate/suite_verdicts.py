"""The verdict on what a summary evaluator says of a suite.

It is one number, without a value for each example: there are no pairs, so no test can tell a drop from chance. It is
held to a bound, and compared with the baseline's number by ``rule="mean"``, where ``llm_gate`` asks for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pytest_llmobs.baselines.records import SuiteRecord
from pytest_llmobs.gate.metric_verdicts import MOST_MISSING, bounded
from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.gate_rules import rule_of
from pytest_llmobs.records.decisions import MetricRow, VerdictName
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import GateRule


def suite_rows(pair: SuitePair, scores: Iterable[SuiteScore], *, ci: bool) -> Iterator[MetricRow]:
    """Yield one row for each score of a suite.

    Args:
        pair: The suite and its baseline.
        scores: Of that suite.
        ci: Whether a changed evaluator is red.
    """
    for score in scores:
        rule = rule_of(pair.plan, score.metric)
        row = _row(pair, score, rule)
        yield _verdict(pair, score, rule, row, ci)


def _row(pair: SuitePair, score: SuiteScore, rule: GateRule) -> MetricRow:
    record = _record(pair, score)
    delta = None
    if record is not None and score.score is not None:
        delta = (record.value - score.score) if rule.lower_is_better else (score.score - record.value)
    return MetricRow(
        suite=score.suite,
        metric=score.metric,
        verdict="UNPAIRED",
        baseline=record.value if record else None,
        candidate=score.score,
        delta=delta,
        n=score.n,
        expected=score.expected,
    )


def _record(pair: SuitePair, score: SuiteScore) -> SuiteRecord | None:
    if pair.baseline is not None:
        return pair.baseline.suite_scores.get(score.metric)
    return None


def _verdict(pair: SuitePair, score: SuiteScore, rule: GateRule, row: MetricRow, ci: bool) -> MetricRow:
    compared = rule.rule == "mean"
    asked = compared or rule.min_mean is not None
    if lack := _lack(score, asked):
        return replace(row, verdict="INSUFFICIENT_DATA", red=asked, note=lack)
    if score.score is None:
        return replace(row, note=f"is {score.value!r}")
    if compared:
        verdict, red, note = _compared(pair, score, rule, row)
        row = replace(row, verdict=verdict, red=red and (verdict != "REBASELINE" or ci), note=note)
    if rule.min_mean is not None:
        return bounded(row, rule, score.score, "")
    return row


def _lack(score: SuiteScore, asked: bool) -> str:
    """Return why a score can't be judged, or an empty string."""
    if score.score is None and score.value is None:
        return f"unscored: {score.error or 'its evaluator returned nothing'}"
    if score.score is None and asked:
        return f"is the label {score.value!r}: a gate needs a number"
    lost = score.expected - score.n
    if asked and lost > MOST_MISSING * score.expected + 1e-9:
        return f"{lost} of {score.expected} trials raised an error, were skipped or never ran"
    return ""


def _compared(
    pair: SuitePair, score: SuiteScore, rule: GateRule, row: MetricRow
) -> tuple[VerdictName, bool, str]:
    """Return the verdict of ``rule="mean"``, whether it is red, and its note."""
    if pair.baseline is None:
        return "NO_BASELINE", False, ""
    if pair.plan.partial:
        return "UNPAIRED", False, "only a part of the examples was selected: not compared with the baseline's"
    if changed := _changed(pair, score):
        return "REBASELINE", True, changed
    others = len(pair.removed) + len(pair.edited) + len(pair.new)
    total = others + len(pair.comparable)
    if others > MOST_MISSING * total + 1e-9:
        return "INSUFFICIENT_DATA", True, f"{others} of {total} examples are not those of the baseline"
    if row.delta is not None and row.delta < -rule.max_drop - 1e-12:
        return "REGRESSED", True, "rule='mean': any drop beyond max_drop"
    return "NEUTRAL", False, ""


def _changed(pair: SuitePair, score: SuiteScore) -> str:
    record = _record(pair, score)
    if record is None:
        return "new since the baseline: nothing to compare with"
    same = record.version == pair.plan.summaries.get(score.evaluator)
    if same:
        return ""
    return "its evaluator changed since the baseline"
