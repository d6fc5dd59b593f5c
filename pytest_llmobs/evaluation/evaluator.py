"""What evaluators are made of, where scripts written for LangSmith import it from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from pytest_llmobs.client.refused_imports import missing
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.models import Model
from pytest_llmobs.records.runs import Run

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class EvaluationResult(Model):
    """What an evaluator may return, under LangSmith's names. ``Score`` is what becomes of it."""

    key: str
    """The metric's name."""
    score: float | bool | None = None
    """The number."""
    value: Any = None
    """The label."""
    comment: str | None = None
    """The evaluator's reason."""
    metadata: Mapping[str, Any] | None = None
    """Anything to keep with the score. What follows is kept there, too."""
    correction: Mapping[str, Any] | None = None
    """What the answer should have been."""
    evaluator_info: Mapping[str, Any] | None = None
    """What is known of the evaluator, such as its model."""
    feedback_config: Mapping[str, Any] | None = None
    """How LangSmith shows the score."""
    source_run_id: Any = None
    """The run that worked it out."""
    target_run_id: Any = None
    """The run that it is about; here it is always about the row's."""
    extra: Mapping[str, Any] | None = None
    """Anything else."""


class EvaluationResults(TypedDict, total=False):
    """Several results of one evaluator."""

    results: list[EvaluationResult]
    """Each has a key of its own."""


class RunEvaluator:
    """The base of evaluators that are objects: override ``evaluate_run``."""

    def evaluate_run(self, run: Run, example: Example | None = None, evaluator_run_id: Any = None) -> Any:
        """Return what the evaluator says of a run: whatever a function that evaluates may return.

        Raises:
            NotImplementedError: It isn't overridden.
        """
        raise NotImplementedError(f"{type(self).__name__} has no evaluate_run(run, example).")


def run_evaluator(function: F) -> F:
    """Return a function as it is: ``evaluate()`` takes functions of run and example."""
    return function


__all__ = [
    "EvaluationResult",
    "EvaluationResults",
    "RunEvaluator",
    "run_evaluator",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise missing("evaluation.evaluator", name, __all__)
