"""Ready-made evaluators of suites: precision, recall and F1 of labels, the confusion matrix, percentiles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.binding.subject import NotApplicable, NotTimed, Subject
from pytest_llmobs.evaluators.rules.matching import fold_label
from pytest_llmobs.evaluators.rules.operational import whole_cost
from pytest_llmobs.evaluators.rules.outputs import pair
from pytest_llmobs.evaluators.rules.rule import Rule, check_choice
from pytest_llmobs.evaluators.rules.trace_tree import total
from pytest_llmobs.evaluators.suites import Suite
from pytest_llmobs.measures.distributions import percentile
from pytest_llmobs.records.scores import Score

_LONGEST = 80
"""Characters of a label in comments and in the matrix."""


LabelPair = tuple[str, str | None]
"""The expected and the predicted label of a trial, folded; None where nothing was predicted, which is wrong."""


@dataclass(frozen=True)
class _Labelled(Rule):
    summarises: ClassVar[bool] = True
    field: str | None = None
    """The reference output with the label; see ``outputs.pair``."""
    output: str | None = None
    """The output with the label."""

    def _labels(self, suite: Suite) -> list[LabelPair]:
        """Return the labels of each trial that has a reference."""
        labels: list[LabelPair] = []
        for subject in suite.subjects:
            try:
                predicted, expected = pair(subject, self.output, self.field)
            except NotApplicable:
                continue
            except UnscoredError:
                # No output to read a label from is a wrong label: left out, it would flatter.
                predicted, expected = None, self._expected(subject)
            if expected is None:
                continue
            if predicted is not None:
                predicted = fold_label(predicted)
            labels.append((fold_label(expected), predicted))
        if not labels:
            raise UnscoredError("No trial has a reference label.")
        return labels

    def _expected(self, subject: Subject) -> Any:
        reference = subject.reference_outputs or {}
        name = self.field or self.output
        if name:
            return reference.get(name)
        if len(reference) == 1:
            return next(iter(reference.values()), None)
        return None


def _short(label: str) -> str:
    if len(label) <= _LONGEST:
        return label
    return f"{label[: _LONGEST - 1]}…"


MEASURES = ("precision", "recall", "f1")
AVERAGES = ("macro", "micro")


@dataclass
class _Counts:
    """How often a label was predicted, rightly and wrongly."""

    hits: int = 0
    alarms: int = 0
    """Predicted, but another was expected."""
    misses: int = 0
    """Expected, but not predicted."""

    def add(self, other: _Counts) -> None:
        """Count what ``other`` counted too."""
        self.hits += other.hits
        self.alarms += other.alarms
        self.misses += other.misses

    def measure(self, name: str) -> float:
        """Return the ``precision``, ``recall`` or ``f1``; 0 where there is nothing to divide by."""
        below = {
            "precision": self.hits + self.alarms,
            "recall": self.hits + self.misses,
            "f1": self.hits + (self.alarms + self.misses) / 2,
        }[name]
        if below:
            return self.hits / below
        return 0.0


@dataclass(frozen=True)
class LabelMeasure(_Labelled):
    """Precision, recall or F1 of the labels over the suite.

    For one label, the macro mean over all expected labels, or the micro mean over all trials. A label never
    predicted has precision 0.
    """

    measure: str = "f1"
    """``precision``, ``recall`` or ``f1``."""
    label: str | None = None
    """Only this label, the positive class of a binary task."""
    average: str = "macro"
    """``macro`` or ``micro``, where no label is chosen."""
    key: str = "f1"

    def __post_init__(self) -> None:
        check_choice(self.measure, MEASURES, "measure")
        check_choice(self.average, AVERAGES, "average")

    def evaluate(self, suite: Suite) -> Score:
        """Score one suite."""
        pairs = self._labels(suite)
        if self.label is None:
            labels = sorted({expected for expected, _ in pairs})
        else:
            labels = [fold_label(self.label)]
        total_counts = _Counts()
        by_label: dict[str, float] = {}
        for label in labels:
            counts = _count(pairs, label)
            by_label[label] = counts.measure(self.measure)
            total_counts.add(counts)
        if self.label is None and self.average == "micro":
            result = total_counts.measure(self.measure)
        else:
            result = sum(by_label.values()) / len(by_label)
        metadata = {"labels": by_label, "n": len(pairs)}
        return Score(self.key, score=result, comment=_worst(by_label), metadata=metadata)


def _count(pairs: Sequence[LabelPair], label: str) -> _Counts:
    counts = _Counts()
    for expected, predicted in pairs:
        if expected == label == predicted:
            counts.hits += 1
        elif expected == label:
            counts.misses += 1
        elif predicted == label:
            counts.alarms += 1
    return counts


def _worst(by_label: Mapping[str, float]) -> str:
    """Return the ten lowest labels with their values, for the comment."""
    ascending = sorted(by_label.items(), key=lambda item: item[1])
    parts = []
    for label, value in ascending[:10]:
        parts.append(f"{_short(label)} {value:.2f}")
    return ", ".join(parts)


@dataclass(frozen=True)
class ConfusionMatrix(_Labelled):
    """The accuracy, with the table of expected against predicted labels in its metadata."""

    key: str = "confusion_matrix"

    def evaluate(self, suite: Suite) -> Score:
        """Score one suite."""
        pairs = self._labels(suite)
        right = 0
        counts: Counter[tuple[str, str]] = Counter()
        for expected, predicted in pairs:
            counts[_short(expected), _short(predicted or "(none)")] += 1
            if expected == predicted:
                right += 1
        comment = f"{right} of {len(pairs)} labels right"
        metadata = {"matrix": _matrix(counts)}
        return Score(self.key, score=right / len(pairs), comment=comment, metadata=metadata)


def _matrix(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """Return the counts by expected and then by predicted label, both in order, without the zeros."""
    matrix: dict[str, dict[str, int]] = {}
    for (expected, predicted), count in sorted(counts.items()):
        matrix.setdefault(expected, {})[predicted] = count
    return matrix


@dataclass(frozen=True)
class Percentile(Rule):
    """A percentile over the suite, of a score or of ``latency``, ``cost`` or ``tokens`` of the runs.

    A trial without the number is unscored, and with it the percentile: a percentile over survivors would flatter. Only
    replayed trials are left out of one of latency, because theirs says nothing.
    """

    summarises: ClassVar[bool] = True
    metric: str = "latency"
    """A score's key, or ``latency`` (seconds), ``cost`` (USD), ``tokens``."""
    percent: float = 95
    """0 to 100."""
    key: str = "percentile"

    def __post_init__(self) -> None:
        if not isinstance(self.percent, int | float) or not 0 <= self.percent <= 100:
            raise EvaluatorError(f"percent is {self.percent!r}; it must be between 0 and 100.")

    def evaluate(self, suite: Suite) -> Score:
        """Score one suite."""
        values: list[float] = []
        replayed = absent = 0
        for index, subject in enumerate(suite.subjects):
            value = self._value(suite, index)
            if value is not None:
                values.append(value)
            elif self.metric == "latency" and subject.run.replayed:
                replayed += 1
            else:
                absent += 1
        if replayed and not values and not absent:
            raise NotTimed("all trials were replayed: how long recorded replies take says nothing")
        if absent or not values:
            raise UnscoredError(f"{absent or 'All'} of {len(suite.subjects)} trials have no {self.metric}.")
        result = percentile(sorted(values), self.percent)
        return Score(self.key, score=result, comment=f"of {len(values)} trials")

    def _value(self, suite: Suite, index: int) -> float | None:
        run = suite.subjects[index].run
        if self.metric == "latency":
            return run.latency
        if self.metric == "cost":
            return whole_cost(run)
        if self.metric == "tokens":
            return total(run, "total_tokens")
        if index >= len(suite.scores):  # whoever calls a summary evaluator alone may have no scores
            return None
        score = suite.scores[index].get(self.metric)
        if score is None or score.score is None:
            return None
        return float(score.score)


precision = LabelMeasure(measure="precision", key="precision")
"""Macro precision of the labels."""
recall = LabelMeasure(measure="recall", key="recall")
"""Macro recall of the labels."""
f1 = LabelMeasure()
"""Macro F1 of the labels."""
confusion_matrix = ConfusionMatrix()
"""Accuracy, with the confusion matrix."""
p50_latency = Percentile(percent=50, key="p50_latency")
"""Median latency in seconds."""
p95_latency = Percentile(key="p95_latency")
"""95th percentile of the latency in seconds."""
