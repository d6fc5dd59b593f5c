"""Summary evaluators: one word on a whole suite instead of one on each run.

A summary evaluator is a function over any subset of ``runs, examples, inputs, outputs, reference_outputs, scores``:
lists with one item a trial, in one order. It returns what any evaluator returns. Every trial of the suite is in the
lists; one whose target failed has ``None`` for outputs, and counts as wrong, not as absent. ``llm_dataset`` takes them
as ``summary_evaluators``.
"""

from __future__ import annotations

import inspect
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.binding.bound import is_interruption, unscored, wait_for
from pytest_llmobs.evaluators.binding.declaration import identify, version_of
from pytest_llmobs.evaluators.binding.results import scores_of
from pytest_llmobs.evaluators.binding.signature import SUITE_PARTS, Signature, read_signature
from pytest_llmobs.evaluators.binding.subject import NotApplicable, Subject
from pytest_llmobs.evaluators.registry import builtin_summaries
from pytest_llmobs.evaluators.rules.matching import fold_label
from pytest_llmobs.evaluators.rules.outputs import pair
from pytest_llmobs.evaluators.rules.rule import Rule, check_choice
from pytest_llmobs.evaluators.rules.trace_tree import total
from pytest_llmobs.records.scores import Score
from pytest_llmobs.wording import known, nearest

_LONGEST = 80
"""Characters of a label in comments and in the matrix."""


@dataclass(frozen=True)
class Suite:
    """The trials of a suite, for summary evaluators."""

    subjects: Sequence[Subject]
    """One for each expected trial."""
    scores: Sequence[Mapping[str, Score]] = ()
    """For each trial its scores by key."""

    def __getattr__(self, name: str) -> Any:
        if name not in SUITE_PARTS.names:
            raise AttributeError(name)
        part = name
        if part in ("runs", "examples"):  # a subject has one of them, and calls it so
            part = name.removesuffix("s")
        return [getattr(subject, part) for subject in self.subjects]

    @property
    def suite(self) -> Suite:
        """Itself, so that an evaluator can ask for ``suite``."""
        return self


@dataclass(frozen=True)
class BoundSummary:
    """A summary evaluator, ready to score."""

    key: str
    version: str
    """16 hex digits over code and options; values of two versions can't be compared."""
    function: Callable[..., Any] = field(repr=False)
    signature: Signature = field(repr=False)

    def score(self, suite: Suite) -> list[Score]:
        """Score the suite; an evaluator that fails gives one unscored score, listed and counted."""
        try:
            returned = self.signature.call(self.function, suite)
            return scores_of(wait_for(returned) if inspect.isawaitable(returned) else returned, self.key)
        except BaseException as error:
            if is_interruption(error):
                raise
            return [unscored(self.key, error)]


def bind_summary(spec: Any) -> BoundSummary:
    """Read a summary evaluator once.

    Args:
        spec: A function, an object with ``evaluate``, or the name of a ready-made one.

    Raises:
        EvaluatorError: It is unknown, no evaluator, scores single runs, or has a parameter that stands for nothing.
    """
    if isinstance(spec, str):
        ready_made = builtin_summaries()
        if spec not in ready_made:
            hint = f"{nearest(spec, ready_made)} {known(ready_made)}"
            raise EvaluatorError(f"Unknown summary evaluator {spec!r}.{hint}")
        spec = ready_made[spec]
    key = identify(spec)
    if isinstance(spec, Rule) and not spec.summarises:
        raise EvaluatorError(f"Evaluator {key!r} scores single runs: it belongs in evaluators=[…].")
    function = getattr(spec, "evaluate", None) or spec
    return BoundSummary(key, version_of(spec), function, read_signature(function, key, SUITE_PARTS))


