"""How a target takes an example's inputs, and what its result means."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
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
        """True where calling it gives a coroutine."""
        call = getattr(self.function, "__call__", None)  # noqa: B004 (an object's own __call__ may be async)
        return inspect.iscoroutinefunction(self.function) or inspect.iscoroutinefunction(call)

    def call(self, example: Example) -> Any:
        """Call the target with the example's inputs; a coroutine where it is async."""
        __tracebackhide__ = True
        inputs = copied(dict(example.inputs))
        if self.takes_dict:
            return self.function(inputs)
        return self.function(**inputs)


def bind_target(function: Callable[..., Any], dataset: Dataset) -> Target:
    """Check a target against all examples of a dataset.

    Raises:
        TargetError: It is no callable, or its parameters don't fit the inputs of an example.
    """
    if not callable(function):
        raise TargetError(f"target={function!r} is neither a callable nor the name of a fixture.")
    name = getattr(function, "__qualname__", type(function).__name__)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return Target(function, name, takes_dict=False)
    target = Target(function, name, takes_dict=_takes_dict(signature))
    if not target.takes_dict:
        _check_keys(name, signature, dataset)
    return target


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


def as_outputs(result: Any) -> Mapping[str, Any]:
    """Return a target's result as outputs: a dict as it is, a pydantic model dumped, else ``{"output": x}``."""
    if isinstance(result, Mapping):
        return result
    dump = getattr(result, "model_dump", None)
    if callable(dump) and hasattr(type(result), "model_fields"):
        dumped: Mapping[str, Any] = dump()
        return dumped
    return {"output": result}
