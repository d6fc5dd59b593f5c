"""Where a run that starts now belongs: which tracer writes it, which run is its parent, what the context adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.records.runs import RunType
from pytest_llmobs.tracing import tracer
from pytest_llmobs.tracing.context import Scope, current, going_on, live
from pytest_llmobs.tracing.ids import is_id
from pytest_llmobs.tracing.run_tree import RunTree


class Place:
    """A tracer, a parent or none, and the scope of ``tracing_context`` or none."""

    __slots__ = ("parent", "scope", "tracer")

    def __init__(self, owner: tracer.Tracer, parent: RunTree | None, scope: Scope | None) -> None:
        self.tracer = owner
        self.parent = parent
        self.scope = scope

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
            metadata = {**scope.metadata, **(metadata or {})}
            tags = (*scope.tags, *tags)
        run = make(self.tracer, name, run_type, self.parent, project)
        run.managed = True
        run.inputs_json = inputs_json
        if metadata or tags:
            run.describe(None, metadata, tags)
        if self.parent is None:
            self.tracer.sample(run)
        return run


def find_place(enabled: bool | None = None, parent: Any = None) -> Place | None:
    """Return where a run that starts now belongs, or None where it isn't to be logged.

    Args:
        enabled: What the code itself says; beats the context, which beats the environment.
        parent: What ``parent=`` of ``trace`` says.

    Raises:
        LlmobsError: ``parent`` is neither a run, nor headers, nor a boolean.
    """
    owner, here = tracer.find(enabled), current.get()
    if owner is None and parent is None and here is None:
        return None
    scope = here if isinstance(here, Scope) else None
    outer = going_on(here)
    above = find_parent(parent, outer)
    if enabled is None:  # a request's headers name a parent, but don't switch tracing on
        enabled = scope.enabled if scope is not None else None if outer is None else True
    if enabled is False or (enabled is None and not (owner is not None and owner.enabled)):
        return None
    if above is not None:
        if above.recording:
            return Place(above.tracer, above, scope)
        return None
    if owner is None:
        return None
    return Place(owner, None, scope)


def find_parent(parent: Any, outer: RunTree | None) -> RunTree | None:
    """Return the run that ``parent=`` of ``trace`` and ``tracing_context`` means.

    Args:
        parent: A run, headers, None or True for ``outer``, or False for none.
        outer: The current run.

    Raises:
        LlmobsError: ``parent`` is something else.
    """
    if parent is None or parent is True:
        return live(outer)
    if parent is False or parent == "ignore":
        return None
    if isinstance(parent, RunTree):
        return live(parent)
    if isinstance(parent, str) and is_id(parent):
        raise LlmobsError(
            f"parent={parent!r} is a run's id; pass the run itself, or the headers from to_headers()."
        )
    if hasattr(parent, "get"):
        return RunTree.from_headers(parent) or live(outer)
    raise LlmobsError(f"parent={parent!r} is neither a run, nor headers, nor False.")
