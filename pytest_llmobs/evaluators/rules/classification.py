"""Evaluators of classification: one label, or several.

``correct_label`` keeps what was predicted and expected in its metadata. Precision, recall, F1 and the confusion matrix
over a whole suite are in ``suite_measures``, which reads the labels from the outputs itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.errors import UnscoredError
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.rules.matching import fold_label, present
from pytest_llmobs.evaluators.rules.outputs import pair
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.evaluators.rules.text import cut
from pytest_llmobs.records.scores import Score


@dataclass(frozen=True)
class CorrectLabel(Rule):
    """True where the predicted label is the expected one; case and white space are ignored."""

    labels: Sequence[str] | None = None
    """All labels there are. With them a prediction outside the list is wrong and says so."""
    search: bool = False
    """True: take the one label that occurs in the text ("This is a billing question."); needs ``labels``."""
    field: str | None = None
    """The reference output with the label; see ``outputs.pair``."""
    output: str | None = None
    """The output with the label."""
    key: str = "correct_label"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        value, expected = pair(subject, self.output, self.field)
        if self.labels is not None and fold_label(expected) not in map(fold_label, self.labels):
            raise UnscoredError(f"The reference {expected!r} is none of the labels {', '.join(self.labels)}.")
        predicted = self._predicted(value)
        known = {"expected": fold_label(expected), "predicted": predicted}
        if predicted is None:
            return Score(self.key, score=False, comment=f"{str(value)[:80]!r} is no label", metadata=known)
        if predicted == fold_label(expected):
            return Score(self.key, score=True, comment=cut(predicted), metadata=known)
        comment = f"{cut(predicted)}, expected {cut(expected)}"
        return Score(self.key, score=False, comment=comment, metadata=known)

    def _predicted(self, value: Any) -> str | None:
        if self.labels is None or fold_label(value) in map(fold_label, self.labels):
            return fold_label(value)
        if self.search:
            labels = present(str(value), self.labels, stems=False)
            if len(labels) == 1:  # of two labels in a text nobody knows which is meant
                return fold_label(labels[0])
        return None


@dataclass(frozen=True)
class CorrectLabels(Rule):
    """F1 between the sets of predicted and expected labels; both empty is 1."""

    field: str | None = None
    """The reference output with the list of labels; see ``outputs.pair``."""
    output: str | None = None
    """The output with the list of labels."""
    key: str = "correct_labels"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        output, reference = pair(subject, self.output, self.field)
        predicted, expected = _label_set(output), _label_set(reference)
        missing, wrong = expected - predicted, predicted - expected
        if not missing and not wrong:
            return Score(self.key, score=1.0, comment="all labels right")
        comments = []
        if missing:
            comments.append(f"missing: {_listed(missing)}")
        if wrong:
            comments.append(f"wrong: {_listed(wrong)}")
        f1 = 2 * len(predicted & expected) / (len(predicted) + len(expected))
        return Score(self.key, score=f1, comment="; ".join(comments))


def _listed(labels: set[str]) -> str:
    return cut(", ".join(sorted(labels)))


def _label_set(value: Any) -> set[str]:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple | set | frozenset):
        raise UnscoredError(f"{value!r} is no list of labels.")
    labels = set(map(fold_label, value))
    labels.discard("")  # what stands after a trailing comma
    return labels


correct_label = CorrectLabel()
"""True where the label is the reference's."""
correct_labels = CorrectLabels()
"""F1 between the sets of labels."""
