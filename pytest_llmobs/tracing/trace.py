"""``trace``: log a block of code as a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import Token
from types import TracebackType
from typing import Any

from pytest_llmobs.tracing import tracer
from pytest_llmobs.tracing.context import current, leave
from pytest_llmobs.tracing.parent import find_place
from pytest_llmobs.tracing.run_tree import RunTree, checked_run_type


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
            LlmobsError: ``run_type`` is unknown.
        """
        self._name = name
        self._run_type = checked_run_type(run_type)
        self._inputs = inputs
        self._metadata = metadata
        self._tags = tuple(tags or ())
        self._project = project_name
        self._parent = parent
        self._enabled = enabled
        self._token: Token[Any] | None = None

    def __enter__(self) -> RunTree:
        place = find_place(self._enabled, self._parent)
        if place is None:
            self.run = RunTree(tracer.OFF, self._name, self._run_type)
            self.run.managed, self.run.recording = True, False
            self.run.describe(self._inputs, self._metadata, self._tags)
            return self.run
        self.run = place.start(
            self._name, self._run_type, project=self._project, metadata=self._metadata, tags=self._tags
        )
        self.run.describe(self._inputs, None, ())
        self._token = current.set(self.run)
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
