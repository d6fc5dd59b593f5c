"""What an evaluation comes to: each metric's mean over all expected examples, and what summary evaluators say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_llmobs.errors import ArgumentError, UnscoredError
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import counts_missing, mean
from pytest_llmobs.measures.values import Measurements, measure, why_unscored
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.text import figures
from pytest_llmobs.wording import error_line, known, nearest


@dataclass(frozen=True, kw_only=True)
class MetricSummary:
    """One metric over a whole evaluation."""

    metric: str
    mean: float | None = None
    """Over all expected examples: one that has no score, because its target or its evaluator failed, counts 0. Where
    scores leave 0..1 nothing can stand for a missing one: then it is None unless all are there. Of a summary evaluator,
    its score."""
    scored_mean: float | None = None
    """Over the examples that have a score: the others may well be the bad ones."""
    scored: int = 0
    """Examples of which every repeat has a score."""
    expected: int = 0
    """Examples that should have one; those that the evaluator says it does not apply to are none."""
    labels: Mapping[str, int] = field(default_factory=dict)
    """Of an evaluator that gives labels: label -> trials."""
    summarises: bool = False
    """True for a summary evaluator's."""
    comment: str | None = None
    """What the summary evaluator says besides."""
    error: str | None = None
    """Why the summary evaluator has no score; of another one without any score, why the first example has none."""

    @property
    def missing(self) -> int:
        """Expected examples that lack a score in some repeat."""
        return self.expected - self.scored

    def __float__(self) -> float:
        if self.mean is None:
            raise UnscoredError(f"{self.metric!r} has no mean: {self._why() or 'it gives labels'}.")
        return self.mean

    def __str__(self) -> str:
        parts = [self._shown()]
        if self.missing and self.scored_mean is not None and not self.scored:
            parts.append(f"each of {self.expected} missing in some repeat")
            parts.append(f"{figures.rate(self.scored_mean)} over what is there")
        elif self.missing:
            why = f": {error_line(self.error)}" if self.error else ""
            parts.append(f"{self.missing} of {self.expected} missing{why}")
            if self.scored_mean is not None:
                parts.append(f"{figures.rate(self.scored_mean)} over the others")
        return ", ".join(filter(None, parts))

    def _shown(self) -> str:
        if self.labels:
            counts = [f"{label} {number}" for label, number in self.labels.items()]
            return ", ".join(counts)
        if self.mean is None:
            return f"no mean: {self._why()}" if self.error else "no mean"
        return figures.rate(self.mean)

    def _why(self) -> str:
        if self.error:
            return error_line(self.error)
        if self.missing:
            return f"{self.missing} of {self.expected} examples have no score"
        return ""


class SummaryScores(Mapping[str, MetricSummary]):
    """All metrics of an evaluation by name; prints as a table."""

    def __init__(self, summaries: Iterable[MetricSummary]) -> None:
        """Take the metrics, in the order of the table."""
        self._summaries = {summary.metric: summary for summary in summaries}

    def __getitem__(self, metric: str) -> MetricSummary:
        if metric not in self._summaries:
            raise ArgumentError(
                f"Unknown metric {metric!r}.{nearest(str(metric), self._summaries)} {known(self._summaries)}"
            )
        return self._summaries[metric]

    def __contains__(self, metric: object) -> bool:
        return metric in self._summaries

    def get(self, metric: str, default: object = None) -> object:  # type: ignore[override]
        """Return a metric, or the default where there is none of that name."""
        return self._summaries.get(metric, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._summaries)

    def __len__(self) -> int:
        return len(self._summaries)

    def __repr__(self) -> str:
        if not self._summaries:
            return "no metric"
        size = max(map(len, self._summaries))
        return "\n".join(f"{name.ljust(size)}  {summary}" for name, summary in self._summaries.items())


