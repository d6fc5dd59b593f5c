"""How an evaluator wants to be called: LangSmith's signatures, read once when it is bound."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.errors import EvaluatorError, nearest

PARAMETERS = ("run", "example", "inputs", "outputs", "reference_outputs")
"""What an evaluator may ask for; ``subject`` gives all of them in one object."""
_CHOICES = (*PARAMETERS, "subject")


@dataclass(frozen=True)
class Signature:
    """The names of the subject's parts to hand over."""

    positional: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()

    def call(self, function: Callable[..., Any], subject: Any) -> Any:
        """Call ``function`` with the parts of ``subject`` it asks for."""
        return function(
            *[getattr(subject, name) for name in self.positional],
            **{name: getattr(subject, name) for name in self.keywords},
        )


def read_signature(function: Callable[..., Any], key: str) -> Signature:
    """Return how to call ``function``.

    A parameter with another name keeps its default; ``**kwargs`` gets every part; two parameters with names
    of the user's own are ``(run, example)``, as in LangSmith.

    Raises:
        EvaluatorError: It takes no parameters, or one that stands for nothing.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise EvaluatorError(f"Evaluator {key!r} has no signature that can be read: {function!r}.") from None
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if not named and any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return Signature(positional=("run", "example"))
    unknown = [p for p in named if p.name not in _CHOICES and p.default is p.empty]
    if unknown and _is_run_and_example(named):
        return Signature(positional=("run", "example"))
    if unknown:
        raise EvaluatorError(_unknown_parameter(key, unknown[0].name))
    everything = any(p.kind is p.VAR_KEYWORD for p in parameters)
    if not everything and not any(p.name in _CHOICES for p in named):
        raise EvaluatorError(
            f"Evaluator {key!r} takes none of {', '.join(PARAMETERS)}: it sees nothing to score."
        )
    return _by_name(named, everything)


def _by_name(named: list[inspect.Parameter], everything: bool) -> Signature:
    positional = tuple(p.name for p in named if p.kind is p.POSITIONAL_ONLY and p.name in _CHOICES)
    keywords = tuple(p.name for p in named if p.kind is not p.POSITIONAL_ONLY and p.name in _CHOICES)
    if everything:
        keywords += tuple(name for name in PARAMETERS if name not in positional + keywords)
    return Signature(positional, keywords)


def _is_run_and_example(named: list[inspect.Parameter]) -> bool:
    required = [p for p in named if p.default is p.empty]
    if len(required) != 2 or any(p.kind is p.KEYWORD_ONLY for p in required):
        return False
    first, second = (p.name for p in required)
    # `output`, `reference` and the like are slips for a known name: a run in their place would be nonsense.
    if any(nearest(name, PARAMETERS[2:]) for name in (first, second) if name not in _CHOICES):
        return False
    return first in ("run", *_own(first)) and second in ("example", *_own(second))


def _own(name: str) -> tuple[str, ...]:
    return () if name in _CHOICES else (name,)


def _unknown_parameter(key: str, name: str) -> str:
    return (
        f"Evaluator {key!r} has a parameter {name!r} that stands for nothing.{nearest(name, _CHOICES)} "
        f"Known: {', '.join(PARAMETERS)} (any subset; two other names mean run and example). "
        f"Give {name!r} a default if it is an option of your own."
    )
