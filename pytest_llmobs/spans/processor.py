"""Spans of other instrumentations become runs of the same trace, by a span processor.

A run that starts inside such a span belongs under it, and the other way round: of the current run and the current
span, whichever is the inner one is the parent.
"""

from __future__ import annotations

import logging
import os
import sys
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk import trace as sdk

from pytest_llmobs.providers.imports import logged_lately, logs_scope
from pytest_llmobs.records.runs import PAID
from pytest_llmobs.spans.reading import describe, forget_usage
from pytest_llmobs.tracing import active
from pytest_llmobs.tracing.context import live
from pytest_llmobs.tracing.ids import new_id
from pytest_llmobs.tracing.parent import Parent, find_parent
from pytest_llmobs.tracing.run_tree import RunTree

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

_log = logging.getLogger("pytest_llmobs")
_INSIDE = "_llmobs_run"
"""Attribute of a span: the run that what starts inside it belongs under."""


class SpanProcessor(sdk.SpanProcessor):
    """Stores the spans of other instrumentations as runs.

    Example::

        provider = TracerProvider()
        provider.add_span_processor(SpanProcessor())

    Where nothing is traced (no experiment, no ``LLMOBS_TRACING``), it does nothing.
    """

    def __init__(self) -> None:
        """Listen from now on, until ``shutdown``."""
        self._runs: weakref.WeakValueDictionary[int, SpanRun] = weakref.WeakValueDictionary()
        _spans.add(self)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Start the run of a span. Raises nothing."""
        try:
            if hasattr(span, _INSIDE):  # this processor was added twice
                return
            parent = _parent_in(parent_context)
            if parent is None:  # nothing is traced here
                return
            if logs_scope(getattr(span.instrumentation_scope, "name", "")):
                setattr(span, _INSIDE, parent.run)
                return
            run = parent.start(span.name, "chain", make=partial(SpanRun, span))
            self._runs[_key(span)] = run  # type: ignore[assignment]
            setattr(span, _INSIDE, run)  # keeps it alive for as long as the span is
        except Exception:
            _log.warning("pytest-llmobs can't log the span %r.", span.name, exc_info=True)

    def on_end(self, span: ReadableSpan) -> None:
        """Write the run of a span. Raises nothing."""
        run = self._runs.pop(_key(span), None)
        if run is None:
            return
        try:
            run.settle(span)
        except Exception:
            _log.warning("pytest-llmobs can't log the span %r.", span.name, exc_info=True)

    def shutdown(self) -> None:
        """Stop listening."""
        _spans.remove(self)

    def forget_in_child(self) -> None:
        """Leave the runs that a forked process inherited to its parent, which writes them."""
        for run in self._runs.values():
            run.line = b""


class SpanRun(RunTree):
    """The run of a span while it is going on."""

    def __init__(self, span: Span, *place: Any) -> None:
        """Start a run with the span's ids and its start.

        Args:
            span: The span.
            *place: The arguments of ``RunTree``.
        """
        super().__init__(*place)
        began, ids = span.start_time or self.started * 1000, span.get_span_context()
        # The span's id is the random half of the run's: an exporter of runs and one of spans then agree.
        half = f"{ids.span_id:016x}"
        self.id = f"{new_id(began)[:19]}{half[:4]}-{half[4:]}"
        self.started = began // 1000
        if self.parent is None:
            self.trace_id = str(UUID(int=ids.trace_id))

    def settle(self, span: ReadableSpan) -> None:
        """Write the run with what the span, now ended, says."""
        self.ended = True
        if not self.recording:
            return
        describe(self, span)
        self.finished = (span.end_time or 0) // 1000
        # A provider has logged the call already: below this span, or somewhere else with the same reply.
        if self.run_type in PAID and (self.has_model_calls or logged_lately(self)):
            forget_usage(self)
        self.write()


def _parent_in(parent_context: Context | None) -> Parent | None:
    if parent_context is None:
        return find_parent()
    token = otel_context.attach(parent_context)
    try:
        return find_parent()
    finally:
        otel_context.detach(token)


class _Spans:
    """The spans that some processor listens to, as the foreign tracer that they are to ours."""

    def __init__(self) -> None:
        self._processors: weakref.WeakSet[SpanProcessor] = weakref.WeakSet()

    @property
    def is_listening(self) -> bool:
        return bool(self._processors)

    def add(self, processor: SpanProcessor) -> None:
        self._processors.add(processor)
        active.listen_to(self)

    def remove(self, processor: SpanProcessor) -> None:
        self._processors.discard(processor)
        if not self._processors:
            active.listen_to(None)

    def parent_of(self, run: RunTree | None) -> RunTree | None:
        """Return the run of the current span if that is below ``run``, else ``run``."""
        for span in (trace.get_current_span(), _langchain_span()):
            inside: RunTree | None = live(getattr(span, _INSIDE, None))
            above = inside
            while above is not None and above is not run:
                above = above.parent
            if above is run:
                run = inside or run
        return run

    def forget_in_child(self) -> None:
        for processor in list(self._processors):
            processor.forget_in_child()


# One for the process: the current span says nothing of which processors heard of it, and a fork is a fork of all.
_spans = _Spans()
os.register_at_fork(after_in_child=_spans.forget_in_child)


def _langchain_span() -> Any:
    """Return the span in which LangChain is at work, or None: its callbacks make none current."""
    instrumentation = sys.modules.get("openinference.instrumentation.langchain")
    if instrumentation is None:
        return None
    try:
        return instrumentation.get_current_span()
    except Exception:  # another's code, in the middle of the user's call
        return None


def _key(span: ReadableSpan) -> int:
    span_id: int = getattr(span.context, "span_id", 0)
    return span_id
