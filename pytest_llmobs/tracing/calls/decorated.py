"""What a decorated function does at each call: start a run, end it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from pytest_llmobs.clocks import real
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.records.runs import PAID, RunType
from pytest_llmobs.tracing import active, binding, capture, failure
from pytest_llmobs.tracing.binding import Process, function_name, process_safely
from pytest_llmobs.tracing.calls import extra as call_extra
from pytest_llmobs.tracing.calls.extra import CallExtra
from pytest_llmobs.tracing.calls.prompt_texts import note_prompts
from pytest_llmobs.tracing.context import Scope, current, current_run, live
from pytest_llmobs.tracing.parent import Parent, find_parent, innermost_run
from pytest_llmobs.tracing.run_tree import RunTree
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.wording import known, nearest


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of ``traceable``."""

    name: str | None = None
    """What its runs are called; the function's own name by default."""
    tags: Sequence[str] | None = None
    """Reach the runs below too."""
    metadata: Mapping[str, Any] | None = None
    """Reaches the runs below too."""
    project_name: str | None = None
    """The project of a trace that starts here."""
    reduce_fn: Callable[[list[Any]], Any] | None = None
    """Turns the list of an iterator's chunks into its outputs."""
    process_inputs: Process | None = None
    """Returns what is logged in place of the inputs."""
    process_outputs: Process | None = None
    """Returns what is logged in place of the result."""
    process_chunk: Process | None = None
    """Returns what is logged in place of each chunk."""
    enabled: bool | None = None
    """True or False beats context and environment."""
    exceptions_to_handle: tuple[type[BaseException], ...] | None = None
    """Exceptions that are no error of the run; they are raised all the same."""
    client: Any = None
    """LangSmith's; every client's runs go where tracing writes."""


def read_options(given: Mapping[str, Any]) -> Options:
    """Return the options.

    Raises:
        LlmobsError: One is unknown, or of the wrong type.
    """
    names = [field.name for field in fields(Options)]
    for name in given:
        if name not in names:
            raise LlmobsError(f"Unknown option {name!r} of traceable.{nearest(name, names)} {known(names)}")
    options = Options(**given)
    if isinstance(options.tags, str):
        options = replace(options, tags=(options.tags,))
    for name, (is_right, wanted) in _CHECKS.items():
        value = getattr(options, name)
        if value is not None and not is_right(value):
            raise LlmobsError(f"traceable got {name}={value!r}; it must be {wanted}.")
    return options


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, Sequence | set | frozenset) and all(map(_is_text, value))


def _are_exceptions(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, type) for each in value)


_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_is_text, "a text"),
    "project_name": (_is_text, "a text"),
    "tags": (_are_texts, "a list of texts"),
    "metadata": (lambda value: isinstance(value, Mapping), "a dict"),
    "enabled": (lambda value: isinstance(value, bool), "True, False or None"),
    "reduce_fn": (callable, "a function"),
    "process_inputs": (callable, "a function"),
    "process_outputs": (callable, "a function"),
    "process_chunk": (callable, "a function"),
    "exceptions_to_handle": (_are_exceptions, "a tuple of exception classes"),
}
"""What an option may be; what is wrong is refused where the function is decorated, not where it is called."""