@dataclass(frozen=True)
class _Labelled(Rule):
    summarises: ClassVar[bool] = True
    field: str | None = None
    """The reference output with the label; see ``outputs.pair``."""
    output: str | None = None
    """The output with the label."""

    def _pairs(self, suite: Suite) -> list[tuple[str, str | None]]:
        """Return expected and predicted label of each trial that has a reference; None predicted is wrong."""
        pairs = []
        for subject in suite.subjects:
            try:
                predicted, expected = pair(subject, self.output, self.field)
            except NotApplicable:
                continue
            except UnscoredError:
                predicted, expected = None, self._expected(subject)
            if expected is not None:
                pairs.append((fold_label(expected), None if predicted is None else fold_label(predicted)))
        if not pairs:
            raise UnscoredError("No trial has a reference label.")
        return pairs

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
        pairs = self._pairs(suite)
        labels = (
            [fold_label(self.label)]
            if self.label is not None
            else sorted({expected for expected, _ in pairs})
        )
        counts = {label: _counts(pairs, label) for label in labels}
        each = {label: _measure(self.measure, *count) for label, count in counts.items()}
        if self.label is None and self.average == "micro":
            totals = [sum(column) for column in zip(*counts.values(), strict=True)]
            result = _measure(self.measure, *totals)
        else:
            result = sum(each.values()) / len(each)
        comment = ", ".join(
            f"{_short(label)} {value:.2f}" for label, value in sorted(each.items(), key=lambda i: i[1])[:10]
        )
        return Score(self.key, score=result, comment=comment, metadata={"labels": each, "n": len(pairs)})


def _counts(pairs: Sequence[tuple[str, str | None]], label: str) -> tuple[int, int, int]:
    """Return hits, false alarms and misses of ``label``."""
    hits = sum(expected == label == predicted for expected, predicted in pairs)
    alarms = sum(predicted == label != expected for expected, predicted in pairs)
    misses = sum(expected == label != predicted for expected, predicted in pairs)
    return hits, alarms, misses


def _measure(name: str, hits: int, alarms: int, misses: int) -> float:
    below = {"precision": hits + alarms, "recall": hits + misses, "f1": hits + (alarms + misses) / 2}[name]
    if below:
        return hits / below
    return 0.0


@dataclass(frozen=True)
class ConfusionMatrix(_Labelled):
    """The accuracy, with the table of expected against predicted labels in its metadata."""

    key: str = "confusion_matrix"

    def evaluate(self, suite: Suite) -> Score:
        """Score one suite."""
        pairs = self._pairs(suite)
        counts = Counter((_short(expected), _short(predicted or "(none)")) for expected, predicted in pairs)
        labels = sorted({label for pair in counts for label in pair})
        matrix = {
            row: {column: counts[row, column] for column in labels if counts[row, column]} for row in labels
        }
        matrix = {row: columns for row, columns in matrix.items() if columns}
        right = sum(expected == predicted for expected, predicted in pairs)
        comment = f"{right} of {len(pairs)} labels right"
        return Score(self.key, score=right / len(pairs), comment=comment, metadata={"matrix": matrix})


@dataclass(frozen=True)
class Percentile(Rule):
    """A percentile over the suite, of a score or of ``latency``, ``cost`` or ``tokens`` of the runs.

    Linear interpolation between the closest ranks (Hyndman and Fan 1996, definition 7). A trial without the number
    is unscored, and with it the percentile: a percentile over survivors would flatter.
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
        values = [self._value(suite, index) for index in range(len(suite.subjects))]
        absent = sum(value is None for value in values)
        known = sorted(value for value in values if value is not None)
        if absent or not known:
            raise UnscoredError(f"{absent or 'All'} of {len(values)} trials have no {self.metric}.")
        return Score(self.key, score=percentile(known, self.percent), comment=f"of {len(known)} trials")

    def _value(self, suite: Suite, index: int) -> float | None:
        run = suite.subjects[index].run
        if self.metric == "latency":
            return run.latency
        if self.metric in ("cost", "tokens"):
            return total(run, "total_cost" if self.metric == "cost" else "total_tokens")
        score = suite.scores[index].get(self.metric) if index < len(suite.scores) else None
        if score is None or score.score is None:
            return None
        return float(score.score)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return a percentile of numbers in ascending order (at least one), by linear interpolation."""
    place = (len(ordered) - 1) * percent / 100
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


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
