"""What scripts import from LangSmith's module of that name: decorators and contexts of tracing."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from pytest_llmobs.client.refused_imports import missing
from pytest_llmobs.production import connect
from pytest_llmobs.tracing import RunTree, get_current_run_tree, trace, traceable, tracing_context
from pytest_llmobs.tracing.calls.traceable import is_traceable
from pytest_llmobs.tracing.context import Scope, current

F = TypeVar("F", bound=Callable[..., Any])
_log = logging.getLogger("pytest_llmobs")
get_run_tree_context = get_current_run_tree

connect()


class LangSmithExtra(TypedDict, total=False):
    """What a call says of its own run: ``langsmith_extra={…}``; see ``tracing/calls/extra.py``."""

    name: str | None
    metadata: dict[str, Any] | None
    tags: list[str] | None
    project_name: str | None
    run_id: Any
    parent: Any
    run_tree: Any
    run_extra: dict[str, Any] | None
    reference_example_id: Any
    on_end: Callable[[RunTree], Any] | None
    client: Any


SupportsLangsmithExtra = Callable[..., Any]
"""A decorated function: each takes ``langsmith_extra``."""


@contextmanager
def set_tracing_parent(run_tree: RunTree) -> Iterator[None]:
    """Let what is called inside the ``with`` block be nested in a run."""
    with tracing_context(parent=run_tree):
        yield


def set_run_metadata(**metadata: Any) -> None:
    """Add metadata to the current run. Outside a run it is lost, and the log says so."""
    run = get_current_run_tree()
    if run is None:
        _log.warning("set_run_metadata() was called outside a traced call: there is no run to describe.")
        return
    run.add_metadata(metadata)


def get_tracing_context(context: Any = None) -> dict[str, Any]:
    """Return what ``tracing_context(**…)`` takes to trace another thread or task as it is traced here.

    Args:
        context: A ``contextvars.Context`` to look into; the current one by default.
    """
    if context is not None:
        return context.run(get_tracing_context)  # type: ignore[no-any-return]
    here = current.get()
    keywords: dict[str, Any] = {"parent": get_current_run_tree(), "project_name": None, "tags": None}
    keywords |= {"metadata": None, "enabled": None}
    if isinstance(here, Scope):
        keywords |= {"project_name": here.project, "tags": list(here.tags), "metadata": {**here.metadata}}
        keywords["enabled"] = here.enabled
    return keywords


def is_traceable_function(func: Any) -> bool:
    """Return True for what ``@traceable`` has decorated, also within ``functools.partial``."""
    if isinstance(func, functools.partial):
        func = func.func
    return is_traceable(func) or is_traceable(getattr(func, "__call__", None))  # noqa: B004 (its marks)


def ensure_traceable(func: F, **options: Any) -> F:
    """Return a function as it is where it is decorated, else decorated with the options of ``traceable``."""
    if is_traceable_function(func):
        return func
    return traceable(**options)(func)


def is_async(func: Callable[..., Any]) -> bool:
    """Return True where a function, or what a decorator has wrapped, is a coroutine function."""
    return inspect.iscoroutinefunction(inspect.unwrap(func))


__all__ = [
    "LangSmithExtra",
    "SupportsLangsmithExtra",
    "ensure_traceable",
    "get_current_run_tree",
    "get_run_tree_context",
    "get_tracing_context",
    "is_async",
    "is_traceable_function",
    "set_run_metadata",
    "set_tracing_parent",
    "trace",
    "traceable",
    "tracing_context",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise missing("run_helpers", name, __all__)
