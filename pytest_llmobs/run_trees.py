"""What scripts import from LangSmith's module of that name: ``RunTree(name=…)``, a run made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Unpack, cast

from pytest_llmobs.client.refused_imports import missing
from pytest_llmobs.production import connect
from pytest_llmobs.tracing import RunTree as TracedRun
from pytest_llmobs.tracing import active
from pytest_llmobs.tracing.run_tree import checked_run_type, making
from pytest_llmobs.tracing.told_run import RunDetails

if TYPE_CHECKING:
    from pytest_llmobs.client.client import Client


class _EveryRun(type):
    """Every run is an instance of the class, however it was made."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, TracedRun)


class RunTree(TracedRun, metaclass=_EveryRun):
    """A run that is begun by ``RunTree(name=…)`` and written by ``end``, with ``create_child`` for what is below it.

    What ``get_current_run_tree()`` returns is one, too. ``post`` and ``patch`` have nothing left to do.
    """

    def __new__(
        cls,
        name: str = "Unnamed",
        run_type: str = "chain",
        *,
        inputs: Mapping[str, Any] | None = None,
        id: Any = None,
        parent_run: TracedRun | None = None,
        project_name: str | None = None,
        tags: Sequence[str] = (),
        client: Any = None,
        session_name: str | None = None,
        **details: Unpack[RunDetails],
    ) -> RunTree:
        """Start a run, whether tracing is on or not; ``end`` writes it.

        Args:
            name: What it is called.
            run_type: One of ``records.runs.RUN_TYPES``.
            inputs: What is logged as inputs.
            id: The UUID that it shall have.
            parent_run: The run it belongs under.
            project_name: The project of a trace that starts here.
            tags: Reach the runs below.
            client: LangSmith's; every client's runs go where tracing writes.
            session_name: The same as ``project_name``.
            **details: See ``tracing.told_run.RunDetails``.

        Raises:
            LlmobsError: ``run_type`` or a keyword is unknown, or ``id`` is no UUID.
        """
        connect()
        tracer = parent_run.tracer if parent_run is not None else active.require()
        run = making(id)(tracer, name, checked_run_type(run_type), parent_run, project_name or session_name)
        run.describe(inputs, None, tags or ())
        run.tell(details)
        return cast("RunTree", run)


@cache
def get_cached_client(**arguments: Any) -> Client:
    """Return a client, the same one for the same arguments: of the folder in which they were first given."""
    from pytest_llmobs.client.client import Client

    return Client(**arguments)


__all__ = ["RunTree", "get_cached_client"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise missing("run_trees", name, __all__)
