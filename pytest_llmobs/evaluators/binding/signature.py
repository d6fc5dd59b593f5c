"""How an evaluator wants to be called: LangSmith's signatures, read once when it is bound."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.wording import nearest

PARAMETERS = ("run", "example", "inputs", "outputs", "reference_outputs")
"""What an evaluator may ask for; ``subject`` gives all of them in one object."""


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


def read_signature(
    function: Callable[..., Any], key: str, parameters: tuple[str, ...] = PARAMETERS, whole: str = "subject"
) -> Signature:
    """Return how to call ``function``.

    A parameter with another name keeps its default; ``**kwargs`` gets every part; two parameters with names
    of the user's own are ``(run, example)``, as in LangSmith.

    Args:
        function: The evaluator.
        key: Its name, for messages.
        parameters: What it may ask for; the first two are what two other names mean.
        whole: The name under which it gets all of them in one object.

    Raises:
        EvaluatorError: It takes no parameters, or one that stands for nothing.
    """
    choices = _Choices(parameters, whole)
    try:
        declared = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise EvaluatorError(f"Evaluator {key!r} has no signature that can be read: {function!r}.") from None
    named = [p for p in declared if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if not named and any(p.kind is p.VAR_POSITIONAL for p in declared):
        return Signature(positional=parameters[:2])
    unknown = [p for p in named if p.name not in choices.all and p.default is p.empty]
    if unknown and choices.mean_first_two(named):
        return Signature(positional=parameters[:2])
    if unknown:
        raise EvaluatorError(choices.complaint(key, unknown[0].name))
    everything = any(p.kind is p.VAR_KEYWORD for p in declared)
    if not everything and not any(p.name in choices.all for p in named):
        raise EvaluatorError(
            f"Evaluator {key!r} takes none of {', '.join(parameters)}: it sees nothing to score."
        )
    return choices.by_name(named, everything)


@dataclass(frozen=True)
class _Choices:
    """The names that stand for something."""

    parts: tuple[str, ...]
    whole: str

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.parts, self.whole)

    def by_name(self, named: list[inspect.Parameter], everything: bool) -> Signature:
        positional = tuple(p.name for p in named if p.kind is p.POSITIONAL_ONLY and p.name in self.all)
        keywords = tuple(p.name for p in named if p.kind is not p.POSITIONAL_ONLY and p.name in self.all)
        if everything:
            keywords += tuple(name for name in self.parts if name not in positional + keywords)
        return Signature(positional, keywords)

    def mean_first_two(self, named: list[inspect.Parameter]) -> bool:
        """Whether two parameters with names of the user's own mean the first two parts."""
        required = [p for p in named if p.default is p.empty]
        if len(required) != 2 or any(p.kind is p.KEYWORD_ONLY for p in required):
            return False
        names = [p.name for p in required]
        # `output`, `reference` and the like are slips for a known name: a run in their place would be nonsense.
        if any(nearest(name, self.parts[2:]) for name in names if name not in self.all):
            return False
        return all(
            name == part or name not in self.all for name, part in zip(names, self.parts, strict=False)
        )

    def complaint(self, key: str, name: str) -> str:
        first, second = self.parts[:2]
        return (
            f"Evaluator {key!r} has a parameter {name!r} that stands for nothing.{nearest(name, self.all)} "
            f"Known: {', '.join(self.parts)} (any subset; two other names mean {first} and {second}). "
            f"Give {name!r} a default if it is an option of your own."
        )
