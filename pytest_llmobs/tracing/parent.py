"""The parent of a run that starts now: which tracer writes it, which run it is nested in, what the context adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.records.runs import RunType
from pytest_llmobs.tracing import active, capture
from pytest_llmobs.tracing.context import CurrentRun, Scope, current, live
from pytest_llmobs.tracing.headers import LANGSMITHS, is_dotted_order
from pytest_llmobs.tracing.ids import is_id
from pytest_llmobs.tracing.run_tree import RunTree
from pytest_llmobs.tracing.tracer import Tracer


class Parent:
    """What a run that starts now gets from its surroundings."""

    __slots__ = ("run", "scope", "tracer")

    def __init__(self, tracer: Tracer, run: RunTree | None, scope: Scope | None) -> None:
        self.tracer = tracer
        """Writes it."""
        self.run = run
        """What it is nested in; None where it starts a trace."""
        self.scope = scope
        """What ``tracing_context`` says, or None."""

    def start(
        self,
        name: str,
        run_type: RunType,
        *,
        inputs_json: bytes = b"{}",
        project: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        make: Callable[..., RunTree] = RunTree,
    ) -> RunTree:
        """Start a run here; whoever starts it also writes it (``RunTree.finish``).

        Args:
            name: What the run is called.
            run_type: One of ``records.runs.RUN_TYPES``.
            inputs_json: A JSON object.
            project: The project of a trace that starts here, unless the context names one.
            metadata: Beats what the context adds.
            tags: Beside those of the context.
            make: Makes the run, with the arguments of ``RunTree``.
        """
        scope = self.scope
        if scope is not None:
            project = scope.project or project
            metadata = {**scope.metadata, **capture.as_metadata(metadata)}
            tags = (*scope.tags, *tags)
        run = make(self.tracer, name, run_type, self.run, project)
        run.managed = True
        run.inputs_json = inputs_json
        if metadata is not None or tags:
            run.describe(None, metadata, tags)
        if self.run is None:
            if scope is not None and scope.columns:
                run.columns.update(scope.columns)
                run.repeat = scope.columns.get("repeat", 1)
                run.rewriting = scope.rewriting
            self.tracer.sample(run)
        return run


def get_current_run_tree() -> RunTree | None:
    """Return the run that is going on here, or None: outside a run, and where tracing is disabled."""
    here = current.get()
    if isinstance(here, Scope) and here.enabled is False:
        return None
    return innermost_run(here)


def innermost_run(here: CurrentRun | Scope | None) -> RunTree | None:
    """Return the run that what starts now is nested in, or None.

    Args:
        here: What ``current`` holds.
    """
    inner, new_trace = here, False
    if isinstance(here, Scope):
        inner, new_trace = here.parent, here.new_trace
    run = live(cast("RunTree | None", inner))
    if active.foreign is None or new_trace:
        return run
    return cast("RunTree | None", active.foreign.parent_of(run))


def find_parent(enabled: bool | None = None, named: Any = None) -> Parent | None:
    """Return the parent of a run that starts now, or None where it isn't to be logged.

    Args:
        enabled: What the code itself says; beats the context, which beats the environment.
        named: What ``parent=`` of ``trace`` says.

    Raises:
        LlmobsError: ``named`` is neither a run, nor headers, nor a boolean.
    """
    tracer, here = active.find(enabled), current.get()
    if tracer is None and named is None and here is None:
        return None
    outer = innermost_run(here)
    run = read_parent(named, outer)
    scope = here if isinstance(here, Scope) else None
    if enabled is None:
        enabled = _is_enabled(tracer, scope, outer)
    if not enabled:
        return None
    if run is not None:
        if run.recording:
            return Parent(run.tracer, run, scope)
        return None
    if tracer is None:
        return None
    return Parent(tracer, None, scope)


def _is_enabled(tracer: Tracer | None, scope: Scope | None, outer: RunTree | None) -> bool:
    # A request's headers name a parent, but don't switch tracing on: they aren't asked.
    if scope is not None:
        if scope.enabled is not None:
            return scope.enabled
    elif outer is not None:
        return True
    return tracer is not None and tracer.enabled


def read_parent(named: Any, outer: RunTree | None) -> RunTree | None:
    """Return the run that ``parent=`` of ``trace`` and ``tracing_context`` means.

    Args:
        named: A run, headers, None or True for ``outer``, or False for none.
        outer: The current run.

    Raises:
        LlmobsError: ``named`` is something else.
    """
    if named is None or named is True:
        return live(outer)
    if named is False or named == "ignore":
        return None
    if isinstance(named, RunTree):
        return live(named)
    if isinstance(named, str) and is_id(named):
        raise LlmobsError(
            f"parent={named!r} is a run's id; pass the run itself, or the headers from to_headers()."
        )
    if isinstance(named, str) and is_dotted_order(named):
        named = {LANGSMITHS: named}
    if hasattr(named, "get"):
        return RunTree.from_headers(named) or live(outer)
    raise LlmobsError(f"parent={named!r} is neither a run, nor headers, nor False.")