def summary_scores(
    plans: Sequence[SuitePlan], trials: Iterable[Trial], suite_scores: Iterable[SuiteScore]
) -> SummaryScores:
    """Return what an evaluation comes to.

    Args:
        plans: Say what was expected. Of several suites, metrics are called ``suite: metric``.
        trials: Those that ended.
        suite_scores: What summary evaluators say.
    """
    by_suite: dict[str, list[Trial]] = {plan.name: [] for plan in plans}
    for trial in trials:
        by_suite.setdefault(trial.suite, []).append(trial)
    summaries: list[MetricSummary] = []
    for plan in plans:
        prefix = f"{plan.name}: " if len(plans) > 1 else ""
        measured = measure(by_suite[plan.name])
        for metric in _metrics(plan, measured):
            summaries.append(_summary(prefix, metric, plan, measured))
        for score in suite_scores:
            if score.suite == plan.name:
                summaries.append(_of_suite(prefix, score))
    return SummaryScores(summaries)


def _metrics(plan: SuitePlan, measured: Measurements) -> Iterable[str]:
    """Return the metrics of a suite, each once: those that its evaluators promise first."""
    scored = dict.fromkeys((*plan.metrics, *measured.values, *sorted(measured.labels), *measured.errors))
    silent = {PASS}
    for key in plan.metrics:
        # an evaluator of several scores may give none of its own name
        if not (key in measured.values or key in measured.labels or key in measured.errors) and measured.ran:
            silent.add(key)
    return [metric for metric in scored if metric not in silent]


def _summary(prefix: str, metric: str, plan: SuitePlan, measured: Measurements) -> MetricSummary:
    values = measured.values.get(metric, {})
    exempt = measured.exempt.get(metric, set())
    wanted = Counter(expected.example_id for expected in plan.expected)
    means, lowered, scored = [], [], 0
    for example, promised in wanted.items():
        there = values.get(example, [])
        repeats = len(there) if example in exempt else promised
        if not repeats:
            continue
        scored += len(there) >= repeats
        lowered.append(sum(there) / repeats)
        if there:
            means.append(mean(there))
    if metric in measured.labels and not means:
        return _of_labels(prefix, metric, wanted, measured)
    return MetricSummary(
        metric=prefix + metric,
        mean=_whole_mean(means, lowered, scored),
        scored_mean=mean(means) if means else None,
        scored=scored,
        expected=len(lowered),
        error=None if means else _first_reason(metric, wanted, measured),
    )


def _first_reason(metric: str, wanted: Iterable[str], measured: Measurements) -> str | None:
    """Return why the first example that ran has no score: mostly it is the same for all."""
    for example in wanted:
        for trial in measured.trials.get(example, ()):
            score = trial.scores.get(metric)
            if score is not None and not score.exempt:
                return why_unscored(score)
            if trial.message:
                return trial.message
    return None


def _whole_mean(means: Sequence[float], lowered: Sequence[float], scored: int) -> float | None:
    """Return the mean over all expected examples, or None where nothing can stand for a missing score."""
    if scored == len(lowered):
        return mean(means) if means else None
    if not counts_missing(means):
        return None
    return mean(lowered)


def _of_labels(prefix: str, metric: str, wanted: Mapping[str, int], measured: Measurements) -> MetricSummary:
    labels: Counter[str] = Counter()
    scored = 0
    for example, repeats in wanted.items():
        own = []
        for trial in measured.trials.get(example, ()):
            score = trial.scores.get(metric)
            if score is not None and score.value is not None:
                own.append(score.value)
        labels.update(own)
        scored += len(own) >= repeats
    return MetricSummary(
        metric=prefix + metric, scored=scored, expected=len(wanted), labels=dict(labels.most_common())
    )


def _of_suite(prefix: str, score: SuiteScore) -> MetricSummary:
    labels = {}
    if score.value is not None:
        labels[score.value] = 1
    return MetricSummary(
        metric=prefix + score.metric,
        mean=score.score,
        scored_mean=score.score,
        labels=labels,
        summarises=True,
        comment=score.comment,
        error=score.error,
    )
