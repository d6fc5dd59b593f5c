"""The verdict on what a summary evaluator says of a suite.

It is one number, without a value for each example: there are no pairs, so no test can tell a drop from chance. It is
held to a bound, and compared with the baseline's number by ``rule="mean"``, where ``llm_gate`` asks for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmobs.gate.evaluator_changes import CHANGED, NEW
from pytest_llmobs.gate.metric_rows import ANY_DROP, ROUNDING, held_to_min_mean
from pytest_llmobs.gate.missing import too_many
from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.gate_rules import least_drop, rule_of
from pytest_llmobs.records.decisions import MetricRow, VerdictName
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.wording import headed

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import SuiteRecord


def suite_verdicts(pair: SuitePair, scores: Iterable[SuiteScore], *, ci: bool) -> Iterator[MetricRow]:
    """Yield one row for each score of a suite.

    Args:
        pair: The suite and its baseline.
        scores: Of that suite.
        ci: Whether a changed evaluator is red.
    """
    for score in scores:
        rule = rule_of(pair.plan, score.metric)
        row = _row(score, rule, _record(pair, score))
        yield _verdict(pair, score, rule, row, ci)


def _row(score: SuiteScore, rule: GateRule, record: SuiteRecord | None) -> MetricRow:
    row = MetricRow(
        suite=score.suite,
        metric=score.metric,
        verdict="UNPAIRED",
        candidate=score.score,
        n=score.n,
        expected=score.expected,
    )
    if record is None:
        return row
    return replace(row, baseline=record.value, delta=_delta(score, rule, record))


def _delta(score: SuiteScore, rule: GateRule, record: SuiteRecord) -> float | None:
    if score.score is None:
        return None
    if rule.lower_is_better:
        return record.value - score.score
    return score.score - record.value


def _record(pair: SuitePair, score: SuiteScore) -> SuiteRecord | None:
    if pair.baseline is None:
        return None
    return pair.baseline.suite_scores.get(score.metric)


def _verdict(pair: SuitePair, score: SuiteScore, rule: GateRule, row: MetricRow, ci: bool) -> MetricRow:
    compared = rule.rule == "mean"
    asked = compared or rule.min_mean is not None
    lack = _lack(score, asked)
    if lack:
        return replace(row, verdict="INSUFFICIENT_DATA", red=asked, note=lack)
    if score.score is None:
        return replace(row, note=f"is {score.value!r}")
    if compared:
        row = _compared(pair, score, rule, row, ci)
    if rule.min_mean is not None:
        return held_to_min_mean(row, rule, score.score, "")
    return row


def _lack(score: SuiteScore, asked: bool) -> str:
    """Return why a score can't be judged, or an empty string."""
    if score.score is None and score.value is None:
        return f"unscored: {headed(score.error or 'its evaluator returned nothing')}"
    if not asked:
        return ""
    if score.score is None:
        return f"is the label {score.value!r}: a gate needs a number"
    lost = score.expected - score.n
    if too_many(lost, score.expected):
        return f"{lost} of {score.expected} trials raised an error, were skipped or never ran"
    return ""


def _compared(pair: SuitePair, score: SuiteScore, rule: GateRule, row: MetricRow, ci: bool) -> MetricRow:
    """Return a row with the verdict of ``rule="mean"``."""

    def judged(verdict: VerdictName, red: bool, note: str) -> MetricRow:
        return replace(row, verdict=verdict, red=red, note=note)

    if pair.baseline is None:
        return judged("NO_BASELINE", False, "")
    if pair.plan.partial:
        note = "only a part of the examples was selected: not compared with the baseline's"
        return judged("UNPAIRED", False, note)
    changed = _changed(pair, score)
    if changed:
        return judged("REBASELINE", ci, changed)
    others = len(pair.removed) + len(pair.edited)
    total = others + len(pair.comparable)
    if too_many(others, total):
        note = f"{others} of {total} examples were edited or removed since the baseline"
        return judged("INSUFFICIENT_DATA", True, note)
    # a dataset may grow, but one number over other examples is another number
    if too_many(len(pair.new), len(pair.expected)):
        note = f"{len(pair.new)} of {len(pair.expected)} examples are new: not compared with the baseline's"
        return judged("UNPAIRED", False, note)
    if row.delta is not None and row.delta < -least_drop(rule) - ROUNDING:
        return judged("REGRESSED", True, ANY_DROP)
    return judged("NEUTRAL", False, "")


def _changed(pair: SuitePair, score: SuiteScore) -> str:
    """Return how the score's evaluator differs from the baseline's, or an empty string."""
    record = _record(pair, score)
    if record is None:
        return NEW
    if record.version == pair.plan.summaries.get(score.evaluator):
        return ""
    return CHANGED
