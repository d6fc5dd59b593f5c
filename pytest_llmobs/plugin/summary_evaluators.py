"""Summary evaluators: read from the marker, and found again where the session is concluded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from _pytest.pathlib import import_path

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.binding.results import repeated
from pytest_llmobs.evaluators.suites import BoundSummary, bind_summary
from pytest_llmobs.experiments.suite_scores import function_of, marked
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.records.plans import SuitePlan

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import Lab


def read_summaries(specs: Sequence[Any], taken: Sequence[str]) -> tuple[BoundSummary, ...]:
    """Return a marker's summary evaluators, ready to score.

    Args:
        specs: What ``summary_evaluators`` was given.
        taken: Keys of the marker's other evaluators.

    Raises:
        EvaluatorError: One is unknown or misdeclared, or its key is taken.
    """
    bound = tuple(bind_summary(spec) for spec in specs)
    twice = repeated([PASS, *taken, *(each.key for each in bound)])
    if twice is not None:
        raise EvaluatorError(
            f"llm_dataset has two metrics called {twice!r}. Give the summary evaluator another key."
        )
    return bound


def find_summaries(lab: Lab, plan: SuitePlan) -> Sequence[BoundSummary]:
    """Return the summary evaluators of a suite, importing its file where this process did not collect it (xdist).

    Raises:
        EvaluatorError: The file can't be imported, or an evaluator is misdeclared.
    """
    source = lab.suites.sources.get(function_of(plan))
    if source is not None:
        return source.summaries
    config = lab.config
    try:
        module = import_path(
            config.rootpath / plan.path,
            mode=config.getoption("importmode"),
            root=config.rootpath,
            consider_namespace_packages=config.getini("consider_namespace_packages"),
        )
    except Exception as error:
        raise EvaluatorError(
            f"{plan.path} can't be imported once more to find its summary evaluators: {type(error).__name__}: {error}"
        ) from error
    return marked(module, plan)
