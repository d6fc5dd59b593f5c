"""The function that a trace began with, called once more with the inputs that are stored of it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterable, Callable, Iterator, Mapping
from typing import Any

from pytest_llmobs.experiments.replays.requests import ReplayError, check_whole
from pytest_llmobs.records.runs import Run
from pytest_llmobs.tracing.calls.target_run import STARTS_RUNS
from pytest_llmobs.wording import shell_line

_SCRIPT = "__main__:"
_TARGET = "--target MODULE:FUNCTION"
_LONE = "inputs"
"""The parameter that takes an example's inputs as one dict."""


def entry_point_of(run: Run) -> str:
    """Return ``module:function`` of the function that a trace began with.

    Raises:
        ReplayError: Nothing says which it is, or it can't be imported.
    """
    entry_point = run.columns.get("entry_point")
    if entry_point is None:
        raise ReplayError(_unknown(run))
    if str(entry_point).startswith(_SCRIPT):
        name = str(entry_point).removeprefix(_SCRIPT)
        raise ReplayError(
            f"The trace {run.id!r} began with {name!r} of a script that was run by itself, and no module says which. "
            f"Name its file: --target FILE.py::{name}."
        )
    return str(entry_point)


def _unknown(run: Run) -> str:
    if run.parent_id is not None:
        return (
            f"{run.id!r} ({run.name}) is a step of a trace, and no call of a model's SDK. The whole trace: "
            f"`llmobs replay {run.trace_id}`. This step alone: {_TARGET}."
        )
    nodeid = run.columns.get("nodeid")
    if nodeid:
        again = shell_line(["pytest", "--llm-experiment", str(nodeid)])
        return (
            f"{run.id!r} is the run of a test whose code calls the app itself: there is no target to call with the "
            f"example's inputs. The test runs again by `{again}`; a function, by {_TARGET}."
        )
    return (
        f"Nothing says which function the trace {run.id!r} ({run.name}) began with: it was begun by `trace(…)` or by a "
        f"function within another one, or is older than that is stored. Name it: {_TARGET}."
    )


def prepared(function: Callable[..., Any], run: Run, *, allows_redacted: bool = False) -> Callable[[], Any]:
    """Return what calls a function with a run's inputs, waits for its end and returns its result.

    Args:
        function: What the run is of; it is traced, if it isn't yet.
        run: The stored one.
        allows_redacted: Give it the marks of what redaction took out.

    Raises:
        ReplayError: The inputs aren't stored whole, or don't fit its parameters.
    """
    from pytest_llmobs.tracing.calls.traceable import is_traceable, traceable

    decorated = getattr(function, STARTS_RUNS, None)
    if decorated is not None and decorated.options.process_inputs is not None:
        raise ReplayError(
            f"{run.name!r} logs its inputs through process_inputs: what it was given itself isn't stored."
        )
    check_whole(dict(run.inputs), run.id, allows_redacted=allows_redacted)
    args, kwargs = _arguments(function, run)
    traced = function if is_traceable(function) else traceable(function)

    def call() -> Any:
        result = traced(*args, **kwargs)
        if inspect.isawaitable(result) or isinstance(result, AsyncIterable):
            return asyncio.run(_awaited(result))
        if isinstance(result, Iterator):
            return list(result)
        return result

    return call


async def _awaited(result: Any) -> Any:
    if isinstance(result, AsyncIterable):
        return [chunk async for chunk in result]
    return await result


def _arguments(function: Callable[..., Any], run: Run) -> tuple[list[Any], dict[str, Any]]:
    """Return the inputs of a run as arguments, as ``tracing.binding`` took them apart."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return [], dict(run.inputs)
    left = dict(run.inputs)
    if list(parameters)[:1] == [_LONE] and _LONE not in left:
        return [left], {}
    args: list[Any] = []
    by_place = _has_stars(parameters, left)
    for name, parameter in parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            args += left.pop(name, [])
            by_place = False
        elif name in left and (parameter.kind is parameter.POSITIONAL_ONLY or by_place):
            args.append(left.pop(name))
    try:
        inspect.signature(function).bind(*args, **left)
    except TypeError as error:
        raise ReplayError(_mismatch(run, parameters, str(error))) from None
    return args, left


def _has_stars(parameters: Mapping[str, inspect.Parameter], inputs: Mapping[str, Any]) -> bool:
    """Tell whether positional arguments beyond the named ones were given: then those before them are, too."""
    for name, parameter in parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            return bool(inputs.get(name))
    return False


def _mismatch(run: Run, parameters: Mapping[str, Any], why: str) -> str:
    text = (
        f"The inputs of {run.id!r} ({run.name}) don't fit: {why}.\n"
        f"  its parameters:   {', '.join(parameters) or '(none)'}\n"
        f"  the run's inputs: {', '.join(run.inputs) or '(none)'}\n"
    )
    if next(iter(parameters), "") in ("self", "cls"):
        return f"{text}It is a method, and the object that it was called on isn't stored. Name a function: {_TARGET}."
    return f"{text}Name a function that takes them: {_TARGET}."
