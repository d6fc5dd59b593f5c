"""How a target takes an example's inputs, and which callables are targets."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from pytest_llmobs.errors import TargetError
from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.wording import nearest


class Place(NamedTuple):
    """Where a target is given, as messages about it say."""

    called: str
    """What befell a target that was called already; ``{name}`` is the target's."""
    no_callable: str
    """What something else is; ``{value}`` is its repr."""
    made: str
    """What to give in place of a class."""


MARKER = Place(
    called="target={name}(…) was called already, when the marker was read. Give the function: target={name}.",
    no_callable="target={value} is neither a callable nor the name of a fixture.",
    made="target={name} is a class: to call it makes an object and asks nothing. Give an object: target={name}(…).",
)
EVALUATE = Place(
    called="evaluate({name}(…), …): the target was called already. Give the function itself: evaluate({name}, …).",
    no_callable=(
        "evaluate({value}, …): the target is neither a function, nor a LangChain Runnable, nor the name of a stored "
        "experiment, nor a pair of such names."
    ),
    made="evaluate({name}, …): {name} is a class. Give an object of it: evaluate({name}(…), …).",
)
_EXTRAS = ("attachments", "metadata")
"""Further parameters that a target which takes ``inputs`` may have, as LangSmith's do."""


@dataclass(frozen=True)
class Target:
    """A callable with the way it wants its inputs."""

    function: Callable[..., Any]
    name: str
    takes_dict: bool
    """True where it has one parameter ``inputs`` and takes the dict; else the keys are keyword arguments."""
    extras: Sequence[str] = ()
    """Which of ``metadata`` (the example's) and ``attachments`` (there are none) it takes besides the dict."""

    @cached_property
    def is_async(self) -> bool:
        """True where calling it gives a coroutine or an async generator."""
        call = getattr(self.function, "__call__", None)  # noqa: B004 (an object's own __call__ may be async)
        for function in (self.function, call):
            if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
                return True
        return False

    def call(self, example: Example) -> Any:
        """Call the target with the example's inputs; a coroutine or an async generator where it is async."""
        __tracebackhide__ = True
        inputs = copied(dict(example.inputs))
        if self.takes_dict:
            given: Mapping[str, Any] = {"metadata": copied(dict(example.metadata)), "attachments": {}}
            return self.function(inputs, **{name: given[name] for name in self.extras})
        return self.function(**inputs)


def bind_target(
    function: Any, dataset: Dataset, place: Place = MARKER, *, prefer_async: bool = False
) -> Target:
    """Check a target against all examples of a dataset.

    Args:
        function: The target.
        dataset: Its examples have the inputs.
        place: Where it is given. ``EVALUATE``'s may have a single parameter of any name for the dict, as LangSmith's.
        prefer_async: Of a LangChain Runnable, which can be called both ways, take the async one.

    Raises:
        TargetError: It is no callable, or its parameters don't fit the inputs of an example.
    """
    if _is_runnable(type(function)):
        call = function.ainvoke if prefer_async else function.invoke
        return Target(call, type(function).__name__, takes_dict=True)
    _check_callable(function, place)
    name = getattr(function, "__qualname__", type(function).__name__)
    if _is_runnable(type(getattr(function, "__self__", None))) and function.__name__ in _WAYS_IN:
        return Target(function, name, takes_dict=True)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return Target(function, name, takes_dict=False)
    if _takes_dict(signature) or (place is EVALUATE and _is_lone(signature, dataset)):
        return Target(function, name, takes_dict=True, extras=_extras(signature))
    _check_keys(name, signature, dataset)
    return Target(function, name, takes_dict=False)


_WAYS_IN = ("invoke", "ainvoke", "stream", "astream")
"""Methods of a Runnable that take the inputs as one dict, whatever they call it."""


def _is_runnable(kind: type) -> bool:
    """Return True for the class of a LangChain Runnable: by its methods, and by those of a class alone."""
    return callable(getattr(kind, "invoke", None)) and callable(getattr(kind, "ainvoke", None))


def _check_callable(function: Any, place: Place) -> None:
    """Refuse what can't be called, and what would do nothing if it was."""
    if inspect.iscoroutine(function) or inspect.isgenerator(function) or inspect.isasyncgen(function):
        name = function.__qualname__
        if inspect.iscoroutine(function):
            function.close()  # Python would warn that nobody awaited it
        raise TargetError(place.called.format(name=name))
    if not callable(function):
        raise TargetError(place.no_callable.format(value=repr(function)))
    if isinstance(function, type) and "__call__" in _attributes(function):
        name = function.__qualname__
        raise TargetError(place.made.format(name=name))


def _attributes(kind: type) -> set[str]:
    """Return the names that a class and its bases define, those of all objects left out."""
    names: set[str] = set()
    for base in kind.__mro__[:-1]:
        names |= vars(base).keys()
    return names


def _takes_dict(signature: inspect.Signature) -> bool:
    """Return True for a function whose first parameter is ``inputs`` and that needs no other that we don't have."""
    parameters = list(signature.parameters.values())
    if not parameters or parameters[0].name != "inputs":
        return False
    needed = [parameter.name for parameter in parameters[1:] if _is_required(parameter)]
    return set(needed) <= set(_EXTRAS)


def _extras(signature: inspect.Signature) -> Sequence[str]:
    """Return what a function takes by name besides the dict."""
    return [name for name in _EXTRAS if name in list(signature.parameters)[1:]]


def _is_lone(signature: inspect.Signature, dataset: Dataset) -> bool:
    """Return True for a function that needs one thing, which can only be the dict: no example has a key of that name.

    A name that is nearly a key is a slip, and what is declared to be a text takes no dict.
    """
    required = list(filter(_is_required, signature.parameters.values()))
    if len(required) != 1 or required[0].kind is inspect.Parameter.KEYWORD_ONLY:
        return False
    lone = required[0]
    keys: set[str] = set()
    for example in dataset.examples:
        keys.update(example.inputs)
    if lone.name in keys or nearest(lone.name, keys):
        return False
    return lone.annotation in _UNTOLD or re.search("dict|mapping", str(lone.annotation), re.I) is not None


_UNTOLD = (inspect.Parameter.empty, Any, "Any")
"""Annotations that say nothing."""


def _is_required(parameter: inspect.Parameter) -> bool:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return False
    return parameter.default is parameter.empty


def _check_keys(name: str, signature: inspect.Signature, dataset: Dataset) -> None:
    checked: set[tuple[str, ...]] = set()
    for example in dataset.examples:
        keys = tuple(example.inputs)
        if keys in checked:
            continue
        checked.add(keys)
        try:
            signature.bind(**example.inputs)
        except TypeError as error:
            raise TargetError(_mismatch(name, signature, example, dataset, str(error))) from None


def _mismatch(name: str, signature: inspect.Signature, example: Example, dataset: Dataset, why: str) -> str:
    parameters = list(signature.parameters)
    hint = ""
    for key in example.inputs:
        if key not in parameters:
            hint = nearest(key, parameters)
            break
    return (
        f"Target {name!r} can't take the inputs of example {example.id!r} in {dataset.source or dataset.name}: {why}.\n"
        f"  its parameters:     {', '.join(parameters) or '(none)'}\n"
        f"  the example's keys: {', '.join(example.inputs) or '(none)'}\n"
        f"Name the parameters like the keys, or take them all as one parameter called 'inputs'.{hint}"
    )
