"""Summary evaluators: one word on a whole suite instead of one on each run.

A summary evaluator is a function over any subset of ``runs, examples, inputs, outputs, reference_outputs, scores``:
lists with one item a trial, in one order. It returns what any evaluator returns. Every trial of the suite is in the
lists; one whose target failed has ``None`` for outputs, and counts as wrong, not as absent. ``llm_dataset`` takes them
as ``summary_evaluators``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.binding.bound import interrupts, unscored, wait_for
from pytest_llmobs.evaluators.binding.declaration import identify, version_of
from pytest_llmobs.evaluators.binding.results import scores_of
from pytest_llmobs.evaluators.binding.signature import SUITE_PARTS, Signature, read_signature
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.registry import builtin_summaries
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score
from pytest_llmobs.wording import known, nearest


@dataclass(frozen=True)
class Suite:
    """The trials of a suite, for summary evaluators."""

    subjects: Sequence[Subject]
    """One for each expected trial."""
    scores: Sequence[Mapping[str, Score]] = ()
    """For each trial its scores by key."""

    @property
    def runs(self) -> list[Run]:
        """The root run of each trial."""
        return [subject.run for subject in self.subjects]

    @property
    def examples(self) -> list[Example | None]:
        """The example of each trial."""
        return [subject.example for subject in self.subjects]

    @property
    def inputs(self) -> list[Mapping[str, Any]]:
        """The inputs of each trial."""
        return [subject.inputs for subject in self.subjects]

    @property
    def outputs(self) -> list[Mapping[str, Any] | None]:
        """The outputs of each trial; None where the target failed."""
        return [subject.outputs for subject in self.subjects]

    @property
    def reference_outputs(self) -> list[Mapping[str, Any] | None]:
        """The reference outputs of each trial."""
        return [subject.reference_outputs for subject in self.subjects]

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
            if inspect.isawaitable(returned):
                returned = wait_for(returned)
            return scores_of(returned, self.key)
        except BaseException as error:
            if interrupts(error):
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
