"""How an evaluator wants to be called: LangSmith's signatures, read once when it is bound."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.records.copies import copied
from pytest_llmobs.wording import nearest

_OURS = __name__.partition(".")[0] + "."


@dataclass(frozen=True)
class Parts:
    """What an evaluator of one kind may ask for."""

    names: tuple[str, ...]
    """The parts; the first two are what two parameters with other names mean."""
    whole: str
    """The name under which it gets all of them in one object."""

    @property
    def all(self) -> tuple[str, ...]:
        """Every name that stands for something."""
        return (*self.names, self.whole)


RUN_PARTS = Parts(("run", "example", "inputs", "outputs", "reference_outputs"), "subject")
"""For an evaluator of runs."""
SUITE_PARTS = Parts(("runs", "examples", "inputs", "outputs", "reference_outputs", "scores"), "suite")
"""For an evaluator of suites: lists with one item a trial."""
PAIR_PARTS = Parts(("runs", "example", "inputs", "outputs", "reference_outputs"), "pair")
"""For a pairwise evaluator: ``runs`` and ``outputs`` are lists of two, in the order shown."""


@dataclass(frozen=True)
class Signature:
    """The names of the subject's parts to hand over."""

    positional: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    trusted: bool = False
    """True for code of this package: it changes nothing that it is handed, so it needs no copies."""

    def call(self, function: Callable[..., Any], subject: Any) -> Any:
        """Call ``function`` with the parts of ``subject`` it asks for: copies, since it may change them."""
        hand = copied
        if self.trusted:
            hand = _as_it_is
        # One call a score: comprehensions cost less here than loops that append.
        return function(
            *[hand(getattr(subject, name)) for name in self.positional],
            **{name: hand(getattr(subject, name)) for name in self.keywords},
        )


def _as_it_is(value: Any) -> Any:
    return value


def _is_ours(function: Callable[..., Any]) -> bool:
    """Return True for a function or a method of this package, on an object of a class of this package."""
    if not str(getattr(function, "__module__", "")).startswith(_OURS):
        return False
    owner = getattr(function, "__self__", None)
    return owner is None or type(owner).__module__.startswith(_OURS)


def read_signature(function: Callable[..., Any], key: str, parts: Parts = RUN_PARTS) -> Signature:
    """Return how to call ``function``.

    A parameter with another name keeps its default; ``**kwargs`` gets every part; two parameters with names
    of the user's own are ``(run, example)``, as in LangSmith.

    Args:
        function: The evaluator.
        key: Its name, for messages.
        parts: What it may ask for.

    Raises:
        EvaluatorError: It takes no parameters, or one that stands for nothing.
    """
    try:
        declared = _Declared(inspect.signature(function))
    except (TypeError, ValueError):
        raise EvaluatorError(f"Evaluator {key!r} has no signature that can be read: {function!r}.") from None
    return replace(_asked(declared, key, parts), trusted=_is_ours(function))


def _asked(declared: _Declared, key: str, parts: Parts) -> Signature:
    """Return the parts that a function asks for."""
    first_two = Signature(positional=parts.names[:2])
    if not declared.named and declared.takes_any_positional:
        return first_two
    unknown = declared.without_meaning(parts)
    if unknown is not None:
        if _means_first_two(declared.required, parts):
            return first_two
        raise EvaluatorError(_complaint(key, unknown, parts))
    signature = _by_name(declared, parts)
    if not signature.positional and not signature.keywords:
        raise EvaluatorError(
            f"Evaluator {key!r} takes none of {', '.join(parts.names)}: it sees nothing to score."
        )
    return signature


class _Declared:
    """The parameters of a function, sorted by kind."""

    def __init__(self, signature: inspect.Signature) -> None:
        self.named: list[inspect.Parameter] = []
        self.takes_any_positional = False
        self.takes_any_keyword = False
        for parameter in signature.parameters.values():
            if parameter.kind is parameter.VAR_POSITIONAL:
                self.takes_any_positional = True
            elif parameter.kind is parameter.VAR_KEYWORD:
                self.takes_any_keyword = True
            else:
                self.named.append(parameter)

    @property
    def required(self) -> list[inspect.Parameter]:
        """Those without a default."""
        return [parameter for parameter in self.named if parameter.default is parameter.empty]

    def without_meaning(self, parts: Parts) -> str | None:
        """Return the first required name that is no part."""
        for parameter in self.required:
            if parameter.name not in parts.all:
                return parameter.name
        return None


def _by_name(declared: _Declared, parts: Parts) -> Signature:
    positional: list[str] = []
    keywords: list[str] = []
    for parameter in declared.named:
        if parameter.name not in parts.all:
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(parameter.name)
        else:
            keywords.append(parameter.name)
    if declared.takes_any_keyword:
        for name in parts.names:
            if name not in positional and name not in keywords:
                keywords.append(name)
    return Signature(tuple(positional), tuple(keywords))


def _means_first_two(required: Sequence[inspect.Parameter], parts: Parts) -> bool:
    """Whether the required parameters, with names of the user's own, mean the first two parts."""
    if len(required) != 2:
        return False
    for parameter, part in zip(required, parts.names, strict=False):
        if parameter.kind is parameter.KEYWORD_ONLY:
            return False
        if parameter.name in parts.all:
            if parameter.name != part:
                return False
        # `output`, `reference` and the like are slips for a known name: a run in their place would be nonsense.
        elif nearest(parameter.name, parts.names[2:]):
            return False
    return True


def _complaint(key: str, name: str, parts: Parts) -> str:
    first, second = parts.names[:2]
    return (
        f"Evaluator {key!r} has a parameter {name!r} that stands for nothing.{nearest(name, parts.all)} "
        f"Known: {', '.join(parts.names)} (any subset; two other names mean {first} and {second}). "
        f"Give {name!r} a default if it is an option of your own."
    )
