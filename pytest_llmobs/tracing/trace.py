"""``trace`` logs a block of code as a run; ``tracing_context`` changes how a block is traced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import Token
from types import TracebackType
from typing import Any, cast

from pytest_llmobs.tracing import active, capture
from pytest_llmobs.tracing.context import Scope, current, leave, live
from pytest_llmobs.tracing.parent import find_parent, read_parent
from pytest_llmobs.tracing.run_tree import RunTree, checked_run_type, making


class trace:
    """Log the code inside a ``with`` or ``async with`` block as a run.

    Example::

        with trace("retrieve", "retriever", inputs={"query": query}) as run:
            documents = search(query)
            run.end(outputs={"documents": documents})

    Where tracing is off the block gets a run that is never written.

    Args:
        name: What the run is called.
        run_type: One of ``records.runs.RUN_TYPES``.
        inputs: What is logged as inputs.
        metadata: Reaches the runs below.
        tags: Reach the runs below.
        project_name: The project of a trace that starts here.
        parent: A run or a request's headers in place of the current run, or False for a new trace.
        enabled: True or False beats context and environment.
        run_id: The UUID that the run shall have, in place of a new one.
        exceptions_to_handle: Classes whose exceptions are no error of the run; they are raised all the same.
        client: LangSmith's; every client's runs go where tracing writes.
        extra: LangSmith's ``{"metadata": {…}}``; ``metadata`` beats it.
        reference_example_id: The example that the block is run on.
    """

    def __init__(  # noqa: PLR0913 - LangSmith's keywords
        self,
        name: str,
        run_type: str = "chain",
        *,
        inputs: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] | None = None,
        project_name: str | None = None,
        parent: Any = None,
        enabled: bool | None = None,
        run_id: Any = None,
        exceptions_to_handle: tuple[type[BaseException], ...] | None = None,
        client: Any = None,
        extra: Mapping[str, Any] | None = None,
        reference_example_id: Any = None,
    ) -> None:
        """Describe the run; it starts when the block is entered. The class says what each argument means.

        Raises:
            LlmobsError: ``run_type`` is unknown, or ``run_id`` is no UUID.
        """
        self._name = capture.as_text(name)
        self._run_type = checked_run_type(run_type)
        self._inputs, self._metadata, self._tags = inputs, metadata, capture.as_tags(tags)
        if extra is not None:
            self._metadata = {**(extra.get("metadata") or {}), **(metadata or {})}
        self._example_id = reference_example_id
        self._project, self._parent, self._enabled = project_name, parent, enabled
        self._handled = exceptions_to_handle or ()
        self._make = making(run_id)
        self._token: Token[Any] | None = None

    def __enter__(self) -> RunTree:
        parent = find_parent(self._enabled, self._parent)
        if parent is None:
            self.run = self._make(active.OFF, self._name, self._run_type)
            self.run.managed, self.run.recording = True, False
            self.run.describe(self._inputs, self._metadata, self._tags)
            return self.run
        self.run = parent.start(
            self._name,
            self._run_type,
            project=self._project,
            metadata=self._metadata,
            tags=self._tags,
            make=self._make,
        )
        self.run.describe(self._inputs, None, ())
        if self._example_id is not None:
            self.run.tell({"reference_example_id": self._example_id})
        self._token = current.set(self.run)
        return self.run

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._token is not None:
            leave(self._token)
        is_handled = isinstance(error, self._handled)
        self.run.finish(None, None if is_handled else error)

    async def __aenter__(self) -> RunTree:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, where)


@contextmanager
def tracing_context(
    *,
    enabled: bool | None = None,
    project_name: str | None = None,
    tags: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    parent: RunTree | Mapping[str, str] | str | bool | None = None,
    client: Any = None,
) -> Iterator[None]:
    """Change how the code inside the ``with`` block is traced.

    Args:
        enabled: True traces even where the environment says off, False hides what is called here; None keeps
            what holds. A decorator's own ``enabled`` beats it.
        project_name: The project of traces that start here.
        tags: Added to every run that starts here.
        metadata: Merged into every run that starts here.
        parent: A run, the headers of a request that carry one (see ``RunTree.to_headers``), or False for
            none.
        client: LangSmith's; every client's runs go where tracing writes.

    Raises:
        LlmobsError: ``parent`` is none of these.
    """
    token = current.set(
        _overlay(
            enabled,
            project_name,
            () if tags is None else capture.as_tags(tags),
            capture.as_metadata(metadata),
            parent,
        )
    )
    try:
        yield
    finally:
        leave(token)


def _overlay(
    enabled: bool | None, project: str | None, tags: Sequence[str], metadata: Mapping[str, Any], parent: Any
) -> Scope:
    if enabled:
        active.require()
    outer = _here()
    if enabled is None:
        enabled = outer.enabled
    new_trace = parent in (False, "ignore")
    if parent is None or parent is True:
        new_trace = outer.new_trace
    return Scope(
        read_parent(parent, cast("RunTree | None", outer.parent)),
        enabled,
        project or outer.project,
        {**outer.metadata, **metadata},
        tuple(dict.fromkeys((*outer.tags, *tags))),
        new_trace,
    )


def _here() -> Scope:
    """Return the scope that holds here; one that says nothing but which run is the current one, where there is none."""
    here = current.get()
    if isinstance(here, Scope):
        return here
    run = live(here)
    if run is None:
        return Scope(None, None)
    return Scope(run, True)
