"""One suite on its way to a verdict: its metrics, and how their evaluators differ from the baseline's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.gate.metric_verdicts import GONE, JudgedMetric, metric_case
from pytest_llmobs.gate.pairing import SuitePair, pair_suite
from pytest_llmobs.gate.suspects import Finding, Suspect
from pytest_llmobs.measures.gate_rules import PASS, rule_of
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial


@dataclass
class JudgedSuite:
    """One suite, its metrics and its suspects."""

    pair: SuitePair
    metrics: Sequence[JudgedMetric]
    suspects: Sequence[Suspect] = ()
    whole: int = 0
    """Fresh repeats of the whole suite that guard 1 asks for."""
    unasked: str = ""
    """Why suspects are not run again one by one, or an empty string."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The suite's name."""
        return self.pair.plan.name

    @property
    def insufficient(self) -> bool:
        """True where the suite is red for lack of data, so that no second look could save it."""
        return any(not case.enough and case.rule.rule != "off" for case in self.metrics)

    @property
    def tests(self) -> int:
        """n·G: pairs of all metrics that guard 2 looks at."""
        return sum(len(case.first.pairs) for case in self.metrics if case.gating)


def suite_case(
    plan: SuitePlan, baseline: Baseline | BaselineError | None, trials: Sequence[Trial]
) -> JudgedSuite:
    """Compare a suite's metrics with its baseline; one that can't be read counts as none, and session_errors tells."""
    pair = pair_suite(plan, baseline if isinstance(baseline, Baseline) else None, trials)
    recorded = {key for row in pair.baseline.rows.values() for key in row.scores} if pair.baseline else set()
    changed = dict(_changes(pair, pair.baseline, recorded)) if pair.baseline else {}
    others = () if plan.gone else sorted({*pair.measured.values, *recorded, *_silent(pair)} - {PASS})
    return JudgedSuite(
        pair=pair,
        metrics=[metric_case(pair, key, rule_of(plan, key), changed.get(key, "")) for key in (PASS, *others)],
    )


def _silent(pair: SuitePair) -> set[str]:
    """Return the evaluators that failed in every trial; one that names its scores otherwise is missing from some."""
    ran = pair.measured.ran
    return {key for key in pair.plan.metrics if pair.measured.errors.get(key, 0) >= ran > 0}


def _changes(pair: SuitePair, baseline: Baseline, recorded: set[str]) -> Iterator[tuple[str, str]]:
    """Yield each metric whose evaluator is not the one that scored the baseline, with the difference in words."""
    plan = pair.plan
    owners = {
        *plan.metrics,
        *baseline.metrics,
        *(key for row in baseline.rows.values() for key in row.versions),
    }
    scores = {*pair.measured.values, *recorded, *_silent(pair)} - {PASS}
    # an evaluator may name its scores otherwise; then any change among such evaluators counts for all such scores
    others = any(
        _versions(pair, baseline, owner) != {plan.metrics.get(owner, "")} for owner in owners - scores
    )
    for metric in scores:
        if metric not in recorded:
            yield metric, "new since the baseline: nothing to compare with"
        elif metric not in owners:
            if others:
                yield metric, "its evaluator changed since the baseline"
        elif metric not in plan.metrics:
            yield metric, GONE
        elif (then := _versions(pair, baseline, metric)) != {plan.metrics[metric]}:
            words = ", ".join(sorted(version[:8] or "none" for version in then))
            yield metric, f"its evaluator changed since the baseline ({words} -> {plan.metrics[metric][:8]})"


def _versions(pair: SuitePair, baseline: Baseline, owner: str) -> set[str]:
    found = {baseline.version(baseline.rows[example], owner) for example in pair.comparable}
    return found or {baseline.metrics.get(owner, "")}
