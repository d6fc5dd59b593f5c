"""Whether an evaluator's key is the only name under which it can score: what a rule may be about is known then."""

from __future__ import annotations

import inspect

from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator

_VALUES = frozenset({"bool", "int", "float", "str", "None"})
"""What has no name of its own, as an annotation says it."""


def scores_under_own_key(bound: BoundEvaluator) -> bool:
    """Return True where an evaluator can't name its scores itself: it says so that it returns numbers or texts.

    A dict or a ``Score`` names itself; of ours, a ``Score`` has the evaluator's key.
    """
    returned = _returned_by(bound)
    if type(bound.spec).__module__.startswith("pytest_llmobs."):
        returned -= {"Score"}
    return returned <= _VALUES


def _returned_by(bound: BoundEvaluator) -> set[str]:
    """Return the types that an evaluator is annotated to return; a question mark where it says nothing."""
    try:
        annotation = inspect.signature(bound.sync_call or bound.async_call or bound.score).return_annotation
    except (TypeError, ValueError):
        return {"?"}
    if annotation is inspect.Signature.empty:
        return {"?"}
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    return set(map(str.strip, text.split("|")))
