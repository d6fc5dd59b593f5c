"""``@traceable``: log every call of a function as a run."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import BuiltinFunctionType, CoroutineType, FunctionType
from typing import Any, TypeVar, overload

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.records.runs import RunType
from pytest_llmobs.tracing.calls import streams
from pytest_llmobs.tracing.calls.decorated import Decorated, Options, read_options
from pytest_llmobs.tracing.calls.target_run import STARTS_RUNS
from pytest_llmobs.tracing.context import Scope, current, leave
from pytest_llmobs.tracing.run_tree import RunTree, checked_run_type
from pytest_llmobs.tracing.snapshot.describe import describe

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
    exceptions_to_handle: tuple[type[BaseException], ...] | None = None,
    client: Any = None,
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
            the result, of each chunk), ``enabled`` (True or False beats context and environment), and
            ``exceptions_to_handle`` (classes whose exceptions are no error of the run). ``client`` means nothing here.

    A call may say more of its own run: ``answer(question, langsmith_extra={"run_id": …, "metadata": …})``; see
    ``tracing/calls/extra.py``.

    Raises:
        LlmobsError: The run type, or an option, is unknown or of the wrong type; or what is decorated can't be called.
    """
    checked = read_options(options)
    if not isinstance(run_type, str):
        return _decorate(run_type, "chain", checked)
    kind = checked_run_type(run_type)
    return lambda function: _decorate(function, kind, checked)


def _decorate(function: Any, run_type: RunType, options: Options) -> Any:
    for kind, rebuild in _DESCRIPTORS.items():
        if isinstance(function, kind):
            return rebuild(function, lambda inner: _decorate(inner, run_type, options))
    _check_callable(function)
    decorated = Decorated(function, run_type, options)
    wrapped = decorated.wrapper = _wrapper_for(function)(function, decorated)
    if not (hasattr(function, "__get__") or isinstance(function, BuiltinFunctionType | type)):
        # A class of its own: Python looks for __call__ there, and whoever asks whether it is async does too.
        name = type(function).__name__
        setattr(wrapped, STARTS_RUNS, decorated)
        return type(name, (_TracedObject,), {"__call__": staticmethod(wrapped)})(function)
    functools.update_wrapper(wrapped, function)
    setattr(wrapped, STARTS_RUNS, decorated)
    for name in set(dir(type(function))) - set(dir(FunctionType)):
        if not name.startswith("_"):  # lru_cache's cache_clear
            setattr(wrapped, name, getattr(function, name))
    return wrapped


def is_traceable(function: Any) -> bool:
    """Return True for what the decorator has returned, also below another decorator."""
    return isinstance(function, _TracedObject) or hasattr(function, STARTS_RUNS)


def _check_callable(function: Any) -> None:
    """Refuse at once what would fail at its first use.

    Raises:
        LlmobsError: It can't be called.
    """
    kind = type(function).__qualname__
    if isinstance(function, CoroutineType):
        raise LlmobsError(
            f"@traceable got a coroutine of {function.__qualname__!r}: pass the function, and call what comes back."
        )
    if not callable(function):
        raise LlmobsError(
            f"@traceable got {describe(function)}, which can't be called. It takes functions, methods, callable "
            f"objects, property, cached_property and partialmethod; below another decorator ({kind}) it gets the "
            "function itself."
        )


def _decorate_property(function: property, decorate: Callable[[Any], Any]) -> property:
    if function.fget is None:
        raise LlmobsError(
            "@traceable got a property that can't be read: decorate its setter's function instead."
        )
    return type(function)(decorate(function.fget), function.fset, function.fdel, function.__doc__)


def _decorate_cached(
    function: functools.cached_property[Any], decorate: Callable[[Any], Any]
) -> functools.cached_property[Any]:
    cached = functools.cached_property(decorate(function.func))
    cached.attrname = function.attrname  # known already where it was taken from a finished class
    return cached


_DESCRIPTORS: dict[type, Callable[[Any, Callable[[Any], Any]], Any]] = {
    classmethod: lambda function, decorate: type(function)(decorate(function.__func__)),
    staticmethod: lambda function, decorate: type(function)(decorate(function.__func__)),
    property: _decorate_property,
    functools.cached_property: _decorate_cached,
    functools.partialmethod: lambda function, decorate: functools.partialmethod(
        decorate(function.func), *function.args, **function.keywords
    ),
}
"""What isn't called itself, and how the function in it is decorated."""


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
