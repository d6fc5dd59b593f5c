"""How a target takes an example's inputs, and which callables are targets."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.errors import TargetError
from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.wording import nearest


@dataclass(frozen=True)
class Target:
    """A callable with the way it wants its inputs."""

    function: Callable[..., Any]
    name: str
    takes_dict: bool
    """True where it has one parameter ``inputs`` and takes the dict; else the keys are keyword arguments."""

    @property
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
            return self.function(inputs)
        return self.function(**inputs)


def bind_target(function: Any, dataset: Dataset) -> Target:
    """Check a target against all examples of a dataset.

    Raises:
        TargetError: It is no callable, or its parameters don't fit the inputs of an example.
    """
    if _is_runnable(type(function)):
        return Target(function.invoke, type(function).__name__, takes_dict=True)
    _check_callable(function)
    name = getattr(function, "__qualname__", type(function).__name__)
    if _is_runnable(type(getattr(function, "__self__", None))) and function.__name__ in _WAYS_IN:
        return Target(function, name, takes_dict=True)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return Target(function, name, takes_dict=False)
    target = Target(function, name, takes_dict=_takes_dict(signature))
    if not target.takes_dict:
        _check_keys(name, signature, dataset)
    return target


_WAYS_IN = ("invoke", "ainvoke", "stream", "astream")
"""Methods of a Runnable that take the inputs as one dict, whatever they call it."""


def _is_runnable(kind: type) -> bool:
    """Return True for the class of a LangChain Runnable: by its methods, and by those of a class alone."""
    return callable(getattr(kind, "invoke", None)) and callable(getattr(kind, "ainvoke", None))


def _check_callable(function: Any) -> None:
    """Refuse what can't be called, and what would do nothing if it was."""
    if inspect.iscoroutine(function) or inspect.isgenerator(function) or inspect.isasyncgen(function):
        name = function.__qualname__
        if inspect.iscoroutine(function):
            function.close()  # Python would warn that nobody awaited it
        raise TargetError(
            f"target={name}(…) was called already, when the marker was read. Give the function: target={name}."
        )
    if not callable(function):
        raise TargetError(f"target={function!r} is neither a callable nor the name of a fixture.")
    if isinstance(function, type) and "__call__" in _attributes(function):
        name = function.__qualname__
        raise TargetError(
            f"target={name} is a class: to call it makes an object and asks nothing. Give an object: target={name}(…)."
        )


def _attributes(kind: type) -> set[str]:
    """Return the names that a class and its bases define, those of all objects left out."""
    names: set[str] = set()
    for base in kind.__mro__[:-1]:
        names |= vars(base).keys()
    return names


def _takes_dict(signature: inspect.Signature) -> bool:
    """Return True for a function whose first parameter is ``inputs`` and that needs no other."""
    parameters = list(signature.parameters.values())
    if not parameters or parameters[0].name != "inputs":
        return False
    return sum(map(_is_required, parameters)) <= 1


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
