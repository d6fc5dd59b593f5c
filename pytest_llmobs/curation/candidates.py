"""A run as somebody who curates sees it: what it was asked, what was said of it, and why it was found."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pytest_llmobs.curation.plans import Text
from pytest_llmobs.records.examples import canonical_json
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.records.runs import Run
from pytest_llmobs.review.outcomes.settled import SettledItem
from pytest_llmobs.similarity import text_of
from pytest_llmobs.wording import error_line

NEGATIVE = 0.5
"""Scores from 0 to 1, and thumbs, are negative below this."""
PEOPLE = ("api", "app")
"""Sources whose low scores are bad: people, and the app itself. What a model's score of 0 means, nobody knows."""
ERROR, CORRECTION, FILTER, REVIEW = "error", "correction", "filter", "review"
"""Why a run was found, where no key of feedback is the reason."""
DISMISSED = "dismissed"
"""Key of the feedback by which somebody says that a run, and what is like it, is not wanted as an example."""
_LONGEST = 200
"""Characters of an error that a reason keeps."""


@dataclass(frozen=True)
class Review:
    """What the reviewers of a run have come to."""

    queue: str
    """Its name."""
    item: SettledItem

    @property
    def is_accepted(self) -> bool:
        """True where the app's answer is right as it is."""
        return self.item.verdict == "accept" and self.item.correction is None

    @property
    def reason(self) -> str:
        """Why it is an example."""
        return f"review: {'accepted' if self.is_accepted else 'corrected'} in {self.queue}"


@dataclass(frozen=True)
class Candidate:
    """A run with what was said of it."""

    run: Run
    feedback: Sequence[Feedback] = ()
    asked_keys: Collection[str] = ()
    """The keys of feedback that its filter names: whatever they say, it is why the run was found."""
    review: Review | None = None
    """What its reviewers say, where it comes from a queue; then what else was said of it is no reason."""

    @property
    def id(self) -> str:
        """The run's."""
        return self.run.id

    @property
    def said(self) -> Text:
        """Its id and its text, for whoever reads a plan."""
        return Text(self.id, self.text)

    @cached_property
    def text(self) -> str:
        """What its inputs say."""
        return inputs_text(self.run.inputs)

    @cached_property
    def failure(self) -> str:
        """What tells its failure from others: inputs, the error's last line, labels and comments."""
        lines = [self.text, error_line(self.run.error or "")]
        for said in self.feedback:
            if isinstance(said.value, str):
                lines.append(said.value)
            if said.comment:
                lines.append(said.comment)
        return "\n".join(lines)

    @cached_property
    def correction(self) -> Mapping[str, Any] | None:
        """What reviewers or a user said the outputs should have been, the newest; None where nobody did."""
        if self.review is not None:
            return self.review.item.correction
        # a later correction may correct an earlier one
        for said in sorted(self.feedback, key=_age, reverse=True):
            if isinstance(said.correction, str) and said.correction.strip():
                return {"output": said.correction}
            if isinstance(said.correction, Mapping) and said.correction:
                return said.correction
        return None

    @property
    def reference(self) -> Mapping[str, Any] | None:
        """What is known to be right: a correction, or what reviewers accepted; None where nothing is."""
        if self.review is not None and self.review.is_accepted:
            return self.run.outputs
        return self.correction

    @property
    def is_dismissed(self) -> bool:
        """True where somebody doesn't want it as an example."""
        return any(said.key == DISMISSED for said in self.feedback)

    @cached_property
    def reasons(self) -> Mapping[str, str]:
        """Why it was found: ``error``, keys of feedback, ``correction``, each with what an example says of it."""
        return dict(self._reasons())

    def _reasons(self) -> Iterator[tuple[str, str]]:
        if self.review is not None:
            yield REVIEW, self.review.reason
            return
        if self.run.status == "error":
            what = error_line(self.run.error or "")[:_LONGEST]
            yield ERROR, f"error: {what}" if what else "error"
        for said in sorted(self.feedback, key=_age):
            if self._tells(said):
                label = said.value if said.score is None else f"{float(said.score):g}"
                yield said.key, f"feedback: {said.key} {label}"
        if self.correction is not None:
            yield CORRECTION, CORRECTION

    def _tells(self, said: Feedback) -> bool:
        """Return True where feedback is why a run was found."""
        if said.key == DISMISSED:
            return False
        if said.key in self.asked_keys:
            return said.score is not None or isinstance(said.value, str)
        return said.source.type in PEOPLE and said.score is not None and said.score < NEGATIVE

    def reason(self, filter: str | None) -> str:
        """Return why it is an example, for its metadata.

        Args:
            filter: The filter that found it, or None.
        """
        stated = list(self.reasons.values())
        # who filters by something else knows why
        if not stated:
            stated = [f"filter: {filter}"]
        return "; ".join(stated)


@dataclass(frozen=True)
class Found:
    """The runs that were asked for, with what was said of them."""

    runs: Sequence[Run]
    feedback: Mapping[str, Sequence[Feedback]] = field(default_factory=dict)
    """By the run's id."""
    asked_keys: Collection[str] = ()
    """The keys of feedback that their filter names."""
    has_more: bool = False
    """True where a limit leaves runs out."""
    reviews: Mapping[str, Review] = field(default_factory=dict)
    """By the run's id, where they come from a queue."""

    @property
    def without_inputs(self) -> list[str]:
        """Ids of the runs that can be no examples."""
        return [run.id for run in self.runs if not run.inputs]

    def candidates(self) -> Iterator[Candidate]:
        """Yield those that may become examples: something went in."""
        for run in self.runs:
            if run.inputs:
                said, review = self.feedback.get(run.id, ()), self.reviews.get(run.id)
                yield Candidate(run, said, self.asked_keys, review)


def inputs_text(inputs: Any) -> str:
    """Return what inputs say, for comparison; of those without words their JSON."""
    text = text_of(inputs)
    return text if text.strip() else canonical_json(inputs)


def _age(said: Feedback) -> tuple[Any, ...]:
    return said.modified_at, said.id
