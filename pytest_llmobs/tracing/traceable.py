"""``@traceable``: log every call of a function as a run."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import BuiltinFunctionType, CoroutineType, FunctionType
from typing import Any, TypeVar, overload

from pytest_llmobs.records.runs import RunType
from pytest_llmobs.tracing import streams
from pytest_llmobs.tracing.context import Scope, current, leave
from pytest_llmobs.tracing.decorated import Decorated, Options, read_options
from pytest_llmobs.tracing.run_tree import RunTree, checked_run_type

F = TypeVar("F", bound=Callable[..., Any])


@overload
def traceable(function: F, /) -> F: ...
@overload
def traceable(
    run_type: str = "chain",
    *,
    name: str | None = None,
    tags: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    project_name: str | None = None,
    reduce_fn: Callable[[list[Any]], Any] | None = None,
    process_inputs: Callable[[dict[str, Any]], Any] | None = None,
    process_outputs: Callable[[Any], Any] | None = None,
    process_chunk: Callable[[Any], Any] | None = None,
    enabled: bool | None = None,
) -> Callable[[F], F]: ...
def traceable(run_type: Any = "chain", **options: Any) -> Any:
    """Log every call of a function as a run: sync, async, generators, methods, callable objects.

    Use it bare (``@traceable``), with a run type (``@traceable("tool")``) or with options. The function
    behaves as before: its signature, its results, its exceptions. Where tracing is off a call costs well
    under a microsecond.

    Args:
        run_type: One of chain, llm, tool, retriever, embedding, prompt, parser.
        **options: ``name`` (default: the function's), ``tags`` and ``metadata`` (reach the runs below),
            ``project_name``, ``reduce_fn`` (turns the list of a generator's chunks into its outputs),
            ``process_inputs``, ``process_outputs``, ``process_chunk`` (what is logged in place of inputs, of
            the result, of each chunk), and ``enabled`` (True or False beats context and environment).

    Raises:
        LlmobsError: The run type, or an option, is unknown.
    """
    checked = read_options(options)
    if not isinstance(run_type, str):
        return _decorate(run_type, "chain", checked)
    kind = checked_run_type(run_type)
    return lambda function: _decorate(function, kind, checked)


def _decorate(function: Any, run_type: RunType, options: Options) -> Any:
    if isinstance(function, classmethod | staticmethod):
        return type(function)(_decorate(function.__func__, run_type, options))
    decorated = Decorated(function, run_type, options)
    wrapped = _wrapper_for(function)(function, decorated)
    if not (hasattr(function, "__get__") or isinstance(function, BuiltinFunctionType | type)):
        # A class of its own: Python looks for __call__ there, and whoever asks whether it is async does too.
        name = type(function).__name__
        return type(name, (_TracedObject,), {"__call__": staticmethod(wrapped)})(function)
    functools.update_wrapper(wrapped, function)
    for name in set(dir(type(function))) - set(dir(FunctionType)):
        if not name.startswith("_"):  # lru_cache's cache_clear
            setattr(wrapped, name, getattr(function, name))
    return wrapped


class _TracedObject:
    """A callable object whose calls are logged; whatever else is asked of it, or set on it, is its own."""

    def __init__(self, inner: Any) -> None:
        vars(self)["__wrapped__"] = inner

    def __getattr__(self, name: str) -> Any:
        if "__wrapped__" not in vars(self):  # while it is being copied
            raise AttributeError(name)
        return getattr(self.__wrapped__, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__wrapped__, name, value)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.__wrapped__)


def _wrapper_for(function: Any) -> Callable[[Any, Decorated], Any]:
    for kind in (function, inspect.getattr_static(function, "__call__", None)):
        if inspect.isasyncgenfunction(kind):
            return streams.wrap_async_generator
        if inspect.iscoroutinefunction(kind):
            return _wrap_coroutine
        if inspect.isgeneratorfunction(kind):
            return streams.wrap_generator
    return _wrap_function


def _wrap_function(function: Callable[..., Any], decorated: Decorated) -> Callable[..., Any]:
    start, fail, enter = decorated.start, decorated.fail, current.set
    reduced, process = decorated.reduce_fn is not None, decorated.options.process_outputs

    def traced(*args: Any, **kwargs: Any) -> Any:
        run = start(args, kwargs)
        if run is None:
            return function(*args, **kwargs)
        token = enter(run)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            leave(token)
            fail(run, error)
            raise
        leave(token)
        if type(result) is CoroutineType:
            return _awaited(result, run, decorated)
        if isinstance(run, Scope):
            return result
        if reduced:
            return streams.wrap_iterator(result, run, decorated)
        run.finish_with(result, process)
        return result

    return traced


def _wrap_coroutine(function: Callable[..., Any], decorated: Decorated) -> Callable[..., Any]:
    start, succeed, fail, enter = decorated.start, decorated.succeed, decorated.fail, current.set

    async def traced(*args: Any, **kwargs: Any) -> Any:
        run = start(args, kwargs)
        if run is None:
            return await function(*args, **kwargs)
        token = enter(run)
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            leave(token)
            fail(run, error)
            raise
        leave(token)
        return succeed(run, result)

    return traced


async def _awaited(
    coroutine: CoroutineType[Any, Any, Any], run: RunTree | Scope, decorated: Decorated
) -> Any:
    """Finish the run of a plain function that returned a coroutine once that has been awaited."""
    token = current.set(run)
    try:
        result = await coroutine
    except BaseException as error:
        leave(token)
        decorated.fail(run, error)
        raise
    leave(token)
    return decorated.succeed(run, result)
