"""A run while it is going on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.records.runs import RUN_TYPES, Run, RunStatus, RunType
from pytest_llmobs.tracing import capture, failure, headers
from pytest_llmobs.tracing.binding import processed
from pytest_llmobs.tracing.context import Activation, live
from pytest_llmobs.tracing.ids import new_id
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.tracing.sampling import Held
    from pytest_llmobs.tracing.tracer import Tracer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Collected = tuple[str | None, RunType, bytes]
"""A finished run as its root keeps it: its parent's id, its type, its spool line."""


class RunTree:
    """One run, from its start to its end. Made by ``traceable``, ``trace``, ``create_child`` or a tracer."""

    # Defaults on the class: a run sets only what it needs, which halves the cost of making one.
    error: str | None = None
    """The traceback, or None."""
    ended: bool = False
    """True once the run is over; from then on it is nobody's parent."""
    recording: bool = True
    """False for a run that sampling left out, for one of another process, and where tracing is off."""
    managed: bool = False
    """True where a decorator or a ``with`` block writes the run; ``end`` then only says how it ended."""
    tags: Sequence[str] = ()
    status: RunStatus | None = None
    """Set to ``incomplete`` or ``abandoned`` before ``end``; else the error decides."""
    collected: list[Collected] | None = None
    """On a root started with ``collect=True``: its finished descendants, and itself once it has ended."""
    said: dict[str, bytes | None]
    """On such a root: its outputs and its children's as they were, by run id; what is written is redacted."""
    held: Held | None = None
    """On a root whose trace sampling may leave out of the store: the lines until that is clear."""
    _unfinished: set[Any] | None = None
    _root: RunTree | None = None
    finished: int | None = None
    """End time in microseconds since the epoch."""
    inputs_json: bytes = b"{}"
    """The inputs as they were captured: a JSON object."""
    outputs_json: bytes | None = None
    own_metadata: dict[str, Any] | None = None
    """The metadata, or None where nobody asked for any yet."""
    own_columns: dict[str, Any] | None = None
    has_model_calls: bool = False
    """True once a provider started a run somewhere below it."""
    captured_for: int = 0
    """Nanoseconds that capturing took, where it was long."""
    line: bytes | None = None
    """The spool line, once written."""

    def __init__(
        self,
        tracer: Tracer,
        name: str,
        run_type: RunType,
        parent: RunTree | None = None,
        project: str | None = None,
    ) -> None:
        """Start a run now.

        Args:
            tracer: Where it is written.
            name: What the run is called.
            run_type: One of ``records.runs.RUN_TYPES``.
            parent: The run it belongs under; None starts a trace.
            project: The trace's project; a child is always in its parent's.
        """
        now = time.time_ns()
        self.tracer = tracer
        self.name = name
        self.run_type = run_type
        self.id = new_id(now)
        self.parent = parent
        if parent is None:
            self.trace_id = self.id
            self.parent_id: str | None = None
            self.project = project or tracer.project
        else:
            self._root = parent._root or parent
            self.trace_id = parent.trace_id
            self.parent_id = parent.id or None
            self.project = parent.project
            if parent.own_metadata:
                self.own_metadata = parent.own_metadata.copy()
            if parent.tags:
                self.tags = parent.tags
            if not parent.recording:
                self.recording = False
        self.started = now // 1000
        self.clock = time.perf_counter_ns()

    # What a run tells

    @property
    def root(self) -> RunTree:
        """The trace's first run."""
        # Not kept in the root itself: it would wait for the garbage collector, with all it holds.
        return self._root or self

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs as they were when they were logged."""
        return capture.decode(self.inputs_json)  # type: ignore[no-any-return]

    @property
    def outputs(self) -> dict[str, Any] | None:
        """The outputs as they were when they were logged, or None."""
        if self.outputs_json is None:
            return None
        outputs: dict[str, Any] = capture.decode(self.outputs_json)
        return outputs

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata; may be changed in place until the run has ended."""
        if self.own_metadata is None:
            self.own_metadata = {}
        return self.own_metadata

    @property
    def columns(self) -> dict[str, Any]:
        """Further columns of the record: ``model``, ``input_tokens``, ``suite``."""
        if self.own_columns is None:
            self.own_columns = {}
        return self.own_columns

    @property
    def start_time(self) -> datetime:
        """UTC."""
        return _EPOCH + timedelta(microseconds=self.started)

    @property
    def end_time(self) -> datetime | None:
        """UTC; None while the run is going on."""
        if self.finished is None:
            return None
        return _EPOCH + timedelta(microseconds=self.finished)

    @property
    def latency(self) -> float | None:
        """Seconds from start to end, or None while the run is going on."""
        if self.finished is None:
            return None
        return (self.finished - self.started) / 1e6

    # What it is told

    def add_inputs(self, inputs: Mapping[str, Any]) -> None:
        """Merge ``inputs`` into what is logged, as they are now."""
        self.inputs_json = _merged(self.inputs_json, self.captured(inputs), self.tracer.max_payload)

    def add_outputs(self, outputs: Mapping[str, Any]) -> None:
        """Merge ``outputs`` into what is logged, as they are now."""
        self.outputs_json = _merged(self.outputs_json, self.captured(outputs), self.tracer.max_payload)

    def add_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Merge ``metadata`` into the run's, at most 64 KB; runs that start under it later get it too."""
        self.metadata.update(capture.decode(self.captured(metadata, limit=capture.MAX_METADATA)))

    def add_tags(self, tags: Sequence[str] | str) -> None:
        """Add tags, each once; runs that start under this one later get them too."""
        added = (tags,) if isinstance(tags, str) else tags
        self.tags = (*self.tags, *dict.fromkeys(tag for tag in added if tag not in self.tags))

    def create_child(
        self,
        name: str,
        run_type: RunType = "chain",
        *,
        inputs: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
    ) -> RunTree:
        """Start a run under this one, or under its nearest ancestor if this one has ended. ``end`` it
        yourself.

        Raises:
            LlmobsError: ``run_type`` is unknown.
        """
        child = RunTree(self.tracer, name, checked_run_type(run_type), live(self), self.project)
        child.describe(inputs, metadata, tags)
        return child

    def describe(
        self, inputs: Mapping[str, Any] | None, metadata: Mapping[str, Any] | None, tags: Sequence[str]
    ) -> None:
        """Set what a run starts with."""
        if inputs:
            self.inputs_json = self.captured(inputs)
        if metadata:
            self.metadata.update(metadata)
        if tags:
            self.add_tags(tags)

    def captured(
        self,
        values: Any,
        encode: Callable[[Any, int], bytes] = capture.encode_mapping,
        limit: int | None = None,
    ) -> bytes:
        """Return ``values`` as JSON; the run says how long that took, where it was long.

        Args:
            values: What is logged.
            encode: ``capture.encode_mapping`` or a sibling.
            limit: Bytes; the tracer's limit by default.
        """
        began = time.perf_counter_ns()
        written = encode(values, limit or self.tracer.max_payload)
        self.took(time.perf_counter_ns() - began)
        return written

    def took(self, nanoseconds: int) -> None:
        """Note what capturing cost the caller."""
        if nanoseconds > capture.SLOW:
            self.captured_for += nanoseconds

    def activate(self) -> Activation:
        """Make this the current run inside the ``with`` block; doesn't end it."""
        return Activation(self)

    def end(self, outputs: Mapping[str, Any] | None = None, error: str | BaseException | None = None) -> None:
        """Say that the run is over, and write it. A second call changes nothing.

        Args:
            outputs: Merged into the outputs logged so far.
            error: An exception, or what went wrong in words.
        """
        if self.ended:
            return
        if outputs is not None:
            self.add_outputs(outputs)
        if error is not None:
            self.error = failure.describe(error)
        self.stop()
        if not self.managed:
            self.write()

    def patch(self, **columns: Any) -> None:
        """Override columns of the run that was already written (``attempt="consumed"``)."""
        self.columns.update(columns)
        if self.line is not None:
            self.tracer.patch(self, columns)

    # Across processes

    def to_headers(self) -> dict[str, str]:
        """Return the HTTP headers that carry this run to a service: W3C ``traceparent`` and our own."""
        return headers.write(self)

    @classmethod
    def from_headers(cls, carried: Mapping[str, str]) -> RunTree | None:
        """Return a stand-in for the run that a request's headers carry, for ``parent=``; None without one."""
        return headers.read(carried)

    # For the decorators

    def finish(self, outputs: bytes | None, error: str | BaseException | None = None) -> None:
        """End a managed run and write it.

        Args:
            outputs: A JSON object; merged into what ``add_outputs`` got.
            error: What the function raised.
        """
        if outputs is not None:
            self.outputs_json = _merged(self.outputs_json, outputs, self.tracer.max_payload)
        if error is not None:
            self.error = failure.describe(error)
        self.stop()
        self.write()

    def finish_with(self, result: Any, process: Callable[[Any], Any] | None = None) -> None:
        """End a managed run with what the function returned.

        Args:
            result: A dict or a model is the outputs, anything else becomes ``{"output": result}``.
            process: Returns what is logged in place of ``result``.
        """
        # finish(), stop() and write() in one: this path runs at the end of every call.
        now = time.perf_counter_ns()
        if not self.ended:
            self.finished = self.started + (now - self.clock) // 1000
            self.ended = True
        if process is not None:
            result = processed(process, result)
        outputs = capture.encode_outputs(result, self.tracer.max_payload)
        if time.perf_counter_ns() - now > capture.SLOW:
            self.captured_for += time.perf_counter_ns() - now
        if self.outputs_json is not None:
            outputs = _merged(self.outputs_json, outputs, self.tracer.max_payload)
        self.outputs_json = outputs
        if self.recording and self.line is None:
            self.line = self.tracer.write(self)

    def stop(self) -> None:
        """Take the end time, once."""
        if not self.ended:
            self.finished = self.started + (time.perf_counter_ns() - self.clock) // 1000
            self.ended = True

    @property
    def written(self) -> bool:
        """True once the run was handed to the tracer."""
        return self.line is not None

    def write(self) -> None:
        """Hand the finished run to the tracer, once."""
        if self.recording and self.line is None:
            self.line = self.tracer.write(self)

    # For roots

    @property
    def unfinished(self) -> set[Any]:
        """Streams below this root that are still being read; each has ``abandon()``."""
        if self._unfinished is None:
            self._unfinished = set()
        return self._unfinished

    def abandon_unfinished(self) -> None:
        """End the streams of this trace that nobody read to the end, as ``abandoned``."""
        for stream in tuple(self.root._unfinished or ()):
            stream.abandon()

    def finished_runs(self, *run_types: RunType) -> list[Run]:
        """Return the finished runs of a trace started with ``collect=True``, in the order they started.

        Args:
            *run_types: Only those of these types, where any is given: to read a run back costs more than to write it.
        """
        lines = [
            line
            for _, kind, line in self.root.collected or ()
            if line is not self.line and (not run_types or kind in run_types)
        ]
        if not lines:
            return []
        from pytest_llmobs.tracing.run_line import read_line

        return sorted(map(read_line, lines), key=lambda run: (run.start_time, run.id))

    def outputs_below(self) -> list[dict[str, Any] | None]:
        """Return what the finished runs right under this root, started with ``collect=True``, put out in fact."""
        return [None if said is None else capture.decode(said) for said in self.said_below()]

    def said_below(self) -> list[bytes | None]:
        """Return the same as JSON."""
        return [said for run_id, said in self.said.items() if run_id != self.id]

    def tree(self) -> Run:
        """Return this root as a record, with its finished descendants nested below it."""
        from pytest_llmobs.tracing.run_line import nest, read_line

        line = self.line if self.line is not None else self.tracer.encode(self)
        return nest(read_line(line), self.finished_runs())


def _merged(before: bytes | None, added: bytes, limit: int) -> bytes:
    if before is None or before == b"{}":
        return added
    return capture.encode({**capture.decode(before), **capture.decode(added)}, limit)


def checked_run_type(run_type: str) -> RunType:
    """Return ``run_type``.

    Raises:
        LlmobsError: It is none of ``RUN_TYPES``.
    """
    if run_type not in RUN_TYPES:
        raise LlmobsError(
            f"Unknown run type {run_type!r}.{nearest(str(run_type), RUN_TYPES)} {known(RUN_TYPES)} "
            f"To name a run, write name={run_type!r}."
        )
    return run_type  # type: ignore[return-value]
