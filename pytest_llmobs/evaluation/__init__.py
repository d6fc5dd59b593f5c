"""What scripts import from LangSmith's module of that name: ``evaluate()``, and what evaluators are made of.

No work is done here: see ``client/evaluate.py`` and ``evaluators/``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.evaluate import aevaluate, evaluate
from pytest_llmobs.client.refused_imports import missing
from pytest_llmobs.evaluation.evaluator import (
    EvaluationResult,
    EvaluationResults,
    RunEvaluator,
    run_evaluator,
)
from pytest_llmobs.evaluation.existing import aevaluate_existing, evaluate_comparative, evaluate_existing
from pytest_llmobs.evaluation.string_evaluator import StringEvaluator

__all__ = [
    "EvaluationResult",
    "EvaluationResults",
    "RunEvaluator",
    "StringEvaluator",
    "aevaluate",
    "aevaluate_existing",
    "evaluate",
    "evaluate_comparative",
    "evaluate_existing",
    "run_evaluator",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise missing("evaluation", name, __all__)
