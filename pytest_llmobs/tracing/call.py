"""What a decorated function does at each call: start a run, end it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_llmobs.errors import LlmobsError, known, nearest
from pytest_llmobs.records.runs import RunType
from pytest_llmobs.tracing import binding, capture, tracer
from pytest_llmobs.tracing.binding import Process, function_name, processed
from pytest_llmobs.tracing.context import Scope, current, live
from pytest_llmobs.tracing.run_tree import RunTree

_OPTIONS = [
    "run_type",
    "name",
    "tags",
    "metadata",
    "project_name",
    "reduce_fn",
    "process_inputs",
    "process_outputs",
    "process_chunk",
    "enabled",
]


class Call:
    """One decorated function's options, and the start and end of its runs."""

    def __init__(
        self,
        function: Callable[..., Any],
        run_type: RunType,
        *,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        project_name: str | None = None,
        reduce_fn: Callable[[list[Any]], Any] | None = None,
        process_inputs: Process | None = None,
        process_outputs: Process | None = None,
        process_chunk: Process | None = None,
        enabled: bool | None = None,
        **unknown: Any,
    ) -> None:
        """Keep the options of ``traceable``.

        Raises:
            LlmobsError: An option is unknown.
        """
        for option in unknown:
            raise LlmobsError(
                f"Unknown option {option!r} of traceable.{nearest(option, _OPTIONS)} {known(_OPTIONS)}"
            )
        self.name = name or function_name(function)
        self.run_type = run_type
        self.tags = tuple(tags or ())
        self.metadata = dict(metadata or {})
        self.project = project_name
        self.reduce_fn = reduce_fn
        self.process_inputs = process_inputs
        self.process_outputs = process_outputs
        self.process_chunk = process_chunk
        self.enabled = enabled
        self._plain = enabled is None and not (self.tags or self.metadata or process_inputs)
        self._bind = binding.compile_binding(function)

    def start(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> RunTree | Scope | None:
        """Return the run of this call, or a scope that hides what is called inside, or None: just call it."""
        owner = tracer.installed
        if owner is None:
            owner = tracer.find(self.enabled)
            if owner is None:
                return None
        here = current.get()
        if type(here) is Scope or self.enabled is not None:
            return self._start_in_scope(owner, here, args, kwargs)
        parent: RunTree | None = here  # type: ignore[assignment]
        if parent is not None and parent.ended:
            parent = live(parent)
        if parent is None:
            return self._begin(owner, None, None, args, kwargs) if owner.enabled else None
        return self._begin(parent.tracer, parent, None, args, kwargs) if parent.recording else None

    def _start_in_scope(
        self,
        owner: tracer.Tracer,
        here: RunTree | Scope | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> RunTree | Scope | None:
        scope = here if isinstance(here, Scope) else None
        parent = live(here.parent if isinstance(here, Scope) else here)
        outer = None if parent is None else True
        if scope is not None:
            outer = scope.enabled
        enabled = outer if self.enabled is None else self.enabled
        if enabled is False:
            return Scope(parent, False) if outer is not False else None
        if enabled is None and not owner.enabled:
            return None
        if parent is not None and not parent.recording:
            return None
        return self._begin(owner if parent is None else parent.tracer, parent, scope, args, kwargs)

    def _begin(
        self,
        owner: tracer.Tracer,
        parent: RunTree | None,
        scope: Scope | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> RunTree:
        try:
            inputs = self._bind(*args, **kwargs)
        except TypeError:
            inputs = binding.unbound(args, kwargs)
        if self.process_inputs is not None:
            inputs = processed(self.process_inputs, inputs)
        captured = capture.encode_mapping(inputs, owner.max_payload)
        project = self.project if scope is None else scope.project or self.project
        run = RunTree(owner, self.name, self.run_type, parent, project)
        run.managed = True
        run._inputs = captured
        if scope is not None:
            run.describe(None, scope.metadata, scope.tags)
        if self.metadata or self.tags:
            run.describe(None, self.metadata, self.tags)
        if parent is None and not owner.samples(run.id):
            run.recording = False
        return run

    def succeed(self, run: RunTree | Scope, result: Any) -> Any:
        """End the run with the function's result; return the result."""
        if type(run) is Scope:
            return result
        run.finish_with(result, self.process_outputs)  # type: ignore[union-attr]
        return result

    def fail(self, run: RunTree | Scope, error: BaseException) -> None:
        """End the run with what the function raised."""
        if type(run) is not Scope:
            run.finish(None, error)  # type: ignore[union-attr]
