"""``trace``: log a block of code as a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from pytest_llmobs.tracing import tracer
from pytest_llmobs.tracing.context import Scope, current, leave
from pytest_llmobs.tracing.run_tree import RunTree, checked_run_type, find_parent


class trace:
    """Log the code inside a ``with`` or ``async with`` block as a run.

    Example::

        with trace("retrieve", "retriever", inputs={"query": query}) as run:
            documents = search(query)
            run.end(outputs={"documents": documents})

    Where tracing is off the block gets a run that is never written.
    """

    def __init__(
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
    ) -> None:
        """Describe the run; it starts when the block is entered.

        Args:
            name: What the run is called.
            run_type: One of ``records.runs.RUN_TYPES``.
            inputs: What is logged as inputs.
            metadata: Reaches the runs below.
            tags: Reach the runs below.
            project_name: The project of a trace that starts here.
            parent: A run or a request's headers in place of the current run, or False for a new trace.
            enabled: True or False beats context and environment.

        Raises:
            LlmobsError: ``run_type`` or ``parent`` makes no sense.
        """
        self._name = name
        self._run_type = checked_run_type(run_type)
        self._inputs = inputs
        self._metadata = metadata
        self._tags = tags or ()
        self._project = project_name
        self._parent = parent
        self._enabled = enabled

    def __enter__(self) -> RunTree:
        self.run = self._start()
        self._token = current.set(self.run) if self._hides else None
        return self.run

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._token is not None:
            leave(self._token)
        self.run.finish(None, error)

    async def __aenter__(self) -> RunTree:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, where)

    def _start(self) -> RunTree:
        owner = tracer.installed or tracer.find(self._enabled)
        here = current.get()
        scope = here if isinstance(here, Scope) else Scope(here, None if here is None else True)
        parent = find_parent(self._parent, scope.parent)
        enabled = scope.enabled if self._enabled is None else self._enabled
        if enabled is None:
            enabled = parent is not None or (owner is not None and owner.enabled)
        run = RunTree(
            parent.tracer if parent is not None else owner or tracer.OFF,
            self._name,
            self._run_type,
            parent,
            scope.project or self._project,
        )
        run.managed = True
        run.describe(self._inputs, {**scope.metadata, **(self._metadata or {})}, (*scope.tags, *self._tags))
        if not enabled or (parent is None and not run.tracer.samples(run.id)):
            run.recording = False
        self._hides = enabled
        return run
