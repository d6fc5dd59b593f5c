"""``StringEvaluator``: a function of three texts, as LangSmith's older scripts have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.evaluation.evaluator import EvaluationResult, RunEvaluator
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.runs import Run


@dataclass(frozen=True, kw_only=True)
class StringEvaluator(RunEvaluator):
    """Scores one text of the outputs, by one of the inputs and one of the reference."""

    grading_function: Callable[[str, str, str | None], Mapping[str, Any]]
    """Takes input, prediction and answer; returns what ``EvaluationResult`` takes, such as ``{"score": 1}``."""
    evaluation_name: str | None = None
    """The metric's name, where what is returned has no ``key``."""
    input_key: str = "input"
    """Of the run's inputs."""
    prediction_key: str = "output"
    """Of the run's outputs."""
    answer_key: str | None = "output"
    """Of the reference outputs; None for no answer."""

    def evaluate_run(
        self, run: Run, example: Example | None = None, evaluator_run_id: Any = None
    ) -> EvaluationResult:
        """Return what the function says of a run.

        Raises:
            ValueError: The run has no outputs.
            KeyError: Inputs or outputs lack the key that is named.
        """
        if run.outputs is None:
            raise ValueError(f"The run {run.id!r} has no outputs to evaluate.")
        answer = None
        if example is not None and self.answer_key is not None:
            answer = example.outputs.get(self.answer_key)
        graded = self.grading_function(run.inputs[self.input_key], run.outputs[self.prediction_key], answer)
        return EvaluationResult(**{"key": self.evaluation_name or type(self).__name__, **graded})
