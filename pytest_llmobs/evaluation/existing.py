"""Stored experiments, scored again and compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_llmobs.client.evaluate import aevaluate, evaluate


def evaluate_existing(experiment: Any, /, evaluators: Any = None, **options: Any) -> Any:
    """Score a stored experiment again: ``evaluate(experiment, evaluators=…)``."""
    return evaluate(experiment, evaluators=evaluators, **options)


async def aevaluate_existing(experiment: Any, /, evaluators: Any = None, **options: Any) -> Any:
    """Do what ``evaluate_existing`` does, in the running event loop."""
    return await aevaluate(experiment, evaluators=evaluators, **options)


def evaluate_comparative(experiments: Sequence[Any], /, evaluators: Any = None, **options: Any) -> Any:
    """Compare two stored experiments: ``evaluate((before, after), evaluators=…)``."""
    return evaluate(tuple(experiments), evaluators=evaluators, **options)