class Decorated:
    """The start and the end of one decorated function's runs."""

    def __init__(self, function: Callable[..., Any], run_type: RunType, options: Options) -> None:
        """Prepare what every call needs."""
        self.name = options.name or function_name(function)
        self.run_type = run_type
        self._is_model = run_type in PAID
        self.options = options
        self.enabled = options.enabled
        self.reduce_fn = options.reduce_fn
        self._project = options.project_name
        self._tags = tuple(options.tags or ())
        self._metadata = dict(options.metadata or {})
        self._process_inputs = options.process_inputs
        self._handled = options.exceptions_to_handle
        self._described = bool(self._tags or self._metadata)
        self._bind = binding.compile_binding(function)
        self._entry_point = binding.importable_name(function)
        self.wrapper: Callable[..., Any] | None = None
        """What is called in the function's place."""

    def start(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> RunTree | Scope | None:
        """Return the run of this call, or a scope that hides what is called inside, or None: just call it.

        Never raises, be it at the end of the stack or of memory: the call is made all the same.
        """
        try:
            if call_extra.KEYWORD in kwargs:
                return self._start_told(args, kwargs)
            tracer, here = active.installed, current.get()
            if tracer is None and here is None:
                tracer = active.find(self.enabled)
                if tracer is None:
                    return None
            if type(here) is RunTree and here.awaited is self:
                self._be(here)
                return None
            if self.enabled is not None or type(here) is Scope or tracer is None:
                return self._start_in_scope(args, kwargs)
            parent: RunTree | None = here  # type: ignore[assignment]
            if active.foreign is not None or (parent is not None and parent.ended):
                parent = innermost_run(parent)
            is_traced = tracer.enabled
            if parent is not None:
                tracer, is_traced = parent.tracer, parent.recording
            if not is_traced:
                return None
            return self._start_here(tracer, parent, args, kwargs)
        except Exception as error:
            failure.report(self.name, error)
            return None

    @property
    def may_be_root(self) -> bool:
        """True where the root of a trial can be the run of this function, called as the trial's target.

        A model call is counted below its trial's root, and a reduced stream is logged as the function says.
        """
        return self.enabled is not False and self.reduce_fn is None and self.run_type not in PAID

    def _be(self, root: RunTree) -> None:
        """Let the root of a trial be the run of this call; whoever opened it logs what goes in and comes out."""
        root.awaited = None
        root.name, root.run_type = self.name, self.run_type
        root.managed = True
        root.entry_point = self._entry_point
        of_trial = dict(root.metadata)
        root.describe(None, self._metadata, self._tags)
        root.metadata.update(of_trial)

    def _start_here(
        self, tracer: Tracer, parent: RunTree | None, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> RunTree:
        # Parent.start without the parts that can't apply: this path runs at every call.
        began = real.seconds_ns()
        inputs_json = self._capture(tracer.max_payload, args, kwargs)
        run = RunTree(tracer, self.name, self.run_type, parent, self._project)
        if run.clock - began > capture.SLOW:
            run.captured_for = run.clock - began
        run.managed = True
        run.inputs_json = inputs_json
        if self._described:
            run.describe(None, self._metadata, self._tags)
        if parent is None:
            run.entry_point = self._entry_point
            tracer.sample(run)
        if self._is_model:
            note_prompts(run, {"arguments": [*args, *kwargs.values()]}, is_sent=False)
        return run

    def _start_in_scope(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> RunTree | Scope | None:
        if self.enabled is False:
            return Scope(live(current_run()), False)
        parent = find_parent(self.enabled)
        if parent is None:
            return None
        return self._start_under(parent, args, kwargs, call_extra.SAYS_NOTHING)

    def _start_told(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> RunTree | Scope | None:
        extra = call_extra.read_extra(kwargs.pop(call_extra.KEYWORD), self.name)
        if self.enabled is False:
            return Scope(live(current_run()), False)
        parent = find_parent(self.enabled, extra.parent)
        if parent is None:
            return None
        return self._start_under(parent, args, kwargs, extra)

    def _start_under(
        self, parent: Parent, args: tuple[Any, ...], kwargs: dict[str, Any], extra: CallExtra
    ) -> RunTree:
        began = real.seconds_ns()
        inputs_json = self._capture(parent.tracer.max_payload, args, kwargs)
        run = parent.start(
            extra.name or self.name,
            self.run_type,
            inputs_json=inputs_json,
            project=extra.project_name or self._project,
            metadata={**self._metadata, **extra.metadata},
            tags=(*self._tags, *extra.tags),
            make=extra.make,
        )
        run.took(run.clock - began)
        if parent.run is None:
            run.entry_point = self._entry_point
        extra.tell(run)
        if self._is_model:
            note_prompts(run, {"arguments": [*args, *kwargs.values()]}, is_sent=False)
        return run

    def _capture(self, limit: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
        try:
            inputs = self._bind(*args, **kwargs)
        except TypeError:
            inputs = binding.unbound(args, kwargs)
        if self._process_inputs is not None:
            return capture.encode_mapping(process_safely(self._process_inputs, inputs), limit)
        return capture.encode(inputs, limit)

    def succeed(self, run: RunTree | Scope, result: Any) -> Any:
        """End the run with the function's result; return the result."""
        if type(run) is RunTree:
            run.finish_with(result, self.options.process_outputs)
        return result

    def fail(self, run: RunTree | Scope, error: BaseException) -> None:
        """End the run with what the function raised."""
        if type(run) is RunTree:
            is_handled = self._handled is not None and isinstance(error, self._handled)
            run.finish(None, None if is_handled else error)
